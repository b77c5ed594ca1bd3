"""The page of the scoreboard, and its table on a terminal. The same bytes for the same observations."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from tests.scoreboard.case import Case, Group
from tests.scoreboard.tools import SILENT, TOOLS, UNSAFE

_MARKS = (SILENT, UNSAFE)
_HEAD = """# Scoreboard

Written by `make scoreboard`: what is below was observed, not typed in.

Each case provokes a fault for real, with the installed program, the real scanners, real git, files, processes and
servers, and looks at what comes of it. A case is held where every defect that was planted is found or its place is told
as not looked at, the verdict is the right one, and nothing crashed, ran, was forged, was written elsewhere, or was left
behind. The program of each case is in `tests/scoreboard/cases/`; `python -m tests.scoreboard ID` runs one.
"""
_ALONE = """## The same, for other tools alone

What each tool does with the same fault, run as its documentation shows it for a gate: bandit for medium severity and
more, semgrep with two rules of ours (its registry cannot be reached where this is measured), pip-audit with
`--no-deps --disable-pip`, gitleaks on the folder or its history, trivy with `--exit-code 1`. auditron and shieldctl are
two programs that run such tools and judge, as secscan does; they are here since they can be installed from PyPI. Each
tool is asked only where something is planted that it looks for.

**Bold** is silent: the tool ends as it does for a clean tree, though a defect was there; or it does what must not be
done. An empty cell: it does not look for that.
"""


def page(cases: Iterable[Case], known: Mapping[str, Any]) -> str:
    """The page, in Markdown, of the cases that were run."""
    seen, alone = known["seen"], known["alone"]
    rows = [one for one in cases if one.id in seen]
    held = sum(seen[one.id]["held"] for one in rows)
    parts = [_HEAD, f"**{held} of {len(rows)} cases are held.**\n"]
    for group in Group:
        of_group = [one for one in rows if one.group is group]
        if of_group:
            parts.append(f"## {group[0].upper()}{group[1:]}\n")
            lines = ["| case | fault | expected | observed |", "|---|---|---|---|"]
            for one in of_group:
                words = seen[one.id]["words"] if seen[one.id]["held"] else f"**not held**: {seen[one.id]['words']}"
                lines.append(_row(f"`{one.name}`", one.fault, one.expected, words))
            parts.append("\n".join(lines) + "\n")
    parts += [_ALONE, *_side_by_side(rows, seen, alone), _versions(known["versions"])]
    return "\n".join(parts)


def _side_by_side(rows: Iterable[Case], seen: Mapping[str, Any], alone: Mapping[str, Any]) -> list[str]:
    with_others = [one for one in rows if alone.get(one.id)]
    silent = {tool: [0, 0] for tool in TOOLS}
    lines = [_row("case", "secscan", *TOOLS), "|" + "---|" * (len(TOOLS) + 2)]
    for one in with_others:
        cells = []
        for tool in TOOLS:
            words = alone[one.id].get(tool, "")
            silent[tool][1] += bool(words)
            bad = words.endswith(_MARKS)
            silent[tool][0] += bad
            cells.append(f"**{words.removesuffix(SILENT).removesuffix(UNSAFE)}**" if bad else words)
        lines.append(_row(f"`{one.id}`", seen[one.id]["words"], *cells))
    totals = ", ".join(f"{tool} in {count} of {of}" for tool, (count, of) in silent.items() if of)
    return [
        "\n".join(lines) + "\n",
        f"Of {len(with_others)} cases, silent or unsafe: {totals}; secscan in none that is held.\n",
    ]


def _versions(versions: Mapping[str, str]) -> str:
    return "Measured with " + ", ".join(f"{tool} {versions[tool]}" for tool in TOOLS if tool in versions) + ".\n"


def _row(*cells: str) -> str:
    return "| " + " | ".join(_escaped(one) for one in cells) + " |"


def _escaped(text: str) -> str:
    """Text for a cell: what is no code means nothing else."""
    parts = text.split("`")
    parts[::2] = [part.replace("<", "\\<").replace("[", "\\[") for part in parts[::2]]
    return "`".join(parts).replace("|", "\\|")


def line(case: Case, words: str, *, held: bool) -> str:
    """A case on a terminal."""
    told = "held    " if held else "NOT HELD"
    return f"{told}  {case.id}\n          expected: {case.expected}\n          observed: {words}"
