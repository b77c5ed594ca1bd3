"""Settings beside their reader (`secscan.config`): values, the table of them all, their schema, where each is from."""
