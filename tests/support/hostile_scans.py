"""Scans in which every text is a hostile one. The fields are found in the model, so a new one is hostile by itself."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from typing import Any

import msgspec
from msgspec import inspect

from secscan.findings.coverage import Sort
from secscan.findings.judgement import Decision, RemedyStep, WaiverUse, verdict_of
from secscan.findings.model import Finding, Introduced, Rebuild
from secscan.findings.scan import FORMAT, RunInfo, Scan

_MOMENT = "2026-01-31T12:00:00Z"

_PINNED: dict[tuple[type, str], Any] = {
    (Scan, "format"): FORMAT,
    (RunInfo, "started"): _MOMENT,
    (RunInfo, "judged_at"): _MOMENT,
    (Introduced, "date"): _MOMENT,
    (Decision, "first_seen"): _MOMENT,
    (Decision, "due"): _MOMENT[:10],
    (WaiverUse, "expires"): _MOMENT[:10],
}
"""What `findings.scan.loads` accepts no other text for."""

_NAMES_FINDINGS = {(WaiverUse, "fingerprints"), (RemedyStep, "clears"), (Rebuild, "cleared")}
"""Lists of fingerprints of the scan's findings; with others, reports would leave out what goes with them."""


def text_fields() -> Iterator[str]:
    """Every field of a saved scan that holds text, as `Class.field`."""
    seen: set[type] = set()

    def walk(kind: inspect.Type, name: str) -> Iterator[str]:
        if isinstance(kind, inspect.StrType):
            yield name
        elif isinstance(kind, inspect.StructType) and kind.cls not in seen:
            seen.add(kind.cls)
            for field in kind.fields:
                yield from walk(field.type, f"{kind.cls.__name__}.{field.name}")
        elif isinstance(kind, inspect.VarTupleType):
            yield from walk(kind.item_type, name)
        elif isinstance(kind, inspect.UnionType):
            for one in kind.types:
                yield from walk(one, name)

    return walk(_SCAN, "Scan")


@functools.lru_cache(maxsize=512)
def hostile(text: str, turn: int = 0) -> Scan:
    """A scan with `text` in every field that may hold it.

    Each list of the scan has two members: one with all that is optional and the first member of each enumeration, and
    one without, with the member whose turn it is.
    """
    scan: Scan = _Filler(text, turn).value(_SCAN, 0)
    findings = tuple(_identified(one, f"{at}") for at, one in enumerate(scan.findings))
    places = [one.fingerprint for finding in findings for one in finding.each]
    assert scan.judgement is not None
    decided = [scan.judgement.decisions[min(at, 1)] for at in range(len(places))]
    judgement = msgspec.structs.replace(
        scan.judgement,
        verdict=verdict_of(scan.judgement.reasons),
        decisions=tuple(
            msgspec.structs.replace(one, fingerprint=name) for one, name in zip(decided, places, strict=True)
        ),
    )
    runs = tuple(
        msgspec.structs.replace(one, scanner=f"{one.scanner} {at}" if at else one.scanner)
        for at, one in enumerate(scan.scanners)
    )  # a scan that names one of them twice is refused
    told = msgspec.structs.replace(scan, findings=findings, judgement=judgement, scanners=runs)
    return _covered(_naming(told, tuple(places)))


def merged(scans: list[Scan]) -> Scan:
    """One scan with everything that stands in a list of one of them; what stands alone is that of the first."""
    joined: Scan = _joined([_told_apart(scan, f"{at}-") for at, scan in enumerate(scans)])
    assert joined.judgement is not None
    judgement = msgspec.structs.replace(joined.judgement, verdict=verdict_of(joined.judgement.reasons))
    return _covered(msgspec.structs.replace(joined, judgement=judgement))


def _covered(scan: Scan) -> Scan:
    """The scan, in which every file was looked at in the first way: one that contradicts itself is refused."""
    first, *others = scan.coverage
    rows = (
        msgspec.structs.replace(first, of=Sort.FILES, count=len(scan.files)),
        *(msgspec.structs.replace(row, of=Sort.PACKAGES) for row in others),
    )
    files = tuple(msgspec.structs.replace(file, way=0) for file in scan.files)
    return msgspec.structs.replace(scan, files=files, coverage=rows)


