"""OpenVEX claims nothing that no statement claimed, and reads back to what it was made from."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import msgspec

from secscan.findings.judgement import Judgement
from secscan.findings.levels import Action, Verdict
from secscan.findings.model import Finding, Location
from secscan.findings.scan import Scan
from secscan.gate.judge import judged
from secscan.policy.load import load_policy
from secscan.policy.vex import read_vex
from secscan.reports.openvex import FORMAT
from tests.support.scans import AT, HOUSE_POLICY, PACKAGE, TAINTED, UNSCORED, compared, ordinary, scan_of, waiver

POLICY = load_policy(str(HOUSE_POLICY), scanners=[])


def statements(scan: Scan) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(FORMAT.render(scan))["statements"]
    return found


def with_vex(*findings: Finding, plain: tuple[str, ...] = ()) -> Scan:
    """A scan judged with a VEX statement on the package, and waivers of these findings before it."""
    document = {
        "@context": "https://openvex.dev/ns/v0.2.0",
        "author": "ana",
        "timestamp": "2026-01-30T00:00:00Z",
        "statements": [
            {
                "vulnerability": {"name": "CVE-2023-30861"},
                "products": [{"@id": "pkg:pypi/flask@2.2.2"}],
                "status": "not_affected",
                "justification": "vulnerable_code_not_in_execute_path",
            }
        ],
    }
    given = read_vex(json.dumps(document).encode(), origin="given", longest_days=90)
    own = [waiver(f"w-{one}", fingerprints=(one,)) for one in plain]
    return judged(scan_of(*findings), POLICY, AT, waivers=[*own, *given])


def accepted(judgement: Judgement | None) -> set[str]:
    assert judgement is not None
    return {one.fingerprint for one in judgement.decisions if one.action is Action.ACCEPT}


def test_a_waiver_and_an_open_vulnerability_are_affected() -> None:
    (waived,) = statements(compared())
    assert waived["status"] == "affected"
    assert "the proxy in front does not cache" in waived["action_statement"]
    assert {one["status"] for one in statements(ordinary())} == {"affected"}
    unjudged = msgspec.structs.replace(ordinary(), judgement=None)
    assert {one["status"] for one in statements(unjudged)} == {"under_investigation"}


def test_it_reads_back_and_softens_nothing_that_was_not_accepted_by_vex() -> None:
    for scan in (compared(), ordinary()):
        assert read_vex(FORMAT.render(scan), origin="ours", longest_days=90) == ()
    scan = with_vex(PACKAGE, UNSCORED, TAINTED)
    ours = read_vex(FORMAT.render(scan), origin="ours", longest_days=90)
    again = judged(scan_of(PACKAGE, UNSCORED, TAINTED), POLICY, AT + timedelta(days=1), waivers=ours)
    assert accepted(again.judgement) == accepted(scan.judgement) == {PACKAGE.fingerprint}


def test_a_claim_is_not_made_where_the_same_product_is_affected_elsewhere() -> None:
    elsewhere = msgspec.structs.replace(PACKAGE, location=Location(path="other.txt"), fingerprint="aaaa0013")
    scan = with_vex(PACKAGE, elsewhere, plain=("aaaa0013",))
    assert accepted(scan.judgement) == {"aaaa0003", "aaaa0013"}
    assert {one["status"] for one in statements(scan)} == {"affected"}
    assert read_vex(FORMAT.render(scan), origin="ours", longest_days=90) == ()


def test_a_document_without_statements_still_says_what_was_not_looked_at() -> None:
    scan = scan_of(scanners=())
    assert scan.judgement is not None
    assert scan.judgement.verdict is Verdict.INCOMPLETE
    document = json.loads(FORMAT.render(scan))
    assert document["statements"] == []
    assert "verdict incomplete" in document["tooling"]
    assert "pip-audit is required by the policy" in document["tooling"]


def test_the_time_is_that_of_the_judgement() -> None:
    assert json.loads(FORMAT.render(ordinary()))["timestamp"] == "2026-01-31T12:00:00Z"
    assert (
        json.loads(FORMAT.render(msgspec.structs.replace(ordinary(), run=None)))["timestamp"] == "1970-01-01T00:00:00Z"
    )
