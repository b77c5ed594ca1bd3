"""The data of the page: whole, and small."""

from __future__ import annotations

import json

import msgspec
import pytest

from secscan.cli.waiver import _USUAL_DAYS
from secscan.findings.levels import SecretState
from secscan.reports.html.island import WAIVER_DAYS, build_island
from secscan.reports.present import Presentation
from tests.support.scans import MARKED, NOTE, PACKAGE, SPREAD, TAINTED, compared, ordinary, scan_of


def island(scan) -> dict:
    """The data, with what findings have in common put back into them."""
    data = json.loads("".join(build_island(Presentation(scan))))
    for finding in data["findings"]:
        for name in data["positions"]:
            if name in finding:
                finding[name] = data["shared"][finding[name]]
    return data


def test_the_whole_finding_is_there() -> None:
    finding = island(ordinary())["findings"][0]
    assert finding["title"] == "SQL injection"
    assert finding["symbol"] == "Catalog.find"
    assert [source["rule"] for source in finding["sources"]] == ["B608", "secscan.py.sql-injection.request"]
    assert len(finding["trace"]) == 2
    assert (finding["snippetLine"], finding["line"]) == (11, 12)
    assert finding["because"] == [
        "severity: [critical, high, unknown] (here: critical)",
        "confidence: [high, medium] (here: high)",
    ]
    assert island(ordinary())["findings"][1]["step"] == "upgrade Flask 2.2.2 to 2.2.5 in requirements.txt"


def test_only_web_addresses_become_links() -> None:
    (finding,) = island(scan_of(TAINTED))["findings"]
    links = {one["text"]: one["link"] for one in finding["references"]}
    assert links == {"https://example.com/sql": "https://example.com/sql", "ftp://example.com/not-a-link": ""}


def test_what_is_empty_is_left_out() -> None:
    (finding,) = island(scan_of(NOTE))["findings"]
    assert not {"snippet", "trace", "package", "fixed", "waiver", "references", "places", "new"} & set(finding)


def test_what_findings_have_in_common_stands_once() -> None:
    def size(count: int) -> int:
        many = [msgspec.structs.replace(TAINTED, fingerprint=f"{at:08x}") for at in range(count)]
        return len(json.dumps(json.loads("".join(build_island(Presentation(scan_of(*many)))))["findings"]))

    assert (size(200) - size(100)) / 100 < 330


def test_a_baseline_and_a_waiver_are_told() -> None:
    findings = {one["id"]: one for one in island(compared())["findings"]}
    assert findings["aaaa0003"]["accepted"] == "by a waiver"
    assert findings["aaaa0003"]["waiver"] == "flask"
    assert [findings[f"aaaa000{at}"]["new"] for at in (1, 2, 3, 5)] == ["known", "new", "known", "new"]


def test_what_a_store_and_catalogues_know_is_told() -> None:
    live = msgspec.structs.replace(SPREAD.places[0], secret_state=SecretState.LIVE)
    listed = msgspec.structs.replace(PACKAGE, epss=0.123, known_exploited=True, published="2023-05-01T00:00:00Z")
    findings = {one["id"]: one for one in island(scan_of(live, listed))["findings"]}
    assert findings["dddd0002"]["notes"] == ["The secret store knows it: it is in use."]
    assert findings["aaaa0003"]["ratings"] == [
        "7.5 CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N (PYSEC-2023-62)",
        "EPSS: exploited within 30 days with a probability of 12.3%",
        "CISA lists it as exploited",
        "Published 2023-05-01",
    ]


def test_a_source_that_says_the_same_as_the_finding_says_it_once() -> None:
    source = msgspec.structs.replace(MARKED.sources[0], message=MARKED.message)
    (finding,) = island(scan_of(msgspec.structs.replace(MARKED, sources=(source,))))["findings"]
    assert finding["sources"][0]["message"] == ""


def test_a_waiver_lasts_as_long_as_one_of_the_command() -> None:
    assert WAIVER_DAYS == _USUAL_DAYS


FIX = "secscan fix --scan secscan.json"


@pytest.mark.parametrize(("kind", "command"), [("tree", FIX), ("staged", FIX), ("history", ""), ("image", "")])
def test_a_command_that_fixes_is_named_where_it_can_run(kind: str, command: str) -> None:
    scan = scan_of(PACKAGE)
    scan = msgspec.structs.replace(scan, target=msgspec.structs.replace(scan.target, kind=kind))
    assert island(scan)["fix"]["block"] == command
