"""What a saved scan is evidence of, for the controls of a framework: evidence, never a claim of compliance."""
