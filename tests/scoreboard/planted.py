"""Defects that a case plants, and whether a run found each, or at least said that it did not look at its place."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from secscan.findings.paths import encode_path
from tests.scoreboard.case import Case, Group, Seen, add
from tests.scoreboard.place import Place, Ran
from tests.scoreboard.tools import Fault, alone_on

SHELL = "import subprocess\nsubprocess.call(input(), shell=True)\n"
"""Input that reaches a shell: what every scanner of Python code must find."""
TOKEN = "ghp_" + "16C7e42F292c6912E7710c838347Ae178B4a"
"""Of the form of a token; none of anybody."""
LEAK = f'token = "{TOKEN}"\n'
PIN = "jinja2==2.4.1\n"
"""A package of which the demonstration advisories know something serious."""
CODE, SECRET, PACKAGE = "code", "secret", "package"
_KINDS = {"sast": CODE, "secret": SECRET, "dependency": PACKAGE}
_TOOLS = {
    CODE: ("bandit", "semgrep", "auditron", "shieldctl"),
    SECRET: ("gitleaks", "trivy"),
    PACKAGE: ("pip-audit", "trivy"),
}
"""Which of the other tools look for what."""


@dataclass(frozen=True)
class Planted:
    """One defect."""

    path: str
    kind: str

    @property
    def shown(self) -> str:
        """As reports show the path."""
        return encode_path(os.fsencode(self.path))


def judged(ran: Ran, planted: Collection[Planted]) -> Seen:
    """Every defect is found, or there is a gap at its place, or what had to look at it did not end well; and then it
    did not pass."""
    found, told, lost = 0, 0, []
    for one in planted:
        if any(_KINDS.get(f["kind"]) == one.kind and f["location"]["path"] == one.shown for f in ran.findings):
            found += 1
        elif _is_gap(ran, one):
            told += 1
        else:
            lost.append(one.shown[:60])
    words = f"{ran.words}; found {found} of {len(planted)}"
    words += f", a gap at {told}" if told else ""
    words += f", lost: {', '.join(lost)}" if lost else ""
    words += f"; {ran.trouble}" if ran.trouble else ""
    return Seen(words, held=not lost and not ran.trouble and ran.code in (1, 3))


def _is_gap(ran: Ran, one: Planted) -> bool:
    """Whether it is said that a file was not looked at, or a part of the tree that it is in."""
    places = {one.shown, *(str(folder) for folder in Path(one.shown).parents if str(folder) != ".")}
    if any(gap["subject"].rstrip("/") in places or f" in {one.shown}" in gap["subject"] for gap in ran.gaps):
        return True
    return any(left["path"].rstrip("/") in places for left in ran.scan.get("target", {}).get("out_of_scope", []))


def ended(ran: Ran, *codes: int, said: str = "", more: str = "") -> Seen:
    """It ends with one of these codes, and says something. `more`: what else went wrong; empty where nothing did."""
    text = (ran.out + ran.err).decode("utf-8", "replace") + str(ran.scan)
    words = ran.words
    if said:
        words += f"; says {said!r}" if said in text else f"; does not say {said!r}"
    wrong = "; ".join(one for one in (ran.trouble, more) if one)
    return Seen(f"{words}; {wrong}" if wrong else words, held=ran.code in codes and not wrong and said in text)


Plant = Callable[[Place], tuple[Path, Collection[Planted]]]
"""Makes a tree, and says what is wrong in it."""


def planting(files: Mapping[str, bytes | str], *planted: Planted) -> Plant:
    """A tree of these files. Without `planted`, every file holds what its content shows."""

    def plant(place: Place) -> tuple[Path, Collection[Planted]]:
        return place.tree(files), planted or [*_by_content(files)]

    return plant


def _by_content(files: Mapping[str, bytes | str]) -> list[Planted]:
    signs = {CODE: "subprocess.call(input()", SECRET: TOKEN, PACKAGE: "jinja2==2.4.1"}
    texts = {
        name: content if isinstance(content, str) else content.decode("latin-1") for name, content in files.items()
    }
    return [Planted(name, kind) for name, text in texts.items() for kind, sign in signs.items() if sign in text]


def tree_case(
    group: Group,
    name: str,
    fault: str,
    plant: Plant | Mapping[str, bytes | str],
    *options: str,
    expected: str = "found, or a gap there; not passed",
    tools: Collection[str] | None = None,
    code: bool = False,
    quick: bool = False,
    after: Callable[[Place, Ran], str] | None = None,
    alone: Fault | None = None,
) -> None:
    """Enter a case of a tree in which something is planted, which all scanners look at, and other tools alone.

    `options`: of the command. `tools`: those of the others that are asked; by default all that look for what is
    planted. `code`: only the scanners of code are wanted. `after`: what else went wrong, in words, or empty. `alone`:
    what is done to the environment of other tools.
    """
    planted_by = plant if callable(plant) else planting(plant)

    def look(place: Place) -> Seen:
        tree, planted = planted_by(place)
        ran = place.code(tree, *options) if code else place.scan(tree, *options)
        seen = judged(ran, planted)
        more = after(place, ran) if after else ""
        return Seen(f"{seen.words}; {more}", held=False) if more else seen

    def others(place: Place) -> Mapping[str, str]:
        tree, planted = planted_by(place)
        kinds = {one.kind for one in planted}
        counts = {tool: sum(tool in _TOOLS[one.kind] for one in planted) for kind in kinds for tool in _TOOLS[kind]}
        wanted = {tool: most for tool, most in counts.items() if tools is None or tool in tools}
        return alone_on(place, tree, wanted, alone)

    with_tools = others if tools is None or tools else None
    add(Case(group, name, fault, expected, look, with_tools, quick))
