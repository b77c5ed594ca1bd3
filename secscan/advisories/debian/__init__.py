"""What Debian has a security update for, from its own signed index."""
