"""JUnit XML: a CI server is as red as the gate."""

from __future__ import annotations

import msgspec

from secscan.findings.levels import GapKind, RunStatus
from secscan.findings.model import Gap
from secscan.findings.scan import ScannerTiming
from secscan.reports.junit import FORMAT
from tests.support.hostile_scans import hostile
from tests.support.report_readers import junit_of, xml_of
from tests.support.scans import NOTE, TAINTED, clean, compared, ordinary, run, scan_of


def outcomes(scan) -> dict[str, str]:
    """How each test ended, by its name."""
    report = junit_of(FORMAT.render(scan))
    return {case.name: ",".join(type(one).__name__ for one in case.result) for suite in report for case in suite}


def test_what_blocks_fails_what_warns_passes_and_what_is_accepted_is_skipped() -> None:
    found = outcomes(ordinary())
    assert found["shop/catalog.py: SQL injection [aaaa0001]"] == "Failure"
    assert found["requirements.txt: left 1.0: something [aaaa0004]"] == ""
    assert found["shop/db.py: Check by assert [aaaa0005]"] == "Skipped"


def test_what_was_not_looked_at_is_an_error_unless_it_is_tolerated() -> None:
    found = outcomes(ordinary())
    assert found["pip-audit 1.0"] == "Error"
    assert found["bandit: unparsable: shop/old.py:3"] == "Error"
    assert found["pip-audit: version-range: requests>=2"] == "Skipped"
    assert found["verdict"] == "Failure"


def test_a_clean_scan_has_tests_that_passed() -> None:
    assert set(outcomes(clean()).values()) == {""}
    assert "bandit 1.0" in outcomes(clean())


def test_a_kind_of_gap_that_is_held_against_the_scan_is_not_called_tolerated() -> None:
    gaps = tuple(Gap(scanner="bandit", kind=GapKind.UNPARSABLE, subject=name) for name in ("a.py", "b.py"))
    found = outcomes(scan_of(scanners=(run("bandit", looked_at=2), run("semgrep"), run("pip-audit")), gaps=gaps))
    assert found["bandit: unparsable: a.py"] == found["bandit: unparsable: b.py"] == "Error"
    assert found["verdict"] == "Error"


def test_a_scanner_that_the_policy_does_not_miss_is_skipped_and_one_that_is_not_there_an_error() -> None:
    idle = run("hadolint", status=RunStatus.SKIPPED, idle=True, selected=0, looked_at=0, reason="no Dockerfile")
    found = outcomes(scan_of(scanners=(run("bandit"), run("semgrep"), idle)))
    assert found["hadolint 1.0"] == "Skipped"
    assert found["scanner pip-audit"] == "Error"


def test_a_waiver_that_the_policy_fails_on_is_a_failure() -> None:
    assert outcomes(compared())["waiver old"] == "Failure"


def test_the_name_of_a_test_does_not_change_with_its_line() -> None:
    region = msgspec.structs.replace(NOTE.location.region, start_line=99)
    moved = msgspec.structs.replace(NOTE, location=msgspec.structs.replace(NOTE.location, region=region))
    assert outcomes(scan_of(NOTE)).keys() == outcomes(scan_of(moved)).keys()
    assert b"shop/db.py:99" in FORMAT.render(scan_of(moved))


def test_times_are_those_of_the_scanners() -> None:
    scan = scan_of(TAINTED)
    timed = msgspec.structs.replace(scan.run, timings=(ScannerTiming(scanner="bandit", seconds=1.25),))
    root = xml_of(FORMAT.render(msgspec.structs.replace(scan, run=timed)))
    assert [case.get("time") for case in root.iter("testcase") if case.get("name") == "bandit 1.0"] == ["1.250"]
    assert root.get("time") == "1.250"


def test_a_scan_without_a_clock_has_no_times() -> None:
    root = xml_of(FORMAT.render(msgspec.structs.replace(clean(), run=None)))
    assert not [suite for suite in root.iter("testsuite") if suite.get("timestamp")]


def test_elements_stand_in_the_order_of_the_schema() -> None:
    """junit-10.xsd of Jenkins' xunit plugin: these elements and attributes, an outcome before what was said."""
    for case in xml_of(FORMAT.render(ordinary())).iter("testcase"):
        assert set(case.attrib) == {"classname", "name", "time"}
        assert [one.tag for one in case] in (
            [], ["failure"], ["error"], ["skipped"], ["system-out"], ["skipped", "system-out"],
        )  # fmt: skip


def test_characters_that_xml_forbids_are_shown() -> None:
    data = FORMAT.render(hostile("a\0b\x0b\ufffec"))
    junit_of(data)
    assert rb"a\x00b\x0b\ufffec" in data
