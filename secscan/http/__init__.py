"""The one HTTP client of the program, and the safe way it speaks; imports nothing but errors."""
