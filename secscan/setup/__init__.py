"""Sets a repository up: looks at what is there, proposes settings with reasons, and writes files."""
