"""Where the files lie by which a tree can speak for itself, from its top."""

SETTINGS_FILE = "secscan.yaml"
POLICY_FILE = ".secscan/policy.yaml"
WAIVERS_FILE = ".secscan/waivers.yaml"
BASELINE_FILE = ".secscan/baseline.json"
OWN_FILES = (SETTINGS_FILE, POLICY_FILE, WAIVERS_FILE, BASELINE_FILE)
