from __future__ import annotations

from typing import Any

import pytest

from secscan.correlate.flows import SANITIZER_SEEN
from secscan.correlate.merge import merge
from secscan.correlate.places import TRACED
from secscan.findings.levels import Confidence, Kind, Severity
from secscan.findings.model import Finding

SEMGREP = {"scanner": "semgrep", "rule": "secscan.call"}


def rules(finding: Finding) -> list[str]:
    return [source.rule for source in finding.sources]


def test_one_call_over_lines_seen_by_two_tools_is_one_finding(build: Any) -> None:
    bandit = build.at((432, 0), statement=(430, 5), severity=Severity.HIGH)
    semgrep = build.at((430, 14), statement=(430, 5), **SEMGREP)
    (merged,) = merge([bandit, semgrep])
    assert rules(merged) == ["B602", "secscan.call"]
    assert merged.title == "semgrep secscan.call"
    assert merged.severity is Severity.HIGH


def test_several_defects_on_one_line_stay_several(build: Any) -> None:
    classes = ["debug-enabled", "bind-all-interfaces", "insecure-temp-file"]
    assert len(merge(build.at((1, 1), defect=name, rule=name) for name in classes)) == 3


def test_an_unknown_class_is_merged_only_within_one_rule(build: Any) -> None:
    same = build.at((1, 1), defect="other", scanner="x", rule="r")
    again = build.at((1, 1), defect="other", scanner="x", rule="r", message="again")
    different = build.at((1, 1), defect="other", scanner="y", rule="r")
    assert len(merge([same, again, different])) == 2


def test_two_regions_of_one_rule_in_a_statement_are_two_defects(build: Any) -> None:
    findings = [build.at((1, column), rule="B324", defect="weak-hash") for column in (5, 40)]
    findings += [build.at((1, column), defect="weak-hash", **SEMGREP) for column in (6, 41)]
    merged = merge(findings)
    assert [rules(one) for one in merged] == [["B324", "secscan.call"]] * 2
    assert [[source.region.start_column for source in one.sources] for one in merged] == [[5, 6], [40, 41]]
    assert len({one.fingerprint for one in merged}) == 2


def test_a_rule_without_overlap_is_matched_by_order(build: Any) -> None:
    findings = [build.at((1, column)) for column in (5, 40)]
    findings.append(build.at((3, 60), statement=(1, 1), **SEMGREP))
    assert sorted(rules(one) for one in merge(findings)) == [["B602"], ["B602", "secscan.call"]]


def test_two_equal_defects_in_two_statements_stay_two(build: Any) -> None:
    merged = merge([build.at((1, 1)), build.at((9, 1))])
    assert len({one.fingerprint for one in merged}) == 2


def test_a_traced_flow_gives_high_confidence_and_says_so(build: Any) -> None:
    (merged,) = merge([build.at((5, 1), trace=build.trace((2, 1), (5, 1)), **SEMGREP)])
    assert merged.confidence is Confidence.HIGH
    assert merged.notes == (TRACED,)


def test_the_statement_that_builds_the_text_is_the_same_defect_as_the_sink(build: Any) -> None:
    built = build.at((4, 9), defect="sql-injection", rule="B608", severity=Severity.HIGH)
    other = build.at((20, 9), defect="sql-injection", rule="B608")
    sink = build.at((7, 5), defect="sql-injection", trace=build.trace((2, 4), (4, 1), (7, 5)), **SEMGREP)
    merged = merge([built, other, sink])
    assert [rules(one) for one in merged] == [["B608", "secscan.call"], ["B608"]]
    assert merged[0].location == sink.location
    assert merged[0].severity is Severity.HIGH


def test_a_flow_leads_through_other_classes_without_taking_them(build: Any) -> None:
    built = build.at((4, 9), defect="weak-hash", rule="B324")
    sink = build.at((7, 5), trace=build.trace((4, 1), (7, 5)), **SEMGREP)
    assert len(merge([built, sink])) == 2


def test_a_guess_does_not_raise_the_severity_of_a_traced_flow(build: Any) -> None:
    guess = build.at((5, 1), severity=Severity.CRITICAL, confidence=Confidence.LOW)
    traced = build.at((5, 1), trace=build.trace((2, 1), (5, 1)), **SEMGREP)
    (merged,) = merge([guess, traced])
    assert merged.severity is Severity.MEDIUM
    assert merged.sources[0].note
    (surer,) = merge([build.at((5, 1), severity=Severity.CRITICAL), traced])
    assert surer.severity is Severity.CRITICAL


