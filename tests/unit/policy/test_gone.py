"""What is gone: fixed only where the scanner looked, and where the content is not merely called otherwise."""

from __future__ import annotations

import msgspec
import pytest

from secscan.findings.fingerprint import with_fingerprints
from secscan.findings.levels import GapKind
from secscan.findings.model import Finding, Gap, Location, ScannerRun
from secscan.findings.scan import FileState, Scan
from secscan.gate.compare import compare
from secscan.policy.baseline import baseline_of, dumps, loads
from secscan.policy.gone import fixed_since, what_is_gone
from tests.support.scans import NOTE, run, scan_of

OLD = NOTE.location.path


def at(path: str) -> Finding:
    location = Location(path=path, region=NOTE.location.region)
    return with_fingerprints([msgspec.structs.replace(NOTE, location=location, fingerprint="")])[0]


def scanned(files: dict[str, str], *findings: Finding, bandit: ScannerRun | None = None, gaps: int = 0) -> Scan:
    lost = tuple(Gap(scanner="bandit", kind=GapKind.TIMEOUT, subject=f"lost{one}.py") for one in range(gaps))
    made = scan_of(*findings, scanners=(bandit or run("bandit"), run("pip-audit"), run("semgrep")), gaps=lost)
    return msgspec.structs.replace(
        made, files=tuple(FileState(path=path, digest=digest) for path, digest in sorted(files.items()))
    )


BEFORE = scanned({OLD: "d1", "kept.txt": "d9"}, at(OLD))


@pytest.mark.parametrize(
    ("files", "where"),
    [
        ({"shop/db.inc": "d1"}, "shop/db.inc"),
        ({"shop/db.inc": "d1", OLD: "d2"}, "shop/db.inc"),
        ({"one.txt": "d1", "two.txt": "d1"}, "one.txt"),
    ],
    ids=["moved", "moved, and another put in its place", "moved and copied"],
)
def test_content_that_is_only_called_otherwise_is_not_fixed(files: dict[str, str], where: str) -> None:
    after = scanned(files)
    saved = loads(dumps(baseline_of(BEFORE)), origin="b")
    (gone,) = what_is_gone(saved, after)
    assert gone.not_seen == f"its content now lies at {where}, and nothing shows that bandit looked there"
    assert fixed_since(saved, after) == ()
    found = compare(BEFORE, after)
    assert (found.fixed, [one.reason for one in found.not_seen]) == ((), [gone.not_seen])


@pytest.mark.parametrize(
    "after",
    [
        scanned({OLD: "d1"}),
        scanned({OLD: "d2"}),
        scanned({"kept.txt": "d9"}),
        scanned({"shop/new.py": "d1"}, at("shop/new.py")),
        scanned({"shop/new.py": "d1", "copy.txt": "d1"}, at("shop/new.py")),
    ],
    ids=["by rule", "in place", "by deletion", "found where it moved to", "found where it moved to, and copied"],
)
def test_what_was_looked_at_or_is_no_more_is_fixed(after: Scan) -> None:
    assert [one.path for one in fixed_since(baseline_of(BEFORE), after)] == [OLD]


def test_a_copy_that_was_there_before_does_not_hide_what_was_fixed_in_place() -> None:
    before = scanned({OLD: "d1", "copy.txt": "d1"}, at(OLD))
    assert len(fixed_since(baseline_of(before), scanned({OLD: "d2", "copy.txt": "d1"}))) == 1
    assert fixed_since(baseline_of(before), scanned({"copy.txt": "d1"})) == ()


@pytest.mark.parametrize(
    ("bandit", "why"),
    [
        (run("bandit", control=False), "did not find its positive control"),
        (run("bandit", selected=3, looked_at=1), "no gap accounts for 2 of them"),
        (run("bandit", selected=1, looked_at=3), "looked at 3 where 1 were counted"),
        (run("bandit", selected=-1, looked_at=-1), "looked at -1 where -1 were counted"),
    ],
)
def test_who_did_not_scan_by_the_gate_fixes_nothing(bandit: ScannerRun, why: str) -> None:
    after = scanned({OLD: "d2"}, bandit=bandit)
    (gone,) = what_is_gone(baseline_of(BEFORE), after)
    assert why in gone.not_seen
    assert after.judgement is not None
    assert [why in one.text for one in after.judgement.reasons] == [True]
    assert [one.completed for one in baseline_of(after).tools] == [False, True, True]


def test_what_gaps_account_for_is_no_trouble() -> None:
    after = scanned({OLD: "d2"}, bandit=run("bandit", selected=3, looked_at=1), gaps=2)
    assert len(fixed_since(baseline_of(BEFORE), after)) == 1
