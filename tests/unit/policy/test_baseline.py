"""What is new, why, since when, and what is gone."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from secscan.errors import PolicyError, SavedScanError
from secscan.findings.fingerprint import with_fingerprints
from secscan.findings.levels import Cause, GapKind, RunStatus
from secscan.findings.model import Finding, Gap, TargetInfo
from secscan.findings.scan import FileState, Scan
from secscan.findings.scan import dumps as save_scan
from secscan.policy.baseline import Baseline, baseline_of, dumps, facts_from, loads
from secscan.policy.facts import Facts
from secscan.policy.gone import fixed_since
from tests.support.scans import PACKAGE, TAINTED, run, scan_of

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
THEN = datetime(2026, 1, 2, 12, tzinfo=UTC)
(SQL,) = with_fingerprints([msgspec.structs.replace(TAINTED, fingerprint="")])
(FLASK,) = with_fingerprints([msgspec.structs.replace(PACKAGE, fingerprint="")])
FILES = {"shop/catalog.py": "1", "requirements.txt": "1", "shop/other.py": "1"}


def scanned(*findings: Finding, files: dict[str, str] = FILES, packages: tuple[str, ...] = (), **fields: Any) -> Scan:
    states = tuple(FileState(path=path, digest=digest) for path, digest in sorted(files.items()))
    return msgspec.structs.replace(scan_of(*findings, **fields), files=states, packages=packages)


def facts(before: Scan, now: Scan, renames: dict[str, str] | None = None) -> Facts:
    baseline = msgspec.structs.replace(baseline_of(before, seen=THEN), renames=renames or {})
    return facts_from(baseline, now, AT)(now.findings[0])


def versions(**rules: str) -> dict[str, Any]:
    """Runs of the scanners with these digests of their rules."""
    names = ("bandit", "pip-audit", "semgrep")
    return {"scanners": tuple(run(one, rules_digest=rules.get(one.replace("-", "_"), "d1")) for one in names)}


CAUSES = {
    "its file was changed": (scanned(), scanned(SQL, files={**FILES, "shop/catalog.py": "2"}), Cause.CODE),
    "its file is new": (scanned(files={}), scanned(SQL), Cause.CODE),
    "a scanner has other rules": (scanned(), scanned(SQL, **versions(semgrep="d2")), Cause.TOOL),
    "a scanner was not there": (scanned(scanners=(run("bandit"),)), scanned(SQL), Cause.TOOL),
    "a scanner had failed": (
        scanned(scanners=(run("bandit"), run("semgrep", status=RunStatus.FAILED, control=False))),
        scanned(SQL),
        Cause.TOOL,
    ),
    "both changed: the code is blamed": (
        scanned(),
        scanned(SQL, files={**FILES, "shop/catalog.py": "2"}, **versions(semgrep="d2")),
        Cause.CODE,
    ),
    "nothing else changed": (scanned(), scanned(SQL), Cause.CONFIGURATION),
    "the package is new": (
        scanned(files={**FILES, "requirements.txt": "0"}),
        scanned(FLASK, packages=("PyPI:Flask@2.2.2",)),
        Cause.DEPENDENCY,
    ),
    "the package has another version": (
        scanned(files={**FILES, "requirements.txt": "0"}, packages=("PyPI:Flask@2.2.1",)),
        scanned(FLASK, packages=("PyPI:Flask@2.2.2",)),
        Cause.DEPENDENCY,
    ),
    "an advisory was published": (
        scanned(packages=("PyPI:Flask@2.2.2",)),
        scanned(FLASK, packages=("PyPI:Flask@2.2.2",), **versions(pip_audit="d2")),
        Cause.ADVISORY,
    ),
    "the manifest was changed, and not about this package": (
        scanned(packages=("PyPI:Flask@2.2.2",), files={**FILES, "requirements.txt": "0"}),
        scanned(FLASK, packages=("PyPI:Flask@2.2.2",), **versions(pip_audit="d2")),
        Cause.ADVISORY,
    ),
    "a second manifest asks for it": (
        scanned(packages=("PyPI:Flask@2.2.2",), files={"shop/catalog.py": "1"}),
        scanned(FLASK, packages=("PyPI:Flask@2.2.2",), **versions(pip_audit="d2")),
        Cause.DEPENDENCY,
    ),
    "the manifest was changed, and nothing else": (
        scanned(packages=("PyPI:Flask@2.2.2",), files={**FILES, "requirements.txt": "0"}),
        scanned(FLASK, packages=("PyPI:Flask@2.2.2",)),
        Cause.DEPENDENCY,
    ),
    "a newer pip-audit": (
        scanned(packages=("PyPI:Flask@2.2.2",)),
        scanned(FLASK, packages=("PyPI:Flask@2.2.2",), scanners=(run("pip-audit", version="2"),)),
        Cause.TOOL,
    ),
}


@pytest.mark.parametrize("name", CAUSES)
def test_why_it_is_new(name: str) -> None:
    before, now, cause = CAUSES[name]
    assert facts(before, now) == Facts(at=AT, new=True, cause=cause, first_seen=AT)


def test_what_was_there_is_known_since_then() -> None:
    assert facts(scanned(SQL), scanned(SQL)) == Facts(at=AT, new=False, first_seen=THEN)


def test_a_file_that_was_renamed_is_the_same_file() -> None:
    moved = msgspec.structs.replace(
        SQL, location=msgspec.structs.replace(SQL.location, path="shop/search.py"), fingerprint=""
    )
    now = scanned(*with_fingerprints([moved]), files={"shop/search.py": "1"})
    assert facts(scanned(SQL), now).new is True
    assert facts(scanned(SQL), now, {"shop/search.py": "shop/catalog.py"}) == Facts(at=AT, new=False, first_seen=THEN)


def test_without_a_baseline_nothing_is_known() -> None:
    assert facts_from(None, scanned(SQL), AT)(SQL) == Facts(at=AT)


def test_a_baseline_is_read_back_as_it_was_written() -> None:
    baseline = baseline_of(scanned(SQL, FLASK), seen=THEN)
    assert loads(dumps(baseline), origin="b") == baseline
    assert dumps(baseline) == dumps(baseline_of(scanned(FLASK, SQL), seen=THEN))


def test_a_saved_scan_of_the_base_will_do() -> None:
    seen = scanned(SQL, FLASK)
    assert seen.run is not None
    started = datetime.fromisoformat(seen.run.started)
    assert loads(save_scan(seen), origin="b") == baseline_of(seen, seen=started)
    with pytest.raises(SavedScanError, match="damaged"):
        loads(save_scan(seen).replace(b'"gaps"', b'"gasp"'), origin="b")


def test_an_older_baseline_keeps_its_days() -> None:
    older = baseline_of(scanned(SQL), seen=THEN)
    known = {one.fingerprint: one.first_seen for one in baseline_of(scanned(SQL, FLASK), seen=AT, older=older).findings}
    assert known == {SQL.fingerprint: "2026-01-02T12:00:00Z", FLASK.fingerprint: "2026-03-01T12:00:00Z"}


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", "not a baseline"),
        (b"{", "not a baseline"),
        (b"[]", "not a baseline"),
        (b"\xff\xfe", "not a baseline"),
        (dumps(baseline_of(scanned())).replace(b"baseline/1", b"baseline/9"), "has the format 'secscan.baseline/9'"),
        (dumps(baseline_of(scanned())).replace(b'"target"', b'"target_"'), "not a baseline"),
        (dumps(baseline_of(scanned(SQL), seen=THEN)).replace(b"2026-01-02T", b"yesterday "), "is not a time"),
        (dumps(baseline_of(scanned(SQL), seen=THEN)).replace(b"00Z", b"00"), "is not a time"),
    ],
)
def test_what_is_no_baseline_is_refused(data: bytes, problem: str) -> None:
    with pytest.raises(PolicyError, match=r"^b ") as caught:
        loads(data, origin="b")
    assert problem in caught.value.message
    assert "baseline write" in caught.value.hint


def test_a_baseline_cannot_bring_renames_along() -> None:
    """They decide what counts as old, and git says them, not a file."""
    forged = msgspec.structs.replace(baseline_of(scanned(SQL)), renames={"new.py": "shop/catalog.py"})
    assert loads(msgspec.json.encode(forged), origin="b").renames == {}


def gone(before: Scan, now: Scan) -> list[str]:
    return [one.fingerprint for one in fixed_since(baseline_of(before), now)]


def part(kind: str) -> TargetInfo:
    return TargetInfo(kind=kind, name="shop", digest="0" * 64, files=1, bytes=1)


def test_what_is_gone() -> None:
    before = scanned(SQL)
    assert gone(before, scanned()) == [SQL.fingerprint]
    assert gone(before, scanned(SQL)) == []
    # The file is gone as well.
    assert gone(before, scanned(files={})) == [SQL.fingerprint]


@pytest.mark.parametrize(
    "now",
    [
        scanned(scanners=(run("bandit"), run("semgrep", status=RunStatus.FAILED, control=False))),
        scanned(scanners=(run("bandit"),)),
        scanned(gaps=(Gap(scanner="semgrep", kind=GapKind.TIMEOUT, subject="shop/catalog.py"),)),
        scanned(target=part("staged"), files={"shop/other.py": "1"}),
    ],
    ids=["its scanner failed", "its scanner was not there", "its file was not looked at", "another part"],
)
def test_what_was_not_looked_at_is_not_gone(now: Scan) -> None:
    assert gone(scanned(SQL), now) == []


def test_the_type_is_what_it_says() -> None:
    assert isinstance(baseline_of(scanned()), Baseline)
