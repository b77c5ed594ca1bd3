"""What the adapters of others' secret scanners make of answers that are not what they should be."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from secscan.process import Ended
from secscan.scanners import betterleaks, gitleaks, kingfisher
from secscan.scanners.contract import MalformedOutput, Scanner
from tests.recorded.cases import Case, cases_of

SCANNERS = (betterleaks.SCANNER, gitleaks.SCANNER, kingfisher.SCANNER)


@pytest.fixture(params=SCANNERS, ids=lambda one: one.name)
def scanner(request: pytest.FixtureRequest) -> Scanner[Any]:
    return request.param


def found(scanner: Scanner[Any]) -> Case:
    return next(case for case in cases_of(scanner) if case.name == "found")


def changed(case: Case, name: str, change: Callable[[dict[str, Any]], None]) -> Ended:
    document = json.loads(case.ended.files[name])
    change(document)
    return replace(case.ended, files={**case.ended.files, name: json.dumps(document).encode()})


def test_places_are_those_of_the_file_and_not_of_the_part_it_was_shown_in(scanner: Scanner[Any]) -> None:
    case = found(scanner)
    places = {
        (one.location.path, region.start_line, region.start_column, region.end_column)
        for one in scanner.parse(case.ended, case.piece).findings
        if (region := one.location.region)
    }
    assert places == {
        ("package-lock.json", 1, 9, 49),
        ("utf16.txt", 1, 9, 49),
        ("logo.png", 2, 9, 49),
        ("paper.txt", 2, 9, 49),
        ("marked.py", 2, 9, 49),
        ("long.js", 1, 160_009, 160_049),
    }


def test_bytes_that_were_not_looked_at_are_no_answer(scanner: Scanner[Any]) -> None:
    case = found(scanner)

    def more(shown: dict[str, Any]) -> None:
        shown["bytes"] += 1

    with pytest.raises(MalformedOutput, match=r"it looked at \d+ of \d+ bytes"):
        scanner.parse(changed(case, "shown.json", more), case.piece)


def test_a_tool_that_speaks_of_a_file_it_was_not_shown_is_refused(scanner: Scanner[Any]) -> None:
    case = found(scanner)

    def fewer(shown: dict[str, Any]) -> None:
        shown["places"] = {}

    with pytest.raises(MalformedOutput, match="which it was not shown"):
        scanner.parse(changed(case, "shown.json", fewer), case.piece)


def test_a_control_found_by_another_rule_is_none(scanner: Scanner[Any]) -> None:
    case = found(scanner)
    text = case.ended.files["report.json"].replace(b"github-pat", b"other-rule")
    report = scanner.parse(replace(case.ended, files={**case.ended.files, "report.json": text}), case.piece)
    assert not report.control


def _incomplete(document: dict[str, Any]) -> None:
    document["scan"]["state"] = "incomplete"


def _less(document: dict[str, Any]) -> None:
    del document["findings"][0]["confidence"]


def _fewer(document: dict[str, Any]) -> None:
    document["findings"].pop()


def _partial(document: dict[str, Any]) -> None:
    document["audit"]["summary"]["scan_partial"] = 1


def _none(document: dict[str, Any]) -> None:
    document["findings"].clear()


def _no_leaks(document: dict[str, Any]) -> None:
    document["leaks"].clear()


@pytest.mark.parametrize(
    ("scanner", "change"),
    [
        (betterleaks.SCANNER, _incomplete),
        (betterleaks.SCANNER, _fewer),
        (betterleaks.SCANNER, _less),
        (kingfisher.SCANNER, _partial),
        (kingfisher.SCANNER, _none),
        (gitleaks.SCANNER, _no_leaks),
    ],
)
def test_an_answer_that_contradicts_itself_is_none(
    scanner: Scanner[Any], change: Callable[[dict[str, Any]], None]
) -> None:
    case = found(scanner)
    with pytest.raises(MalformedOutput):
        scanner.parse(changed(case, "report.json", change), case.piece)


def test_gitleaks_must_say_how_much_it_looked_at() -> None:
    case = found(gitleaks.SCANNER)
    with pytest.raises(MalformedOutput, match="how much"):
        gitleaks.SCANNER.parse(replace(case.ended, stderr=b""), case.piece)


def test_user_names_are_no_secrets_and_rules_say_how_bad_it_is() -> None:
    case = found(betterleaks.SCANNER)

    def parsed(rule: str, about: str, confidence: str = "high") -> Any:
        def named(document: dict[str, Any]) -> None:
            for one in document["findings"]:
                if not one["location"]["path"].endswith("secscan_control.txt"):
                    one.update(rule_id=rule, description=about, confidence=confidence)

        findings = betterleaks.SCANNER.parse(changed(case, "report.json", named), case.piece).findings
        return (findings[0].title, findings[0].severity) if findings else None

    assert parsed("generic-username", "Detected a username-like value.") is None
    assert parsed("some-client-id", "Identified a Client ID.") is None
    assert parsed("private-key", "Identified a Private Key, which may.") == ("Private Key", "critical")
    assert parsed("slack-webhook-url", "Discovered a Slack Webhook, potentially.") == ("Slack Webhook", "medium")
    assert parsed("generic-password", "Detected a possible password value.", "low") == ("Password value", "low")
    assert parsed("odd", "") == ("Odd", "high")
