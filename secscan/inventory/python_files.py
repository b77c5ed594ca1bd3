"""Python's manifests and lock files other than requirements: TOML, JSON and INI, parsed as data."""

from __future__ import annotations

import configparser
import json
import tomllib
from collections.abc import Iterator
from typing import Any

from secscan.findings.levels import GapKind
from secscan.inventory.contract import Declared, Inventory, Lines, Ranged, broken, gap, joined
from secscan.inventory.requirements import PYPI, decode_text, include, requirement


def read_pyproject(path: str, data: bytes) -> Inventory:
    """Read `pyproject.toml`: PEP 621 dependencies, PEP 735 groups, and the tables of Poetry, uv and PDM."""
    text, document = _toml(data)
    if isinstance(document, str):
        return broken(path, document)
    project = _table(document, "project")
    lines = Lines(text)
    groups = [project.get("dependencies"), *_table(project, "optional-dependencies").values()]
    groups += _table(document, "dependency-groups").values()
    groups += [_table(document, "tool", "uv").get("dev-dependencies")]
    groups += _table(document, "tool", "pdm", "dev-dependencies").values()
    named = [one for group in groups if isinstance(group, list) for one in group if isinstance(one, str)]
    parts = [requirement(path, one, lines.of(one), direct=True) for one in named]
    dynamic = project.get("dynamic")
    if isinstance(dynamic, list) and "dependencies" in dynamic:
        parts.append(_dynamic(path, lines.of("dynamic")))
    return joined([*parts, _poetry_table(path, lines, _table(document, "tool", "poetry"))])


def read_toml_lock(path: str, data: bytes) -> Inventory:
    """Read `poetry.lock`, `uv.lock`, `pdm.lock` (`[[package]]`) or `pylock.toml` (`[[packages]]`)."""
    text, document = _toml(data)
    if isinstance(document, str):
        return broken(path, document)
    entries = document.get("package", document.get("packages"))
    if entries is None:
        return Inventory() if document else broken(path, "it is empty")
    if not isinstance(entries, list):
        return broken(path, "its list of packages is not a list")
    lines = _entry_lines(text)
    result: list[Inventory] = []
    for entry in entries:
        line = next(lines, 0)
        result.append(_lock_entry(path, entry, line))
    return joined(result)


def read_pipfile_lock(path: str, data: bytes) -> Inventory:
    """Read `Pipfile.lock`."""
    try:
        text = decode_text(data)
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        return broken(path, str(error)[:100])
    if not isinstance(document, dict):
        return broken(path, "it is not an object")
    lines = Lines(text)
    result = []
    for section, members in document.items():
        if section == "_meta":
            continue  # every other member is a category of packages, under a name of the project's choice
        if not isinstance(members, dict):
            result.append(broken(path, f"its category {section[:100]!r} is not an object"))
            continue
        for name, entry in members.items():
            version = entry.get("version") if isinstance(entry, dict) else None
            line = lines.of(name)
            if isinstance(version, str):
                result.append(requirement(path, f"{name}{version}", line))
            else:
                result.append(_without_version(path, name, line))
    return joined(result)


def read_setup_cfg(path: str, data: bytes) -> Inventory:
    """Read the requirements in `setup.cfg`."""
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    try:
        text = decode_text(data)
        parser.read_string(text)
    except (UnicodeDecodeError, configparser.Error) as error:
        return broken(path, str(error).splitlines()[0][:100])
    values = [parser.get("options", "install_requires", fallback="")]
    if parser.has_section("options.extras_require"):
        values += [value for _, value in parser.items("options.extras_require")]
    lines = Lines(text)
    parts = []
    for value in values:
        if value.strip().startswith("file:"):
            files = value.strip().removeprefix("file:").replace("\n", ",").split(",")
            parts += [include(path, 0, one.strip()) for one in files if one.strip()]
            continue
        named = [one.strip() for one in value.splitlines()]
        parts += [requirement(path, one, lines.of(one), direct=True) for one in named if one and one[0] != "#"]
    return joined(parts)


def _toml(data: bytes) -> tuple[str, dict[str, Any] | str]:
    """Text and document; a string in place of the document says why there is none."""
    try:
        text = decode_text(data)
        return text, tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        return "", str(error)[:100] or "it is not TOML"


def _table(document: dict[str, Any], *names: str) -> dict[str, Any]:
    for name in names:
        found = document.get(name)
        document = found if isinstance(found, dict) else {}
    return document


def _entry_lines(text: str) -> Iterator[int]:
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip() in ("[[package]]", "[[packages]]"):
            yield number


def _lock_entry(path: str, entry: Any, line: int) -> Inventory:
    if not isinstance(entry, dict) or not isinstance(entry.get("name"), str):
        return broken(path, "a package without a name", line)
    name, version = entry["name"], entry.get("version")
    origin = _origin(entry)
    if origin & {"editable", "virtual", "directory"}:
        return Inventory()  # the project itself, or a part of it
    if not isinstance(version, str) or not version:
        return _without_version(path, name, line)
    found = Inventory(packages=(Declared(name, version, PYPI, path, line),))
    if origin & {"git", "url", "path", "file", "vcs", "archive"}:
        # It calls itself this version: PyPI's advisories may hold for it, but their silence means nothing.
        return joined([found, _without_version(path, name, line)])
    return found


def _origin(entry: dict[str, Any]) -> set[str]:
    """What an entry says of where it comes from: words of uv, Poetry (`type`), PDM and PEP 751 (members)."""
    source = entry.get("source")
    if not isinstance(source, dict):
        return set(entry)
    return {str(source["type"])} if "type" in source else set(source)


def _poetry_table(path: str, lines: Lines, poetry: dict[str, Any]) -> Inventory:
    tables = [poetry.get("dependencies"), poetry.get("dev-dependencies")]
    groups = _table(poetry, "group").values()
    tables += [group.get("dependencies") for group in groups if isinstance(group, dict)]
    ranges = []
    for table in tables:
        for name, value in table.items() if isinstance(table, dict) else ():
            if name != "python":
                shown = value if isinstance(value, str) else "(table)"
                ranges.append(Ranged(name, PYPI, path, f"{name} {shown}", lines.of(name)))
    return Inventory(ranges=tuple(ranges))


def _dynamic(path: str, line: int) -> Inventory:
    return Inventory(
        gaps=(
            gap(
                GapKind.UNSUPPORTED_REQUIREMENT,
                f"dynamic dependencies in {path}",
                "the build computes them, and building runs the project's code",
                remedy="add a lock file or a requirements file",
                line=line,
            ),
        )
    )


def _without_version(path: str, name: str, line: int) -> Inventory:
    return Inventory(
        gaps=(
            gap(
                GapKind.UNSUPPORTED_REQUIREMENT,
                f"{name[:100]} in {path}",
                "locked to a URL, path or revision, not to a released version",
                remedy="depend on a released version, or check it by hand",
                line=line,
            ),
        )
    )
