"""What was seen: the vocabulary of the whole program. Imports nothing but errors."""
