"""What is known is not asked again, and only what was proven is ever known."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from secscan.cache.results import Cache
from secscan.findings.evidence import trouble
from secscan.findings.levels import GapKind, RunStatus
from secscan.findings.model import Finding, Gap, Location, Notice, Region
from secscan.process import Ended
from secscan.scanners import kept
from secscan.scanners.by_file import FileScanner
from secscan.scanners.contract import MalformedOutput, Report, Setup
from secscan.scanners.runner import Outcome, run_scanners
from secscan.scanners.toolkit import FileBatch
from secscan.targets.contract import SourceFile
from tests.support.caching import cache_in
from tests.support.targets import folder_target
from tests.unit.findings.test_scan import finding


class Lines(FileScanner):
    """A scanner that reports every line with `bad` in it, and remembers what it was asked."""

    name = "lines"
    title = "lines"
    kinds = ()
    kept_by = "content"
    pace = 1.0

    def __init__(self, **changes: object) -> None:
        self.asked: list[str] = []
        self.told: Report = Report(control=True)
        self.says_version = "1"
        self.rules = ""
        vars(self).update(changes)

    def files(self, setup: Setup) -> tuple[SourceFile, ...]:
        return tuple(file for file in setup.target.files if file.path.endswith(".txt"))

    def run(self, piece: FileBatch, setup: Setup) -> Ended:
        self.asked += piece.placed
        return Ended(argv=(), exit_code=0, stdout=b"", stderr=b"", seconds=1.0, peak_megabytes=1.0)

    def parse(self, ended: Ended, piece: FileBatch) -> Report:
        lines = {path: Path(place).read_text().splitlines() for path, place in piece.placed.items()}
        found = [bad(path, number) for path in lines for number, line in enumerate(lines[path], 1) if "bad" in line]
        lost = {gap.subject for gap in self.told.gaps}
        return replace(self.told, findings=(*self.told.findings, *found), looked_at=frozenset(lines) - lost)

    def version(self, setup: Setup) -> str:
        return self.says_version

    def rules_digest(self, setup: Setup) -> str:
        return self.rules


def bad(path: str, line: int) -> Finding:
    return msgspec.structs.replace(
        finding(), location=Location(path=path, region=Region(start_line=line)), same="", secret_id="", fingerprint=""
    )


@pytest.fixture
def setup(tmp_path: Path) -> Setup:
    target = folder_target(tmp_path / "tree", {"a.txt": "bad\n", "b.txt": "good\n", "c.txt": "x\nbad\n", "d.py": "bad"})
    return Setup(target=target, jobs=2, place=lambda path: target.root / path)


@pytest.fixture
def cache(tmp_path: Path) -> Iterator[Cache]:
    with cache_in(tmp_path / "cache") as opened:
        yield opened


def scan(scanner: Lines, setup: Setup, cache: Cache) -> Outcome:
    (outcome,) = run_scanners({"lines": scanner}, setup, cache=cache)
    cache.keep(setup.target.read, changed=frozenset())
    return outcome


def same(one: Outcome, other: Outcome) -> bool:
    return (one.run, set(one.findings), set(one.gaps)) == (other.run, set(other.findings), set(other.gaps))


def test_a_second_scan_asks_nothing_and_says_the_same(setup: Setup, cache: Cache) -> None:
    scanner = Lines()
    first = scan(scanner, setup, cache)
    scanner.asked.clear()
    second = scan(scanner, setup, cache)
    assert scanner.asked == []
    assert same(first, second)
    assert (first.timing.kept, second.timing.kept) == (0, 3)
    assert (second.run.control, second.run.selected, second.run.looked_at) == (True, 3, 3)
    assert trouble(second.run, {}) == ""


def test_only_what_changed_is_asked_with_a_few_others(setup: Setup, cache: Cache) -> None:
    scan(Lines(), setup, cache)
    target = folder_target(setup.target.root, {"a.txt": "bad\nbad\n"} | {f"{n}.txt": f"{n}" for n in range(30)})
    more = replace(setup, target=target)
    scan(Lines(), more, cache)
    target = folder_target(setup.target.root, {"a.txt": "better\n"} | {f"{n}.txt": f"{n}" for n in range(30)})
    scanner = Lines()
    outcome = scan(scanner, replace(setup, target=target), cache)
    assert "a.txt" in scanner.asked
    assert len(scanner.asked) == 9
    assert outcome.findings == ()
    assert outcome.run.looked_at == 31


def test_a_gap_stays_a_gap(setup: Setup, cache: Cache) -> None:
    gap = Gap(scanner="lines", kind=GapKind.UNPARSABLE, subject="b.txt", detail="no")
    scanner = Lines(told=Report(control=True, gaps=(gap,)))
    first = scan(scanner, setup, cache)
    scanner.asked.clear()
    second = scan(scanner, setup, cache)
    assert scanner.asked == []
    assert same(first, second)
    assert second.gaps == (gap,)
    assert (second.run.selected, second.run.looked_at) == (3, 2)
    assert trouble(second.run, {"lines": 1}) == ""
    assert trouble(second.run, {}) != ""


@pytest.mark.parametrize("kind", [GapKind.TIMEOUT, GapKind.PARTIAL, GapKind.INTERNAL, GapKind.UNREADABLE])
def test_what_may_be_otherwise_the_next_time_is_asked_again(setup: Setup, cache: Cache, kind: GapKind) -> None:
    scanner = Lines(told=Report(control=True, gaps=(Gap(scanner="lines", kind=kind, subject="b.txt"),)))
    scan(scanner, setup, cache)
    scanner.asked.clear()
    scan(scanner, setup, cache)
    assert "b.txt" in scanner.asked


@pytest.mark.parametrize(
    "told",
    [
        Report(control=False),
        Report(control=True, findings=(bad("elsewhere.txt", 1),)),
        Report(control=True, gaps=(Gap(scanner="lines", kind=GapKind.PARTIAL, subject="a file of the batch"),)),
        Report(control=True, notices=(Notice(topic="lines", subject="x", text="y"),)),
    ],
)
def test_what_was_not_proven_or_is_not_about_a_file_is_not_kept(setup: Setup, cache: Cache, told: Report) -> None:
    scan(Lines(told=told), setup, cache)
    scanner = Lines()
    scan(scanner, setup, cache)
    assert sorted(scanner.asked) == ["a.txt", "b.txt", "c.txt"]


def test_a_failed_piece_keeps_nothing(setup: Setup, cache: Cache) -> None:
    class Broken(Lines):
        def parse(self, ended: Ended, piece: FileBatch) -> Report:
            raise MalformedOutput("half")

    assert scan(Broken(), setup, cache).run.status is RunStatus.FAILED
    scanner = Lines()
    scan(scanner, setup, cache)
    assert len(scanner.asked) == 3


@pytest.mark.parametrize("changes", [{"says_version": "2"}, {"rules": "other"}, {"options": lambda: "other"}])
def test_another_version_rules_or_options_asks_everything(
    setup: Setup, cache: Cache, changes: dict[str, object]
) -> None:
    scan(Lines(), setup, cache)
    scanner = Lines(**changes)
    scan(scanner, setup, cache)
    assert len(scanner.asked) == 3


def test_our_own_source_is_a_part_of_the_key(setup: Setup, cache: Cache, monkeypatch: pytest.MonkeyPatch) -> None:
    scan(Lines(), setup, cache)
    monkeypatch.setattr("secscan.scanners.kept.source_digest", lambda: "another parser")
    scanner = Lines()
    scan(scanner, setup, cache)
    assert len(scanner.asked) == 3


def test_the_source_of_a_scanner_from_elsewhere_is_a_part_of_the_key(tmp_path: Path) -> None:
    place = tmp_path / "plugin.py"

    def source() -> str:
        specification = importlib.util.spec_from_file_location("plugin", place)
        assert specification is not None
        module = importlib.util.module_from_spec(specification)
        sys.modules["plugin"] = module
        assert specification.loader is not None
        specification.loader.exec_module(module)
        return kept._source_of(module.Theirs())

    code = "from tests.unit.scanners.test_kept import Lines\nclass Theirs(Lines):\n    pass\n"
    place.write_text(code)
    first = source()
    assert first == source() != kept._source_of(Lines())
    place.write_text(code + "# changed\n")
    assert source() != first


@pytest.mark.parametrize("changes", [{"says_version": ""}, {"kept_by": ""}])
def test_nothing_is_kept_of_a_scanner_that_is_not_known_well_enough(
    setup: Setup, cache: Cache, changes: dict[str, object]
) -> None:
    scan(Lines(**changes), setup, cache)
    scanner = Lines(**changes)
    scan(scanner, setup, cache)
    assert len(scanner.asked) == 3


@pytest.mark.parametrize("beside", [True, False])
def test_a_difference_fails_the_scan_and_drops_everything(setup: Setup, cache: Cache, beside: bool) -> None:
    """The scanner finds other things in the same file under the same version: a defect, or a poisoned entry."""
    scan(Lines(), setup, cache)
    if beside:  # the tool is started for a new file, and known files go along
        (setup.target.root / "a.txt").write_text("bad\n")
        files = {"a.txt": "bad\n", "b.txt": "good\n", "c.txt": "x\nbad\n", "new.txt": "new"}
        setup = replace(setup, target=folder_target(setup.target.root, files))
    else:
        cache.verify = True
    outcome = scan(Lines(told=Report(control=True, findings=(bad("b.txt", 7),))), setup, cache)
    assert outcome.run.status is RunStatus.FAILED
    assert "what the cache had of 1 file is not what is found now" in outcome.run.reason
    assert "thrown away" in outcome.run.hint
    assert bad("b.txt", 7) in outcome.findings  # what it found is kept for the reader
    assert not outcome.run.control
    assert trouble(outcome.run, {})
    scanner = Lines()
    cache.verify = False
    assert scan(scanner, setup, cache).run.status is RunStatus.COMPLETED
    assert len(scanner.asked) == len(scanner.files(setup))


def test_a_file_that_is_looked_at_again_and_takes_too_long_is_a_gap_and_no_difference(
    setup: Setup, cache: Cache
) -> None:
    scan(Lines(), setup, cache)
    cache.verify = True
    late = Gap(scanner="lines", kind=GapKind.TIMEOUT, subject="b.txt")
    outcome = scan(Lines(told=Report(control=True, gaps=(late,))), setup, cache)
    assert outcome.run.status is RunStatus.COMPLETED
    assert outcome.gaps == (late,)


def test_missing_programs_are_told_as_without_a_cache(setup: Setup, cache: Cache) -> None:
    from secscan.scanners.contract import Needs

    lost = Lines(needs=Needs(programs=("nosuchprogram",)))
    (without,) = run_scanners({"lines": lost}, setup)
    assert scan(lost, setup, cache).run == without.run
    assert without.run.status is RunStatus.FAILED
