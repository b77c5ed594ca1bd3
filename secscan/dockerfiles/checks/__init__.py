"""What is looked for in a Dockerfile, one module per subject."""
