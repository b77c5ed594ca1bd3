"""What the audit is made of: checks, what they look at, and what they say.

A section (`tokens`, `policies`, `methods`, `engines`, `server`) fetches *entries* and judges each by its checks. Every
section brings *controls*: entries of our own that each of its checks must find wrong, judged in the same run by the
same code. A check that does not find its control wrong was not done.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from secscan.findings.levels import Severity

if TYPE_CHECKING:
    from secscan.stores.vault.hygiene.asking import Asking

PREFIX = "secscan.vault."
"""Begins the ids of checks, after the manner of the CIS benchmarks: section and number."""

CONTROL = "secscan-control"
"""The last part of the path of a control."""

EXCESSIVE = "excessive-permissions"
LONG_LIVED = "long-lived-credential"
UNBOUND = "unbound-login"
MISCONFIGURED = "vault-misconfiguration"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing that should hold."""

    id: str
    """Section and number, such as `1.2`."""
    title: str
    """What is wrong where it does not hold, in one line."""
    severity: Severity
    remedy: str
    cwes: tuple[int, ...]
    defect: str
    """Class of defect, an id of `findings.defects`."""

    @property
    def rule(self) -> str:
        """The id as findings name it."""
        return PREFIX + self.id


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing to look at, as Vault describes it."""

    path: str
    """Of Vault's API."""
    data: Mapping[str, Any]

    @property
    def name(self) -> str:
        """The last part of its path."""
        return self.path.rpartition("/")[2]


@dataclass(frozen=True, slots=True)
class Problem:
    """A check that does not hold."""

    check: str
    subject: str
    """A path of Vault's API; of a token, its accessor. Never a value."""
    seen: str
    """What was seen, in a sentence."""
    severity: Severity | None = None
    """Where it is not that of the check."""


@dataclass(frozen=True, slots=True)
class Unlooked:
    """A check that could not be done, or not for everything."""

    check: str
    detail: str
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class Terms:
    """What is judged against: settings, and the time."""

    now: datetime
    lease_days: float
    """Longest life of a token or lease."""
    secret_days: float
    """Oldest that a secret may be."""
    owner: str
    """The key of custom metadata that names who a secret belongs to."""
    oldest_version: str
    """The oldest server that is accepted; empty for our own list."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """Checks that look at the same entries."""

    checks: tuple[Check, ...]
    controls: tuple[Entry, ...]
    gather: Callable[[Asking], Iterator[Entry]]
    """Fetches the entries; what cannot be fetched is noted with `Asking`, check by check."""
    judge: Callable[[Entry, Terms], Iterator[Problem | Unlooked]]
    """Pure."""
