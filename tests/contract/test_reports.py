"""What every report promises, held against an ordinary scan, a clean one, and others; hostile texts are in
`test_hostile_text.py`."""

from __future__ import annotations

import dataclasses
import json
import os
import re
from pathlib import Path

import msgspec
import pytest

import secscan.reports
from secscan.reports.contract import FORMATS, Format, load_format
from tests.support.report_readers import verdict_in
from tests.support.scans import clean, compared, ordinary, scan_of, spread

GOLD = Path(__file__).resolve().parent.parent / "gold"
SHARED = {
    "contract",
    "escape",
    "present",
    "layers",
    "links",
    "gitlab_common",
    "json_parts",
    "gitlab_text",
    "markdown_blocks",
    "terminal_findings",
    "terminal_page",
    "vulnerabilities",
    "__init__",
    "compliance",
    "covered",
    "difference",
    "pages",
    "sarif_log",
}
NUMBERS = {"badge", "prometheus"}
"""Formats that count findings and reasons, and name none."""
ONE_KIND = {"gitlab-container", "gitlab-dependency", "gitlab-sast", "gitlab-secret"}
"""Formats that hold findings of one kind; their own tests say which."""
COUNTS_ACCEPTED = {"pr-comment", "terminal"}
"""Formats that have no room for what is accepted; they count it."""
NO_VERDICT = {"gitlab-codequality"}
"""Formats that have no place for a verdict; what keeps a scan from passing is an issue of its own."""
OF_PACKAGES = {"cyclonedx", "openvex"}
"""Formats that can tell of vulnerabilities of packages only."""


@pytest.fixture(params=FORMATS)
def format_(request: pytest.FixtureRequest) -> Format:
    return load_format(request.param)


def test_the_list_of_formats_is_the_folder() -> None:
    """A format is a module, or a package where one module would be long."""
    folder = Path(secscan.reports.__file__).parent
    found = [path.stem for path in folder.glob("*.py")] + [path.parent.name for path in folder.glob("*/__init__.py")]
    assert sorted(set(found) - SHARED) == sorted(name.replace("-", "_") for name in FORMATS)
    assert len(set(found)) == len(found)


def test_no_two_formats_have_the_same_file() -> None:
    files = [load_format(name).file for name in FORMATS]
    assert len(set(files)) == len(files)


def test_the_documentation_lists_every_format() -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "reports.md").read_text(encoding="utf-8")
    listed = re.findall(r"^\| `([a-z-]+)` \| `([^`]+)` \|", page, re.MULTILINE)
    assert listed == [(one.name, one.file) for one in map(load_format, FORMATS)]


def test_a_format_says_what_it_is(format_: Format) -> None:
    assert load_format(format_.name) == format_
    assert format_.suffix.startswith(".")
    assert all(dataclasses.astuple(format_))


@pytest.mark.parametrize("name", ["ordinary", "clean", "compared", "spread"])
def test_the_output_is_the_gold_file(format_: Format, name: str) -> None:
    """SECSCAN_UPDATE_GOLD=1 writes the files anew; read the difference before you commit it."""
    output = format_.render({"ordinary": ordinary, "clean": clean, "compared": compared, "spread": spread}[name]())
    gold = GOLD / f"{name}{format_.suffix}"
    if os.environ.get("SECSCAN_UPDATE_GOLD"):
        gold.write_bytes(output)
    assert output == gold.read_bytes()


def test_the_same_scan_gives_the_same_bytes(format_: Format) -> None:
    assert format_.render(ordinary()) == format_.render(ordinary())


def test_every_finding_gap_and_failed_scanner_is_there(format_: Format) -> None:
    if format_.name in NUMBERS | ONE_KIND:
        return
    scan = ordinary()
    output = format_.render(scan).decode("utf-8")
    accepted = {one.fingerprint for one in scan.judgement.decisions if one.action == "accept"}  # type: ignore[union-attr]
    for finding in scan.findings:
        if format_.name in OF_PACKAGES and finding.package is None:
            continue
        counted = format_.name in COUNTS_ACCEPTED and finding.fingerprint in accepted
        # The file for code scanning has no findings of kinds that were not looked for to the end, which here are all.
        told = format_.name == "github" and f"{finding.kind} findings are not uploaded" in output
        assert finding.location.path in output or counted or told
    if format_.name == "openvex":
        assert "2 gaps" in output
        assert "killed" in output
        return
    for gap in scan.gaps:
        assert gap.subject in output.replace("&gt;", ">")
    assert "killed" in output


def test_the_verdict_is_there_and_an_unjudged_scan_has_not_passed(format_: Format) -> None:
    failed, passed = format_.render(ordinary()), format_.render(clean())
    unjudged = format_.render(msgspec.structs.replace(clean(), judgement=None))
    if format_.name in NO_VERDICT:
        assert len(json.loads(failed)) > len(json.loads(passed)) == 0
        assert "nobody has judged this scan" in unjudged.decode("utf-8")
    elif told := verdict_in(format_.name, failed):
        assert told == "failed"
        assert verdict_in(format_.name, passed) == "passed"
        assert verdict_in(format_.name, unjudged) == "incomplete"
    else:
        assert b"failed" in failed.lower()
        assert b"passed" in passed.lower()
        text = unjudged.decode("utf-8").lower()
        assert "incomplete" in text or format_.name == "json"
        assert " passed (" not in text
        assert '"passed"' not in text


def test_a_required_scanner_that_is_not_there_is_named(format_: Format) -> None:
    if format_.name in NUMBERS:
        return
    output = format_.render(scan_of(scanners=())).decode("utf-8")
    for name in ("bandit", "pip-audit", "semgrep"):
        assert f"{name} is required by the policy" in output
