"""secscan: scan with real scanners, judge by a policy, gate the build, and report.

This module imports nothing, so that `secscan --version` costs next to nothing.
"""

__version__ = "0.1.0"
