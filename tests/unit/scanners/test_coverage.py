"""Who looked at what: each thing in scope is in exactly one group."""

from collections.abc import Set
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from secscan.findings.coverage import contradictions
from secscan.findings.levels import GapKind, Kind, RunStatus
from secscan.findings.model import Gap, ScannerRun, TargetInfo
from secscan.findings.scan import ScannerTiming
from secscan.scanners.coverage import coverage_of
from secscan.scanners.runner import Outcome
from secscan.targets.contract import SourceFile
from secscan.targets.opened import OpenedTarget

FILES = tuple(
    SourceFile(path=f"{name}.{language}", size=1, digest=name * 64, language=language)
    for name in "abc"
    for language in ("go", "python")
)
NAMES = tuple(file.path for file in FILES)


def target() -> OpenedTarget:
    info = TargetInfo(kind="tree", name="t", digest="0", files=len(FILES), bytes=1)
    return OpenedTarget(info=info, root=Path(), origin=Path(), files=FILES, gaps=(), notices=(), _digests={})


def outcome(
    name: str, selected: set[str], looked_at: set[str], lost: Set[str] = frozenset(), kind: Kind = Kind.SAST
) -> Outcome:
    return Outcome(
        run=ScannerRun(scanner=name, status=RunStatus.COMPLETED, kinds=(kind,)),
        timing=ScannerTiming(scanner=name, seconds=0),
        gaps=tuple(Gap(scanner=name, kind=GapKind.PARTIAL, subject=one) for one in sorted(lost)),
        selected=frozenset(selected),
        looked_at=frozenset(looked_at),
    )


some = st.sets(st.sampled_from(NAMES))


@given(some, some, some, some)
def test_each_file_is_told_of_as_its_scanners_did(
    first: set[str], seen: set[str], lost: set[str], second: set[str]
) -> None:
    outcomes = [outcome("one", first, first & seen, lost), outcome("two", second, second)]
    files, rows = coverage_of(target(), outcomes)
    assert not list(contradictions(rows, (file.way for file in files)))
    assert rows[0].count == max(row.count for row in rows)
    for file, source in zip(files, FILES, strict=True):
        row, path = rows[file.way], source.path
        assert row.kind == source.language
        assert ("one" in row.looked_at) == (path in first & seen and path not in lost)
        assert ("one" in row.partly) == (path in first & seen and path in lost)
        assert ("one" in row.missed) == (path in first | lost and path not in first & seen)
        assert (row.looked_at.count("two"), row.missed.count("two")) == (int(path in second), 0)


def test_packages_are_counted_by_ecosystem() -> None:
    asked = {"PyPI:flask@1", "PyPI:jinja2@2", "Maven:org.x:log4j@2", "Debian:12:openssl@3"}
    outcomes = [
        outcome("osv", asked, asked - {"PyPI:flask@1"}, {"PyPI:flask@1"}, Kind.DEPENDENCY),
        outcome("pip-audit", {"PyPI:flask@1"}, {"PyPI:flask@1"}, kind=Kind.DEPENDENCY),
    ]
    rows = [row for row in coverage_of(target(), outcomes).rows if row.of == "packages"]
    assert [(row.kind, row.count, row.looked_at, row.missed) for row in rows] == [
        ("Debian", 1, ("osv",), ()),
        ("Maven", 1, ("osv",), ()),
        ("PyPI", 1, ("osv",), ()),
        ("PyPI", 1, ("pip-audit",), ("osv",)),
    ]
