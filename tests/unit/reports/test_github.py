"""SARIF for code scanning: what is uploaded, and what is told of the rest."""

from __future__ import annotations

import json
import zlib
from collections import Counter
from typing import Any

import msgspec
import pytest

from secscan.findings.judgement import Reason
from secscan.findings.levels import GapKind, Kind, RunStatus, Severity, Verdict
from secscan.findings.model import Gap
from secscan.findings.scan import Scan
from secscan.gate.judge import judged
from secscan.policy.load import load_policy
from secscan.reports import github
from secscan.reports.github import FORMAT
from secscan.reports.present import Presentation
from secscan.reports.sarif_log import upload
from secscan.reports.sarif_log.numbers import CUT_SHORT, LEFT_OUT
from tests.support.sarif import IN_LAYER, everything, from_repository, many, of_image
from tests.support.scans import AT, HOUSE_POLICY, NOTE, PACKAGE, TAINTED, clean, ordinary, run, scan_of, spread


def runs(scan: Scan) -> dict[str, dict[str, Any]]:
    """The runs by their categories."""
    return {one["automationDetails"]["id"]: one for one in json.loads(FORMAT.render(scan))["runs"]}


def kinds(scan: Scan) -> set[str]:
    return {name.split("/")[1] for name in runs(scan)} - {"coverage"}


def of(*scanners: Any, **fields: Any) -> Scan:
    return scan_of(TAINTED, PACKAGE, scanners=scanners, **fields)


def test_each_kind_has_a_run_and_a_category_and_a_clean_one_is_empty() -> None:
    found = runs(clean())
    assert list(found) == ["secscan/coverage/", "secscan/dependency/", "secscan/sast/"]
    assert all(one["results"] == [] for one in found.values())
    assert {one["tool"]["driver"]["name"] for one in found.values()} == {"secscan"}


def test_what_the_policy_accepts_is_not_there_nor_are_its_places() -> None:
    text = FORMAT.render(scan_of(TAINTED, NOTE)).decode()
    assert NOTE.location.path not in text
    assert "1 finding that the policy accepts are not uploaded" in text
    (result, *_) = runs(spread())["secscan/secret/"]["results"]
    named = [one["physicalLocation"]["artifactLocation"]["uri"] for one in result["relatedLocations"]]
    assert "docs/setup.md" in named
    assert "tests/test_api.py" not in named
    assert b"suppressions" not in FORMAT.render(everything())


@pytest.mark.parametrize(
    ("scanners", "uploaded"),
    [
        ((run("bandit"), run("pip-audit"), run("semgrep")), {"sast", "dependency"}),
        # One of several scanners of a kind failed, whether it is required or not.
        ((run("bandit"), run("pip-audit"), run("semgrep", status=RunStatus.FAILED)), {"dependency"}),
        (
            (*(run(one) for one in ("bandit", "pip-audit", "semgrep")), run("x", kinds=(Kind.SAST,), status="failed")),
            {"dependency"},
        ),
        # Nothing to do is no failure; to be able to look at nothing is one.
        (
            (run("bandit", status="skipped", idle=True, selected=0), run("pip-audit"), run("semgrep")),
            {"sast", "dependency"},
        ),
        ((run("bandit", status="skipped"), run("pip-audit"), run("semgrep")), {"dependency"}),
        # Nobody knows what a required scanner that is not there would have looked for.
        ((run("bandit"), run("pip-audit")), set()),
        ((), set()),
    ],
)
def test_a_kind_that_was_not_looked_for_to_the_end_has_no_run(scanners: Any, uploaded: set[str]) -> None:
    scanners = tuple(msgspec.structs.replace(one, status=RunStatus(one.status)) for one in scanners)
    scan = of(*scanners)
    assert kinds(scan) == uploaded
    missing = {one["message"]["arguments"][0] for one in runs(scan)["secscan/coverage/"]["results"]}
    absent = {"bandit", "pip-audit", "semgrep"} - {one.scanner for one in scanners}
    assert missing == ({"sast", "dependency"} - uploaded) | absent


