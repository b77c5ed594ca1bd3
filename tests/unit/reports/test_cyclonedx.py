"""The CycloneDX report is valid by the official schema, whatever was found, and says what it cannot tell."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from secscan.findings.judgement import WaiverUse
from secscan.findings.levels import Action, WaiverState
from secscan.findings.model import Package
from secscan.findings.scan import Scan
from secscan.reports.cyclonedx import FORMAT
from tests.support.hostile_scans import hostile
from tests.support.hostile_strings import SAMPLE
from tests.support.scans import PACKAGE, clean, compared, ordinary, scan_of, spread


def document(scan: Scan) -> dict[str, Any]:
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator

    data = FORMAT.render(scan)
    problem = JsonStrictValidator(SchemaVersion.V1_6).validate_str(data.decode())
    assert problem is None, str(problem)[:500]
    found: dict[str, Any] = json.loads(data)
    refs = ["target", *(one["bom-ref"] for one in found["components"])]
    assert len(refs) == len(set(refs))
    assert {one["ref"] for each in found["vulnerabilities"] for one in each["affects"]} <= set(refs)
    return found


@pytest.mark.parametrize("scan", [ordinary(), clean(), compared(), spread()], ids=["ordinary", "clean", "new", "many"])
def test_it_is_valid(scan: Scan) -> None:
    document(scan)


@pytest.mark.parametrize("attack", SAMPLE)
def test_it_is_valid_whatever_stands_in_it(attack: str) -> None:
    document(hostile(attack))


def test_what_was_looked_up_is_there_once() -> None:
    scan = msgspec.structs.replace(scan_of(PACKAGE), packages=("PyPI:flask@2.2.2", "npm:@s/c@1.0.0", "Debian:12:a@1:2"))
    components = document(scan)["components"]
    assert [(one["name"], one["version"]) for one in components] == [
        ("a", "1:2"),
        ("@s/c", "1.0.0"),
        ("Flask", "2.2.2"),
    ]
    assert components[0]["properties"] == [{"name": "secscan:ecosystem", "value": "Debian:12"}]


def test_of_a_source_package_what_is_installed_is_affected() -> None:
    package = Package(
        purl="pkg:deb/debian/openssl@3.0.1",
        name="openssl",
        version="3.0.1",
        ecosystem="Debian:12",
        binaries=("pkg:deb/debian/libssl3@3.0.1-2?arch=amd64", "pkg:deb/debian/openssl@3.0.1-2?arch=amd64"),
    )
    found = document(scan_of(msgspec.structs.replace(PACKAGE, package=package)))
    assert [one["name"] for one in found["components"]] == ["libssl3", "openssl"]
    assert [one["versions"][0]["version"] for one in found["vulnerabilities"][0]["affects"]] == ["3.0.1-2"] * 2


def test_what_was_not_looked_at_and_what_is_not_told_here_is_said() -> None:
    found = document(ordinary())
    properties = [(one["name"], one["value"]) for one in found["metadata"]["properties"]]
    assert ("secscan:verdict", "failed") in properties
    assert ("secscan:not-told-here:sast", "3") in properties
    assert ("secscan:gap:unparsable", "bandit: shop/old.py: Missing parentheses") in properties
    assert any(name == "secscan:incomplete" and "killed" in value for name, value in properties)
    assert found["compositions"][0]["aggregate"] == "incomplete"


def vexed(scan: Scan, status: str) -> Scan:
    """The scan with its first finding accepted by a VEX statement."""
    assert scan.judgement is not None
    first = scan.judgement.decisions[0]
    use = WaiverUse(
        id="v", state=WaiverState.USED, owner="o", expires="", reason="VEX: it is not reachable", vex=status
    )
    decision = msgspec.structs.replace(first, action=Action.ACCEPT, waiver="v", reason="waived")
    judgement = msgspec.structs.replace(
        scan.judgement, waivers=(use,), decisions=(decision, *scan.judgement.decisions[1:])
    )
    return msgspec.structs.replace(scan, judgement=judgement)


def test_only_a_statement_says_that_there_is_no_harm() -> None:
    def analysis(scan: Scan) -> dict[str, Any]:
        found: dict[str, Any] = document(scan)["vulnerabilities"][0]["analysis"]
        return found

    assert analysis(scan_of(PACKAGE))["state"] == "in_triage"
    assert analysis(compared())["state"] == "exploitable"
    assert analysis(vexed(scan_of(PACKAGE), "not_affected"))["state"] == "not_affected"
    assert analysis(vexed(scan_of(PACKAGE), "fixed"))["state"] == "resolved"
