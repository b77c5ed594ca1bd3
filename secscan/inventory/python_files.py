"""Python's manifests other than requirements files: `pyproject.toml`, `setup.cfg` and `Pipfile`, parsed as data."""

from __future__ import annotations

import configparser
import re
from collections.abc import Iterator
from typing import Any

from packaging.specifiers import InvalidSpecifier, SpecifierSet

from secscan.findings.levels import GapKind
from secscan.inventory.contract import (
    Declared,
    Inventory,
    Lines,
    Ranged,
    Scope,
    broken,
    gap,
    joined,
    not_released,
    placed,
    reading,
)
from secscan.inventory.documents import decode_text, items, read_toml, table
from secscan.inventory.names import PYPI
from secscan.inventory.requirements import include, one_version, requirement

_EXACT = re.compile(r"(?:===?)?\s*(\d[\w.+!-]*)")
"""Poetry takes a bare version for exactly that one."""
_PIXI = (
    *(("dependencies", Scope.UNKNOWN), ("run-dependencies", Scope.UNKNOWN), ("host-dependencies", Scope.UNKNOWN)),
    ("build-dependencies", Scope.DEV),
)
"""Where pixi names packages of conda channels, for every platform and for one."""


@reading
def read_pyproject(path: str, data: bytes) -> Inventory:
    """Read `pyproject.toml`: PEP 621 dependencies, PEP 735 groups, what the build needs, and the tables of Poetry, uv,
    PDM, Hatch, Flit and pixi."""
    text, document = read_toml(data)
    lines = Lines(text)
    project = table(document, "project")
    parts = [_list(path, lines, *one) for one in _lists(document, project)]
    dynamic = items(project.get("dynamic"))
    parts += [_dynamic(path, lines, one) for one in ("dependencies", "optional-dependencies") if one in dynamic]
    parts.append(_poetry(path, lines, table(document, "tool", "poetry")))
    parts.append(_pixi(path, lines, table(document, "tool", "pixi")))
    parts += [
        not_released(path, f"{name} (tool.uv.sources)", lines.of(name))
        for name, source in table(document, "tool", "uv", "sources").items()
        if any(isinstance(one, dict) and one.keys() & {"git", "url", "path"} for one in _each(source))
    ]
    return joined(parts)


def _lists(document: dict[str, Any], project: dict[str, Any]) -> Iterator[tuple[Any, Scope]]:
    """Every list of requirements, and what it is for."""
    yield project.get("dependencies"), Scope.UNKNOWN
    yield from ((one, Scope.OPTIONAL) for one in table(project, "optional-dependencies").values())
    yield from ((one, Scope.DEV) for one in table(document, "dependency-groups").values())
    yield table(document, "build-system").get("requires"), Scope.DEV
    uv, flit = table(document, "tool", "uv"), table(document, "tool", "flit", "metadata")
    yield uv.get("dev-dependencies"), Scope.DEV
    yield from ((uv.get(f"{name}-dependencies"), Scope.UNKNOWN) for name in ("override", "constraint"))
    yield uv.get("build-constraint-dependencies"), Scope.DEV
    yield flit.get("requires"), Scope.UNKNOWN
    yield flit.get("dev-requires"), Scope.DEV
    yield from ((one, Scope.OPTIONAL) for one in table(flit, "requires-extra").values())
    yield from ((one, Scope.DEV) for one in table(document, "tool", "pdm", "dev-dependencies").values())
    yield from ((one, Scope.DEV) for one in _hatch(table(document, "tool", "hatch")))


def _hatch(hatch: dict[str, Any]) -> Iterator[Any]:
    """What Hatch installs to work in, and to build."""
    yield table(hatch, "env").get("requires")
    for environment in table(hatch, "envs").values():
        for name in ("dependencies", "extra-dependencies"):
            yield table(environment).get(name)
    build = table(hatch, "build")
    targets = [table(one) for one in table(build, "targets").values()]
    yield from (one.get("dependencies") for one in (build, *targets))
    for one in (build, *targets):
        yield from (table(hook).get("dependencies") for hook in table(one, "hooks").values())


def _list(path: str, lines: Lines, entries: Any, scope: Scope) -> Inventory:
    parts = []
    for entry in [] if entries is None else entries if isinstance(entries, list) else [entries]:
        if isinstance(entry, str):
            parts.append(requirement(path, entry, lines.of(entry), direct=True, scope=scope))
        elif not (isinstance(entry, dict) and entry.keys() == {"include-group"}):  # the group itself is read, too
            parts.append(broken(path, f"{str(entry)[:60]!r} is not a requirement"))
    return joined(parts)


