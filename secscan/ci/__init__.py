"""What a CI platform says of the run that we are part of: by its variables, and by the file with its event."""
