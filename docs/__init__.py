"""The documents, and the program that writes the reference from the program itself (`python -m docs.generate`)."""
