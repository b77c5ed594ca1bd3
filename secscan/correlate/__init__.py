"""Which findings are the same defect."""
