"""What is looked at: a tree, a staged change, a commit range, a list of paths."""
