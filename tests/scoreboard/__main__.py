"""`python -m tests.scoreboard [PART OF AN ID...]`: run the cases, print the table; without a part, write the page."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from tests.scoreboard.case import Case, all_cases
from tests.scoreboard.recorded import joined, record, recorded
from tests.scoreboard.running import Result, run_named
from tests.scoreboard.table import line, page

PAGE = Path(__file__).resolve().parents[2] / "docs" / "scoreboard.md"


def main() -> int:
    """Return 1 where a case is not held."""
    parser = argparse.ArgumentParser(prog="python -m tests.scoreboard", description=__doc__)
    parser.add_argument("part", nargs="*", help="run only cases whose id has one of these parts")
    parser.add_argument("--record", action="store_true", help="write the page even so")
    parser.add_argument("--missing", action="store_true", help="run only what was never measured, or not held")
    parser.add_argument("--alone", action=argparse.BooleanOptionalAction, default=True, help="ask other tools, too")
    parser.add_argument("--ours", action=argparse.BooleanOptionalAction, default=True, help="ask secscan")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    asked = parser.parse_args()
    cases = all_cases()
    chosen = [one for one in cases if not asked.part or any(part in one.id for part in asked.part)]
    known = recorded()
    if asked.missing:
        chosen = [one for one in chosen if not _is_known(one, known, ours=asked.ours)]
    writing = asked.record or not asked.part
    results: list[Result] = []
    look = partial(run_named, ours=asked.ours, others=asked.alone)
    # A process per case: what one case does to its process, no other sees.
    with ProcessPoolExecutor(asked.jobs, mp_context=get_context("spawn"), max_tasks_per_child=1) as pool:
        for case, result in zip(chosen, pool.map(look, [one.id for one in chosen]), strict=True):
            results.append(result)
            _print(case, result)
            if writing:  # whoever breaks off has what was measured so far
                known = joined(known, [result], [one.id for one in cases])
                record(known)
    lost = [one.id for one in results if not one.seen.held and not one.skipped]
    if writing:
        PAGE.write_text(page(cases, known), encoding="utf-8")
    skipped = sum(bool(one.skipped) for one in results)
    print(f"{len(results) - len(lost) - skipped} held, {len(lost)} not held, {skipped} not to be provoked here")  # noqa: T201
    return 1 if lost else 0


def _is_known(case: Case, known: Mapping[str, Any], *, ours: bool) -> bool:
    if ours:
        return bool(known["seen"].get(case.id, {}).get("held"))
    return case.alone is None or case.id in known["alone"]


def _print(case: Case, result: Result) -> None:
    if result.skipped:
        print(f"skipped   {case.id}: {result.skipped}", flush=True)  # noqa: T201
        return
    print(line(case, result.seen.words, held=result.seen.held), flush=True)  # noqa: T201
    for tool, words in result.alone.items():
        print(f"          {tool}: {words}", flush=True)  # noqa: T201


if __name__ == "__main__":
    sys.exit(main())
