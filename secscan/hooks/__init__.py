"""The hooks of git: what one looks at, what it says, and how it is installed."""
