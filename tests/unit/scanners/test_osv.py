"""The osv adapter's two pure steps: what it asks about, and what it makes of an answer."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from secscan.advisories.control import CONTROL_ID
from secscan.advisories.index import Index
from secscan.advisories.worker import answers
from secscan.findings.levels import Confidence, GapKind, Severity
from secscan.process import Ended
from secscan.scanners.contract import MalformedOutput, Plan, Report, ScannerError, Setup
from secscan.scanners.dependencies import Pin, Place
from secscan.scanners.osv import SCANNER, Control, PackageList
from tests.support.osv_records import index_of, osv
from tests.support.targets import folder_target

LOCK = '[[package]]\nname = "{}"\nversion = "{}"\n'


def plan(tmp_path: Path, files: dict[str, str], *records: dict[str, Any], **options: Any) -> Plan[PackageList]:
    index = index_of(tmp_path / "index.sqlite", *(records or (osv(),)), **options)
    return SCANNER.plan(Setup(target=folder_target(tmp_path / "tree", files), advisories=index))


def answered(tmp_path: Path, piece: PackageList) -> dict[str, Any]:
    """What the child process says, asked within this one."""
    with Index(tmp_path / "index.sqlite") as index:
        found = answers(index, [tuple(one) for one in piece.asked()])
    return {"answers": msgspec.to_builtins(found), "complete": True}


def parse(document: dict[str, Any], piece: PackageList) -> Report:
    return SCANNER.parse(Ended(("python",), 0, json.dumps(document).encode(), b"", 0, 0), piece)


def report(tmp_path: Path, files: dict[str, str], *records: dict[str, Any]) -> Report:
    (piece,) = plan(tmp_path, files, *records).pieces
    return parse(answered(tmp_path, piece), piece)


def test_the_controls_are_our_own_record_and_a_real_one(tmp_path: Path) -> None:
    (piece,) = plan(tmp_path, {"requirements.txt": "jinja2==1.0\n"}, osv("PYSEC-7", "flask", affected=[
        {"package": {"ecosystem": "PyPI", "name": "flask"}, "versions": ["1.5"]}
    ])).pieces  # fmt: skip
    assert piece.controls == (
        Control(ecosystem="PyPI", name="secscan-control", version="1.0", expected=CONTROL_ID),
        Control(ecosystem="PyPI", name="flask", version="1.5", expected="PYSEC-7"),
    )


@pytest.mark.parametrize("lost", [0, 1])
def test_an_index_that_answers_with_nothing_misses_its_controls(tmp_path: Path, lost: int) -> None:
    record = osv(affected=[{"package": {"ecosystem": "PyPI", "name": "flask"}, "versions": ["1.5"]}])
    (piece,) = plan(tmp_path, {"requirements.txt": "jinja2==1.0\n"}, record).pieces
    document = answered(tmp_path, piece)
    assert parse(document, piece).control
    document["answers"][1 + lost]["advice"] = []
    assert not parse(document, piece).control


def test_one_finding_for_each_alias_group_and_place_with_everything_that_is_known(tmp_path: Path) -> None:
    high = [{"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N"}]
    found = report(
        tmp_path,
        {"requirements.txt": "Flask==1.0\n", "b/requirements.txt": "flask==1.0\n"},
        osv("PYSEC-1", aliases=["CVE-2026-1000"], severity=high),
        osv("GHSA-1", aliases=["CVE-2026-1000"], references=[{"type": "WEB", "url": "https://example.com/"}]),
        osv("PYSEC-2"),
    )
    assert found.control
    assert [(one.place, one.identifiers, one.severity) for one in found.findings] == [
        ("b/requirements.txt:1", ("CVE-2026-1000", "GHSA-1", "PYSEC-1"), Severity.HIGH),
        ("requirements.txt:1", ("CVE-2026-1000", "GHSA-1", "PYSEC-1"), Severity.HIGH),
        ("b/requirements.txt:1", ("PYSEC-2",), Severity.UNKNOWN),
        ("requirements.txt:1", ("PYSEC-2",), Severity.UNKNOWN),
    ]
    first = found.findings[0]
    assert first.package is not None
    assert (first.package.purl, first.package.fixed_versions) == ("pkg:pypi/flask@1.0", ("2.0",))
    assert first.references == ("https://example.com/",)
    assert [one.score for one in first.cvss] == [7.5]


def test_a_version_that_is_none_is_a_gap_and_what_lists_it_is_found(tmp_path: Path) -> None:
    listed = osv("PYSEC-2", affected=[{"package": {"ecosystem": "PyPI", "name": "pytz"}, "versions": ["2004d"]}])
    found = report(tmp_path, {"requirements.txt": "pytz===2004d\nflask===rubbish\n"}, osv(), listed)
    assert [one.identifiers for one in found.findings] == [("PYSEC-2",)]
    assert [(gap.kind, gap.subject) for gap in found.gaps] == [
        (GapKind.NOT_ASSESSED, "PyPI:flask@rubbish"),
        (GapKind.NOT_ASSESSED, "PyPI:pytz@2004d"),
    ]
    assert not found.looked_at


def test_an_advisory_without_versions_is_said(tmp_path: Path) -> None:
    commits = {"ranges": [{"type": "GIT", "events": [{"introduced": "0"}]}]}
    record = osv("PYSEC-9", affected=[{"package": {"ecosystem": "PyPI", "name": "flask"}, **commits}])
    found = report(tmp_path, {"requirements.txt": "flask==1.0\n"}, osv("PYSEC-1", "other"), record)
    assert not found.findings
    (notice,) = found.notices
    assert "PYSEC-9" in notice.text


def test_what_only_the_go_database_cannot_tell_is_of_low_confidence(tmp_path: Path) -> None:
    own = [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "1.0"}]}]
    entry = {
        "package": {"ecosystem": "Go", "name": "example.com/x"},
        "ranges": [{"type": "SEMVER", "events": [{"introduced": "0"}]}],
        "ecosystem_specific": {"custom_ranges": own},
    }
    index_of(tmp_path / "index.sqlite", osv("GO-1", affected=[entry]))
    pins = tuple(
        Pin(ecosystem="Go", name="example.com/x", version=version, places=(Place("go.mod", 3, True),))
        for version in ("v0.9.0", "v1.0.0")
    )
    piece = PackageList(pins=pins, controls=())
    inside, outside = parse(answered(tmp_path, piece), piece).findings
    assert (inside.confidence, outside.confidence) == (Confidence.HIGH, Confidence.LOW)
    assert not inside.notes
    assert "GO-1" in outside.notes[0]
    assert inside.package is not None
    assert (inside.package.purl, inside.package.direct) == ("pkg:golang/example.com/x@v0.9.0", True)
    assert inside.package.fixed_versions == ("1.0",)


def test_packages_on_which_the_index_is_silent_are_gaps(tmp_path: Path) -> None:
    files = {"requirements.txt": "flask==1.0\ndjango==1.0\n"}
    elsewhere = osv(affected=[{"package": {"ecosystem": "npm", "name": "left"}, "versions": ["1.0"]}])
    made = plan(tmp_path, files, elsewhere)
    assert not made.pieces
    assert [gap.kind for gap in made.gaps] == [GapKind.NO_ADVISORIES] * 2
    made = plan(tmp_path, files, closed={"PyPI": frozenset({"flask"})})
    assert made.selected == {"PyPI:flask@1.0"}
    assert [(gap.kind, "django" in gap.subject) for gap in made.gaps] == [(GapKind.UNKNOWN_PACKAGE, True)]
    target = folder_target(tmp_path / "other", files)
    assert [gap.kind for gap in SCANNER.plan(Setup(target=target)).gaps] == [GapKind.NO_INDEX] * 2


def test_a_package_with_the_name_of_the_control_is_a_gap(tmp_path: Path) -> None:
    made = plan(tmp_path, {"uv.lock": LOCK.format("SecScan.Control", "1.0") + LOCK.format("flask", "1.0")})
    assert made.selected == {"PyPI:flask@1.0"}
    assert [gap.kind for gap in made.gaps] == [GapKind.NOT_ASSESSED]


def test_a_damaged_index_is_a_failure_and_not_a_clean_plan(tmp_path: Path) -> None:
    (tmp_path / "index.sqlite").write_bytes(b"")
    target = folder_target(tmp_path / "tree", {"requirements.txt": "flask==1.0\n"})
    with pytest.raises(ScannerError) as caught:
        SCANNER.plan(Setup(target=target, advisories=tmp_path / "index.sqlite"))
    assert caught.value.hint


@pytest.mark.parametrize("damage", ["one less", "another", "order", "not complete", "no controls"])
def test_an_answer_that_is_not_about_what_was_asked_is_malformed(tmp_path: Path, damage: str) -> None:
    (piece,) = plan(tmp_path, {"requirements.txt": "flask==1.0\njinja2==1.0\n"}).pieces
    document = answered(tmp_path, piece)
    rows = document["answers"]
    if damage == "one less":
        del rows[0]
    elif damage == "another":
        rows[0]["package"] = ["PyPI", "flask", "9.0"]
    elif damage == "order":
        rows[0], rows[1] = rows[1], rows[0]
    elif damage == "no controls":
        del rows[2:]
    else:
        document["complete"] = False
    with pytest.raises(MalformedOutput):
        parse(document, piece)


def test_malware_is_critical_and_a_doubt_shows(tmp_path: Path) -> None:
    found = report(tmp_path, {"requirements.txt": "flask==1.0\n"}, osv("MAL-2026-1"))
    (finding,) = found.findings
    assert (finding.defect, finding.severity, finding.confidence) == (
        "malicious-package",
        Severity.CRITICAL,
        Confidence.HIGH,
    )
