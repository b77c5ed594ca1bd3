"""What was measured in the last whole run, for tools and faults that are not to be had everywhere."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from tests.scoreboard.running import Result
from tests.scoreboard.tools import NOT_HERE, versions

PLACE = Path(__file__).with_name("recorded.json")


def recorded() -> dict[str, Any]:
    """`seen` and `alone` by case, and `versions` of tools."""
    if not PLACE.exists():
        return {"seen": {}, "alone": {}, "versions": {}}
    return dict(json.loads(PLACE.read_text(encoding="utf-8")))


def joined(before: Mapping[str, Any], results: Iterable[Result], cases: Iterable[str]) -> dict[str, Any]:
    """What is known after a run: what could not be measured now is as it was, and what is no case any more is gone."""
    seen, alone = dict(before["seen"]), dict(before["alone"])
    for one in results:
        if one.seen.words:
            seen[one.id] = {"words": one.seen.words, "held": one.seen.held}
        if not one.alone:  # nobody else was asked
            continue
        told = {tool: words for tool, words in one.alone.items() if words != NOT_HERE}
        alone[one.id] = {**alone.get(one.id, {}), **told} if one.skipped or len(told) < len(one.alone) else told
    known = list(cases)
    return {
        "seen": {name: seen[name] for name in known if name in seen},
        "alone": {name: alone[name] for name in known if alone.get(name)},
        "versions": {**before["versions"], **versions()},
    }


def record(known: Mapping[str, Any]) -> None:
    """Write what is known."""
    PLACE.write_text(json.dumps(known, indent=1, ensure_ascii=False, sort_keys=False) + "\n", encoding="utf-8")
