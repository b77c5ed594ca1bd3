"""Results that other scanners wrote into files, as one more source of a scan: SARIF, CycloneDX, GitLab and others.

A file is hostile and proves nothing. It can add findings and gaps; it cannot satisfy a requirement, soften or hide what
our own scanners saw, or name a file outside of the target.
"""
