"""What we think of findings: rules and the decisions that follow from them."""
