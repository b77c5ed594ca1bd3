"""OCSF events are valid by the official schema of their class, whatever was found."""

from __future__ import annotations

import functools
import json
from typing import Any

import jsonschema_rs
import msgspec
import pytest

from secscan.findings.levels import Severity
from secscan.findings.model import at_each_place
from secscan.findings.scan import Scan
from secscan.reports.ocsf import FORMAT
from tests.support.hostile_scans import hostile
from tests.support.hostile_strings import SAMPLE
from tests.support.scans import NOTE, PACKAGE, UNSCORED, clean, compared, ordinary, scan_of, spread


@functools.cache
def validator(class_uid: int) -> Any:
    from ocsf_json_schema import OcsfJsonSchemaEmbedded, get_ocsf_schema

    schema = OcsfJsonSchemaEmbedded(get_ocsf_schema(version="1.5.0"))
    return jsonschema_rs.validator_for(schema.get_class_schema(schema.lookup_class_name_from_uid(class_uid)))


def events(scan: Scan) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(FORMAT.render(scan))
    for one in found:
        errors = list(validator(one["class_uid"]).iter_errors(one))
        assert not errors, [error.message[:300] for error in errors]
    return found


@pytest.mark.parametrize("scan", [ordinary(), clean(), compared(), spread()], ids=["ordinary", "clean", "new", "many"])
def test_every_event_is_valid(scan: Scan) -> None:
    assert len(events(scan)) == 1 + len(list(at_each_place(scan.findings)))


@pytest.mark.parametrize("attack", SAMPLE)
def test_every_event_is_valid_whatever_stands_in_it(attack: str) -> None:
    events(hostile(attack))


def test_the_schema_refuses_what_is_wrong() -> None:
    event = events(scan_of(PACKAGE))[1]
    assert not validator(2002).is_valid({**event, "severity_id": 42})
    assert not validator(2002).is_valid({**event, "vulnerabilities": [{"title": "it has no name"}]})


def test_each_kind_has_its_class() -> None:
    found = {one["finding_info"]["uid"]: one for one in (*events(ordinary()), *events(spread()))}
    classes = {uid: one["class_uid"] for uid, one in found.items()}
    assert (classes["aaaa0001"], classes["aaaa0003"], classes["aaaa0004"], classes["dddd0001"]) == (
        2002,
        2002,
        2002,
        2007,
    )
    assert found["aaaa0001"]["vulnerabilities"][0]["cwe"] == {"uid": "CWE-89"}
    assert found["aaaa0003"]["vulnerabilities"][0]["cve"]["uid"] == "CVE-2023-30861"
    assert found["aaaa0004"]["vulnerabilities"][0]["advisory"]["uid"] == "PYSEC-2026-1"
    assert found["aaaa0003"]["vulnerabilities"][0]["affected_packages"][0]["purl"] == "pkg:pypi/flask@2.2.2"


def test_a_weakness_without_a_name_is_one_of_posture() -> None:
    nameless = msgspec.structs.replace(NOTE, defect="process-start", identifiers=())
    assert events(scan_of(nameless))[1]["class_uid"] == 2007


def test_what_is_accepted_is_suppressed_and_the_verdict_says_what_was_not_looked_at() -> None:
    by_uid = {one["finding_info"]["uid"]: one for one in events(compared())}
    assert (by_uid["aaaa0003"]["status_id"], by_uid["aaaa0001"]["status_id"]) == (3, 1)
    verdict = events(ordinary())[0]
    assert (verdict["class_uid"], verdict["compliance"]["status"]) == (2003, "Fail")
    assert any("killed" in one for one in verdict["compliance"]["status_details"])
    assert events(scan_of(scanners=()))[0]["compliance"]["status"] == "Warning"
    assert events(clean())[0]["compliance"]["status"] == "Pass"


def test_severities_are_those_of_the_schema() -> None:
    found = {one["severity_id"] for one in events(scan_of(PACKAGE, UNSCORED, NOTE))[1:]}
    assert found == {4, 0, 2}
    assert UNSCORED.severity is Severity.UNKNOWN
