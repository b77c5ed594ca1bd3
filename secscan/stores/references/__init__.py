"""References to Vault in the files of a tree: what code, manifests and pipelines ask for. Pure: nobody is asked."""