@pytest.mark.parametrize("less", [{"control": False}, {"looked_at": 3}])
def test_an_optional_scanner_that_ended_without_having_looked_withholds_its_kinds(less: dict[str, Any]) -> None:
    """The policy lets it fail, so that no reason of the judgement tells of it."""
    policy = msgspec.structs.replace(load_policy(str(HOUSE_POLICY), scanners=[]), optional=("x",))
    there = (run("bandit"), run("pip-audit"), run("semgrep"))
    for changes, uploaded in (({}, {"sast", "dependency"}), (less, {"dependency"})):
        seen = of(*there, run("x", kinds=(Kind.SAST,), **changes))
        assert kinds(judged(seen, policy, AT)) == uploaded


@pytest.mark.parametrize(
    ("scan", "names"),
    [
        # Only a scanner of another kind took part: nobody knows what the others look for, so they are named.
        (
            scan_of(scanners=(run("dockerfile", kinds=(Kind.MISCONFIGURATION,)),)),
            {"misconfiguration", "bandit", "pip-audit", "semgrep"},
        ),
        (scan_of(scanners=(run("import:trivy.sarif"),)), {"bandit", "pip-audit", "semgrep"}),
        (scan_of(scanners=()), {"bandit", "pip-audit", "semgrep"}),
        (msgspec.structs.replace(scan_of(scanners=()), judgement=None), {"scan"}),
    ],
)
def test_a_scan_that_is_incomplete_has_an_alert_though_no_kind_is_known(scan: Scan, names: set[str]) -> None:
    found = runs(scan)["secscan/coverage/"]
    rules = [one["id"] for one in found["tool"]["driver"]["rules"]]
    assert {one["message"]["arguments"][0] for one in found["results"]} == names
    for one in found["results"]:
        assert one["level"] == "error"
        assert rules[one["ruleIndex"]] == one["ruleId"]
        assert (one["ruleId"] == LEFT_OUT) == (one["message"]["arguments"][0] == "misconfiguration")


def test_a_doubt_that_concerns_no_kind_has_an_alert_of_its_own() -> None:
    whole = clean()
    assert whole.judgement is not None
    doubts = [
        Reason(verdict=Verdict.INCOMPLETE, about=about, subject=subject, text=f"no {about}")
        for about, subject in (("report", "secscan.html"), ("advisories", "PyPI"), ("target", "shop"))
    ]
    for one, named in zip(doubts, ("secscan.html", "PyPI", "sast"), strict=True):
        judgement = msgspec.structs.replace(whole.judgement, verdict=Verdict.INCOMPLETE, reasons=(one,))
        scan = msgspec.structs.replace(whole, judgement=judgement, scanners=(run("bandit"), run("semgrep")))
        (alert,) = runs(scan)["secscan/coverage/"]["results"]
        assert alert["message"]["arguments"] == [named]
        assert one.text in alert["message"]["text"]


def test_a_gap_that_the_policy_does_not_tolerate_withholds_the_kinds_of_its_scanner() -> None:
    gap = Gap(scanner="bandit", kind=GapKind.UNPARSABLE, subject="old.py")
    whole = (run("bandit"), run("pip-audit"), run("semgrep"))
    assert kinds(of(*whole, gaps=(gap,))) == {"dependency"}
    ours = msgspec.structs.replace(gap, scanner="secscan", kind=GapKind.UNREADABLE)
    assert kinds(of(*whole, gaps=(ours,))) == set()


def test_a_gap_that_the_policy_tolerates_is_told_and_withholds_nothing() -> None:
    gap = Gap(scanner="bandit", kind=GapKind.UNPARSABLE, subject="old.py")
    policy = load_policy(str(HOUSE_POLICY), scanners=[])
    tolerant = judged(of(run("bandit"), run("pip-audit"), run("semgrep")), policy, AT)
    scan = msgspec.structs.replace(tolerant, gaps=(gap,))
    assert kinds(scan) == {"sast", "dependency"}
    assert b"old.py" in FORMAT.render(scan)


def test_an_unjudged_scan_uploads_nothing_but_that() -> None:
    assert kinds(msgspec.structs.replace(clean(), judgement=None)) == set()


def test_what_is_not_uploaded_is_told_in_every_run_and_in_the_complete_file() -> None:
    from secscan.reports import sarif

    scan = of(run("bandit"), run("pip-audit", status=RunStatus.FAILED, reason="killed"), run("semgrep"))
    told = "dependency findings are not uploaded, since they were not looked for to the end (pip-audit failed: killed"
    for one in runs(scan).values():
        assert told in str(one["invocations"])
    assert told in sarif.FORMAT.render(scan).decode()
    (alert,) = runs(scan)["secscan/coverage/"]["results"]
    assert alert["ruleId"] == LEFT_OUT
    assert told in alert["message"]["text"]
    assert set(runs(ordinary())) == {"secscan/coverage/"}