def _dynamic(path: str, lines: Lines, field: str) -> Inventory:
    return Inventory(
        gaps=(
            gap(
                GapKind.UNSUPPORTED_REQUIREMENT,
                placed(f"dynamic {field}", path),
                "the build computes them, and building runs the project's code",
                remedy="add a lock file or a requirements file",
                line=lines.of("dynamic"),
            ),
        )
    )


def _poetry(path: str, lines: Lines, poetry: dict[str, Any]) -> Inventory:
    tables = [(poetry.get("dependencies"), Scope.UNKNOWN)]
    tables += [(poetry.get(name), Scope.DEV) for name in ("dev-dependencies", "requires-plugins")]
    for name, group in table(poetry, "group").items():
        tables.append((table(group).get("dependencies"), Scope.UNKNOWN if name == "main" else Scope.DEV))
    parts = []
    for entries, scope in tables:
        for name, value in entries.items() if isinstance(entries, dict) else ():
            if name != "python":
                parts += [_constraint(path, name, one, lines.of(name), scope) for one in _each(value)]
    return joined(parts)


def _pixi(path: str, lines: Lines, pixi: dict[str, Any]) -> Inventory:
    """What pixi takes from PyPI, and from conda channels, of which a bare version names more than one."""
    parts = []
    holders = [pixi, table(pixi, "package"), *map(table, table(pixi, "feature").values())]
    holders += [table(target) for holder in holders for target in table(holder, "target").values()]
    for one in holders:
        for name, value in table(one, "pypi-dependencies").items():
            parts.append(_constraint(path, name, value, lines.of(name), Scope.UNKNOWN))
        for member, scope in _PIXI:
            for name, value in table(one, member).items():
                text = f"{name} {value}"[:100]
                parts.append(Inventory(ranges=(Ranged(name, "conda", path, text, lines.of(name), scope),)))
    return joined(parts)


@reading
def read_pipfile(path: str, data: bytes) -> Inventory:
    """Read `Pipfile`, whose ranges `Pipfile.lock` resolves."""
    text, document = read_toml(data)
    lines = Lines(text)
    parts = []
    for section, entries in document.items():
        if section in ("source", "requires", "scripts", "pipenv"):
            continue  # every other one is a category of packages, under a name of the project's choice
        scope = Scope.DEV if section == "dev-packages" else Scope.UNKNOWN
        for name, value in entries.items() if isinstance(entries, dict) else ():
            parts += [_constraint(path, name, one, lines.of(name), scope) for one in _each(value)]
    return joined(parts)


def _each(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _constraint(path: str, name: str, value: Any, line: int, scope: Scope) -> Inventory:
    """One package in the notation of Poetry and Pipenv: a version, or a table that has one."""
    entry = value if isinstance(value, dict) else {"version": value}
    if entry.keys() & {"git", "hg", "svn", "path", "file", "url", "editable"}:
        return not_released(path, name, line)
    wanted = entry.get("version")
    scope = Scope.OPTIONAL if entry.get("optional") is True else scope
    if isinstance(wanted, str) and (exact := _EXACT.fullmatch(wanted.strip())):
        return Inventory(packages=(Declared(name, exact[1], PYPI, path, line, True, scope=scope),))
    if isinstance(wanted, str) and (version := _one_version(wanted)):
        return Inventory(packages=(Declared(name, version, PYPI, path, line, True, scope=scope),))
    text = f"{name} {wanted}" if isinstance(wanted, str) else name
    return Inventory(ranges=(Ranged(name, PYPI, path, text, line, scope),))


def _one_version(wanted: str) -> str:
    try:
        return one_version(SpecifierSet(wanted))
    except InvalidSpecifier:
        return ""  # Poetry's own notation


@reading
def read_setup_cfg(path: str, data: bytes) -> Inventory:
    """Read the requirements in `setup.cfg`."""
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    text = decode_text(data)
    try:
        parser.read_string(text)
    except configparser.Error as error:
        raise ValueError(str(error)) from error
    values = []
    for name, scope in (
        ("install_requires", Scope.UNKNOWN),
        ("setup_requires", Scope.DEV),
        ("tests_require", Scope.DEV),
    ):
        for spelt in (name, name.replace("_", "-")):  # setuptools took dashes until 2024
            values.append((parser.get("options", spelt, fallback=""), scope))
    if parser.has_section("options.extras_require"):
        values += [(value or "", Scope.OPTIONAL) for _, value in parser.items("options.extras_require")]
    lines = Lines(text)
    parts = []
    for value, scope in values:
        if value.strip().startswith("file:"):
            files = value.strip().removeprefix("file:").replace("\n", ",").split(",")
            parts += [include(path, 0, one.strip()) for one in files if one.strip()]
            continue
        named = [
            part.strip() for line in value.splitlines() if line.strip()[:1] != "#" for part in line.split(" #")[:1]
        ]
        parts += [requirement(path, one, lines.of(one), direct=True, scope=scope) for one in named if one]
    return joined(parts)
