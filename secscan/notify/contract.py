"""The contract of a service that is told of verdicts, and the values that cross it.

A service turns news into requests, which is pure, and says of an answer whether the news arrived. It never sees a
scan: what may leave the machine is in `News`, and all its texts are hostile until the service has escaped them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from secscan.findings.levels import Severity, Verdict
from secscan.http.line import Answer
from secscan.secrets.secret import Secret


@dataclass(frozen=True, slots=True)
class Item:
    """One finding that blocks."""

    title: str
    severity: Severity
    place: str
    """`path:line`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """What is told of one scan."""

    id: str
    """The same for the same judgement of the same scan, however often it is sent."""
    key: str
    """The same for all scans of one target by one policy."""
    target: str
    kind: str
    revision: str
    branch: str
    repository: str
    policy: str
    verdict: Verdict
    before: Verdict | None
    """The verdict that was told last; None where none was."""
    sentence: str
    """Why, in our own words and numbers."""
    blocked: Mapping[Severity, int]
    """How many findings block, worst first; only severities that some have."""
    items: tuple[Item, ...]
    """The worst of them."""
    doubts: tuple[str, ...]
    """What was not looked at, a sentence each."""
    link: str
    """Address of the CI run; empty where there is none."""
    at: str
    """Time of judgement, RFC 3339, UTC."""
    test: bool = False
    """Whether somebody only tries the settings."""

    @property
    def passed(self) -> bool:
        """Whether all is well."""
        return self.verdict is Verdict.PASSED

    @property
    def change(self) -> str:
        """The verdict and the one before, in our own words."""
        was = f" (was {self.before})" if self.before and self.before is not self.verdict else ""
        return f"{'still ' if self.before is self.verdict else ''}{self.verdict}{was}"

    @property
    def unnamed(self) -> int:
        """How many findings block beside the items."""
        return max(0, sum(self.blocked.values()) - len(self.items))


@dataclass(frozen=True, slots=True)
class Message:
    """One POST request. Address and headers hold secrets."""

    url: str = field(repr=False)
    body: bytes = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Beside the content type of JSON."""


Secrets = Mapping[str, Secret]
"""The secrets of a channel, by the names of its fields."""
Options = Mapping[str, str]
"""What else is set for a channel, by the names of its fields."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """What is special about one service."""

    name: str
    secrets: tuple[str, ...]
    """The fields of a channel that are secrets. Every channel has the first; the others may be left out."""
    options: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """The other fields, and what may stand in each: one of these, or any https address where there are none."""
    messages: Callable[[News, Secrets, Options], tuple[Message, ...]]
    """What to send. Raises `Unfit` where a secret cannot be one of this service."""
    arrived: Callable[[Answer], bool]
    """Whether an answer of this service says that it took the message."""


class Unfit(Exception):
    """A secret is not of the form that the service gives out. Says which form, never what it is."""


def limited(text: str, most: int) -> str:
    """Return at most so many characters of a text; dots stand for the rest."""
    return text if len(text) <= most else f"{text[: most - 1]}…"
