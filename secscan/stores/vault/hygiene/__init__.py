"""Whether a Vault server is kept well: checks of its own settings, policies, tokens and methods, never of a value."""
