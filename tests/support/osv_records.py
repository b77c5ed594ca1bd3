"""OSV records in short form."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from secscan.advisories.build import build
from secscan.advisories.load import Source


def osv(record_id: str = "PYSEC-1", package: str = "flask", **fields: Any) -> dict[str, Any]:
    """A record about a package of PyPI that is affected below 2.0, unless the fields say otherwise."""
    affected = {
        "package": {"ecosystem": "PyPI", "name": package},
        "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "2.0"}]}],
    }
    return {
        "id": record_id,
        "modified": "2026-01-02T00:00:00Z",
        "published": "2026-01-01T00:00:00Z",
        "summary": f"something in {package}",
        "affected": [affected],
        **fields,
    }


def index_of(path: Path, *records: dict[str, Any], closed: dict[str, frozenset[str]] | None = None) -> Path:
    """Build an index of these records at `path` and return the path."""
    rows = [(record["id"], json.dumps(record).encode()) for record in records]
    build(path, [Source("test", rows)], closed=closed, built="2026-01-01T00:00:00Z")
    return path
