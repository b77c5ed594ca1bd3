"""GitLab's reports: valid, deterministic, and never a success where something was not looked at."""

from __future__ import annotations

import uuid
from typing import Any

import msgspec
import pytest

from secscan.findings.levels import GapKind, Kind, RunStatus, Severity
from secscan.findings.model import Cvss, Gap, ImageInfo
from secscan.findings.scan import Scan
from secscan.reports.contract import load_format
from tests.support.hostile_scans import hostile
from tests.support.report_readers import gitlab_report
from tests.support.scans import (
    MARKED,
    NOTE,
    PACKAGE,
    SPREAD,
    TAINTED,
    clean,
    compared,
    ordinary,
    run,
    scan_of,
    spread,
)

SECRETS = run("secrets", kinds=(Kind.SECRET,))
EVERYONE = (run("bandit"), run("semgrep"), run("pip-audit"), SECRETS)


def report(scan: Scan, kind: str) -> Any:
    return gitlab_report(load_format(f"gitlab-{kind}").render(scan))


def status(scan: Scan, kind: str) -> str:
    return str(report(scan, kind)["scan"]["status"])


def messages(scan: Scan, kind: str, level: str = "fatal") -> str:
    return "\n".join(one["value"] for one in report(scan, kind)["scan"]["messages"] if one["level"] == level)


def image(scan: Scan) -> Scan:
    target = msgspec.structs.replace(
        scan.target, kind="image", name="shop:1", image=ImageInfo(distribution="Debian 12")
    )
    return msgspec.structs.replace(scan, target=target)


def test_each_report_holds_its_kind() -> None:
    scan = scan_of(TAINTED, PACKAGE, SPREAD, scanners=EVERYONE)
    held = {
        kind: [one["severity"] for one in report(scan, kind)["vulnerabilities"]]
        for kind in ("sast", "dependency", "secret", "container")
    }
    assert held == {"sast": ["Critical"], "dependency": ["High"], "secret": ["High"] * 8, "container": []}
    assert [status(scan, kind) for kind in held] == ["success", "success", "success", "failure"]


def test_packages_of_an_image_are_in_the_report_about_images() -> None:
    scan = image(scan_of(PACKAGE))
    (one,) = report(scan, "container")["vulnerabilities"]
    assert one["location"] == {
        "dependency": {"package": {"name": "Flask"}, "version": "2.2.2"},
        "operating_system": "Debian 12",
        "image": "shop:1",
    }
    assert status(scan, "container") == "success"
    assert report(scan, "dependency")["vulnerabilities"] == report(scan, "dependency")["dependency_files"] == []
    assert "see gitlab-container" in messages(scan, "dependency")


def test_a_scanner_that_did_not_complete_fails_its_kind_only() -> None:
    assert status(ordinary(), "dependency") == "failure"
    assert "pip-audit failed: killed. give it more memory" in messages(ordinary(), "dependency")
    failed = scan_of(scanners=(run("bandit"), run("semgrep"), run("pip-audit", status=RunStatus.FAILED, reason="x")))
    assert [status(failed, kind) for kind in ("sast", "dependency")] == ["success", "failure"]


def test_an_optional_scanner_that_failed_fails_its_kind_too() -> None:
    """The policy goes on without it; GitLab would call what it found before repaired."""
    scan = scan_of(scanners=(*EVERYONE, run("gitleaks", kinds=(Kind.SECRET,), status=RunStatus.FAILED, reason="gone")))
    unrelated = msgspec.structs.replace(scan, judgement=msgspec.structs.replace(scan.judgement, reasons=()))
    assert status(unrelated, "secret") == "failure"
    assert "gitleaks failed: gone" in messages(unrelated, "secret")


def test_a_scanner_that_missed_its_control_fails_its_kind() -> None:
    assert (
        status(scan_of(scanners=(run("bandit", control=False), run("semgrep"), run("pip-audit"))), "sast") == "failure"
    )


