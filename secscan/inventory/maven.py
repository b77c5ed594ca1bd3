"""Maven's `pom.xml`: what it declares itself. What a parent or an imported list of versions adds is not in the file.

Format: https://maven.apache.org/pom.html. Nothing is fetched: a version that only a parent knows is a gap, by name.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from secscan.findings.levels import GapKind
from secscan.inventory.contract import (
    Declared,
    Inventory,
    Ranged,
    Scope,
    broken,
    gap,
    joined,
    limited,
    not_released,
    placed,
    reading,
)
from secscan.inventory.xml_documents import Element, read_xml, xml_children, xml_name, xml_text

MAVEN = "Maven"
_PROPERTY = re.compile(r"\$\{([^${}]+)\}")
_STEPS = 60
"""Properties that are filled into one text: they name each other, and have several values."""
_LONGEST = 500
"""Characters of a property, or of what it is filled into: doubling for doubling, they would fill the memory."""
_MOST = 20
"""Values of one property, and versions of one package in a list."""
_NOBODY_KNOWS = "${...}"
"""Stands for a value that is not told, or is one too many: it is never filled in, so that it becomes a gap."""

Values = dict[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class _Pom:
    """What a `pom.xml` says in one place for others. Which profiles a build takes is not in it: each value counts."""

    path: str
    properties: Values
    versions: Values = field(default_factory=dict)
    """By coordinates, from `dependencyManagement`."""
    plugins: Values = field(default_factory=dict)
    """By coordinates, from `pluginManagement`."""

    def names(self, element: Element, group: str = "") -> tuple[str, ...]:
        """The coordinates; `group` is that of elements that give none."""
        text = f"{xml_text(element, 'groupId') or group}:{xml_text(element, 'artifactId')}"
        return _filled(text, self.properties)

    def managed(self, elements: Iterable[Element], group: str = "") -> Values:
        return _values(
            (name, version)
            for one in elements
            for name in self.names(one, group)
            for version in _filled(xml_text(one, "version"), self.properties)
        )


@reading
def read_pom(path: str, data: bytes) -> Inventory:
    """Read the dependencies, and the plugins and extensions of the build with what they depend on."""
    root = read_xml(data)
    if xml_name(root) != "project":
        return broken(path, "it is not a project")
    pom = _Pom(path, _properties(root))
    listed, plugins = _everywhere(root, *_LISTED), _everywhere(root, *_LISTED_PLUGINS)
    pom = replace(pom, versions=pom.managed(listed), plugins=pom.managed(plugins, _PLUGINS))
    parts = list(limited(_parts(pom, root, listed, plugins)))
    if any(part.packages for part in parts):
        why = "what its dependencies ask for in turn is not written down"
        parts.append(_not_here(path, "indirect dependencies", why, 0))
    return joined(parts)


_PLUGINS = "org.apache.maven.plugins"
_LISTED = ("dependencyManagement", "dependencies", "dependency")
_LISTED_PLUGINS = ("build", "pluginManagement", "plugins", "plugin")


def _everywhere(root: Element, *names: str) -> list[Element]:
    """What stands on a path of names, in the project and in each of its profiles."""
    return [*xml_children(root, *names), *xml_children(root, "profiles", "profile", *names)]


def _parts(pom: _Pom, root: Element, listed: list[Element], listed_plugins: list[Element]) -> Iterator[Inventory]:
    for one in _everywhere(root, "dependencies", "dependency"):
        yield from _dependency(pom, one)
    plugins = [*_everywhere(root, "build", "plugins", "plugin"), *_everywhere(root, "reporting", "plugins", "plugin")]
    for one in (*plugins, *listed_plugins):
        yield from _versioned(pom, one, pom.names(one, _PLUGINS), pom.plugins, Scope.DEV)
        for its in xml_children(one, "dependencies", "dependency"):
            yield from _versioned(pom, its, pom.names(its), {}, Scope.DEV)
    for one in _everywhere(root, "build", "extensions", "extension"):
        yield from _versioned(pom, one, pom.names(one), {}, Scope.DEV)
    for one in listed:
        if "import" in _filled(xml_text(one, "scope"), pom.properties):
            for name in pom.names(one):
                why = "a list of versions that it imports is elsewhere"
                yield _not_here(pom.path, f"versions of {name[:100]}", why, one.line)
    for parent in xml_children(root, "parent")[:1]:
        name = f"{xml_text(parent, 'groupId')}:{xml_text(parent, 'artifactId')}:{xml_text(parent, 'version')}"
        yield _not_here(pom.path, f"parent {name}", "what a parent declares is not in this file", parent.line)


def _properties(root: Element) -> Values:
    own = ((xml_name(one), (one.text or "").strip()) for table in _everywhere(root, "properties") for one in table)
    found = _values((name, value if 0 < len(value) <= _LONGEST else _NOBODY_KNOWS) for name, value in own)
    for name in ("groupId", "artifactId", "version"):
        parent = xml_text(root, "parent", name)
        value = xml_text(root, name) or parent
        for key, text in ((f"project.{name}", value), (f"pom.{name}", value), (f"project.parent.{name}", parent)):
            if 0 < len(text) <= _LONGEST:
                found[key] = (text,)
    return found


def _values(pairs: Iterable[tuple[str, str]]) -> Values:
    """All values of each name, in their order, each once. Those above `_MOST` are a value that nobody knows."""
    found: dict[str, dict[str, None]] = defaultdict(dict)
    for name, value in pairs:
        found[name][value if len(found[name]) < _MOST else _NOBODY_KNOWS] = None
    return {name: tuple(values) for name, values in found.items()}


def _filled(text: str, properties: Values) -> tuple[str, ...]:
    """All that a text can be with its properties filled in, as far as they are known."""
    todo, done = [text], dict[str, None]()
    for _ in range(_STEPS):
        if not todo:
            return tuple(done)
        one = todo.pop()
        known = next((found for found in _PROPERTY.finditer(one) if found[1] in properties), None)
        if known is None or len(one) > _LONGEST:
            done[one if known is None else text] = None
            continue
        todo += [f"{one[: known.start()]}{value}{one[known.end() :]}" for value in reversed(properties[known[1]])]
    return (*done, text) if todo else tuple(done)


def _dependency(pom: _Pom, element: Element) -> Iterator[Inventory]:
    scope = Scope.DEV if xml_text(element, "scope") == "test" else Scope.UNKNOWN
    scope = Scope.OPTIONAL if xml_text(element, "optional") == "true" else scope
    names = pom.names(element)
    if xml_text(element, "scope") == "system":
        for name in names:
            yield not_released(pom.path, f"{name} (a file of the system)", element.line)
    else:
        yield from _versioned(pom, element, names, pom.versions, scope)


def _versioned(pom: _Pom, element: Element, names: Iterable[str], managed: Values, scope: Scope) -> Iterator[Inventory]:
    """Each name at each version that it can have: its own, or else those of the list."""
    own = xml_text(element, "version")
    for name in names:
        for version in _filled(own, pom.properties) if own else managed.get(name, ("",)):
            yield _one(pom.path, name, version, element.line, scope)


def _one(path: str, name: str, version: str, line: int, scope: Scope) -> Inventory:
    if not version or "${" in version or "${" in name:
        known = f" ({version[:60]})" if version else ""
        return _not_here(path, name[:100], f"its version{known} is not in this file", line)
    if version[0] in "[(" or version in ("LATEST", "RELEASE"):
        if re.fullmatch(r"\[[^,\[\]]+\]", version):  # exactly this one
            return Inventory(packages=(Declared(name, version[1:-1].strip(), MAVEN, path, line, True, scope=scope),))
        return Inventory(ranges=(Ranged(name, MAVEN, path, f"{name} {version}", line, scope),))
    return Inventory(packages=(Declared(name, version, MAVEN, path, line, True, scope=scope),))


def _not_here(path: str, what: str, why: str, line: int) -> Inventory:
    return Inventory(
        gaps=(
            gap(
                GapKind.UNSUPPORTED_REQUIREMENT,
                placed(what, path),
                why,
                remedy="give an SBOM made from the build, beside it",
                line=line,
            ),
        )
    )