def test_a_class_has_a_rule_for_each_severity_and_an_advisory_one() -> None:
    mild = msgspec.structs.replace(TAINTED, severity=Severity.MEDIUM, fingerprint="cccc0001")
    odd = msgspec.structs.replace(PACKAGE, severity=Severity.MEDIUM, fingerprint="cccc0002")
    found = runs(scan_of(TAINTED, mild, PACKAGE, odd))
    scores = {
        rule["id"]: rule["properties"].get("security-severity")
        for one in found.values()
        for rule in one["tool"]["driver"]["rules"]
    }
    assert scores["SECSCAN1001-1"] == "9.5"
    assert scores["SECSCAN1001-3"] == "5.5"
    assert scores["CVE-2023-30861"] == "7.5"


def test_the_line_hash_is_that_of_the_line_else_our_own_fingerprint() -> None:
    hashed = msgspec.structs.replace(TAINTED.location, line_hash="39fa2ee980eb94b0:2")
    for location, expected in ((hashed, "39fa2ee980eb94b0:2"), (TAINTED.location, "aaaa0001:1")):
        scan = scan_of(msgspec.structs.replace(TAINTED, location=location))
        (result,) = runs(scan)["secscan/sast/"]["results"]
        assert result["partialFingerprints"]["primaryLocationLineHash"] == expected


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, "secscan/sast/"),
        ({"kind": "commit"}, "secscan/sast/"),
        ({"prefix": "services/a b/"}, "secscan/sast/tree/services/a%20b/"),
        ({"kind": "diff"}, "secscan/sast/diff/"),
        ({"kind": "diff", "prefix": "a/"}, "secscan/sast/diff/a/"),
        ({"kind": "history"}, "secscan/sast/history/"),
        ({"kind": "image", "name": "r.example/shop:1"}, "secscan/sast/image/r.example%2Fshop:1/"),
    ],
)
def test_scans_of_different_things_never_share_a_category(fields: dict[str, str], expected: str) -> None:
    scan = clean()
    assert upload.category(msgspec.structs.replace(scan.target, **fields), "sast") == expected


def test_addresses_are_those_of_the_repository_and_nothing_else_looks_like_them() -> None:
    (result,) = runs(from_repository(scan_of(TAINTED)))["secscan/sast/tree/services/a%20b/"]["results"]
    (step, _) = result["codeFlows"][0]["threadFlows"][0]["locations"]
    assert step["location"]["physicalLocation"]["artifactLocation"]["uri"] == "services/a%20b/shop/views.py"
    (result,) = runs(of_image(IN_LAYER))["secscan/dependency/image/registry.example%2Fshop:1/"]["results"]
    assert result["locations"][0]["physicalLocation"]["artifactLocation"] == {
        "uri": "image%3Aregistry.example%2Fshop%3A1/usr/lib/python3/Flask-2.2.2.dist-info/METADATA",
        "uriBaseId": "%SRCROOT%",
    }


def test_the_worst_are_uploaded_and_what_is_beyond_is_an_alert(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upload, "MOST_RESULTS", 11)
    found = runs(many(60))["secscan/sast/tree/services/a%20b/"]
    alert, *results = found["results"]
    assert alert["ruleId"] == CUT_SHORT
    assert len(results) == 10
    counts = Counter(one["properties"]["severity"] for one in results)
    assert counts == {"high": 10}
    assert "10 sast findings of 20 are not uploaded: 10 unknown" in alert["message"]["text"]


def test_a_file_that_is_too_large_has_fewer_findings(monkeypatch: pytest.MonkeyPatch) -> None:
    scan = many(400)
    whole = FORMAT.render(scan)
    most = len(zlib.compress(whole)) // 2
    monkeypatch.setattr(github, "_MOST_BYTES", most)
    monkeypatch.setattr(github, "_SURELY_FITS", 1_000)
    small = FORMAT.render(scan)
    assert len(zlib.compress(small)) <= most
    assert b"findings of 200 are not uploaded" in small


def test_more_than_is_shown_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upload, "SHOWN", 10)
    assert any("shows the worst 10 of these 15" in text for text in upload.left_out(Presentation(many(30))))
