"""DefectDojo's import takes every finding as it is meant; a scan that saw nothing does not look clean."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from secscan.findings.model import at_each_place
from secscan.findings.scan import Scan
from secscan.reports.defectdojo import FORMAT
from tests.support.scans import PACKAGE, TAINTED, clean, compared, ordinary, scan_of, spread
from tests.unit.reports.test_cyclonedx import vexed

REQUIRED = {"title", "severity", "description"}
_NAMES = """
    active component_name component_version cve cvssv3 cvssv3_score cvssv4 cvssv4_score cwe cwes date
    dynamic_finding effort_for_fixing endpoints epss_percentile epss_score false_p file_path files
    fix_available fix_version impact is_mitigated kev_date known_exploited line mitigated mitigation
    nb_occurences numerical_severity out_of_scope param payload planned_remediation_date
    planned_remediation_version publish_date ransomware_used references risk_accepted sast_sink_object
    sast_source_file_path sast_source_line sast_source_object scanner_confidence service
    severity_justification static_finding steps_to_reproduce tags thread_id under_review unique_id_from_tool
    verified vuln_id_from_tool vulnerability_ids
"""
KNOWN = REQUIRED | set(_NAMES.split())
"""Members of a finding that its parser of generic findings takes; it refuses any other."""


def findings(scan: Scan) -> list[dict[str, Any]]:
    document = json.loads(FORMAT.render(scan))
    assert set(document) == {"name", "type", "version", "description", "static_tool", "findings"}
    found: list[dict[str, Any]] = document["findings"]
    ids = [one["unique_id_from_tool"] for one in found]
    assert len(ids) == len(set(ids))
    for one in found:
        assert set(one) >= REQUIRED
        assert set(one) <= KNOWN
        assert one["severity"] in {"Info", "Low", "Medium", "High", "Critical"}
        assert len(one["title"]) <= 511
        # One state each: its model allows no finding that is active and accepted.
        assert sum(one.get(name, False) for name in ("active", "risk_accepted", "is_mitigated", "false_p")) == 1
    return found


@pytest.mark.parametrize("scan", [ordinary(), clean(), compared(), spread()], ids=["ordinary", "clean", "new", "many"])
def test_every_place_is_a_finding(scan: Scan) -> None:
    there = {one["unique_id_from_tool"] for one in findings(scan)} - {"secscan-coverage"}
    assert there == {one.fingerprint for one in at_each_place(scan.findings)}


def test_what_is_accepted_is_there_and_says_by_whom() -> None:
    by_id = {one["unique_id_from_tool"]: one for one in findings(compared())}
    assert (by_id["aaaa0003"]["active"], by_id["aaaa0003"]["risk_accepted"]) == (False, True)
    assert "accept by waiver flask" in by_id["aaaa0003"]["description"]
    assert (by_id["aaaa0001"]["active"], by_id["aaaa0001"]["risk_accepted"]) == (True, False)
    (claimed,) = findings(vexed(scan_of(PACKAGE), "not_affected"))
    assert (claimed["active"], claimed["risk_accepted"], claimed["is_mitigated"]) == (False, False, True)


def test_a_scan_that_did_not_look_is_a_finding() -> None:
    (coverage,) = findings(scan_of(scanners=()))
    assert (coverage["title"], coverage["severity"], coverage["active"]) == ("Scan incomplete", "High", True)
    assert "bandit is required by the policy" in coverage["description"]
    unjudged = msgspec.structs.replace(clean(), judgement=None)
    assert "nobody has judged" in findings(unjudged)[0]["description"]
    assert findings(clean()) == []


def test_a_long_title_is_cut_and_the_rest_stands_in_the_description() -> None:
    long = msgspec.structs.replace(TAINTED, title="x" * 3000, message="y" * 3000)
    (found,) = findings(scan_of(long))
    assert len(found["title"]) == 500
    assert "y" * 3000 in found["description"]
