"""The saved scan: read strictly, written deterministically."""

import json

import msgspec
import pytest

from secscan.errors import SavedScanError
from secscan.findings.levels import Confidence, Kind, RunStatus, Severity
from secscan.findings.model import Finding, Introduced, Location, Region, ScannerRun, Source, TargetInfo
from secscan.findings.scan import FORMAT, RunInfo, Scan, dumps, load, loads, schema


def finding(fingerprint: str = "1" + "a" * 31) -> Finding:
    return Finding(
        kind=Kind.SAST,
        defect="sql-injection",
        title="SQL injection",
        message="m",
        severity=Severity.HIGH,
        confidence=Confidence.HIGH,
        location=Location(path="a.py", region=Region(start_line=3, start_column=1, end_line=3, end_column=9)),
        sources=(Source(scanner="bandit", rule="B608"),),
        fingerprint=fingerprint,
    )


def scan(*findings: Finding) -> Scan:
    return Scan(
        format=FORMAT,
        secscan="0.1.0",
        target=TargetInfo(kind="tree", name="t", digest="0" * 64, files=1, bytes=2),
        scanners=(ScannerRun(scanner="bandit", status=RunStatus.COMPLETED, control=True, selected=1, looked_at=1),),
        findings=findings,
        gaps=(),
        run=RunInfo(started="2026-01-01T00:00:00Z", judged_at="2026-01-01T00:00:00Z"),
    )


def test_what_was_written_is_read_again() -> None:
    assert loads(dumps(scan(finding()))) == scan(finding())


def test_the_same_scan_gives_the_same_bytes() -> None:
    assert dumps(scan(finding())) == dumps(loads(dumps(scan(finding()))))


def test_only_the_member_run_holds_a_clock() -> None:
    one = json.loads(dumps(scan(finding())))
    one.pop("run")
    assert "2026" not in json.dumps(one)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "is not a saved scan"),
        (b"{}", "is not a saved scan"),
        (b"[]", "is not a saved scan"),
        (b"\xff\xfe", "is not a saved scan"),
        (b"[" * 200_000, "is not a saved scan"),
        (dumps(scan())[:-20], "is not a saved scan"),
        (dumps(scan()).replace(b"scan/1", b"scan/2"), "has the format"),
        (dumps(scan()).replace(b'"files"', b'"fils"'), "is damaged"),
        (dumps(scan()).replace(b"2026-01-01T00", b"yesterday 00"), "is not a time"),
        (dumps(scan()).replace(b'"bytes":2', b'"bytes":2,"bytes":3'), "a member occurs twice"),
        (dumps(scan(finding(""))), "no fingerprint of its own"),
        (dumps(scan(finding(), finding())), "no fingerprint of its own"),
    ],
)
def test_a_broken_document_is_a_clear_error(data: bytes, said: str) -> None:
    with pytest.raises(SavedScanError, match=said) as caught:
        loads(data, origin="x.json")
    assert str(caught.value).startswith("x.json")
    assert caught.value.hint


def test_a_missing_file_is_a_clear_error(tmp_path) -> None:
    with pytest.raises(SavedScanError, match="No such file"):
        load(tmp_path / "none.json")


def test_the_schema_accepts_what_we_write_and_refuses_what_we_refuse() -> None:
    import jsonschema_rs

    validator = jsonschema_rs.validator_for(schema())
    document = json.loads(dumps(scan(finding())))
    validator.validate(document)
    document["findings"][0]["severety"] = "high"
    assert not validator.is_valid(document)


def test_values_are_frozen() -> None:
    with pytest.raises(AttributeError):
        finding().title = "x"  # type: ignore[misc]
    assert msgspec.structs.replace(finding(), title="x").title == "x"


def test_places_are_read_as_strictly_as_findings() -> None:
    spread = msgspec.structs.replace(finding(), places=(finding("1b"), finding("1c")))
    assert loads(dumps(scan(spread))) == scan(spread)
    nested = msgspec.structs.replace(spread, places=(msgspec.structs.replace(finding("1b"), places=(finding("1c"),)),))
    wrong = {
        "places of its own": (scan(nested), "has places"),
        "no fingerprint": (scan(msgspec.structs.replace(spread, places=(finding(""),))), "no fingerprint of its own"),
        "that of another": (scan(spread, finding("1b")), "no fingerprint of its own"),
        "no time": (
            scan(msgspec.structs.replace(spread, introduced=Introduced(commit="c", author="a", date="soon"))),
            "is not a time",
        ),
    }
    for document, said in wrong.values():
        with pytest.raises(SavedScanError, match=said):
            loads(dumps(document))


def test_a_finding_is_seen_from_each_of_its_places() -> None:
    spread = msgspec.structs.replace(finding("1a"), places=(finding("1b"), finding("1c")))
    assert spread.seen_from("1a") is spread
    other = spread.seen_from("1c")
    assert [one.fingerprint for one in other.each] == ["1c", "1a", "1b"]
    assert other.seen_from("1a").fingerprint == "1a"
    with pytest.raises(KeyError):
        spread.seen_from("1d")


def test_a_document_from_before_there_were_places_is_read() -> None:
    older = json.loads(dumps(scan(finding())))
    assert set(older["findings"][0]).isdisjoint({"places", "introduced", "same"})
    assert loads(json.dumps(older).encode()).findings[0].each == (finding(),)
