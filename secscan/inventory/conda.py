"""conda's `environment.yml`: packages of conda channels, and of PyPI under `pip:`.

Format: https://docs.conda.io/projects/conda/en/stable/user-guide/tasks/manage-environments.html
"""

from __future__ import annotations

import re

from secscan.errors import SecscanError
from secscan.inventory.contract import Declared, Inventory, Ranged, broken, joined, not_released, reading
from secscan.inventory.requirements import requirement_line
from secscan.yamlfile import Node, load_mapping

_SPEC = re.compile(r"(?:[\w./-]+::)?(?P<name>[\w.-]+)\s*(?P<rest>.*)")
_SELECTED = re.compile(r"sel\(.*\)")
"""Before what is for some platforms only: `sel(linux): a=1.0.0`."""
_EXACT = re.compile(r"={1,2}\s*(?P<version>[\w.!+-]+)(?:=[\w.*-]+)?")


@reading
def read_environment(path: str, data: bytes) -> Inventory:
    """Read an environment file. One `=` pins a version and all below it, which is a range where parts are missing."""
    try:
        document = load_mapping(data, origin=path, error=SecscanError)
        dependencies = document.mapping().get("dependencies")
        parts = [_dependency(path, one) for one in (dependencies.items() if dependencies else ())]
    except SecscanError as error:
        return broken(path, error.message.removeprefix(f"{path}:"))
    return joined(parts)


def _dependency(path: str, node: Node) -> Inventory:
    if isinstance(node.value, dict):
        return joined(_member(path, name, one) for name, one in node.mapping().items())
    text = node.text().strip()
    found = _SPEC.fullmatch(text)
    if not found:
        return broken(path, f"{text[:60]!r} is not a package of conda", node.line)
    name, rest = found["name"], found["rest"].strip()
    exact = _EXACT.fullmatch(rest)
    if exact and (rest.startswith("==") or exact["version"].count(".") >= 2 or rest.count("=") > 1):
        return Inventory(packages=(Declared(name, exact["version"], "conda", path, node.line, True),))
    return Inventory(ranges=(Ranged(name, "conda", path, text, node.line),))


def _member(path: str, name: str, node: Node) -> Inventory:
    """What stands under a name inside the list: requirements of pip, packages of some platforms, or those of others."""
    if name == "pip":
        return joined(requirement_line(path, one.line, one.text().strip()) for one in node.items())
    listed = node.items() if isinstance(node.value, list) else [node]
    if _SELECTED.fullmatch(name):
        return joined(_dependency(path, one) for one in listed)
    why = f"what stands under {name[:100]!r} is not read"
    return joined(not_released(path, f"{name} {one.raw}".strip(), one.line, why=why) for one in listed)
