"""What scanners have rules for. A scan is evidence for nothing else, however clean it is.

Judges import no scanner, so the list stands here; a test holds it against bandit's table and our rules for semgrep.
"""

from __future__ import annotations

from secscan.compliance.controls import Evidence
from secscan.findings.defects import DEFECTS
from secscan.findings.levels import Kind

CLASSES_OF_CODE = frozenset(
    {
        "archive-extraction",
        "assert-used",
        "autoescape-off",
        "bind-all-interfaces",
        "cleartext-transport",
        "code-injection",
        "command-injection",
        "cors-misconfiguration",
        "debug-enabled",
        "deprecated-crypto-library",
        "deserialization",
        "hardcoded-credential",
        "insecure-cookie",
        "insecure-permissions",
        "insecure-temp-file",
        "jwt-misuse",
        "ldap-injection",
        "missing-timeout",
        "open-redirect",
        "path-traversal",
        "process-start",
        "risky-import",
        "sql-injection",
        "ssh-host-key",
        "ssrf",
        "swallowed-error",
        "template-injection",
        "tls-verification",
        "trojan-source",
        "unpinned-download",
        "untrusted-search-path",
        "weak-cipher",
        "weak-hash",
        "weak-key",
        "weak-randomness",
        "weak-tls",
        "xpath-injection",
        "xss",
        "xxe",
    }
)
"""Classes of defect that scanners of code have rules for."""

_FURTHER_CWES = frozenset({95, 321, 330, 1004})
"""CWE ids that rules name beside the first of their class."""

CWES_OF_CODE = _FURTHER_CWES | {DEFECTS[name].cwes[0] for name in CLASSES_OF_CODE if DEFECTS[name].cwes}
"""CWE ids that scanners of code give their findings."""

_CLASSES = frozenset(DEFECTS)
_CWES = frozenset(cwe for defect in DEFECTS.values() for cwe in defect.cwes)


def cwes_within(evidence: Evidence) -> frozenset[int]:
    """Return those CWE ids of an evidence that scanners of its kinds have rules for."""
    return frozenset(evidence.cwes) & (CWES_OF_CODE if evidence.kinds == (Kind.SAST,) else _CWES)


def within(evidence: Evidence) -> bool:
    """Whether scanners of its kinds have a rule for anything that an evidence asks for."""
    if not evidence.cwes and not evidence.classes:
        return True
    classes = CLASSES_OF_CODE if evidence.kinds == (Kind.SAST,) else _CLASSES
    return bool(cwes_within(evidence) or classes.intersection(evidence.classes))
