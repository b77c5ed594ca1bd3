"""NuGet: `packages.lock.json`, the `*.deps.json` that a build leaves, and the older `packages.config`."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from xml.etree import ElementTree

from secscan.inventory.contract import (
    Declared,
    Inventory,
    Label,
    Ranged,
    Scope,
    broken,
    joined,
    limited,
    not_released,
    reading,
)
from secscan.inventory.documents import as_table, json_lines, read_json, table, word
from secscan.inventory.graph import finder, told
from secscan.inventory.xml_documents import read_xml, xml_name

NUGET = "NuGet"
_VERSION = re.compile(r"\d+(?:\.\d+){0,3}(?:-[\w.-]+)?(?:\+[\w.-]+)?")

_NAME = re.compile(r"[\w.-]+")
_COMPUTED = re.compile(r"[$@%]\(")
"""Properties, items and metadata, of which only the build knows the value."""
_ITEMS = frozenset({"packagereference", "packageversion", "globalpackagereference", "packagedownload"})
_BEFORE_XML = b"\xef\xbb\xbf\xfe\xff\0 \t\r\n"
"""Marks of encodings, and blanks."""


@reading
def read_packages_lock(path: str, data: bytes) -> Inventory:
    """Read `packages.lock.json`: packages by framework. One that several frameworks have is told once."""
    text, document = read_json(data)
    lines = json_lines(text, depth=3)
    parts = []
    known: dict[str, list[Label]] = defaultdict(list)
    asked: dict[Label, list[str]] = {}
    roots: list[Label] = []
    for framework, members in as_table(document.get("dependencies")).items():
        for name, entry in table({"": members}, "").items():
            kind, version = word(table(entry).get("type")), word(table(entry).get("resolved"))
            line = lines.get(("dependencies", framework, name), 0)
            wanted = list(table(entry, "dependencies"))
            label = (name, version)
            if kind == "Project":
                asked.setdefault(("", name), []).extend(wanted)
            elif not version:
                parts.append(broken(path, f"{name[:100]!r} has no version", line))
            elif label not in asked:
                parts.append(Inventory(packages=(Declared(name, version, NUGET, path, line),)))
                known[name.lower()].append(label)
                asked[label] = wanted
                roots += [label] if kind == "Direct" else []
    whole = joined(parts)
    find = finder(known)
    asks_for = {label: find(map(str.lower, names)) for label, names in asked.items()}
    own = [one for (name, _), children in asks_for.items() if not name for one in children]
    return Inventory(packages=told(whole.packages, [(Scope.UNKNOWN, [*roots, *own])], asks_for), gaps=whole.gaps)


@reading
def read_deps_json(path: str, data: bytes) -> Inventory:
    """Read what a build of .NET says of itself: `libraries`, named `name/version`; projects among them are our own."""
    text, document = read_json(data)
    lines = json_lines(text, depth=2)
    libraries = as_table(document.get("libraries"))
    parts = []
    projects = set()
    for key, entry in libraries.items():
        name, _, version = key.partition("/")
        line = lines.get(("libraries", key), 0)
        if table(entry).get("type") == "project":
            projects.add(key)
        elif not name or not version:
            parts.append(broken(path, f"{key[:100]!r} is not name/version", line))
        else:
            parts.append(Inventory(packages=(Declared(name, version, NUGET, path, line),)))
    whole = joined(parts)
    asks_for: dict[Label, list[Label]] = {}
    roots: list[Label] = []
    for target in table(document, "targets").values():
        for key, entry in table({"": target}, "").items():
            children = [(name, word(version)) for name, version in table(entry, "dependencies").items()]
            if key in projects:
                roots += children
            else:
                name, _, version = key.partition("/")
                asks_for[name, version] = children
    return Inventory(packages=told(whole.packages, [(Scope.UNKNOWN, roots)], asks_for), gaps=whole.gaps)


@reading
def read_packages_config(path: str, data: bytes) -> Inventory:
    """Read `packages.config`: every package of a project, at its version."""
    parts = []
    for element in read_xml(data).iter():
        if xml_name(element) == "package":
            name, version = element.get("id", ""), element.get("version", "")
            line = getattr(element, "line", 0)
            scope = Scope.DEV if element.get("developmentDependency") == "true" else Scope.UNKNOWN
            if name and version:
                parts.append(Inventory(packages=(Declared(name, version, NUGET, path, line, scope=scope),)))
            else:
                parts.append(broken(path, "a package without an id or a version", line))
    return joined(parts)


@reading
def read_project_file(path: str, data: bytes) -> Inventory:
    """Read the packages that a project file names. A bare version is the least one that will do, a range."""
    items = [element for element in read_xml(data).iter() if xml_name(element).lower() in _ITEMS]
    return joined(limited(part for item in items for part in _item(path, item)))


@reading
def read_build_file(path: str, data: bytes) -> Inventory:
    """Read what projects have in common (`*.props`, `*.targets`). What is no XML at all belongs to another tool."""
    return read_project_file(path, data) if data.lstrip(_BEFORE_XML).startswith(b"<") else Inventory()


def _item(path: str, item: ElementTree.Element) -> Iterator[Inventory]:
    """One item, which can name many packages. The names of items and of what they hold are of any case."""
    line = getattr(item, "line", 0)
    texts: dict[str, list[str]] = defaultdict(list)
    for name, text in item.items():
        texts[name.lower()].append(text.strip())
    for child in item:
        texts[xml_name(child).lower()].append((child.text or "").strip())
    names = [name for text in (*texts["include"], *texts["update"]) for name in map(str.strip, text.split(";")) if name]
    versions = [one for text in (*texts["version"], *texts["versionoverride"]) for one in text.split(";")]
    if not names and versions:
        yield not_released(path, f"{xml_name(item)} without a name", line, why="which packages it is for is not told")
    for name in names:
        for version in dict.fromkeys(map(str.strip, versions or [""])):
            yield _named(path, name, version, line)


def _named(path: str, name: str, version: str, line: int) -> Inventory:
    if not _NAME.fullmatch(name) or _COMPUTED.search(version):
        return not_released(path, f"{name} {version}".strip(), line, why="only the build knows what it comes to")
    exact = re.fullmatch(r"\[([^,\[\]]+)\]", version)
    if exact and _VERSION.fullmatch(exact[1].strip()):
        return Inventory(packages=(Declared(name, exact[1].strip(), NUGET, path, line, True),))
    return Inventory(ranges=(Ranged(name, NUGET, path, f"{name} {version}".strip()[:200], line),))
