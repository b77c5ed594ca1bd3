"""How old advisories may be, judged from what the saved scan says of them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from secscan.findings.levels import RunStatus, Verdict
from secscan.findings.model import ScannerRun, TargetInfo
from secscan.findings.scan import FORMAT, AdvisoryState, Scan
from secscan.gate.judge import judge
from secscan.policy.load import load_policy

NOON = datetime(2026, 1, 15, 12, tzinfo=UTC)
POLICY = """format: secscan.policy/1
name: fresh
required: [osv]
{age}rules:
  - {{id: rest, action: accept, reason: rest}}
"""


def verdict(tmp_path, days: int, *states: AdvisoryState, packages: tuple[str, ...] = ("PyPI:flask@1.0",)):
    (tmp_path / "policy.yaml").write_text(POLICY.format(age=f"max_advisory_age: {days}\n" if days else ""))
    policy = load_policy(str(tmp_path / "policy.yaml"), scanners=("osv",))
    scan = Scan(
        format=FORMAT,
        secscan="",
        target=TargetInfo(kind="tree", name="x", digest="", files=1, bytes=1),
        scanners=(ScannerRun(scanner="osv", status=RunStatus.COMPLETED, control=True),),
        findings=(),
        gaps=(),
        packages=packages,
        advisories=states,
    )
    return judge(scan, policy, NOON)


def of(name: str, as_of: str) -> AdvisoryState:
    return AdvisoryState(name=name, records=1, as_of=as_of)


@pytest.mark.parametrize(
    ("as_of", "expected"),
    [
        ("2026-01-14T12:00:00Z", Verdict.PASSED),
        ("2026-01-08T12:00:00Z", Verdict.PASSED),
        ("2026-01-08T11:59:59Z", Verdict.INCOMPLETE),
        ("2026-01-16T12:00:00Z", Verdict.PASSED),
        ("2026-01-16T12:00:01Z", Verdict.INCOMPLETE),
        ("2999-01-01T00:00:00Z", Verdict.INCOMPLETE),
        ("", Verdict.INCOMPLETE),
        ("yesterday", Verdict.INCOMPLETE),
    ],
)
def test_advisories_of_a_week(tmp_path, as_of: str, expected: Verdict) -> None:
    assert verdict(tmp_path, 7, of("PyPI", as_of)).verdict is expected
    assert verdict(tmp_path, 0, of("PyPI", as_of)).verdict is Verdict.PASSED


def test_every_part_counts_and_is_named(tmp_path) -> None:
    fresh, old = "2026-01-14T12:00:00Z", "2025-01-14T12:00:00Z"
    found = verdict(tmp_path, 7, of("PyPI", fresh), of("npm", old), of("CISA KEV", old))
    assert [(one.about, one.subject) for one in found.reasons] == [("advisories", "CISA KEV"), ("advisories", "npm")]
    assert "366 days old" in found.reasons[1].text
    assert all(one.hint for one in found.reasons)


def test_packages_of_which_the_scan_does_not_tell_the_age_are_of_unknown_age(tmp_path) -> None:
    """A saved scan of an older secscan, or one that was written by hand."""
    found = verdict(tmp_path, 7, packages=("PyPI:flask@1.0", "Debian:12:openssl@3"))
    assert [one.subject for one in found.reasons] == ["Debian", "PyPI"]
    debian = of("Debian:12", "2026-01-14T12:00:00Z")
    assert verdict(tmp_path, 7, debian, packages=("Debian:12:openssl@3",)).verdict is Verdict.PASSED


def test_a_scanner_that_brings_its_own_advisories_is_judged_by_their_age(tmp_path) -> None:
    packages = ("Debian:12:openssl@3", "PyPI:flask@1.0")
    fresh, old = (
        AdvisoryState(name="trivy", records=0, as_of=as_of, ecosystems=("Debian:12",))
        for as_of in ("2026-01-14T12:00:00Z", "2025-01-14T12:00:00Z")
    )
    pypi = of("PyPI", "2026-01-14T12:00:00Z")
    assert verdict(tmp_path, 7, fresh, pypi, packages=packages).verdict is Verdict.PASSED
    (reason,) = verdict(tmp_path, 7, old, pypi, packages=packages).reasons
    assert (reason.subject, reason.verdict) == ("trivy", Verdict.INCOMPLETE)
    assert "366 days old" in reason.text
    assert "database of trivy" in reason.hint
    (reason,) = verdict(tmp_path, 7, fresh, packages=packages).reasons
    assert reason.subject == "PyPI"


def test_without_packages_no_advisories_are_needed(tmp_path) -> None:
    assert verdict(tmp_path, 7, packages=()).verdict is Verdict.PASSED
