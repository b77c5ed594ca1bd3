"""What every report promises, held against an ordinary scan, a clean one, and ones that attack the reader."""

from __future__ import annotations

import dataclasses
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

import secscan.reports
from secscan.reports.contract import FORMATS, Format, load_format
from tests.support.scans import ATTACKS, clean, compared, hostile, ordinary, scan_of, spread

GOLD = Path(__file__).resolve().parent.parent / "gold"
FORGED = re.compile(r"(?<!\\)\]\((?!\d+\))|\{0\}")
"""A link or placeholder that is not ours: ours lead to related locations, by number."""
SHARED = {"contract.py", "escape.py", "present.py", "layers.py", "__init__.py"}


@pytest.fixture(params=FORMATS)
def format_(request: pytest.FixtureRequest) -> Format:
    return load_format(request.param)


def test_the_list_of_formats_is_the_folder() -> None:
    modules = {path.name for path in Path(secscan.reports.__file__).parent.glob("*.py")} - SHARED
    assert modules == {f"{name}.py" for name in FORMATS}


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
    scan = ordinary()
    output = format_.render(scan).decode("utf-8")
    accepted = {one.fingerprint for one in scan.judgement.decisions if one.action == "accept"}  # type: ignore[union-attr]
    for finding in scan.findings:
        # A terminal has no room for what is accepted; it counts it. The file for code scanning has no findings of kinds
        # that were not looked for to the end, which here are all; it says so.
        assert (
            finding.location.path in output
            or (format_.name == "terminal" and finding.fingerprint in accepted)
            or (format_.name == "github" and f"{finding.kind} findings are not uploaded" in output)
        )
    for gap in scan.gaps:
        assert gap.subject in output.replace("&gt;", ">")
    assert "killed" in output


def test_the_verdict_is_there_and_an_unjudged_scan_has_not_passed(format_: Format) -> None:
    assert b"failed" in format_.render(ordinary()).lower()
    assert b"passed" in format_.render(clean()).lower()
    unjudged = msgspec.structs.replace(clean(), judgement=None)
    if format_.name != "json":
        text = format_.render(unjudged).decode("utf-8").lower()
        assert "incomplete" in text
        assert " passed (" not in text
        assert '"passed"' not in text


@pytest.mark.parametrize("attack", ATTACKS)
def test_a_hostile_text_is_shown_and_does_nothing(format_: Format, attack: str) -> None:
    output = format_.render(hostile(attack)).decode("utf-8")
    if format_.name == "json":
        assert msgspec.json.decode(output)["target"]["name"] == attack
        return
    for char in "\x1b\x07\x00\x85\u202e\u2066\u200b\u2028\r":
        assert char not in output
    if format_.name == "terminal":
        assert not [line for line in output.splitlines() if line.lstrip().startswith("::")]
        assert "##[" not in output
    if format_.name == "html":
        assert output.count("<script") == 2
        assert output.count("</script") == 2
        assert "<img" not in output
        assert "<!--" not in output
    if format_.name in ("sarif", "github"):
        assert not [text for text in messages(json.loads(output)) if FORGED.search(text)]


def messages(value: Any) -> Iterator[str]:
    """Every text of a SARIF log in which links and placeholders have a meaning."""
    if isinstance(value, dict):
        for name, inner in value.items():
            if name in {"message", "help", "shortDescription", "fullDescription"}:
                yield inner["text"]
            yield from messages(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from messages(inner)


def test_a_required_scanner_that_is_not_there_is_named(format_: Format) -> None:
    output = format_.render(scan_of(scanners=())).decode("utf-8")
    for name in ("bandit", "pip-audit", "semgrep"):
        assert f"{name} is required by the policy" in output
