"""What every format of the compliance report promises, held against ordinary scans and ones that attack the reader."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
import os
import re
import shlex
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any

import msgspec
import pytest
from pydantic import ValidationError
from trestle.oscal.assessment_results import AssessmentResults

import secscan.reports.compliance
from secscan.compliance.load import load_framework, shipped_frameworks
from secscan.errors import UsageError
from secscan.findings.levels import Action
from secscan.findings.scan import FileState
from secscan.reports.compliance.contract import FORMATS, Format, build, load_format
from tests.support.compliance import REPORTS, at, given, house, report_of
from tests.support.hostile_scans import hostile
from tests.support.hostile_strings import SAMPLE
from tests.support.scans import NOTE, TAINTED, clean, compared, ordinary, scan_of

GOLD = Path(__file__).resolve().parent.parent / "gold"
SHARED = {"__init__.py", "contract.py", "present.py", "oscal_parts.py"}
CLAIM = re.compile(r"\b(?:non-)?compliant\b", re.IGNORECASE)


@pytest.fixture(params=FORMATS)
def format_(request: pytest.FixtureRequest) -> Format:
    return load_format(request.param)


def rows(output: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(output.decode("utf-8"), newline="")))


def texts(value: Any, *, of: str = "") -> Iterator[tuple[str, str]]:
    """Every text of a document with the name it stands under."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from texts(inner, of=name)
    elif isinstance(value, list):
        for inner in value:
            yield from texts(inner, of=of)
    elif isinstance(value, str):
        yield of, value


def test_the_list_of_formats_is_the_folder() -> None:
    modules = {path.name for path in Path(secscan.reports.compliance.__file__).parent.glob("*.py")} - SHARED
    assert modules == {f"{name}.py" for name in FORMATS}


def test_a_format_says_what_it_is(format_: Format) -> None:
    assert all(dataclasses.astuple(format_))
    with pytest.raises(UsageError):
        load_format("pptx")


@pytest.mark.parametrize("name", REPORTS)
def test_the_output_is_the_gold_file(format_: Format, name: str) -> None:
    """SECSCAN_UPDATE_GOLD=1 writes the files anew; read the difference before you commit it."""
    output = format_.render(REPORTS[name]())
    gold = GOLD / f"{name}{format_.suffix}"
    if os.environ.get("SECSCAN_UPDATE_GOLD"):
        gold.write_bytes(output)
    assert output == gold.read_bytes()


@pytest.mark.parametrize("name", REPORTS)
def test_nothing_claims_compliance(format_: Format, name: str) -> None:
    assert not CLAIM.search(format_.render(REPORTS[name]()).decode("utf-8"))


def test_every_finding_waiver_and_control_is_there(format_: Format) -> None:
    report = report_of(compared())
    output = format_.render(report).decode("utf-8")
    for assessment in report.assessments:
        for control in assessment.framework.map.controls:
            assert control.id in output
    for finding in compared().findings:
        assert finding.fingerprint in output
    assert "flask" in output
    assert report.assessments[0].framework.digest in output
    assert report.inputs.timelines[0].last.digest in output


def test_what_was_not_looked_at_is_there(format_: Format) -> None:
    output = format_.render(report_of(ordinary())).decode("utf-8")
    assert "pip-audit failed: killed" in output
    assert "shop/old.py" in output


def test_an_unjudged_scan_shows_no_evidence_in_any_format(format_: Format) -> None:
    output = format_.render(report_of(msgspec.structs.replace(clean(), judgement=None)))
    text = output.decode("utf-8")
    assert "nobody has judged this scan" in text.lower()
    if format_.name == "csv":
        assert {row["status"] for row in rows(output)} == {"not-evaluated", "manual"}
    if format_.name == "json":
        assert json.loads(output)["verdict"] == "incomplete"
        assert [one["counts"]["evidence"] for one in json.loads(output)["frameworks"]] == [0, 0]
    if format_.name == "oscal":
        assert '"satisfied"' not in text
    if format_.name == "html":
        assert '<div class="stamp">incomplete</div>' in text


