"""The saved scans of a report, by subject and in the order of time."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from secscan.compliance.model import Subject
from secscan.errors import UsageError
from secscan.findings.scan import Scan


@dataclass(frozen=True)
class Input:
    """A saved scan, with what tells that it is this one."""

    name: str
    """The file, as it was named."""
    digest: str
    """SHA-256 of the file."""
    scan: Scan

    @classmethod
    def of(cls, name: str, data: bytes, scan: Scan) -> Input:
        """Return the input of a file with these bytes."""
        return cls(name, hashlib.sha256(data).hexdigest(), scan)

    @property
    def at(self) -> str:
        """When the scan began, RFC 3339; empty where it does not say."""
        return self.scan.run.started if self.scan.run else ""


@dataclass(frozen=True)
class Timeline:
    """The scans of one subject, the earliest first. The last one is judged, the others are history."""

    subject: Subject
    inputs: tuple[Input, ...]

    @property
    def last(self) -> Input:
        """The scan that counts."""
        return self.inputs[-1]


@dataclass(frozen=True)
class Inputs:
    """Everything that was given."""

    timelines: tuple[Timeline, ...]
    left_out: tuple[Input, ...] = ()
    """Older than was asked for."""


def arrange(given: Iterable[Input], *, since: str = "") -> Inputs:
    """Return the scans by subject. `since` is a day (ISO 8601): scans that began before it are left out.

    Raises `UsageError` where two scans are the same file, where the order of two of one subject is not known, and where
    nothing is left.
    """
    inputs = tuple(given)
    _refuse_same(inputs)
    kept = [one for one in inputs if not since or (one.at and _moment(one.at) >= _day(since))]
    if not kept:
        raise UsageError(f"no scan began on {since} or later", hint="give a later scan, or an earlier day")
    by_subject: defaultdict[Subject, list[Input]] = defaultdict(list)
    for one in kept:
        by_subject[subject_of(one.scan)].append(one)
    timelines = [Timeline(subject, _in_time(scans)) for subject, scans in by_subject.items()]
    left_out = tuple(one for one in inputs if one not in kept)
    return Inputs(tuple(sorted(timelines, key=lambda one: one.subject.title)), left_out)


def subject_of(scan: Scan) -> Subject:
    """Return what a scan looked at, apart from its state at that time."""
    target = scan.target
    return Subject(
        kind=target.kind,
        name=target.name,
        repository=target.repository,
        branch=target.branch,
        prefix=target.prefix,
    )


def _in_time(scans: list[Input]) -> tuple[Input, ...]:
    if len(scans) > 1:
        without = next((one for one in scans if not one.at), None)
        if without:
            raise UsageError(
                f"{without.name} does not say when it began, and there are other scans of the same target",
                hint="give the scan as it was written, with its member `run`",
            )
        if len({_moment(one.at) for one in scans}) < len(scans):
            raise UsageError(
                f"two scans of {scans[0].scan.target.name[:80]} began at the same moment: which is the last?",
                hint="give one of them",
            )
        scans = sorted(scans, key=lambda one: _moment(one.at))
    return tuple(scans)


def _refuse_same(inputs: tuple[Input, ...]) -> None:
    seen: dict[str, str] = {}
    for one in inputs:
        if one.digest in seen:
            raise UsageError(f"{one.name} is the same scan as {seen[one.digest]}", hint="give it once")
        seen[one.digest] = one.name


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _day(text: str) -> datetime:
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError as error:
        raise UsageError(f"{text[:40]!r} is not a day", hint="write it as 2026-01-31") from error
