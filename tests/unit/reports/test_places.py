"""Further places of a secret in every report: first the place that decides, then the others, each with its decision."""

from __future__ import annotations

import json

import msgspec

from secscan.findings.model import Finding, Region
from secscan.reports.html.detail import Details
from secscan.reports.html.shared import Shared
from secscan.reports.present import Presentation, introduction
from secscan.reports.sarif import FORMAT
from secscan.reports.terminal import render_text
from tests.support.scans import SPREAD, scan_of, spread


def test_the_terminal_names_some_places_and_what_differs_there() -> None:
    text = " ".join(render_text(spread(), width=200, colour=False).split())
    assert "shop/settings.py:2 also in 7 more places: deploy/a [b](c).yaml:3:8 (accepted)" in text
    assert "tests/test_api.py:3 (accepted), docs/setup.md:4 (warned of), old/5.env:5, old/6.env:6, and 2 more" in text


def test_a_result_has_one_location_and_the_others_are_related_and_linked() -> None:
    results = json.loads(FORMAT.render(spread()))["runs"][0]["results"]
    result = next(one for one in results if "relatedLocations" in one)
    assert [one["physicalLocation"]["artifactLocation"]["uri"] for one in result["locations"]] == ["shop/settings.py"]
    related = result["relatedLocations"]
    assert [one["id"] for one in related] == list(range(1, 8))
    assert related[0]["physicalLocation"]["region"]["startLine"] == 3
    assert related[0]["message"]["text"].startswith(
        "The same secret (accept by the waiver fixture; high, high confidence)."
    )
    # A name of a file cannot make a link of its own.
    assert r"[deploy/a \[b\] (c).yaml:3](1), [tests/test_api.py:3](2)" in result["message"]["text"]
    assert "suppressions" not in result


def test_no_more_related_locations_than_platforms_show() -> None:
    places = tuple(msgspec.structs.replace(SPREAD.places[0], fingerprint=f"eeee{at:05d}") for at in range(2_000))
    (result,) = json.loads(FORMAT.render(scan_of(msgspec.structs.replace(SPREAD, places=places))))["runs"][0]["results"]
    assert len(result["relatedLocations"]) == 100
    assert "2000 more places" in result["message"]["text"]
    assert len(render_text(scan_of(msgspec.structs.replace(SPREAD, places=places)), width=80, colour=False)) < 4_000


def test_the_page_lists_each_place_with_its_decision() -> None:
    shared = Shared()
    judged = next(judged for judged in Presentation(spread()).judged if judged.places)
    one = {
        name: json.loads(shared.values[value]) if name in shared.names else value
        for name, value in Details({}, shared).of(judged).items()
    }
    assert (one["path"], one["line"], one["action"]) == ("shop/settings.py", 2, "block")
    assert [(row["place"], row["action"]) for row in one["places"][:3]] == [
        ("deploy/a [b](c).yaml:3", "accept"),
        ("tests/test_api.py:3", "accept"),
        ("docs/setup.md:4", "warn"),
    ]
    assert "waiver fixture" in one["places"][0]["about"]
    assert {row["scanner"] for row in one["sources"]} == {"secrets", "semgrep"}


def test_what_brought_it_is_told() -> None:
    assert introduction(SPREAD) == "commit cccccccccccc (Ana, 2025-11-30), in HEAD"
    assert introduction(SPREAD.places[0]) == "commit bbbbbbbbbbbb (Ben), not in HEAD any more"
    plain: Finding = msgspec.structs.replace(SPREAD, introduced=None)
    assert introduction(plain) == ""
    assert plain.location.region == Region(start_line=3, start_column=8, end_line=3, end_column=48)
