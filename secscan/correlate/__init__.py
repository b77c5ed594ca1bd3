"""Which findings are the same defect. Pure: knows findings only, no scanner and no file."""
