"""Fixtures of the embedded rules, and how to read their markers."""
