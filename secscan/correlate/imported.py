"""Imported results beside what our own scanners saw.

A file of results is hostile: it must not be able to soften anything. So what our scanners saw is correlated without it,
and keeps its fingerprints, class, identifiers, confidence and decision. An imported report of the same defect becomes
one more source of it, and can make it worse; every other is a finding of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from secscan.correlate.flows import start_of
from secscan.correlate.order import badness, file_order, in_order, united_sources
from secscan.findings.defects import OTHER
from secscan.findings.fingerprint import purl_without_qualifiers, with_fingerprints
from secscan.findings.levels import Severity
from secscan.findings.model import Finding

_Key = tuple[object, ...]


def with_imported(own: Sequence[Finding], imported: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return the findings of our own scanners, which have been merged and have their fingerprints, with the imported
    ones: those that report the same as its further sources, the others after them. Sorted as `merge` sorts."""
    whole = list(own)
    known: dict[_Key, int] = {}
    for index, finding in enumerate(whole):
        for key in (*_keys(finding), *_anywhere(finding)):
            known.setdefault(key, index)
    for finding in in_order(imported):
        keys = tuple(_keys(finding))
        # Most documents about packages do not say which manifest asks for one.
        wider = () if finding.location.region else _anywhere(finding)
        met = next((known[key] for key in (*keys, *wider) if key in known), None)
        if met is not None:
            whole[met] = _joined(whole[met], finding)
            continue
        for key in keys:
            known.setdefault(key, len(whole))
        whole.append(finding)
    alone = with_fingerprints(whole[len(own) :], after=own)
    return tuple(sorted((*whole[: len(own)], *alone), key=lambda one: (*file_order(one), one.fingerprint)))


def _keys(finding: Finding) -> Iterator[_Key]:
    """What tells that two reports are about the same: of packages one of its names, of code class and statement."""
    package, location = finding.package, finding.location
    if package is not None:
        names = [name for name in finding.identifiers if not name.startswith("CWE-")]
        yield from (("package", location.path, purl_without_qualifiers(package.purl), name) for name in names)
        return
    region = location.statement or location.region
    if finding.defect != OTHER and region is not None:
        yield ("place", location.path, start_of(region), finding.defect)
        return
    rules = tuple(sorted({(source.scanner, source.rule) for source in finding.sources}))
    yield ("rule", location.path, start_of(region), location.symbol, finding.defect, rules, finding.message)


def _anywhere(finding: Finding) -> Iterator[_Key]:
    """The same of packages, wherever they are declared; of a source package, by what is installed of it, too."""
    package = finding.package
    if package is not None:
        names = [name for name in finding.identifiers if not name.startswith("CWE-")]
        for purl in (package.purl, *package.binaries):
            yield from (("package", purl_without_qualifiers(purl), name) for name in names)


def _joined(finding: Finding, report: Finding) -> Finding:
    return msgspec.structs.replace(
        finding,
        sources=united_sources([finding.sources, report.sources]),
        severity=_worse(finding.severity, report.severity),
    )


def _worse(own: Severity, other: Severity) -> Severity:
    """The worse of both. What nobody of ours knows stays unknown, which policies do not take for low."""
    if own is Severity.UNKNOWN:
        return other if other is Severity.CRITICAL else own
    return other if badness(other) > badness(own) else own
