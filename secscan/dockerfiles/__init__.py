"""Dockerfiles and Containerfiles: what they tell a builder, and what of it is dangerous."""
