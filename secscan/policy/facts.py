"""What is known of a finding beside what the scanners say: the time of judgement, and whether it was there before."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from secscan.findings.levels import Cause


@dataclass(frozen=True, slots=True)
class Facts:
    """See the module's description. Without a baseline nothing but the time is known."""

    at: datetime
    """Time of judgement; says its time zone."""
    new: bool | None = None
    """Whether the baseline does not hold it; None where there is no baseline."""
    cause: Cause | None = None
    """Why it is new; None where it is not, or nothing tells."""
    first_seen: datetime | None = None
    """When a scan saw it for the first time; None where that is not known."""
