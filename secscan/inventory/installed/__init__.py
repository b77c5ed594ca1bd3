"""What is installed in a file system: read from what package managers leave behind, and from programs themselves."""
