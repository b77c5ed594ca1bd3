"""What the detector finds, and what it looked at and did not take."""

from __future__ import annotations

from dataclasses import dataclass

from secscan.findings.levels import Confidence, Severity
from secscan.secrets.secret import Secret


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """One value in a text that is a secret, as far as anybody can tell from the text."""

    rule: str
    """Which rule saw it; findings put `secscan.secret.` before it."""
    title: str
    secret: Secret
    start: int
    end: int
    """Where it stands in the text: characters from `start` up to `end`."""
    severity: Severity = Severity.HIGH
    confidence: Confidence = Confidence.HIGH
    form: str = ""
    """How it is written, if not as it is: `base64`, `url-encoded`."""
    revoke: str = "change it wherever it is used"
    """What ends its life."""
    why: str = ""
    """What a person should know of it."""


@dataclass(frozen=True, kw_only=True)
class Rejected:
    """A value that looked like a secret, and why it is none."""

    rule: str
    start: int
    end: int
    reason: str


Judged = Candidate | Rejected
