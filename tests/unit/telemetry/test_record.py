"""What is remembered of a scan, by the events that it gives."""

from __future__ import annotations

from itertools import count

import pytest

from secscan.progress import Progress, Stage
from secscan.telemetry.record import Record, Step


def record(*events: Progress | Stage) -> Record:
    made = Record(clock=count(1).__next__)
    for event in events:
        made.take(event)
    made.end()
    return made


def test_stages_follow_each_other_and_scanners_are_parts_of_them() -> None:
    made = record(
        Stage("listing files"),
        Stage("scanning"),
        Progress("bandit", "planned", pieces=2),
        Progress("idle", "skipped"),
        Progress("bandit", "running", pieces=2),
        Progress("bandit", "running", done=1, pieces=2),
        Progress("bandit", "running", done=2, pieces=2),
        Progress("bandit", "failed", detail="/secret/path"),
        Stage("judging"),
    )
    assert made.steps == [
        Step("listing files", "stage", -1, 2, 3),
        Step("scanning", "stage", -1, 4, 9),
        Step("idle", "scanner", 1, 5, 6, "skipped"),
        Step("bandit", "scanner", 1, 7, 8, "failed", 2),
        Step("judging", "stage", -1, 10, 11),
    ]
    assert "/secret/path" not in repr(made)


def test_how_far_a_stage_is_begins_no_other() -> None:
    made = record(Stage("copying", done=1), Stage("copying", done=2), Stage("copying", part="the base"))
    assert [(one.name, one.beside) for one in made.steps] == [("copying", False), ("copying", True)]


def test_what_nobody_ended_ends_with_the_scan() -> None:
    made = record(Stage("scanning"), Progress("bandit", "running", pieces=1))
    assert [one.ended for one in made.steps] == [made.ended, made.ended]
    assert made.steps[1].outcome == ""


def test_a_scanner_that_works_twice_is_two_steps() -> None:
    twice = [Progress("a", "running", pieces=1), Progress("a", "running", done=1, pieces=1), Progress("a", "completed")]
    made = record(Stage("scanning"), *twice, Stage("scanning", part="the baseline main"), *twice)
    assert [(one.name, one.parent) for one in made.steps if one.kind == "scanner"] == [("a", 0), ("a", 2)]


@pytest.mark.parametrize("state", ["completed", "failed", "skipped"])
def test_a_scanner_that_only_ends(state: str) -> None:
    (step,) = record(Progress("a", state)).steps
    assert step.outcome == state
    assert step.started <= step.ended
