"""Ids of controls as OSCAL writes ids."""

from __future__ import annotations

import re

from secscan.compliance.controls import Control

_FOREIGN = re.compile(r"[^A-Za-z0-9._-]+")


def token(control: Control) -> str:
    """Return the id as a token of OSCAL: letters, digits, `.`, `-` and `_`, a letter first."""
    if control.oscal_id:
        return control.oscal_id
    text = _FOREIGN.sub("_", control.id).strip("_")
    return text if text[0].isalpha() else f"c-{text}"
