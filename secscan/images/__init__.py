"""Container images: read without an engine, in one pass, without writing any of their content to disk."""
