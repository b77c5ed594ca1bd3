"""What is known to be vulnerable: OSV records in an embedded SQLite index."""
