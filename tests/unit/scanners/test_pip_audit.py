"""The pip-audit adapter's two pure steps: what it asks about, and what it makes of an answer."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secscan.advisories.advice import Advice
from secscan.advisories.control import CONTROL_ID
from secscan.findings.levels import GapKind, Severity
from secscan.process import Ended
from secscan.scanners.contract import MalformedOutput, Plan, Report, ScannerError, Setup
from secscan.scanners.dependencies import Pin, Place
from secscan.scanners.pip_audit import SCANNER, PinList
from tests.support.osv_records import index_of, osv
from tests.support.targets import folder_target

CONTROL = {
    "name": "secscan-control",
    "version": "1.0",
    "vulns": [{"id": CONTROL_ID, "fix_versions": ["2.0"], "aliases": []}],
}


def pin(name: str = "flask", version: str = "1.0", *advice: Advice) -> Pin:
    return Pin(name=name, version=version, places=(Place("requirements.txt", 1),), advice=advice)


def advice(name: str, **fields: Any) -> Advice:
    return Advice(**{"id": name, "aliases": (), "title": name, "severity": Severity.HIGH, **fields})


def entry(name: str = "flask", version: str = "1.0", *vulns: str, **fields: Any) -> dict[str, Any]:
    found = [{"id": one, "fix_versions": ["2.0"], "aliases": [], "description": "bad"} for one in vulns]
    return {"name": name, "version": version, "vulns": found, **fields}


def parse(*entries: dict[str, Any], pins: tuple[Pin, ...] = (pin(),), exit_code: int | None = None) -> Report:
    document = {"dependencies": entries, "fixes": []}
    code = int(any(one.get("vulns") for one in entries)) if exit_code is None else exit_code
    ended = Ended(("pip-audit",), code, json.dumps(document).encode(), b"", 0, 0)
    return SCANNER.parse(ended, PinList(pins=pins))


def plan(tmp_path: Path, files: dict[str, bytes | str], *records: dict[str, Any]) -> Plan[PinList]:
    index = index_of(tmp_path / "index.sqlite", *(records or (osv(),)))
    return SCANNER.plan(Setup(target=folder_target(tmp_path / "tree", files), advisories=index))


def lock(*entries: tuple[str, str]) -> str:
    return "".join(
        f"[[package]]\nname = {json.dumps(name)}\nversion = {json.dumps(version)}\n" for name, version in entries
    )


def test_a_clean_answer_with_the_control_is_clean() -> None:
    report = parse(CONTROL, entry())
    assert (report.findings, report.gaps, report.control) == ((), (), True)
    assert report.looked_at == {"PyPI:flask@1.0"}


@pytest.mark.parametrize(
    "answered", [{**CONTROL, "vulns": []}, {**CONTROL, "vulns": entry("x", "1", "PYSEC-1")["vulns"]}]
)
def test_without_its_own_advisory_the_control_is_missed(answered: dict[str, Any]) -> None:
    assert not parse(answered, entry()).control


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        ((), "said nothing"),
        ((entry("other"),), "said nothing"),
        (({"name": "flask", "skip_reason": "not found"},), "skipped it: not found"),
        ((entry(version="1.1"),), "judged version 1.1"),
        ((entry(version=""),), "judged version"),
        ((entry(version="rubbish"),), "judged version rubbish"),
    ],
    ids=["nothing", "another", "skipped", "another version", "no version", "rubbish"],
)
def test_a_package_that_was_not_judged_is_a_gap(answer: tuple[dict[str, Any], ...], why: str) -> None:
    report = parse(CONTROL, *answer)
    (gap,) = report.gaps
    assert (gap.kind, gap.subject) == (GapKind.NOT_ASSESSED, "PyPI:flask@1.0")
    assert why in gap.detail
    assert not report.looked_at


@pytest.mark.parametrize("written", ["v1.0", "1.0.0", "01.0"])
def test_another_spelling_of_the_version_is_the_same_version(written: str) -> None:
    assert not parse(CONTROL, entry(version="1.0"), pins=(pin("flask", written),)).gaps


def test_an_advisory_that_the_index_knows_and_pip_audit_kept_quiet_about_is_a_gap() -> None:
    known = pin("flask", "1.0", advice("PYSEC-1"), advice("PYSEC-2"))
    report = parse(CONTROL, entry("flask", "1.0", "PYSEC-1"), pins=(known,))
    assert [finding.sources[0].rule for finding in report.findings] == ["PYSEC-1"]
    (gap,) = report.gaps
    assert "PYSEC-2" in gap.detail
    assert not report.looked_at


def test_only_an_index_that_was_asked_can_disagree() -> None:
    answer = entry("flask", "1.0", "PYSEC-1")
    (notice,) = parse(CONTROL, answer, pins=(pin(),)).notices
    assert "only pip-audit reports PYSEC-1" in notice.text
    not_asked = Pin(name="flask", version="1.0", places=(Place("requirements.txt", 1),))
    report = parse(CONTROL, answer, pins=(not_asked,))
    assert (len(report.findings), report.notices) == (1, ())


def test_an_advisory_under_another_of_its_names_is_not_missed() -> None:
    known = pin("flask", "1.0", advice("PYSEC-1", aliases=("CVE-1",)))
    answer = entry("flask", "1.0", "CVE-1")
    assert not parse(CONTROL, answer, pins=(known,)).gaps


@pytest.mark.parametrize(("entries", "code"), [((CONTROL, entry()), 0), ((entry(),), 1)])
def test_an_exit_code_that_does_not_fit_is_malformed(entries: tuple[dict[str, Any], ...], code: int) -> None:
    with pytest.raises(MalformedOutput, match="exit code"):
        parse(*entries, exit_code=code)


@pytest.mark.parametrize(
    "dependency",
    [None, 7, {}, {"name": 7}, {"name": "flask", "vulns": None}, {"name": "flask", "vulns": [{"id": "PYSEC-1"}]}],
)
def test_an_answer_of_another_form_is_malformed(dependency: Any) -> None:
    with pytest.raises(MalformedOutput):
        SCANNER.parse(
            Ended(("pip-audit",), 1, json.dumps({"dependencies": [CONTROL, dependency]}).encode(), b"", 0, 0),
            PinList(pins=(pin(),)),
        )


@given(st.binary(max_size=200) | st.recursive(st.none() | st.integers() | st.text(max_size=5), st.lists).map(
    lambda value: json.dumps({"dependencies": value}).encode()
))  # fmt: skip
def test_any_output_is_malformed_or_misses_the_control(data: bytes) -> None:
    try:
        report = SCANNER.parse(Ended(("pip-audit",), 0, data, b"", 0, 0), PinList(pins=(pin(),)))
    except MalformedOutput:
        return
    assert not report.control
    assert not report.looked_at


def test_aliases_are_one_finding_for_each_place_with_the_worst_severity() -> None:
    known = Pin(
        name="flask",
        version="1.0",
        places=(Place("a.txt", 1), Place("b.txt")),
        advice=(advice("GHSA-1", severity=Severity.LOW), advice("PYSEC-1", severity=Severity.CRITICAL, fixed=("1.5",))),
    )
    answer = entry("flask", "1.0", "GHSA-1", "PYSEC-1")
    for vuln in answer["vulns"]:
        vuln["aliases"] = ["CVE-1"]
    report = parse(CONTROL, answer, pins=(known,))
    assert [finding.place for finding in report.findings] == ["a.txt:1", "b.txt"]
    for finding in report.findings:
        assert finding.identifiers == ("CVE-1", "GHSA-1", "PYSEC-1")
        assert finding.severity is Severity.CRITICAL
        assert finding.package is not None
        assert finding.package.fixed_versions == ("1.5", "2.0")


def test_malware_is_critical_whatever_its_record_says() -> None:
    (finding,) = parse(CONTROL, entry("flask", "1.0", "MAL-2026-1")).findings
    assert (finding.defect, finding.severity) == ("malicious-package", Severity.CRITICAL)


@pytest.mark.parametrize(
    ("name", "version"),
    [
        ("flask", "1.0\n-r /etc/hosts"),
        ("flask", "1.0\njinja2==9"),
        ("flask", "1.0 # note"),
        ("flask", "1.0;python_version<'3'"),
        ("flask", "1.0\n"),
        ("flask", " 1.0"),
        ("flask", "2004d"),
        ("flask", "9" * 5000),
        ("-r x", "1.0"),
        ("flask\n", "1.0"),
        ("flask[x]", "1.0"),
        ("https://example.com/x.zip#egg=x", "1.0"),
        ("fläsk", "1.0"),
        ("", "1.0"),
        ("secscan-control", "1.0"),
        ("SecScan.Control", "3.0"),
    ],
)
def test_what_is_no_plain_pin_never_reaches_pip_audit(tmp_path: Path, name: str, version: str) -> None:
    """A lock file is hostile text; in a line for pip-audit it could be an option, a path or a second line."""
    made = plan(tmp_path, {"uv.lock": lock((name, version), ("jinja2", "1.0"))})
    assert [one.name for piece in made.pieces for one in piece.pins] == ["jinja2"]
    assert made.selected == {"PyPI:jinja2@1.0"}
    assert [(gap.kind, gap.line) for gap in made.gaps] == [(GapKind.NOT_ASSESSED, 1)]


@given(st.lists(st.tuples(st.text(max_size=6), st.text(max_size=6)), max_size=4))
def test_every_line_for_pip_audit_is_one_pin(tmp_path_factory: pytest.TempPathFactory, found: list) -> None:
    folder = tmp_path_factory.mktemp("plan")
    made = plan(folder, {"Pipfile.lock": "{}", "uv.lock": lock(*found) or "version = 1"})
    for piece in made.pieces:
        for one in piece.pins:
            line = f"{one.name}=={one.version}"
            assert line.isascii()
            assert len(line.split()) == 1
            assert line[0].isalnum()


def test_each_version_of_a_package_has_its_own_piece(tmp_path: Path) -> None:
    made = plan(tmp_path, {"uv.lock": lock(("flask", "1.0"), ("Flask", "1.5"), ("jinja2", "1.0"))})
    assert [[one.key for one in piece.pins] for piece in made.pieces] == [
        ["PyPI:flask@1.0", "PyPI:jinja2@1.0"],
        ["PyPI:flask@1.5"],
    ]


def test_one_pin_names_every_place_that_declares_it(tmp_path: Path) -> None:
    made = plan(tmp_path, {"requirements.txt": "\nflask==1.0\n", "a/requirements.txt": "Flask==1.0\n"})
    (piece,) = made.pieces
    assert [one.places for one in piece.pins] == [(Place("a/requirements.txt", 1), Place("requirements.txt", 2))]


def test_an_index_without_the_ecosystem_is_a_gap(tmp_path: Path) -> None:
    elsewhere = osv(affected=[{"package": {"ecosystem": "npm", "name": "left"}, "versions": ["1.0"]}])
    made = plan(tmp_path, {"requirements.txt": "flask==1.0\n"}, elsewhere)
    assert not made.pieces
    assert [gap.kind for gap in made.gaps] == [GapKind.NO_ADVISORIES]


def test_a_damaged_index_is_a_failure_and_not_a_clean_plan(tmp_path: Path) -> None:
    (tmp_path / "index.sqlite").write_bytes(b"")
    target = folder_target(tmp_path / "tree", {"requirements.txt": "flask==1.0\n"})
    with pytest.raises(ScannerError) as caught:
        SCANNER.plan(Setup(target=target, advisories=tmp_path / "index.sqlite"))
    assert caught.value.hint
