"""The compliance report: saved scans held against frameworks, for an auditor. Pure functions, one module per format."""
