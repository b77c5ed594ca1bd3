"""What changed between two saved scans, and what the later one could not have seen."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from secscan.findings.fingerprint import with_fingerprints
from secscan.findings.levels import Confidence, GapKind, RunStatus, Severity
from secscan.findings.model import Gap, ImageInfo, OutOfScope, TargetInfo
from secscan.findings.scan import FileState, Scan
from secscan.gate.compare import compare, is_same_target
from secscan.gate.difference import Change, Difference
from tests.support.scans import NOTE, PACKAGE, SPREAD, TAINTED, run, scan_of

SQL, NOTED, FLASK = with_fingerprints(msgspec.structs.replace(one, fingerprint="") for one in (TAINTED, NOTE, PACKAGE))
FILES = tuple(FileState(path=path, digest=path[-9:]) for path in ("requirements.txt", "shop/catalog.py", "shop/db.py"))


def scanned(*findings: Any, **fields: Any) -> Scan:
    return scan_of(*findings, **{"files": FILES, **fields})


def target(**changes: Any) -> TargetInfo:
    return TargetInfo(**{"kind": "tree", "name": "shop", "digest": "0" * 64, "files": 1, "bytes": 1, **changes})


def names(entries: Any) -> list[str]:
    return [getattr(one, "finding", one).fingerprint for one in entries]


def test_new_and_fixed_and_the_same() -> None:
    found = compare(scanned(SQL, NOTED), scanned(NOTED, FLASK))
    assert names(found.new) == [FLASK.fingerprint]
    assert names(found.fixed) == [SQL.fingerprint]
    assert (found.same, found.not_seen, found.changed, found.warnings) == (1, (), (), ())
    assert found.new[0].cause == "configuration"


def test_a_scan_is_no_different_from_itself() -> None:
    found = compare(scanned(SQL, SPREAD), scanned(SQL, SPREAD))
    assert (found.new, found.changed, found.fixed, found.not_seen, found.same) == ((), (), (), (), 2)


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"scanners": (run("bandit"), run("semgrep", status=RunStatus.FAILED))}, "semgrep failed"),
        ({"scanners": (run("bandit"),)}, "semgrep was not run"),
        ({"scanners": (run("bandit"), run("semgrep", status=RunStatus.SKIPPED))}, "semgrep skipped"),
        (
            {"scanners": (run("bandit"), run("semgrep", status=RunStatus.SKIPPED, selected=0, looked_at=0))},
            "semgrep skipped",
        ),
        ({"gaps": (Gap(scanner="semgrep", kind=GapKind.TIMEOUT, subject="shop/catalog.py"),)}, "(timeout)"),
        ({"target": target(kind="staged"), "files": FILES[:1]}, "not in the part that was looked at (staged)"),
        ({"target": target(kind="diff"), "files": FILES[:1]}, "not in the part that was looked at (diff)"),
        ({"target": target(out_of_scope=(OutOfScope(path="shop", reason="x"),)), "files": ()}, "out of scope"),
        ({"target": target(out_of_scope=(OutOfScope(path="shop/", reason="x"),)), "files": ()}, "out of scope"),
        ({"target": target(out_of_scope=(OutOfScope(path="**/*.py", reason="x"),)), "files": ()}, "out of scope"),
        ({"target": target(name="bank")}, "another target"),
    ],
)
def test_what_could_not_be_seen_is_not_fixed(fields: dict[str, Any], reason: str) -> None:
    found = compare(scanned(SQL), scanned(**fields))
    assert (found.fixed, names(found.not_seen)) == ((), [SQL.fingerprint])
    assert reason in found.not_seen[0].reason


@pytest.mark.parametrize(
    ("subject", "seen"),
    [
        ("flask>=2 in requirements.txt", False),
        ("FLASK>=2 in requirements.txt", False),
        ("PyPI:flask@2.2.2", False),
        ("flask-login==1 in requirements.txt", True),
        ("my-flask==1 in requirements.txt", True),
    ],
)
def test_a_package_that_was_not_looked_up_is_not_fixed(subject: str, seen: bool) -> None:
    gap = Gap(scanner="pip-audit", kind=GapKind.VERSION_RANGE, subject=subject)
    found = compare(scanned(FLASK), scanned(gaps=(gap,)))
    assert (len(found.fixed), len(found.not_seen)) == ((1, 0) if seen else (0, 1))
    assert found.new_gaps == (gap,)


def test_an_image_that_was_read_in_part_fixes_nothing() -> None:
    image = target(kind="image", name="shop:2", image=ImageInfo())
    before = scanned(FLASK, target=msgspec.structs.replace(image, name="shop:1"), files=())
    assert names(compare(before, scanned(target=image, files=())).fixed) == [FLASK.fingerprint]
    gap = Gap(scanner="secscan", kind=GapKind.PARTIAL, subject="layer 2 (abc)")
    found = compare(before, scanned(target=image, files=(), gaps=(gap,)))
    assert "not read as a whole" in found.not_seen[0].reason


def test_what_changed_of_a_finding() -> None:
    assert FLASK.package is not None
    package = msgspec.structs.replace(FLASK.package, fixed_versions=("2.2.5",))
    place = msgspec.structs.replace(FLASK.location, region=msgspec.structs.replace(SQL.location.region, start_line=9))
    now = msgspec.structs.replace(
        FLASK, severity=Severity.LOW, confidence=Confidence.LOW, package=package, location=place
    )
    (changed,) = compare(scanned(FLASK), scanned(now)).changed
    assert {(one.what, one.before, one.after) for one in changed.changes} == {
        ("severity", "high", "low"),
        ("confidence", "high", "low"),
        ("decision", "block", "warn"),
        ("fixed versions", "2.2.5, 2.3.2", "2.2.5"),
        ("location", "requirements.txt:3", "requirements.txt:9"),
    }


def test_places_come_and_go() -> None:
    fewer = msgspec.structs.replace(SPREAD, places=SPREAD.places[1:])
    more = scanned(fewer, scanners=(run("secrets"), run("semgrep")), files=())
    secrets = {"scanners": (run("secrets"), run("semgrep"))}
    (gone,) = compare(scanned(SPREAD, **secrets), more).changed
    assert gone.changes == (Change(what="place fixed", before="shop/settings.py:2"),)
    (come,) = compare(more, scanned(SPREAD, **secrets)).changed
    assert come.changes == (Change(what="new place", after="shop/settings.py:2"),)
    unseen = scanned(
        fewer, **secrets, gaps=(Gap(scanner="secrets", kind=GapKind.ENCODING, subject="shop/settings.py"),)
    )
    (lost,) = compare(scanned(SPREAD, **secrets), unseen).changed
    assert [one.what for one in lost.changes] == ["place not seen"]


def test_a_file_that_moved_is_known_by_its_content() -> None:
    (moved,) = with_fingerprints(
        [
            msgspec.structs.replace(
                SQL, fingerprint="", location=msgspec.structs.replace(SQL.location, path="shop/goods.py")
            )
        ]
    )
    assert moved.fingerprint != SQL.fingerprint
    files = (FILES[0], FileState(path="shop/goods.py", digest=FILES[1].digest), FILES[2])
    found = compare(scanned(SQL), scanned(moved, files=files))
    assert (found.new, found.fixed, found.not_seen) == ((), (), ())
    assert found.changed[0].changes == (Change(what="location", before="shop/catalog.py:12", after="shop/goods.py:12"),)
    # Two files of that content: nobody can tell which one moved.
    twice = (*files, FileState(path="shop/copy.py", digest=FILES[1].digest))
    assert names(compare(scanned(SQL), scanned(moved, files=twice)).new) == [moved.fingerprint]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (target(), target(), True),
        (target(), target(kind="diff"), True),
        (target(), target(name="bank"), False),
        (target(), target(kind="image", image=ImageInfo()), False),
        (target(repository="https://x/shop"), target(name="work", repository="https://x/shop"), True),
        (target(repository="https://x/shop"), target(repository="https://x/bank"), False),
        (target(repository="https://x/shop", prefix="a/"), target(repository="https://x/shop"), False),
        (
            target(kind="image", name="h:5000/shop:1", image=ImageInfo()),
            target(kind="image", name="h:5000/shop:2", image=ImageInfo()),
            True,
        ),
        (
            target(kind="image", name="shop:1", image=ImageInfo()),
            target(kind="image", name="bank:1", image=ImageInfo()),
            False,
        ),
    ],
)
def test_whether_it_is_the_same_target(one: TargetInfo, other: TargetInfo, same: bool) -> None:
    assert is_same_target(one, other) is same


def test_what_makes_two_scans_hard_to_compare_is_said() -> None:
    later = scanned(
        target=target(kind="diff"), scanners=(run("semgrep", status=RunStatus.FAILED, reason="killed"), run("osv"))
    )
    said = " | ".join(compare(scanned(), msgspec.structs.replace(later, judgement=None)).warnings)
    for words in (
        "a part (diff)",
        "semgrep failed",
        "not run in the later scan: bandit",
        "later scan only: osv",
        "judged",
    ):
        assert words in said
    two = compare(scanned(), scanned(target=target(name="bank"), policy="strict")).warnings
    assert "two targets" in two[0]
    assert "two policies (house, strict)" in two[1]


def test_it_is_a_value_that_can_be_read_again() -> None:
    found = compare(scanned(SQL, SPREAD), scanned(FLASK))
    assert msgspec.json.decode(msgspec.json.encode(found), type=Difference) == found
