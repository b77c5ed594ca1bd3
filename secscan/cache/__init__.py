"""What scanners said of files in earlier scans, by content: see docs/cache.md."""
