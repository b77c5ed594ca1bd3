"""The positive control of the advisory index: a record of our own in every index, which every scan must find.

It affects one package in every ecosystem that the index holds, so that each rule of version order is tried, too.
"""

from __future__ import annotations

import json
from collections.abc import Iterable

from secscan.advisories.names import PYPI

CONTROL_PACKAGE = "secscan-control"
CONTROL_VERSION = "1.0"
CONTROL_ID = "SECSCAN-CONTROL-1"


def control_record(ecosystems: Iterable[str]) -> bytes:
    """Return the control record, for PyPI and these ecosystems."""
    affected = [
        {
            "package": {"name": CONTROL_PACKAGE, "ecosystem": ecosystem},
            "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "2.0"}]}],
            "versions": [CONTROL_VERSION],
        }
        for ecosystem in sorted({PYPI, *ecosystems})
    ]
    return json.dumps(
        {
            "id": CONTROL_ID,
            "modified": "2026-01-01T00:00:00Z",
            "published": "2026-01-01T00:00:00Z",
            "summary": "positive control",
            "details": "Every index holds this record, to prove that it is asked.",
            "affected": affected,
        }
    ).encode()
