"""An imported report adds a source, a finding, or severity; it takes nothing away and moves nothing."""

from __future__ import annotations

import itertools
from typing import Any

import msgspec
import pytest

from secscan.correlate.imported import with_imported
from secscan.correlate.merge import merge
from secscan.findings.levels import Confidence, Kind, Severity
from secscan.findings.model import Finding, Region, at_each_place


def imported(finding: Finding) -> Finding:
    sources = tuple(msgspec.structs.replace(one, scanner=f"import:{one.scanner}") for one in finding.sources)
    return msgspec.structs.replace(finding, sources=sources)


def kept(own: tuple[Finding, ...], whole: tuple[Finding, ...]) -> bool:
    """Whether everything of ours is as it was, but for imported sources and a worse severity."""
    by_fingerprint = {one.fingerprint: one for one in whole}
    for one in own:
        now = by_fingerprint[one.fingerprint]
        if msgspec.structs.replace(now, sources=now.own_sources, severity=one.severity) != one:
            return False
        if now.severity.order > one.severity.order and one.severity is not Severity.UNKNOWN:
            return False
    return True


def test_the_same_defect_becomes_one_more_source_and_can_be_worse(build: Any) -> None:
    own = merge([build.at((4, 5))])
    (whole,) = with_imported(
        own, [imported(build.at((4, 9), statement=(4, 1), scanner="acme", severity=Severity.CRITICAL))]
    )
    assert [one.scanner for one in whole.sources] == ["bandit", "import:acme"]
    assert (whole.severity, whole.confidence) == (Severity.CRITICAL, Confidence.MEDIUM)
    assert whole.fingerprint == own[0].fingerprint
    assert [one.scanner for one in whole.own_sources] == ["bandit"]


@pytest.mark.parametrize("severity", [Severity.LOW, Severity.INFO, Severity.UNKNOWN])
def test_it_never_gets_milder(build: Any, severity: Severity) -> None:
    own = merge([build.at((4, 5), severity=Severity.HIGH), build.at((9, 5), severity=Severity.UNKNOWN)])
    whole = with_imported(own, [imported(build.at((line, 5), severity=severity)) for line in (4, 9)])
    assert [one.severity for one in whole] == [Severity.HIGH, Severity.UNKNOWN]


def test_a_data_flow_or_a_sanitizer_of_a_file_outweighs_nothing(build: Any) -> None:
    own = merge([build.at((4, 5), severity=Severity.HIGH, confidence=Confidence.LOW)])
    flow = imported(build.at((4, 5), severity=Severity.LOW, trace=build.trace((1, 1), (4, 5))))
    seen = imported(build.at((4, 5), note="sanitizer-seen"))
    assert kept(own, with_imported(own, [flow, seen]))


def test_occurrences_of_ours_are_counted_without_the_imported(build: Any) -> None:
    own = merge([build.at((4, 5)), build.at((9, 5))])
    whole = with_imported(own, [imported(build.at((2, 5))), imported(build.at((6, 5)))])
    assert kept(own, whole)
    assert len({one.fingerprint for one in whole}) == len(whole) == 4
    assert [one.location.region.start_line for one in whole if one.location.region] == [2, 4, 6, 9]


def test_ids_of_a_file_join_no_two_vulnerabilities_of_ours(build: Any) -> None:
    own = merge([build.vulnerable("CVE-1"), build.vulnerable("CVE-2")])
    whole = with_imported(
        own, [imported(build.vulnerable("CVE-1", "CVE-2", scanner="trivy", severity=Severity.CRITICAL))]
    )
    assert kept(own, whole)
    assert sorted(one.identifiers for one in whole) == [("CVE-1",), ("CVE-2",)]
    assert sum(len(one.sources) for one in whole) == 3


def test_of_packages_the_manifest_counts_where_it_is_named(build: Any) -> None:
    own = merge([build.vulnerable("CVE-1")])
    nowhere = imported(build.vulnerable("CVE-1", path="other.txt", scanner="trivy"))
    place = msgspec.structs.replace(nowhere.location, region=Region(start_line=3))
    elsewhere = msgspec.structs.replace(nowhere, location=place)
    assert len(with_imported(own, [nowhere])) == 1
    assert len(with_imported(own, [elsewhere])) == 2


def test_a_rule_that_nobody_knows_joins_only_itself(build: Any) -> None:
    own = merge([build.at((4, 5), defect="other")])
    again = [imported(build.at((4, 5), defect="other", scanner="acme")) for _ in range(2)]
    assert len(with_imported(own, again)) == 2


def test_the_order_makes_no_difference(build: Any) -> None:
    own = merge([build.at((4, 5))])
    others = [
        imported(build.at((4, 5), scanner="a")),
        imported(build.at((8, 5), scanner="b")),
        imported(build.at((8, 5), scanner="c", severity=Severity.HIGH)),
        imported(build.at((9, 5), scanner="c", kind=Kind.SECRET, defect="hardcoded-credential")),
    ]
    results = {with_imported(own, order) for order in itertools.permutations(others)}
    assert len(results) == 1
    (whole,) = results
    assert len(list(at_each_place(whole))) == 3
