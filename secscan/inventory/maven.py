"""Maven's `pom.xml`: what it declares itself. What a parent or an imported list of versions adds is not in the file.

Format: https://maven.apache.org/pom.html. Nothing is fetched: a version that only a parent knows is a gap, by name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from secscan.findings.levels import GapKind
from secscan.inventory.contract import (
    Declared,
    Inventory,
    Ranged,
    Scope,
    broken,
    gap,
    joined,
    not_released,
    placed,
    reading,
)
from secscan.inventory.documents import Element, read_xml, xml_children, xml_name, xml_text

MAVEN = "Maven"
_PROPERTY = re.compile(r"\$\{([^${}]+)\}")
_DEEPEST = 20
"""Properties that name properties."""
_LONGEST = 500
"""Characters of a property, or of what it is filled into: doubling for doubling, they would fill the memory."""


@reading
def read_pom(path: str, data: bytes) -> Inventory:
    """Read the dependencies, and the plugins of the build."""
    root = read_xml(data)
    if xml_name(root) != "project":
        return broken(path, "it is not a project")
    properties = _properties(root)
    managed = {_coordinates(one, properties): xml_text(one, "version") for one in _managed(root)}
    parts = [_dependency(path, one, properties, managed) for one in _dependencies(root)]
    parts += [_plugin(path, one, properties) for one in _plugins(root)]
    parts += [_imported(path, one, properties) for one in _managed(root) if xml_text(one, "scope") == "import"]
    if xml_children(root, "parent"):
        parent = xml_children(root, "parent")[0]
        name = f"{xml_text(parent, 'groupId')}:{xml_text(parent, 'artifactId')}:{xml_text(parent, 'version')}"
        parts.append(_not_here(path, f"parent {name}", "what a parent declares is not in this file", parent.line))
    if any(part.packages for part in parts):
        why = "what its dependencies ask for in turn is not written down"
        parts.append(_not_here(path, "indirect dependencies", why, 0))
    return joined(parts)


def _managed(root: Element) -> list[Element]:
    return [
        *xml_children(root, "dependencyManagement", "dependencies", "dependency"),
        *xml_children(root, "profiles", "profile", "dependencyManagement", "dependencies", "dependency"),
    ]


def _dependencies(root: Element) -> Iterator[Element]:
    yield from xml_children(root, "dependencies", "dependency")
    yield from xml_children(root, "profiles", "profile", "dependencies", "dependency")


def _plugins(root: Element) -> Iterator[Element]:
    yield from xml_children(root, "build", "plugins", "plugin")
    yield from xml_children(root, "profiles", "profile", "build", "plugins", "plugin")


def _properties(root: Element) -> dict[str, str]:
    found = {xml_name(one): (one.text or "").strip() for table in xml_children(root, "properties") for one in table}
    for name in ("groupId", "artifactId", "version"):
        value = xml_text(root, name) or xml_text(root, "parent", name)
        found |= {f"project.{name}": value, f"pom.{name}": value}
        found[f"project.parent.{name}"] = xml_text(root, "parent", name)
    return {name: value for name, value in found.items() if value and len(value) <= _LONGEST}


def _filled(text: str, properties: dict[str, str]) -> str:
    """A text with its properties filled in, as far as they are known."""
    for _ in range(_DEEPEST):
        filled = _PROPERTY.sub(lambda found: properties.get(found[1], found[0]), text)
        if filled == text or len(filled) > _LONGEST:
            break
        text = filled
    return text


def _coordinates(element: Element, properties: dict[str, str]) -> str:
    group = _filled(xml_text(element, "groupId"), properties)
    return f"{group}:{_filled(xml_text(element, 'artifactId'), properties)}"


def _dependency(path: str, element: Element, properties: dict[str, str], managed: dict[str, str]) -> Inventory:
    name = _coordinates(element, properties)
    scope = Scope.DEV if xml_text(element, "scope") == "test" else Scope.UNKNOWN
    scope = Scope.OPTIONAL if xml_text(element, "optional") == "true" else scope
    if xml_text(element, "scope") == "system":
        return not_released(path, f"{name} (a file of the system)", element.line)
    version = xml_text(element, "version") or managed.get(name, "")
    return _versioned(path, name, _filled(version, properties), element.line, scope)


def _plugin(path: str, element: Element, properties: dict[str, str]) -> Inventory:
    name = _coordinates(element, properties)
    name = f"org.apache.maven.plugins{name}" if name.startswith(":") else name
    version = _filled(xml_text(element, "version"), properties)
    return _versioned(path, name, version, element.line, Scope.DEV)


def _versioned(path: str, name: str, version: str, line: int, scope: Scope) -> Inventory:
    if not version or "${" in version or "${" in name:
        known = f" ({version[:60]})" if version else ""
        return _not_here(path, name[:100], f"its version{known} is not in this file", line)
    if version[0] in "[(" or version in ("LATEST", "RELEASE"):
        if re.fullmatch(r"\[[^,\[\]]+\]", version):  # exactly this one
            return Inventory(packages=(Declared(name, version[1:-1].strip(), MAVEN, path, line, True, scope=scope),))
        return Inventory(ranges=(Ranged(name, MAVEN, path, f"{name} {version}", line, scope),))
    return Inventory(packages=(Declared(name, version, MAVEN, path, line, True, scope=scope),))


def _imported(path: str, element: Element, properties: dict[str, str]) -> Inventory:
    name = _coordinates(element, properties)
    return _not_here(path, f"versions of {name[:100]}", "a list of versions that it imports is elsewhere", element.line)


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