def test_a_sanitizer_outweighs_a_pattern(build: Any) -> None:
    pattern = build.at((5, 1), severity=Severity.HIGH, confidence=Confidence.HIGH)
    evidence = build.at((5, 1), note=SANITIZER_SEEN, trace=build.trace((2, 1), (5, 1)), **SEMGREP)
    (merged,) = merge([pattern, evidence])
    assert (merged.severity, merged.confidence) == (Severity.HIGH, Confidence.LOW)
    assert "secscan.call" in merged.notes[0]
    assert rules(merged) == ["B602"]
    assert merged.trace == ()


def test_a_sanitizer_outweighs_a_pattern_on_the_way_to_the_sink(build: Any) -> None:
    pattern = build.at((3, 9))
    evidence = build.at((5, 1), note=SANITIZER_SEEN, trace=build.trace((2, 1), (3, 9), (5, 1)), **SEMGREP)
    (merged,) = merge([pattern, evidence])
    assert merged.location == pattern.location
    assert merged.confidence is Confidence.LOW


def test_a_traced_flow_outweighs_a_sanitizer_on_another(build: Any) -> None:
    pattern = build.at((3, 9))
    evidence = build.at((5, 1), note=SANITIZER_SEEN, trace=build.trace((2, 1), (3, 9), (5, 1)), **SEMGREP)
    traced = build.at((9, 1), trace=build.trace((2, 1), (3, 9), (9, 1)), **SEMGREP)
    (merged,) = merge([pattern, evidence, traced])
    assert rules(merged) == ["B602", "secscan.call"]
    assert merged.confidence is Confidence.HIGH


def test_a_sanitizer_on_one_call_says_nothing_of_another_in_the_statement(build: Any) -> None:
    first, second = build.at((5, 1)), build.at((5, 40))
    evidence = build.at((5, 40), note=SANITIZER_SEEN, **SEMGREP)
    assert [one.confidence for one in merge([first, second, evidence])] == [Confidence.MEDIUM, Confidence.LOW]


def test_evidence_alone_is_no_finding(build: Any) -> None:
    assert merge([build.at((5, 1), note=SANITIZER_SEEN)]) == ()


def test_a_started_process_is_a_weaker_word_for_an_injected_command(build: Any) -> None:
    weak = build.at((5, 1), defect="process-start", rule="B603", severity=Severity.CRITICAL)
    strong = build.at((5, 1), **SEMGREP)
    elsewhere = build.at((5, 60), defect="process-start", rule="B603")
    path = build.at((5, 1), defect="untrusted-search-path", rule="B607")
    merged = merge([weak, strong, elsewhere, path])
    assert sorted((one.defect, *rules(one)) for one in merged) == [
        ("command-injection", "B603", "secscan.call"),
        ("process-start", "B603"),
        ("untrusted-search-path", "B607"),
    ]
    command = next(one for one in merged if one.defect == "command-injection")
    assert command.severity is Severity.MEDIUM
    assert "process-start" in command.sources[0].note


@pytest.mark.parametrize("swapped", [False, True])
def test_a_secret_stays_a_secret(build: Any, swapped: bool) -> None:
    findings = [
        build.at((1, 1), defect="hardcoded-credential", rule="B105"),
        build.at((1, 9), defect="hardcoded-credential", scanner="gitleaks", kind=Kind.SECRET, secret_id="id"),
    ]
    (merged,) = merge(findings[::-1] if swapped else findings)
    assert (merged.kind, merged.secret_id) == (Kind.SECRET, "id")


def test_what_only_one_source_knows_is_kept(build: Any) -> None:
    one = build.at((1, 1), references=("b",), identifiers=("CWE-78",), epss=0.2, notes=("n",))
    two = build.at(
        (1, 1), references=("a",), identifiers=("CWE-88",), known_exploited=False, remediation="r", **SEMGREP
    )
    (merged,) = merge([one, two])
    assert merged.references == ("a", "b")
    assert merged.identifiers == ("CWE-78", "CWE-88")
    assert (merged.epss, merged.known_exploited, merged.notes, merged.remediation) == (0.2, False, ("n",), "r")