def test_an_incomplete_verdict_stands_before_the_first_control() -> None:
    page = load_format("html").render(report_of(scan_of(scanners=()))).decode("utf-8")
    first = page.index("H.1")
    assert page.index('<div class="stamp">incomplete</div>') < page.index('class="doubts"') < first
    both = load_format("html").render(report_of(ordinary())).decode("utf-8")
    assert both.index("pip-audit failed: killed") < both.index("H.1")


@pytest.mark.parametrize("attack", SAMPLE)
def test_a_hostile_text_is_shown_and_does_nothing(format_: Format, attack: str) -> None:
    scan = msgspec.structs.replace(hostile(attack), advisories=())
    report = build([given(f"a {attack}".replace("\0", ""), scan)], [house(), load_framework("pci-dss-4.0.1")])
    output = format_.render(report)
    text = output.decode("utf-8")
    for char in "\x1b\x07\x00\x85\u202e\u2066\u200b\u2028":
        assert char not in text
    if format_.name == "html":
        for markup in ("<script", "<img", "<svg", "<!--", 'javascript:alert(1)">', "href="):
            assert markup not in text
        (policy,) = re.findall(r'<meta http-equiv="Content-Security-Policy" content="([^"]*)"', text)
        assert "script-src" not in policy
        assert "default-src 'none'" in unescape(policy)
    if format_.name == "csv":
        assert [row for row in rows(output) if None in row or None in row.values()] == []
        assert not [cell for row in rows(output) for cell in row.values() if cell[:1] in tuple("=+-@\t\r")]
    if format_.name == "oscal":
        validated(output)
        for name, value in texts(json.loads(output)):
            if name in {"title", "description", "statement", "remarks"}:
                assert not re.search(r"(?<!\\)(?:\[|<|\{\{)", value), value


@pytest.mark.parametrize("formula", ["=1+1", "+1", "-1", "@SUM(A1)", "\uff1d1", "  =1", "\t=1", "\r=1"])
def test_no_cell_is_a_formula(formula: str) -> None:
    scan = scan_of(msgspec.structs.replace(TAINTED, title=formula, fingerprint=formula.strip()))
    noted = msgspec.structs.replace(NOTE, title=formula, fingerprint="x")
    scan = at(
        msgspec.structs.replace(scan, findings=(*scan.findings, noted)), "2026-01-01", name=formula, revision=formula
    )
    for row in rows(load_format("csv").render(report_of(scan))):
        for cell in row.values():
            assert not cell.lstrip().startswith(("=", "+", "-", "@", "\uff1d")), cell


def test_a_table_has_a_line_for_each_control_of_each_target_and_for_what_belongs_to_none() -> None:
    report = report_of(scan_of(TAINTED, NOTE), at(clean(), "2026-01-31", name="till"))
    lines = rows(load_format("csv").render(report))
    controls = sum(len(one.framework.map.controls) for one in report.assessments)
    assert len([row for row in lines if row["status"] != "unmapped"]) == 2 * controls
    assert [row["findings"] for row in lines if row["status"] == "unmapped"] == ["aaaa0005"] * 2


def validated(output: bytes) -> AssessmentResults:
    """The document as NIST's model reads it, which refuses what the schema does."""
    return AssessmentResults(**json.loads(output)["assessment-results"])


@pytest.mark.parametrize("name", REPORTS)
def test_oscal_is_valid_and_refers_to_what_is_there(name: str) -> None:
    output = load_format("oscal").render(REPORTS[name]())
    read = validated(output)
    assert read.results
    ids = re.findall(r'"uuid": "([0-9a-f-]{36})"', output.decode())
    assert len(set(ids)) == len(ids)
    referred = re.findall(r'"(?:#|[a-z-]+-uuid": ")([0-9a-f-]{36})"', output.decode())
    assert len(referred) > 20
    assert set(referred) <= set(ids)


@pytest.mark.parametrize("framework", shipped_frameworks())
def test_oscal_takes_the_ids_of_every_framework(framework: str) -> None:
    validated(load_format("oscal").render(build([given("a", ordinary())], [load_framework(framework)])))


