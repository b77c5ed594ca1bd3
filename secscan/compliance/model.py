"""What an assessment says: frozen values, from which every format of the compliance report is made."""

from __future__ import annotations

from enum import StrEnum

from secscan.compliance.controls import Framework
from secscan.findings.levels import Action, Kind, Severity
from secscan.findings.model import Value


class Status(StrEnum):
    """What the scans show about a control. The worse stands before the better, and holds."""

    FINDINGS_OPEN = "findings-open"
    """At least one finding that the policy does not accept. What was not looked at is shown beside it."""
    NOT_EVALUATED = "not-evaluated"
    """Nobody knows: no scanner that covers it ran to its end, or something that concerns it was not looked at."""
    WAIVED = "waived"
    """The scanners that cover it ran to their end, and what they found is accepted: by a waiver, or by a rule."""
    EVIDENCE = "evidence"
    """The scanners that cover it ran to their end, and found nothing. Only tolerated gaps may be left."""
    MANUAL = "manual"
    """A scanner cannot test it."""

    @property
    def order(self) -> int:
        """Position from the worst, 0."""
        return list(Status).index(self)


class Subject(Value, frozen=True, kw_only=True):
    """What was looked at, the same at different times: what tells two subjects apart."""

    kind: str
    name: str
    repository: str = ""
    branch: str = ""
    prefix: str = ""

    @property
    def title(self) -> str:
        """One line for people."""
        where = " ".join(part for part in (self.repository, self.branch and f"({self.branch})", self.prefix) if part)
        return f"{self.name} [{self.kind}]{f' {where}' if where else ''}"


class Found(Value, frozen=True, kw_only=True):
    """A finding at one of its places, with the decision on it."""

    fingerprint: str
    title: str
    kind: Kind
    defect: str
    severity: Severity
    place: str
    by: str
    """Who reported it."""
    cwes: tuple[int, ...]
    action: Action
    rule: str
    reason: str = ""
    """The rule's own words."""
    waiver: str = ""
    due: str = ""
    """Day from which it will block."""
    first_seen: str = ""

    @property
    def open(self) -> bool:
        """Whether nobody accepts it."""
        return self.action is not Action.ACCEPT


class ControlState(Value, frozen=True, kw_only=True):
    """What one scan shows about one control."""

    id: str
    status: Status
    found: tuple[Found, ...] = ()
    doubts: tuple[str, ...] = ()
    """What was not looked at, one sentence each; never beside `evidence`."""
    tolerated: tuple[str, ...] = ()
    """What was not looked at, too, and the policy tolerates."""
    looked: tuple[str, ...] = ()
    """Who looked, and which facts hold."""
    cwes: int = 0
    """How many CWE ids the control map names for it."""
    cwes_looked_for: int = 0
    """How many of those are among the classes of defect that scanners are read by."""
    open: int = 0
    """How many of `found` are open, each place counted."""

    @property
    def accepted(self) -> int:
        """How many are accepted."""
        return len(self.found) - self.open


class Point(Value, frozen=True, kw_only=True):
    """A control as one scan showed it."""

    input: str
    """SHA-256 of the saved scan."""
    at: str
    status: Status
    open: int


class Life(Value, frozen=True, kw_only=True):
    """When a finding was there."""

    fingerprint: str
    title: str
    first_seen: str
    last_seen: str
    gone: str = ""
    """The first scan without it that looked at everything for the control; empty where it is there, or nobody knows."""
    unsure: bool = False
    """Whether it was not seen any more, but not everything was looked at."""


class Trend(Value, frozen=True, kw_only=True):
    """A control over time."""

    id: str
    points: tuple[Point, ...]
    """The earliest first."""
    lives: tuple[Life, ...]


class SubjectAssessment(Value, frozen=True, kw_only=True):
    """A framework held against one subject: its last scan, and the way there."""

    subject: Subject
    states: tuple[ControlState, ...]
    """In the order of the control map."""
    trends: tuple[Trend, ...] = ()
    """Of the controls with findings; empty where there is one scan only."""
    unmapped: tuple[Found, ...] = ()
    """Findings that belong to no control."""


class Overall(Value, frozen=True, kw_only=True):
    """One control over all subjects: the worst holds."""

    id: str
    status: Status
    incomplete: bool
    """Whether something that concerns it was not looked at, whatever the status."""
    open: int
    accepted: int


class Assessment(Value, frozen=True, kw_only=True):
    """A framework held against everything that was given."""

    framework: Framework
    subjects: tuple[SubjectAssessment, ...]
    overall: tuple[Overall, ...]

    @property
    def counts(self) -> dict[Status, int]:
        """How many controls have each status."""
        return {status: sum(one.status is status for one in self.overall) for status in Status}