def _told_apart(scan: Scan, before: str) -> Scan:
    """The scan with `before` in front of each fingerprint."""
    findings = tuple(_apart(one, before) for one in scan.findings)
    assert scan.judgement is not None
    decisions = tuple(
        msgspec.structs.replace(one, fingerprint=before + one.fingerprint) for one in scan.judgement.decisions
    )
    judgement = msgspec.structs.replace(scan.judgement, decisions=decisions)
    changed = msgspec.structs.replace(scan, findings=findings, judgement=judgement)
    named: Scan = _naming(changed, tuple(place.fingerprint for finding in findings for place in finding.each))
    return named


def _joined(values: list[Any]) -> Any:
    """The values as one: lists one after the other, structures member by member, and else the first."""
    first = values[0]
    if isinstance(first, tuple):
        return tuple(one for value in values for one in value)
    if isinstance(first, msgspec.Struct):
        names = first.__struct_fields__
        return type(first)(**{name: _joined([getattr(value, name) for value in values]) for name in names})
    return first


class _Filler:
    """Makes values of the model's types."""

    def __init__(self, text: str, turn: int) -> None:
        self._text = text
        self._turn = turn
        self._outer: list[type] = []

    def value(self, kind: inspect.Type, at: int) -> Any:
        """A value of this kind, of the member `at` of a list."""
        makers: dict[type[inspect.Type], Callable[[], Any]] = {
            inspect.StrType: lambda: self._text,
            inspect.BoolType: lambda: at == 0,
            inspect.IntType: lambda: at + 1,
            inspect.FloatType: lambda: 7.5,
            inspect.EnumType: lambda: self._member(kind, at),
            inspect.UnionType: lambda: self._optional(kind, at),
            inspect.VarTupleType: lambda: self._members(kind, at),
            inspect.StructType: lambda: self._struct(kind, at),
        }
        return makers[type(kind)]()

    def _member(self, kind: Any, at: int) -> Any:
        members = list(kind.cls)
        return members[self._turn % len(members) if at else 0]

    def _optional(self, kind: Any, at: int) -> Any:
        (inner,) = (one for one in kind.types if not isinstance(one, inspect.NoneType))
        return None if at and isinstance(inner, inspect.StructType) else self.value(inner, at)

    def _members(self, kind: Any, at: int) -> tuple[Any, ...]:
        """Two members, in a list of the scan; within a finding, one that is like it."""
        item = kind.item_type
        if isinstance(item, inspect.StructType) and item.cls in self._outer:
            # The places of a place: there are none.
            return () if self._outer.count(item.cls) > 1 or at else (self.value(item, at),)
        return (self.value(item, at),) if Finding in self._outer else (self.value(item, 0), self.value(item, 1))

    def _struct(self, kind: Any, at: int) -> Any:
        self._outer.append(kind.cls)
        fields = {
            one.name: _PINNED[kind.cls, one.name] if (kind.cls, one.name) in _PINNED else self.value(one.type, at)
            for one in kind.fields
        }
        self._outer.pop()
        return kind.cls(**fields)


def _identified(finding: Finding, name: str) -> Finding:
    """The finding with a fingerprint that no other has, at each of its places."""
    places = tuple(_identified(one, f"{name}.{at}") for at, one in enumerate(finding.places))
    return msgspec.structs.replace(finding, fingerprint=f"{finding.fingerprint}#{name}", places=places)


def _apart(finding: Finding, before: str) -> Finding:
    return msgspec.structs.replace(
        finding,
        fingerprint=before + finding.fingerprint,
        places=tuple(_apart(one, before) for one in finding.places),
    )


def _naming(value: Any, names: tuple[str, ...]) -> Any:
    """The same value, in which lists of fingerprints name these findings."""
    if isinstance(value, tuple):
        return tuple(_naming(one, names) for one in value)
    if isinstance(value, Finding) or not isinstance(value, msgspec.Struct):
        return value
    kind = type(value)
    changed = {
        name: names if (kind, name) in _NAMES_FINDINGS else _naming(getattr(value, name), names)
        for name in value.__struct_fields__
    }
    return msgspec.structs.replace(value, **changed)


_SCAN = inspect.type_info(Scan)
