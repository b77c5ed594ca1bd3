"""What secscan says to GitHub Actions: annotations, the summary and outputs of a step, a comment; and what its action
asks for."""
