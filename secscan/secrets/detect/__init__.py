"""Finds secrets in text: by structure and checksum, by what stands around them, in plain and encoded forms."""