def test_a_scanner_that_had_nothing_to_do_is_a_success() -> None:
    idle = run("pip-audit", status=RunStatus.SKIPPED, idle=True, selected=0, looked_at=0, control=False)
    assert status(scan_of(scanners=(run("bandit"), run("semgrep"), idle)), "dependency") == "success"


def test_a_kind_that_nobody_looks_for_is_a_failure() -> None:
    assert status(clean(), "secret") == "failure"
    assert messages(clean(), "secret") == "no scanner that looks for secret findings was part of this scan"


def test_a_gap_fails_the_kinds_of_its_scanner_unless_it_is_tolerated() -> None:
    held = Gap(scanner="pip-audit", kind=GapKind.NOT_ASSESSED, subject="left@1")
    scan = scan_of(gaps=(held,))
    assert [status(scan, kind) for kind in ("sast", "dependency")] == ["success", "failure"]
    tolerated = scan_of(gaps=(msgspec.structs.replace(held, kind=GapKind.VERSION_RANGE),))
    assert status(tolerated, "dependency") == "success"
    assert "could not look at left@1 (version-range)" in messages(tolerated, "dependency", "warn")


def test_a_gap_of_our_own_inventory_fails_every_kind() -> None:
    scan = scan_of(gaps=(Gap(scanner="secscan", kind=GapKind.UNREADABLE, subject="x"),))
    assert [status(scan, kind) for kind in ("sast", "dependency")] == ["failure", "failure"]


@pytest.mark.parametrize("kind", ["staged", "diff", "paths", "stdin"])
def test_a_part_of_the_project_is_no_success(kind: str) -> None:
    scan = clean()
    part = msgspec.structs.replace(scan, target=msgspec.structs.replace(scan.target, kind=kind))
    assert status(part, "sast") == "failure"
    assert "only: what is not in this report may be there all the same" in messages(part, "sast")


def test_what_is_accepted_stays_with_what_says_so() -> None:
    (one,) = report(compared(), "dependency")["vulnerabilities"]
    assert one["details"]["waiver"]["value"] == "flask"
    assert one["details"]["decision"]["value"].startswith("accept: waived by ana until 2026-02-05")


def test_ids_are_of_the_fingerprint_and_the_type() -> None:
    before = report(scan_of(TAINTED), "sast")["vulnerabilities"][0]["id"]
    other = msgspec.structs.replace(TAINTED, title="Said in other words", severity=Severity.LOW)
    assert report(scan_of(other, NOTE), "sast")["vulnerabilities"][-1]["id"] in (
        before,
        report(scan_of(NOTE), "sast")["vulnerabilities"][0]["id"],
    )
    assert uuid.UUID(before).version == 5
    ids = [one["id"] for one in report(spread(), "secret")["vulnerabilities"]]
    assert len(set(ids)) == len(ids) == 9


def test_the_first_identifier_is_never_a_weakness_class() -> None:
    for kind, first in (("dependency", "cve"), ("sast", "secscan_class")):
        for one in report(scan_of(TAINTED, MARKED, PACKAGE), kind)["vulnerabilities"]:
            assert one["identifiers"][0]["type"] == first
            assert "cwe" in [identifier["type"] for identifier in one["identifiers"]]


def test_a_vector_that_gitlab_does_not_know_is_left_out() -> None:
    vectors = (
        "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N",
        "AV:N/AC:L/Au:N/C:P/I:P/A:P",
        "CVSS:3.1/x",
        f"{PACKAGE.cvss[0].vector}/X:Y",
    )
    odd = msgspec.structs.replace(PACKAGE, cvss=tuple(Cvss(vector=one) for one in vectors))
    assert "cvss_vectors" not in report(scan_of(odd), "dependency")["vulnerabilities"][0]
    (one,) = report(scan_of(PACKAGE), "dependency")["vulnerabilities"]
    assert one["cvss_vectors"] == [{"vendor": "PYSEC-2023-62", "vector": PACKAGE.cvss[0].vector}]


