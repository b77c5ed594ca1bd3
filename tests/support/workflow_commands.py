"""Reads what a step prints as GitHub's runner does, and the files by which it sets outputs."""

from __future__ import annotations

import re
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Command:
    """One workflow command that the runner would obey."""

    name: str
    properties: dict[str, str] = field(default_factory=dict)
    message: str = ""


def commands_in(output: str) -> list[Command]:
    """The commands that the runner finds in a step's output, by its rules.

    https://github.com/actions/runner/blob/main/src/Runner.Common/ActionCommand.cs: `::` after blanks at the head of a
    line, or `##[` anywhere in one; `stop-commands` silences them until its word comes.
    """
    found: list[Command] = []
    stopped = ""
    for line in re.split(r"\r\n|\r|\n", output):
        one = _second_form(line) or _first_form(line)
        if one is None:
            continue
        if stopped:
            stopped = "" if one.name == stopped else stopped
        elif one.name == "stop-commands":
            stopped = one.message
        else:
            found.append(one)
    return found


def _second_form(line: str) -> Command | None:
    text = line.lstrip()
    end = text.find("::", 2)
    if not text.startswith("::") or end < 0:
        return None
    name, _, said = text[2:end].partition(" ")
    pairs = [part.split("=", 1) for part in said.split(",") if "=" in part]
    return Command(name, {key.strip(): _property(value) for key, value in pairs}, _data(text[end + 2 :]))


def _first_form(line: str) -> Command | None:
    at = line.find("##[")
    end = line.find("]", at)
    if at < 0 or end < 0:
        return None
    return Command(line[at + 3 : end].partition(" ")[0], {}, line[end + 1 :])


def _data(text: str) -> str:
    return text.replace("%0D", "\r").replace("%0A", "\n").replace("%25", "%")


def _property(text: str) -> str:
    return _data(text.replace("%3A", ":").replace("%2C", ","))


def outputs_in(content: str) -> dict[str, str]:
    """What a file of outputs sets, by the runner's rules."""
    found: dict[str, str] = {}
    lines = iter(content.split("\n"))
    for line in lines:
        if not line:
            continue
        name, mark, end = line.partition("<<")
        if not mark or "=" in name:
            name, _, value = line.partition("=")
            found[name] = value
            continue
        value_lines = []
        for inner in lines:
            if inner == end:
                break
            value_lines.append(inner)
        else:
            raise ValueError(f"the value of {name} has no end")
        found[name] = "\n".join(value_lines)
    return found
