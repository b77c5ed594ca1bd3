"""The JSON Schema of `secscan.yaml`, for editors: made of the table of settings."""

from __future__ import annotations

from typing import Any

from secscan.settings.table import REQUIRED, SETTINGS

FILE = "settings-1.json"


def settings_schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of a settings file. What it cannot say, the reader decides."""
    top: dict[str, Any] = _section()
    for one in SETTINGS:
        *folders, name = one.name.split(".")
        section = top
        for folder in folders:
            section = section["properties"].setdefault(folder, _section())
        usual = f" Default: {_words(one.default)}." if one.default else ""
        section["properties"][name] = {"description": one.about + usual, **one.schema}
        if one.name in REQUIRED:
            section.setdefault("required", []).append(name)
    top["properties"]["scanners"]["not"] = {"required": ["enable", "disable"]}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"https://secscan.dev/schema/{FILE}",
        "title": "Settings of secscan",
        **top,
    }


def _section() -> dict[str, Any]:
    return {"type": "object", "additionalProperties": False, "properties": {}}


def _words(default: object) -> str:
    return ", ".join(default) if isinstance(default, tuple) else str(default)
