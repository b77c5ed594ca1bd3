"""Bundler's `Gemfile.lock` and `gems.locked`: sections of indented lines."""

from __future__ import annotations

import re

from secscan.inventory.contract import Declared, Inventory, Label, Scope, broken, joined, not_released, reading
from secscan.inventory.documents import decode_text
from secscan.inventory.graph import finder, told

RUBYGEMS = "RubyGems"
_SPEC = re.compile(r" {4}(?P<name>[^\s()]+) \((?P<version>[^()\s-]+)(?:-(?P<platform>[^()\s]+))?\)")
_ASKED = re.compile(r" {6}(?P<name>[^\s()!]+)(?: \(.*\))?!?")
_DIRECT = re.compile(r" {2}(?P<name>[^\s()!]+)!?(?: \(.*\))?!?")
_SOURCES = ("GEM", "GIT", "PATH", "PLUGIN SOURCE")


@reading
def read_gemfile_lock(path: str, data: bytes) -> Inventory:
    """Read a lock file. A gem is listed once for each platform it is locked for; it is one package."""
    section = ""
    parts: list[Inventory] = []
    labels: dict[str, Label] = {}
    asked: dict[Label, list[str]] = {}
    direct: list[str] = []
    parent: Label | None = None
    for number, line in enumerate(decode_text(data).splitlines(), start=1):
        if line and not line.startswith(" "):
            section, parent = line.strip(), None
        elif section == "DEPENDENCIES" and (found := _DIRECT.fullmatch(line)):
            direct.append(found["name"])
        elif section in _SOURCES and (found := _SPEC.fullmatch(line)):
            parent = (found["name"], found["version"])
            asked.setdefault(parent, [])
            if section != "PATH" and labels.get(found["name"]) != parent:
                parts.append(_gem(path, parent, section, number))
                labels[found["name"]] = parent
        elif section in _SOURCES and (found := _ASKED.fullmatch(line)) and parent:
            asked[parent].append(found["name"])
        elif section in _SOURCES and line.startswith("    "):
            parts.append(broken(path, f"{line.strip()[:60]!r} is not a gem and a version", number))
    if not section:
        return broken(path, "it has no sections")
    whole = joined(parts)
    find = finder({name: [label] for name, label in labels.items()})
    asks_for = {label: find(names) for label, names in asked.items()}
    # The gems of a folder of the project are the project: what they ask for is asked for by it.
    own = [name for label, names in asked.items() if labels.get(label[0]) != label for name in names]
    roots = [(Scope.UNKNOWN, find((*direct, *own)))]
    return Inventory(packages=told(whole.packages, roots, asks_for), gaps=whole.gaps)


def _gem(path: str, label: Label, section: str, line: int) -> Inventory:
    found = Inventory(packages=(Declared(*label, RUBYGEMS, path, line),))
    if section == "GIT":  # it calls itself this version
        return joined([found, not_released(path, f"{label[0]} {label[1]}", line)])
    return found
