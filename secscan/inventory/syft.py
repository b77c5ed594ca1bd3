"""syft's own SBOMs, in JSON of every version: https://github.com/anchore/syft/tree/main/schema/json"""

from __future__ import annotations

from typing import Any

from secscan.inventory.contract import Inventory, broken, check_count, reading
from secscan.inventory.cyclonedx import all_of_them
from secscan.inventory.documents import items, json_lines, read_json, table, word
from secscan.inventory.licences import normal_licence
from secscan.inventory.sbom_entries import Components


def is_syft(document: dict[str, Any]) -> bool:
    """Whether a document is one of syft's own."""
    return word(table(document, "descriptor").get("name")) == "syft" and "schema" in document


@reading
def read_syft_json(path: str, data: bytes) -> Inventory:
    """Read one. Who asks for whom it tells, but not where that begins."""
    text, document = read_json(data)
    if not is_syft(document) or not isinstance(document.get("artifacts"), list):
        return broken(path, "it is not an SBOM of syft")
    lines = json_lines(text, depth=2)
    found = Components(path)
    check_count(len(items(document["artifacts"])))
    for index, one in enumerate(items(document["artifacts"])):
        members = table(one)
        name = f"{word(members.get('name'))} {word(members.get('version'))}".strip()
        found.add(
            word(members.get("id")),
            name,
            word(members.get("purl")),
            line=lines.get(("artifacts", index), 0),
            licence=_licence(items(members.get("licenses"))),
        )
    return found.inventory("")


def _licence(licences: list[Any]) -> str:
    """Since version 11 of the format each is an object; before, a text."""
    texts = [word(table(one).get("spdxExpression") or table(one).get("value")) or word(one) for one in licences]
    return all_of_them([normal_licence(text) for text in texts if text])
