"""SPDX SBOMs of version 2, as JSON and as tag-value text. Format: https://spdx.github.io/spdx-spec/v2.3/"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from secscan.findings.levels import GapKind
from secscan.inventory.contract import Inventory, broken, check_count, gap, reading
from secscan.inventory.documents import decode_text, items, json_lines, read_json, table, word
from secscan.inventory.licences import normal_licence
from secscan.inventory.sbom_entries import Components

_CHILDREN = {"DEPENDS_ON", "CONTAINS", "STATIC_LINK", "DYNAMIC_LINK"}
"""Relationships whose right side is asked for by the left one."""
_PARENTS = {
    *("DEPENDENCY_OF", "RUNTIME_DEPENDENCY_OF", "OPTIONAL_DEPENDENCY_OF", "DEV_DEPENDENCY_OF", "CONTAINED_BY"),
    *("BUILD_DEPENDENCY_OF", "PROVIDED_DEPENDENCY_OF", "TEST_DEPENDENCY_OF"),
}
"""Relationships whose left side is asked for by the right one."""


@reading
def read_spdx_json(path: str, data: bytes) -> Inventory:
    """Read an SBOM in JSON. Version 3 is another format, and a gap."""
    text, document = read_json(data)
    if "@graph" in document or "@context" in document:
        return _version_3(path)
    if not word(document.get("spdxVersion")).startswith("SPDX-2"):
        return broken(path, "it is not a document of SPDX 2")
    lines = json_lines(text, depth=2)
    packages = [
        (table(one), lines.get(("packages", index), 0)) for index, one in enumerate(items(document.get("packages")))
    ]
    relations = [
        tuple(word(table(one).get(name)) for name in ("spdxElementId", "relationshipType", "relatedSpdxElement"))
        for one in items(document.get("relationships"))
    ]
    described = [word(one) for one in items(document.get("documentDescribes"))]
    return _inventory(path, packages, relations, described)


@reading
def read_spdx_text(path: str, data: bytes) -> Inventory:
    """Read an SBOM as `Tag: value` lines."""
    packages: list[tuple[dict[str, Any], int]] = []
    relations: list[tuple[str, ...]] = []
    tags = list(_tags(decode_text(data)))
    if not any(tag == "SPDXVersion" and value.startswith("SPDX-2") for tag, value, _ in tags):
        return broken(path, "it is not a document of SPDX 2")
    for tag, value, number in tags:
        if tag == "PackageName":
            packages.append(({"name": value}, number))
        elif tag in ("FileName", "SnippetSPDXID"):
            packages.append(({}, 0))  # what follows is about a file
        elif tag == "Relationship":
            relations.append(tuple(value.split()))
        elif packages and tag == "SPDXID":
            packages[-1][0]["SPDXID"] = value
        elif packages and tag in _MEMBERS:
            packages[-1][0][_MEMBERS[tag]] = value
        elif packages and tag == "ExternalRef" and len(value.split()) == 3:
            reference = {"referenceType": value.split()[1], "referenceLocator": value.split()[2]}
            packages[-1][0].setdefault("externalRefs", []).append(reference)
    return _inventory(path, [one for one in packages if one[1]], relations, [])


_MEMBERS = {
    "PackageVersion": "versionInfo",
    "PackageLicenseConcluded": "licenseConcluded",
    "PackageLicenseDeclared": "licenseDeclared",
    "PackageSourceInfo": "sourceInfo",
    "PrimaryPackagePurpose": "primaryPackagePurpose",
}


def _tags(text: str) -> Iterator[tuple[str, str, int]]:
    """Yield tag, value and line; a value in `<text>` may go over many lines."""
    open_text = False
    for number, line in enumerate(text.splitlines(), start=1):
        if not open_text and not line.startswith("#") and ":" in line:
            tag, _, value = line.partition(":")
            yield tag.strip(), value.strip(), number
        open_text = (open_text or "<text>" in line) and "</text>" not in line


def _version_3(path: str) -> Inventory:
    remedy = "write it as SPDX 2.3 or CycloneDX"
    return Inventory(gaps=(gap(GapKind.UNSUPPORTED_MANIFEST, path, "SPDX 3 is not read yet", remedy=remedy),))


def _inventory(
    path: str, packages: list[tuple[dict[str, Any], int]], relations: list[tuple[str, ...]], described: list[str]
) -> Inventory:
    whole = [one for one in relations if len(one) >= 3]
    roots = {*described, *(one[2] for one in whole if one[1] == "DESCRIBES")}
    roots |= {one[0] for one in whole if one[1] == "DESCRIBED_BY"}
    check_count(len(packages))
    found = Components(path)
    for members, line in packages:
        ref, purls = word(members.get("SPDXID")), _purls(members)
        if word(members.get("primaryPackagePurpose")) == "OPERATING-SYSTEM":
            continue  # of the whole no advisory speaks
        if ref and not purls and roots == {ref}:
            continue  # what the document is about; of several that it describes none is known to be the project
        check_count(len(found.parts))
        concluded, declared = (_licence(members.get(name)) for name in ("licenseConcluded", "licenseDeclared"))
        name = f"{word(members.get('name'))} {word(members.get('versionInfo'))}".strip()
        for purl in purls or [""]:
            source = _source(word(members.get("sourceInfo")))
            found.add(ref, name, purl, line=line, licence=concluded or declared, source=source)
    for left, kind, right, *_ in whole:
        parent, child = (left, right) if kind in _CHILDREN else (right, left)
        if kind in _CHILDREN or kind in _PARENTS:
            found.asked.setdefault("" if parent in roots else parent, []).append(child)
    return found.inventory("")


def _purls(members: dict[str, Any]) -> list[str]:
    """Every package URL of a package, once: it may have several names, and advisories for any of them."""
    references = [table(one) for one in items(members.get("externalRefs"))]
    found = (word(one.get("referenceLocator")) for one in references if one.get("referenceType") == "purl")
    return list(dict.fromkeys(found))


def _source(text: str) -> tuple[str, str]:
    """Name and version of the source package, as trivy writes them."""
    found = re.fullmatch(r"(?:<text>)?built package from: (\S+) (\S+?)(?:</text>)?", text.strip())
    return (found[1], found[2]) if found else ("", "")


def _licence(value: Any) -> str:
    return normal_licence(word(value)) if word(value) not in ("NOASSERTION", "NONE") else ""
