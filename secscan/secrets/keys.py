"""The variables in which child processes get the keys that names of secrets are made with, see `worker.secret_id`."""

KEY_VARIABLE = "SECSCAN_SECRET_ID_KEY"
"""The environment variable with the organisation's key."""
VALUES_KEY_VARIABLE = "SECSCAN_VALUES_KEY"
"""The one with the key of this scan, which all its children share: it tells which findings have the same value."""
