"""What the index knows, in lines for a person."""

from __future__ import annotations

from collections.abc import Iterator

from secscan.advisories.advice import Advice, advise, worst
from secscan.advisories.aliases import by_vulnerability
from secscan.advisories.cvss import base_score
from secscan.advisories.index import Index
from secscan.advisories.osv import Affected, Event, Range
from secscan.errors import AdvisoryError
from secscan.versions.order import UNKNOWN, order_of


def describe_record(index: Index, record_id: str) -> Iterator[str]:
    """Say what a record tells."""
    record = index.record(record_id)
    if record is None:
        raise AdvisoryError(f"the advisory index knows no {record_id!r}", hint="see: secscan advisories status")
    yield f"{record.id}  {record.title}"
    if record.withdrawn:
        yield f"  withdrawn {record.withdrawn}: it affects nothing"
    if record.aliases:
        yield f"  also {', '.join(record.aliases)}"
    if record.published:
        yield f"  published {record.published[:10]}, changed {record.modified[:10]}"
    for one in record.severity:
        score = base_score(one.score)
        yield f"  {one.score}" + (f" ({score})" if score is not None else "")
    for cve in record.ids:
        if since := index.exploited_since(cve):
            yield f"  {cve} is exploited (CISA KEV, {since})"
        if (chance := index.epss(cve)) is not None:
            yield f"  {cve} EPSS {chance:.3f}"
    for affected in record.affected:
        yield from _describe_affected(affected)
    for reference in record.references:
        yield f"  {reference.url}"


def _describe_affected(affected: Affected) -> Iterator[str]:
    if affected.package is None:
        return
    yield f"  {affected.package.ecosystem} {affected.package.name}"
    for one in affected.ranges:
        yield f"    {_describe_range(one)}"
    for one in affected.ecosystem_specific.custom_ranges if affected.ecosystem_specific else ():
        yield f"    {_describe_range(one)} (in the project's own versions)"
    if affected.versions:
        more = f" and {len(affected.versions) - 8} more" if len(affected.versions) > 8 else ""
        yield f"    listed: {', '.join(affected.versions[:8])}{more}"


def _describe_range(one: Range) -> str:
    words = " ".join(_describe_event(event) for event in one.events)
    return f"{one.type}: {words}" + (" (commits; not compared)" if one.type == "GIT" else "")


def _describe_event(event: Event) -> str:
    marks = {"from": event.introduced, "below": event.fixed, "up to": event.last_affected, "limit": event.limit}
    return ", ".join(f"{word} {version}" for word, version in marks.items() if version is not None)


def describe_package(index: Index, ecosystem: str, name: str, version: str) -> Iterator[str]:
    """Say which advisories affect a package at a version, or name it at all. Raises `AdvisoryError` where the silence
    of the index means nothing."""
    if not index.knows(ecosystem, name):
        raise AdvisoryError(
            f"the advisory index does not know {ecosystem} {name}: it can tell nothing of it",
            hint="see what it holds: secscan advisories status",
        )
    if not version:
        records = index.records_of(ecosystem, name)
        yield f"{ecosystem} {name}: {len(records)} advisories"
        yield from (f"  {record_id}  {_title(index, record_id)}" for record_id in records)
        return
    order = order_of(ecosystem)
    if order is UNKNOWN or order.key(version) is None:
        raise AdvisoryError(
            f"{version!r} is no version of {ecosystem} that can be compared", hint="give a released version"
        )
    known = {one.id: one for one in advise(index, ecosystem, name, version)}
    groups = by_vulnerability(known)
    yield f"{ecosystem} {name} {version}: {len(groups)} vulnerabilities"
    for names, group in groups:
        yield from _describe_group(ecosystem, names, group)
    for record_id in index.not_comparable(ecosystem, name):
        yield f"  {record_id}  names no version that can be compared  {_title(index, record_id)}"


def _describe_group(ecosystem: str, names: tuple[str, ...], group: tuple[Advice, ...]) -> Iterator[str]:
    first = group[0]
    fixed = order_of(ecosystem).sorted(version for one in group for version in one.fixed)
    yield f"  {' = '.join(names)}  {worst(one.severity for one in group)}  {first.title}"
    yield f"    fixed in {', '.join(fixed)}" if fixed else "    no fixed version is known"
    if any(one.known_exploited for one in group):
        yield "    exploited (CISA KEV)"


def _title(index: Index, record_id: str) -> str:
    record = index.record(record_id)
    return record.title if record else ""
