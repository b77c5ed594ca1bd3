"""SPDX 2.3 as JSON. Format: https://spdx.github.io/spdx-spec/v2.3/"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from secscan import __version__
from secscan.inventory.licences import is_expression
from secscan.sbom.contents import Component, Contents, affected
from secscan.vex.document import primary_id

_TARGET = "SPDXRef-target"
_UNKNOWN = "NOASSERTION"


def render(contents: Contents) -> bytes:
    """Return the document. Its comment says what could not be read."""
    ids = {one.purl: f"SPDXRef-Package-{at}" for at, one in enumerate(contents.components, start=1)}
    relations = [("SPDXRef-DOCUMENT", "DESCRIBES", _TARGET)]
    for parent, found in contents.asks_for.items():
        relations += [(ids[parent] if parent else _TARGET, "DEPENDS_ON", ids[one]) for one in found]
    told = {child for found in contents.asks_for.values() for child in found}
    relations += [(_TARGET, "CONTAINS", ids[one.purl]) for one in contents.components if one.purl not in told]
    document = {
        "spdxVersion": "SPDX-2.3",
        "dataLicense": "CC0-1.0",
        "SPDXID": "SPDXRef-DOCUMENT",
        "name": contents.name or "target",
        "documentNamespace": f"https://secscan.dev/spdx/{contents.id('spdx')}",
        "creationInfo": {"created": contents.created, "creators": [f"Tool: secscan-{__version__}"]},
        "packages": [
            {
                "SPDXID": _TARGET,
                "name": contents.name or "target",
                **({"versionInfo": contents.revision} if contents.revision else {}),
                "downloadLocation": _UNKNOWN,
                "filesAnalyzed": False,
                "primaryPackagePurpose": "APPLICATION",
            },
            *(_package(one, ids[one.purl], contents) for one in contents.components),
        ],
        "relationships": [
            {"spdxElementId": left, "relationshipType": kind, "relatedSpdxElement": right}
            for left, kind, right in relations
        ],
    }
    if comment := "\n".join(_missing(contents)):
        document["comment"] = comment
    return json.dumps(document, indent=1, ensure_ascii=False).encode("utf-8", errors="backslashreplace") + b"\n"


def _missing(contents: Contents) -> Iterator[str]:
    for head, gaps in (
        ("This list is not complete. What could not be read:", contents.gaps),
        ("Of these nobody knows whether they have vulnerabilities:", contents.unassessed),
    ):
        if gaps:
            yield head
            yield from (f"{one.kind}: {one.subject}: {one.detail}" for one in gaps)


def _package(one: Component, ref: str, contents: Contents) -> dict[str, Any]:
    known = is_expression(one.licence) and "LicenseRef-" not in one.licence
    references = [{"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl", "referenceLocator": one.purl}]
    references += _advisories(one, contents)
    places = ", ".join(f"{path}:{line}" if line else path for path, line in one.places)
    said = f"; its metadata says of the licence: {one.licence}" if one.licence and not known else ""
    brought = "".join(f"; brought by layer {layer.index} ({layer.digest})" for layer in one.layers)
    return {
        "SPDXID": ref,
        "name": one.name,
        "versionInfo": one.version,
        "downloadLocation": _UNKNOWN,
        "filesAnalyzed": False,
        "licenseConcluded": _UNKNOWN,
        "licenseDeclared": one.licence if known else _UNKNOWN,
        "copyrightText": _UNKNOWN,
        "externalRefs": references,
        # As trivy writes it, and reads it.
        **({"sourceInfo": f"built package from: {' '.join(one.source)}"} if one.source[0] else {}),
        "comment": f"declared in {places}{said}{brought}",
    }


def _advisories(one: Component, contents: Contents) -> list[dict[str, str]]:
    names = {
        primary_id(finding)
        for finding, _ in contents.findings
        if finding.package and one.purl in affected(finding.package)
    }
    return [
        {
            "referenceCategory": "SECURITY",
            "referenceType": "advisory",
            "referenceLocator": f"https://osv.dev/vulnerability/{name}",
        }
        for name in sorted(names)
        if name.replace("-", "").isalnum()
    ]
