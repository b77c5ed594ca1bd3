"""The cases, a file or two for each group."""
