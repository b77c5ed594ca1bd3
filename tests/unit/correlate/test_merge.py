from __future__ import annotations

from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from secscan.correlate.flows import SANITIZER_SEEN, is_evidence
from secscan.correlate.merge import merge
from secscan.correlate.order import file_order
from secscan.findings.levels import Confidence, Severity
from secscan.findings.model import Finding, Region, TraceStep
from tests.unit.correlate.conftest import Build

BUILD = Build()


@st.composite
def placed(draw: st.DrawFn) -> Finding:
    scanner, rule, defect = draw(
        st.sampled_from(
            [
                ("bandit", "B602", "command-injection"),
                ("bandit", "B603", "process-start"),
                ("semgrep", "secscan.taint", "command-injection"),
                ("semgrep", "secscan.call", "command-injection"),
                ("other", "x", "other"),
            ]
        )
    )
    line = draw(st.integers(1, 8))
    about: dict[str, Any] = {
        "path": draw(st.sampled_from(["a.py", "b.py"])),
        "statement": ((line - 1) // 3 * 3 + 1, 1),
        "severity": draw(st.sampled_from(list(Severity))),
        "confidence": draw(st.sampled_from(list(Confidence))),
    }
    if rule == "secscan.taint":
        steps = draw(st.lists(st.tuples(st.integers(1, 8), st.integers(1, 30)), max_size=3))
        about["trace"] = tuple(
            TraceStep(path=about["path"], region=Region(start_line=at, start_column=column)) for at, column in steps
        )
        about["note"] = draw(st.sampled_from(["", "", SANITIZER_SEEN]))
    return BUILD.at((line, draw(st.integers(0, 30))), scanner=scanner, rule=rule, defect=defect, **about)


@st.composite
def packaged(draw: st.DrawFn) -> Finding:
    ids = draw(st.lists(st.sampled_from(["CVE-1", "CVE-2", "GHSA-1", "GHSA-2", "PYSEC-1", "CWE-1"]), max_size=3))
    return BUILD.vulnerable(
        *dict.fromkeys(ids),
        scanner=draw(st.sampled_from(["pip-audit", "trivy"])),
        severity=draw(st.sampled_from(list(Severity))),
        fixed=draw(st.lists(st.sampled_from(["1.0", "1.0.1", "2.0rc1", "x"]), max_size=2, unique=True)),
        purl=draw(st.sampled_from(["pkg:pypi/a@1", "pkg:pypi/a@2", "pkg:npm/%40s/a@1?x=y"])),
    )


FINDINGS = st.lists(st.one_of(placed(), packaged()), max_size=14)


def encoded(findings: tuple[Finding, ...]) -> bytes:
    return msgspec.json.encode(findings)


@settings(max_examples=300)
@given(FINDINGS, st.randoms(use_true_random=False))
def test_order_makes_no_difference(findings: list[Finding], random: Any) -> None:
    shuffled = list(findings)
    random.shuffle(shuffled)
    assert encoded(merge(shuffled)) == encoded(merge(findings))


@settings(max_examples=300)
@given(FINDINGS)
def test_merging_twice_is_merging_once(findings: list[Finding]) -> None:
    once = merge(findings)
    assert encoded(merge(once)) == encoded(once)


@settings(max_examples=300)
@given(FINDINGS)
def test_no_source_is_lost_none_is_made_up_and_evidence_never_appears(findings: list[Finding]) -> None:
    def sources(several: Any) -> set[tuple[Any, ...]]:
        return {
            (one.location.path, source.scanner, source.rule, source.region) for one in several for source in one.sources
        }

    merged = merge(findings)
    assert sources(merged) == sources(one for one in findings if not is_evidence(one))
    assert not any(is_evidence(one) for one in merged)


@given(FINDINGS)
def test_results_are_sorted_and_fingerprints_unique(findings: list[Finding]) -> None:
    merged = merge(findings)
    assert list(merged) == sorted(merged, key=lambda one: (*file_order(one), one.fingerprint))
    assert all(one.fingerprint for one in merged)
    assert len({one.fingerprint for one in merged}) == len(merged)


@given(FINDINGS)
def test_severity_is_one_that_a_source_gave(findings: list[Finding]) -> None:
    given_severities = {one.severity for one in findings}
    assert {one.severity for one in merge(findings)} <= given_severities


def test_regions_of_one_rule_are_counted_in_linear_time_and_stay_apart(build: Any) -> None:
    findings = [
        build.at((line, 1), statement=(1, 1), scanner=scanner, rule=scanner)
        for line in range(1, 400)
        for scanner in ("bandit", "semgrep")
    ]
    merged = merge(findings)
    assert len(merged) == 399
    assert all(len(one.sources) == 2 for one in merged)
