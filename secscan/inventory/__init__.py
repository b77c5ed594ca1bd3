"""Which packages a project declares: manifests and lock files, read and never executed."""
