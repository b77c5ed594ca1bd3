"""The JSON Schema of control maps, for editors: generated from the types, with their docstrings as descriptions.

A schema can say less than the reader knows (ids that must be unique, evidence that stands alone); the reader decides.
"""

from __future__ import annotations

from typing import Any

import msgspec

from secscan.compliance.controls import FORMAT, Control, ControlMap, Evidence
from secscan.findings.defects import DEFECTS
from secscan.policy.schema import field_docs


def schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of a control map."""
    (reference,), parts = msgspec.json.schema_components([ControlMap], ref_template="#/$defs/{name}")
    top = parts["ControlMap"]
    top["properties"]["format"] = {"const": FORMAT}
    top["properties"]["unverified"].pop("default")
    parts["Evidence"]["properties"]["classes"]["items"] = {"enum": list(DEFECTS)}
    for name in ("kinds", "cwes", "classes", "scanners", "facts"):
        part = parts["Evidence"]["properties"][name]
        part.pop("default")
        part.update(minItems=1, uniqueItems=True)
    evidence = parts["Control"]["properties"]["evidence"]
    evidence.pop("default")
    evidence["minItems"] = 1
    parts["Evidence"]["oneOf"] = [{"required": ["kinds"]}, {"required": ["facts"]}]
    parts["Control"]["anyOf"] = [{"required": ["evidence"]}, {"required": ["manual"]}]
    for owner in (ControlMap, Control, Evidence):
        for name, text in field_docs(owner).items():
            parts[owner.__name__]["properties"][name]["description"] = text
    for part in parts.values():
        part.pop("title", None)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "https://secscan.dev/schema/controls-1.json",
        "title": "secscan control map, format 1",
        "$ref": reference["$ref"],
        "$defs": parts,
    }
