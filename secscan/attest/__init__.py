"""The decision as a signed statement: make, verify, replay."""
