"""Secrets: the scrubber every text passes."""
