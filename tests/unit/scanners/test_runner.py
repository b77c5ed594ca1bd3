"""The runner turns how scanners end into values, and believes only evidence."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import msgspec
import pytest

from secscan.errors import Interrupted
from secscan.findings.levels import GapKind, RunStatus
from secscan.findings.model import Gap
from secscan.process import Ended, StartError
from secscan.progress import Progress
from secscan.scanners.contract import MalformedOutput, Needs, Plan, Report, Scanner, Setup
from secscan.scanners.runner import NOTHING_TO_DO, run_scanners
from tests.support.targets import folder_target
from tests.unit.findings.test_scan import finding


class Piece(msgspec.Struct, frozen=True):
    name: str


class Fake(Scanner[Piece]):
    """A scanner whose pieces end as told; what it is told is the only thing that is not real."""

    title = "fake"
    kinds = ()
    piece_type = Piece

    def __init__(self, name: str = "fake", *, ends: dict[str, Report | Exception], selected: str = "", programs=()):
        self.name = name
        self.ends = ends
        self.selected = frozenset(selected.split())
        self.needs = Needs(programs=programs)
        self.install_hint = "install it"

    def plan(self, setup: Setup) -> Plan[Piece]:
        return Plan(pieces=tuple(Piece(name) for name in self.ends), selected=self.selected)

    def run(self, piece: Piece, setup: Setup) -> Ended:
        end = self.ends[piece.name]
        if isinstance(end, StartError | KeyboardInterrupt):
            raise end
        return Ended(argv=(), exit_code=0, stdout=b"", stderr=b"", seconds=1.0, peak_megabytes=5.0)

    def parse(self, ended: Ended, piece: Piece) -> Report:
        end = self.ends[piece.name]
        if isinstance(end, Exception):
            raise end
        return end


@pytest.fixture
def setup(tmp_path: Path) -> Setup:
    return Setup(target=folder_target(tmp_path, {"a.py": "x = 1\n"}), jobs=2)


def outcome_of(setup: Setup, **options):
    (outcome,) = run_scanners({"fake": Fake(**options)}, setup)
    return outcome


def test_evidence_completes_a_run(setup: Setup) -> None:
    report = Report(findings=(finding(),), looked_at=frozenset({"a", "b"}), control=True)
    outcome = outcome_of(setup, ends={"1": report}, selected="a b")
    assert outcome.run.status is RunStatus.COMPLETED
    assert (outcome.run.selected, outcome.run.looked_at, outcome.run.control) == (2, 2, True)
    assert outcome.findings == (finding(),)


def test_a_missed_control_is_a_failed_run_that_keeps_its_findings(setup: Setup) -> None:
    outcome = outcome_of(setup, ends={"1": Report(findings=(finding(),), looked_at=frozenset({"a"}))}, selected="a")
    assert outcome.run.status is RunStatus.FAILED
    assert "positive control" in outcome.run.reason
    assert outcome.run.looked_at == 0
    assert outcome.findings == (finding(),)


def test_one_bad_piece_fails_the_run_and_keeps_the_other(setup: Setup) -> None:
    ends = {"1": Report(findings=(finding(),), looked_at=frozenset({"a"}), control=True), "2": MalformedOutput("half")}
    outcome = outcome_of(setup, ends=ends, selected="a b")
    assert outcome.run.status is RunStatus.FAILED
    assert outcome.run.reason == "half"
    assert outcome.findings == (finding(),)


def test_silence_about_a_file_is_a_gap(setup: Setup) -> None:
    told = Gap(scanner="fake", kind=GapKind.UNPARSABLE, subject="b")
    outcome = outcome_of(
        setup, ends={"1": Report(looked_at=frozenset({"a", "elsewhere"}), gaps=(told,), control=True)}, selected="a b c"
    )
    assert [(gap.kind, gap.subject) for gap in outcome.gaps] == [("unparsable", "b"), ("not-seen", "c")]
    assert outcome.run.looked_at == 1


def test_nothing_to_do_is_skipped_even_without_the_program(setup: Setup) -> None:
    outcome = outcome_of(setup, ends={}, programs=("nosuchprogram",))
    assert (outcome.run.status, outcome.run.reason) == (RunStatus.SKIPPED, NOTHING_TO_DO)
    assert outcome.run.not_applicable


def test_missing_programs_are_named_together_with_what_to_do(setup: Setup) -> None:
    outcome = outcome_of(setup, ends={"1": Report()}, programs=("nosuch1", "nosuch2"), selected="a")
    assert outcome.run.status is RunStatus.FAILED
    assert outcome.run.reason == "nosuch1 and nosuch2 cannot be found"
    assert outcome.run.hint == "install it"


def test_what_cannot_start_is_a_failed_run(setup: Setup) -> None:
    outcome = outcome_of(setup, ends={"1": StartError("x cannot be started")}, selected="a")
    assert outcome.run.reason == "x cannot be started"


def test_an_unexpected_error_in_an_adapter_is_not_swallowed(setup: Setup) -> None:
    with pytest.raises(ZeroDivisionError):
        outcome_of(setup, ends={"1": ZeroDivisionError()})


def test_progress_tells_every_state(setup: Setup) -> None:
    events: list[Progress] = []
    run_scanners({"fake": Fake(ends={"1": Report(control=True)})}, setup, progress=events.append)
    assert [event.state for event in events] == ["planned", "running", "running", "completed"]


def test_ctrl_c_ends_what_runs_before_it_is_waited_for(setup: Setup, monkeypatch: pytest.MonkeyPatch) -> None:
    from secscan import leftovers

    ended = threading.Event()
    monkeypatch.setattr(leftovers, "stop_all", ended.set)

    class Slow(Fake):
        def run(self, piece: Piece, setup: Setup) -> Ended:
            if piece.name == "slow" and not ended.wait(timeout=20):
                raise AssertionError("nobody ended it")
            return super().run(piece, setup)

    def interrupt(event: Progress) -> None:
        if event.done:
            raise KeyboardInterrupt

    slow = Slow(ends={"slow": Report(control=True), "quick": Report(control=True)})
    started = time.monotonic()
    with pytest.raises(Interrupted):
        run_scanners({"fake": slow}, setup, progress=interrupt)
    assert time.monotonic() - started < 15


def test_ctrl_c_ends_as_interrupted(setup: Setup, monkeypatch: pytest.MonkeyPatch) -> None:
    from secscan import leftovers

    stopped = []
    monkeypatch.setattr(leftovers, "stop_all", lambda: stopped.append(True))

    def interrupt(event: Progress) -> None:
        if event.state == "running":
            raise KeyboardInterrupt

    with pytest.raises(Interrupted):
        run_scanners({"fake": Fake(ends={"1": Report(control=True)})}, setup, progress=interrupt)
    assert stopped