def test_dependency_files_hold_what_is_reported() -> None:
    assert report(scan_of(PACKAGE), "dependency")["dependency_files"] == [
        {
            "path": "requirements.txt",
            "package_manager": "pip",
            "dependencies": [{"package": {"name": "Flask"}, "version": "2.2.2"}],
        }
    ]


def test_paths_are_those_of_the_repository() -> None:
    scan = scan_of(TAINTED)
    below = msgspec.structs.replace(scan, target=msgspec.structs.replace(scan.target, prefix="services/shop/"))
    assert report(below, "sast")["vulnerabilities"][0]["location"]["file"] == "services/shop/shop/catalog.py"
    (one,) = report(below, "codequality")
    assert one["location"] == {"path": "services/shop/shop/catalog.py", "lines": {"begin": 12}}


def test_the_commit_of_a_secret_is_named_where_history_tells() -> None:
    first, *_ = report(spread(), "secret")["vulnerabilities"]
    assert first["location"]["commit"] == {"sha": "b" * 40, "author": "Ben", "date": ""}
    plain = msgspec.structs.replace(SPREAD, introduced=None, places=())
    (one,) = report(scan_of(plain), "secret")["vulnerabilities"]
    assert one["location"]["commit"] == {"sha": "0000000"}


def test_a_scan_without_a_clock_is_valid() -> None:
    assert status(msgspec.structs.replace(clean(), run=None), "sast") == "success"


def test_descriptions_are_markdown_and_so_are_escaped() -> None:
    (one,) = report(scan_of(msgspec.structs.replace(TAINTED, message="see @ana <b> [x](y)")), "sast")["vulnerabilities"]
    assert one["description"] == "see @&#8203;ana &lt;b&gt; \\[x\\](y)"


def test_code_quality_holds_all_kinds_and_what_keeps_it_from_passing() -> None:
    issues = report(ordinary(), "codequality")
    by_check = {one["check_name"]: one for one in issues}
    assert by_check["secscan/incomplete/scanner"]["severity"] == "blocker"
    assert by_check["secscan/incomplete/scanner"]["location"]["path"] == "."
    assert by_check["secscan/gap/unparsable"]["severity"] == "info"
    severities = {one["fingerprint"]: one["severity"] for one in issues}
    assert severities["aaaa0001"] == "blocker"
    assert severities["aaaa0003"] == severities["aaaa0002"] == severities["aaaa0004"] == "critical"
    assert severities["aaaa0005"] == "info"


def test_a_finding_that_blocks_is_at_least_critical_and_an_accepted_one_info() -> None:
    issues = {one["fingerprint"]: one for one in report(compared(), "codequality")}
    assert issues["aaaa0003"]["severity"] == "info"
    assert issues["aaaa0003"]["description"].startswith("accept: flask 2.2.2")
    low = msgspec.structs.replace(TAINTED, severity=Severity.MEDIUM)
    blocked = msgspec.structs.replace(scan_of(low), judgement=None)
    assert {one["severity"] for one in report(blocked, "codequality")} == {"critical", "blocker"}


@pytest.mark.parametrize("kind", ["sast", "dependency", "secret", "container", "codequality"])
def test_extreme_texts_are_valid(kind: str) -> None:
    for text in ("", "x" * 10_000, "\0\ufffe \n"):
        report(hostile(text), kind)
        report(image(hostile(text)), kind)


def test_long_texts_are_cut_before_they_are_escaped() -> None:
    long = msgspec.structs.replace(TAINTED, message="@a" * 100_000, remediation=":x" * 9_000)
    (one,) = report(scan_of(long), "sast")["vulnerabilities"]
    assert one["solution"].endswith("x")
    assert len(one["description"]) > 100_000


def test_gaps_that_say_the_same_are_one_issue_and_others_are_not() -> None:
    first = Gap(scanner="bandit", kind=GapKind.PARTIAL, subject="a.py", detail="one rule")
    other = msgspec.structs.replace(first, detail="another rule")
    issues = report(scan_of(gaps=(first, first, other)), "codequality")
    assert [one["check_name"] for one in issues].count("secscan/gap/partial") == 2
