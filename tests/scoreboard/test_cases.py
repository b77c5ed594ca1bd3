"""Cases of the scoreboard are held, and the page says so.

All of them take half an hour, which is what `make scoreboard` is for. Here run those that are quick and, among the slow
tests, one in six of the others, the same ones until a case has another name.
"""

from __future__ import annotations

import zlib
from collections import Counter
from pathlib import Path

import pytest

from tests.scoreboard.case import Case, Group, all_cases
from tests.scoreboard.recorded import recorded
from tests.scoreboard.running import run
from tests.scoreboard.table import page

ONE_IN = 6
CHOSEN = [one for one in all_cases() if one.quick or zlib.crc32(one.id.encode()) % ONE_IN == 0]


@pytest.mark.parametrize(
    "case", [pytest.param(one, id=one.id, marks=[] if one.quick else pytest.mark.slow) for one in CHOSEN]
)
def test_a_case_is_held(case: Case) -> None:
    result = run(case)
    if result.skipped:
        pytest.skip(result.skipped)
    assert result.seen.held, f"expected: {case.expected}\nobserved: {result.seen.words}"


def test_the_page_is_that_of_the_last_run(project: Path) -> None:
    """Whoever adds a case runs `make scoreboard`."""
    known = recorded()
    assert (project / "docs" / "scoreboard.md").read_text(encoding="utf-8") == page(all_cases(), known)
    assert set(known["seen"]) == {one.id for one in all_cases()}
    assert all(one["held"] for one in known["seen"].values())


def test_the_scoreboard_is_as_large_as_it_says() -> None:
    cases = all_cases()
    assert len(cases) >= 150
    assert set(Counter(one.group for one in cases)) == set(Group)
    assert len(recorded()["alone"]) >= 40