def test_the_validator_refuses_what_is_wrong() -> None:
    document = json.loads(load_format("oscal").render(report_of(ordinary())))
    for spoil in ("state", "control-id", "start", "uuid"):
        broken = re.sub(rf'("{spoil}": )"[^"]*"', r'\1"in order"', json.dumps(document))
        with pytest.raises(ValidationError):
            validated(broken.encode())


def test_oscal_says_satisfied_only_of_evidence_and_approves_only_what_is_accepted() -> None:
    report = report_of(compared())
    document = json.loads(load_format("oscal").render(report))["assessment-results"]
    for result, held in zip(document["results"], (one.subjects[0] for one in report.assessments), strict=True):
        statuses = {state.id: state.status.value for state in held.states if state.status != "manual"}
        said = {
            next(one["value"] for one in finding["props"] if one["name"] == "control"): finding["target"]["status"][
                "state"
            ]
            for finding in result["findings"]
        }
        assert said == {
            id_: "satisfied" if status == "evidence" else "not-satisfied" for id_, status in statuses.items()
        }
    (approved,) = [one for one in document["results"][0]["risks"] if one["props"][0]["value"] == "aaaa0003"]
    assert (approved["status"], approved["deadline"]) == ("deviation-approved", "2026-02-05T23:59:59Z")
    opened = [one for one in document["results"][0]["risks"] if one["status"] == "open"]
    assert {one["props"][0]["value"] for one in opened} == {"aaaa0001", "aaaa0002", "aaaa0005"}


def test_ids_of_oscal_change_with_the_input_and_only_with_it() -> None:
    one, same, other = (load_format("oscal").render(report_of(scan)) for scan in (clean(), clean(), ordinary()))
    assert one == same
    first, second = (set(re.findall(r'"uuid": "([0-9a-f-]{36})"', text.decode())) for text in (one, other))
    maps = {"house", "owasp"}
    assert len(first & second) == len(maps)


def test_oscal_needs_a_time() -> None:
    with pytest.raises(UsageError, match="does not say when it was made"):
        load_format("oscal").render(report_of(msgspec.structs.replace(clean(), run=None)))


def test_code_that_no_scanner_reads_is_named() -> None:
    files = tuple(FileState(path=path, digest="0") for path in ("a.py", "b.js", "c/d.JS", "e.go", "Makefile", ".java"))
    scan = msgspec.structs.replace(clean(), files=files)
    for name in ("html", "json", "oscal"):
        assert "Other code in scope: 1 .go, 2 .js" in load_format(name).render(report_of(scan)).decode("utf-8")
    assert b"Other code in scope" not in load_format("html").render(report_of(clean()))


def test_the_next_deadline_is_told() -> None:
    scan = scan_of(TAINTED)
    assert scan.judgement is not None
    (decision,) = scan.judgement.decisions
    warned = msgspec.structs.replace(decision, action=Action.WARN, due="2026-03-01")
    scan = msgspec.structs.replace(scan, judgement=msgspec.structs.replace(scan.judgement, decisions=(warned,)))
    page = load_format("html").render(report_of(scan)).decode("utf-8")
    assert "1 open finding will block from a day that the policy sets, the first from 2026-03-01." in page
    assert "blocks from 2026-03-01" in page
    assert '"deadline": "2026-03-01T00:00:00Z"' in load_format("oscal").render(report_of(scan)).decode("utf-8")


def test_the_commands_that_do_it_again_are_quoted() -> None:
    report = build([given("a b; rm -rf $HOME.json", at(clean(), "2026-01-01", revision="$(id)"))], [house()])
    for command in json.loads(load_format("json").render(report))["reproduce"]:
        words = shlex.split(command, comments=True)
        assert "a b; rm -rf $HOME.json" in words or "$(id)" in words
    assert len(json.loads(load_format("json").render(report))["reproduce"]) == 4


def test_a_framework_is_given_once() -> None:
    with pytest.raises(UsageError, match="given twice"):
        build([given("a", clean())], [house(), house()])
