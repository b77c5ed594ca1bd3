"""Ruby gems that are installed: `specifications/*.gemspec`, which are programs. They are read as text, never run.

RubyGems writes them itself, in one form (https://guides.rubygems.org/specification-reference/); those that come with
Ruby lie in `specifications/default`.
"""

from __future__ import annotations

import re

from secscan.inventory.contract import Inventory, broken, reading
from secscan.inventory.installed.found import Found
from secscan.inventory.licences import any_of, normal_licence
from secscan.inventory.ruby import RUBYGEMS

_TEXT = r"""(?:"(?P<{0}>[^"\\\n]*)"|'(?P<{0}_>[^'\\\n]*)')"""
_MEMBER = re.compile(
    r"^[ \t]*+\w+\.(?P<member>name|version)[ \t]*+=[ \t]*+(?:Gem::Version\.new[ (]*+)?" + _TEXT.format("value"),
    re.MULTILINE,
)
_STUB = re.compile(r"^# stub: (?P<name>[\w.-]+) (?P<version>[\w.-]+) \S+ ", re.MULTILINE)
"""What RubyGems itself reads first."""
_LICENCES = re.compile(r"^[ \t]*+\w+\.licen[sc]es?[ \t]*+=(?P<list>[^\n]{0,500})", re.MULTILINE)
_ONE = re.compile(r"""["']([^"'\n]+)["']""")


@reading
def read_gemspec(path: str, data: bytes) -> Inventory:
    """Read the name and the version of one gem."""
    text = data.decode("utf-8", errors="replace")
    values: dict[str, str] = {}
    line = 0
    for member in _MEMBER.finditer(text):
        if member["member"] not in values:
            values[member["member"]] = member["value"] or member["value_"] or ""
            line = line or text.count("\n", 0, member.start()) + 1
    stub = _STUB.search(text)
    name = values.get("name") or (stub["name"] if stub else "")
    version = values.get("version") or (stub["version"] if stub else "")
    if not name or not version:
        return broken(path, "it does not say a name and a version as RubyGems writes them")
    licences = _LICENCES.search(text)
    found = Found(path, RUBYGEMS)
    said = _ONE.findall(licences["list"]) if licences else []
    found.add(name, version, line or 1, licence=any_of(normal_licence(one) for one in said))
    return found.inventory()
