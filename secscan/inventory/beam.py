"""`mix.lock`, of Elixir and Erlang: one package in each line of a map of the language, which is never evaluated."""

from __future__ import annotations

import re

from secscan.inventory.contract import Declared, Graph, Inventory, broken, joined, not_released, reading
from secscan.inventory.documents import decode_text
from secscan.inventory.graph import finder

HEX = "Hex"
_ENTRY = re.compile(r'\s*(?:%\{)?"(?P<name>[^"\\]+)"(?::| =>) \{:(?P<kind>\w+), (?P<rest>.*)\},?\s*')
_HEX = re.compile(r':(?:"(?P<quoted>[^"]+)"|(?P<name>\w+)), "(?P<version>[^"]+)", "[^"]*"(?P<rest>.*)')
_ASKED = re.compile(r'\{:(\w+), "')


@reading
def read_mix_lock(path: str, data: bytes) -> Inventory:
    """Read a lock file. What is direct stands in `mix.exs`, which is a program."""
    parts = []
    asked = {}
    lines = decode_text(data).splitlines()
    for number, line in enumerate(lines, start=1):
        if line.strip() in ("", "%{", "}", "%{}") or line.lstrip().startswith("#"):
            continue
        entry = _ENTRY.fullmatch(line)
        package = _HEX.fullmatch(entry["rest"]) if entry and entry["kind"] == "hex" else None
        if package:
            name, version = package["quoted"] or package["name"], package["version"]
            parts.append(Inventory(packages=(Declared(name, version, HEX, path, number),)))
            asked[name, version] = _ASKED.findall(package["rest"])
        elif entry and entry["kind"] in ("git", "path"):
            parts.append(not_released(path, entry["name"], number))
        else:
            parts.append(broken(path, f"{line.strip()[:60]!r} is not a locked package", number))
    if not lines:
        return broken(path, "it is empty")
    whole = joined(parts)
    find = finder({one.name: [(one.name, one.version)] for one in whole.packages})
    asks_for = {label: find(names) for label, names in asked.items()}
    return Inventory(packages=whole.packages, gaps=whole.gaps, graphs=(Graph(path, asks_for),))
