"""The same secret, seen by our own detector and by others, is one finding; two secrets stay two."""

from __future__ import annotations

from typing import Any

from secscan.correlate.merge import merge
from secscan.findings.levels import Confidence, Kind, Severity

DEFECT = {"defect": "hardcoded-credential", "kind": Kind.SECRET}
OURS = {"scanner": "secrets", "rule": "secscan.secret.github-token"}
THEIRS = {"scanner": "betterleaks", "rule": "github-pat"}


def test_one_secret_under_several_names_is_told_in_our_words(build: Any) -> None:
    ours = build.at((3, 10), statement=(3, 1), severity=Severity.HIGH, **OURS, **DEFECT)
    theirs = build.at(
        (3, 10), statement=(3, 1), severity=Severity.CRITICAL, confidence=Confidence.HIGH, **THEIRS, **DEFECT
    )
    whole_match = build.at((3, 1), statement=(3, 1), scanner="gitleaks", rule="generic-api-key", **DEFECT)
    (merged,) = merge([theirs, whole_match, ours])
    assert [source.scanner for source in merged.sources] == ["betterleaks", "gitleaks", "secrets"]
    assert merged.title == "secrets secscan.secret.github-token"
    assert (merged.severity, merged.confidence) == (Severity.CRITICAL, Confidence.HIGH)


def test_two_secrets_in_one_statement_stay_two_whoever_sees_them(build: Any) -> None:
    findings = [build.at((3, column), statement=(3, 1), **OURS, **DEFECT) for column in (10, 60)]
    findings += [build.at((3, column), statement=(3, 1), **THEIRS, **DEFECT) for column in (12, 61)]
    merged = merge(findings)
    assert [[source.region.start_column for source in one.sources] for one in merged] == [[12, 10], [61, 60]]


def test_a_report_from_the_name_to_the_value_is_that_of_the_value(build: Any) -> None:
    value = build.at((7, 13), statement=(7, 1), **OURS, **DEFECT)
    later = build.at((9, 13), statement=(9, 1), **OURS, **DEFECT)
    wide = build.at((2, 1), statement=(2, 1), end_line=7, scanner="gitleaks", rule="kubernetes-secret-yaml", **DEFECT)
    merged = merge([later, wide, value])
    assert [[source.scanner for source in one.sources] for one in merged] == [["gitleaks", "secrets"], ["secrets"]]
    assert merged[0].place.endswith(":7")
    assert merge(merged) == merged


def test_a_report_that_holds_no_other_stays(build: Any) -> None:
    wide = build.at((2, 1), statement=(2, 1), end_line=7, **THEIRS, **DEFECT)
    assert len(merge([wide, build.at((8, 1), statement=(8, 1), **OURS, **DEFECT)])) == 2


def test_a_pattern_for_passwords_in_code_is_the_same_finding_and_it_stays_a_secret(build: Any) -> None:
    pattern = build.at((3, 1), statement=(3, 1), rule="B105", defect="hardcoded-credential", kind=Kind.SAST)
    (merged,) = merge([pattern, build.at((3, 12), statement=(3, 1), **OURS, **DEFECT)])
    assert merged.kind is Kind.SECRET
    assert len(merged.sources) == 2
