"""CycloneDX SBOMs, JSON and XML, of every version. Format: https://cyclonedx.org/docs/1.6/json/

Read with our own few lines: the library that writes them (`cyclonedx-python-lib`) refuses a document for one unknown
word, and loses everything else with it.
"""

from __future__ import annotations

from collections import deque
from typing import Any

from secscan.inventory.contract import Inventory, Scope, broken, check_count, reading
from secscan.inventory.documents import items, json_lines, read_json, table, word
from secscan.inventory.licences import any_of, licence_of, normal_licence
from secscan.inventory.sbom_entries import Components, source_of
from secscan.inventory.xml_documents import Element, read_xml, xml_children, xml_name, xml_text

_NO_PACKAGES = ("file", "data", "operating-system", "device", "cryptographic-asset", "machine-learning-model")
"""Types of component of which no advisory speaks."""
_SCOPES = {"optional": Scope.OPTIONAL, "excluded": Scope.DEV}
_DEEPEST = 8
"""Levels of components inside components whose lines are told."""


@reading
def read_cyclonedx_json(path: str, data: bytes) -> Inventory:
    """Read an SBOM in JSON."""
    text, document = read_json(data)
    if document.get("bomFormat") != "CycloneDX":
        return broken(path, "it is not a CycloneDX document")
    lines = json_lines(text, depth=2 * _DEEPEST)
    found = Components(path)
    main = table(document, "metadata", "component")
    # What the document is about may hold its components itself, instead of listing them.
    todo: deque[tuple[tuple[str | int, ...], Any]] = deque(
        ((*place, "components", index), one)
        for place, holder in (((), document), (("metadata", "component"), main))
        for index, one in enumerate(items(holder.get("components")))
    )
    while todo:
        place, component = todo.popleft()
        check_count(len(found.parts) + len(todo))
        members = table(component)
        if word(members.get("type")) not in _NO_PACKAGES:
            name, version = word(members.get("name")), word(members.get("version"))
            found.add(
                word(members.get("bom-ref")) or word(members.get("purl")),
                f"{name} {version}".strip(),
                word(members.get("purl")),
                line=lines.get(place, 0),
                scope=_SCOPES.get(word(members.get("scope")), Scope.UNKNOWN),
                licence=_licence(items(members.get("licenses"))),
                source=source_of(_properties(items(members.get("properties")))),
            )
        todo += [((*place, "components", at), one) for at, one in enumerate(items(members.get("components")))]
    for one in items(document.get("dependencies")):
        wanted = [word(ref) for ref in items(table(one).get("dependsOn"))]
        found.asked.setdefault(word(table(one).get("ref")), []).extend(wanted)
    return found.inventory(word(main.get("bom-ref")))


def _properties(properties: list[Any]) -> dict[str, str]:
    return {word(table(one).get("name")): word(table(one).get("value")) for one in properties}


def _licence(licences: list[Any]) -> str:
    """Several licences hold together, as the specification has it; one expression says it all."""
    found = []
    for one in licences:
        expression, licence = word(table(one).get("expression")), table(one, "license")
        found.append(normal_licence(expression) if expression else licence_of(licence.get("id") or licence.get("name")))
    return all_of_them(found)


def all_of_them(licences: list[str]) -> str:
    """Return the expression for licences that all hold."""
    found = list(dict.fromkeys(one for one in licences if one))
    if len(found) < 2:
        return any_of(found)
    return " AND ".join(f"({one})" if " OR " in one else one for one in found)


@reading
def read_cyclonedx_xml(path: str, data: bytes) -> Inventory:
    """Read an SBOM in XML."""
    root = read_xml(data)
    if xml_name(root) != "bom" or "cyclonedx" not in root.tag:
        return broken(path, "it is not a CycloneDX document")
    found = Components(path)
    main = xml_children(root, "metadata", "component")
    held = [one for holder in main for one in xml_children(holder, "components", "component")]
    todo = deque([*xml_children(root, "components", "component"), *held])
    while todo:
        component = todo.popleft()
        check_count(len(found.parts) + len(todo))
        if component.get("type") not in _NO_PACKAGES:
            found.add(
                component.get("bom-ref") or xml_text(component, "purl"),
                f"{xml_text(component, 'name')} {xml_text(component, 'version')}".strip(),
                xml_text(component, "purl"),
                line=component.line,
                scope=_SCOPES.get(xml_text(component, "scope"), Scope.UNKNOWN),
                licence=_xml_licence(component),
                source=source_of(
                    {
                        one.get("name", ""): (one.text or "").strip()
                        for one in xml_children(component, "properties", "property")
                    }
                ),
            )
        todo += xml_children(component, "components", "component")
    for one in xml_children(root, "dependencies", "dependency"):
        wanted = [child.get("ref", "") for child in xml_children(one, "dependency")]
        found.asked.setdefault(one.get("ref", ""), []).extend(wanted)
    return found.inventory(main[0].get("bom-ref", "") if main else "")


def _xml_licence(component: Element) -> str:
    found = [normal_licence((one.text or "").strip()) for one in xml_children(component, "licenses", "expression")]
    for one in xml_children(component, "licenses", "license"):
        found.append(licence_of(xml_text(one, "id") or xml_text(one, "name")))
    return all_of_them(found)
