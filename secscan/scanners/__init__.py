"""Who looks: one file per scanner, beside the contract they all keep (`contract.py`)."""
