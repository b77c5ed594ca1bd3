"""Vulnerabilities of packages and what was decided on them, as documents for others tell it (VDR, VEX).

Made from findings and judgement alone, so that SBOMs and reports write them the same way.
"""
