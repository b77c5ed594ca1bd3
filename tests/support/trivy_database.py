"""Makes databases that trivy reads: the few parts of bbolt's file format that writing once asks for.

Formats: https://github.com/etcd-io/bbolt (page.go, bucket.go) and https://github.com/aquasecurity/trivy-db (schema 2).
"""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_PAGE = 4096
_META, _LEAF, _FREELIST = 4, 2, 16
_MAGIC, _VERSION = 0xED0CDAED, 2
_INLINE = _PAGE // 4
_BUCKET = 1

Bucket = Mapping[str, Any]
"""Keys, each with a bucket, or with a value in bytes."""


def bolt(root: Bucket) -> bytes:
    """Return a bbolt database that holds these buckets. Each is one leaf page, however long."""
    pages: list[bytes] = [b""] * 3  # two metas and the list of free pages

    def place(kind: int, count: int, body: bytes) -> int:
        number, more = len(pages), -(-(16 + len(body)) // _PAGE) - 1
        page = (struct.pack("<QHHI", number, kind, count, more) + body).ljust((more + 1) * _PAGE, b"\0")
        pages.extend(page[at : at + _PAGE] for at in range(0, len(page), _PAGE))
        return number

    def leaf(bucket: Bucket) -> tuple[int, bytes, bool]:
        heads, texts = [], b""
        for at, (key, value) in enumerate(sorted((key.encode(), value) for key, value in bucket.items())):
            is_bucket = isinstance(value, Mapping)
            data = held(value) if is_bucket else value
            offset = 16 * (len(bucket) - at) + len(texts)
            heads.append(struct.pack("<IIII", _BUCKET if is_bucket else 0, offset, len(key), len(data)))
            texts += key + data
        plain = not any(isinstance(value, Mapping) for value in bucket.values())
        return len(bucket), b"".join(heads) + texts, plain

    def held(bucket: Bucket) -> bytes:
        count, body, plain = leaf(bucket)
        if plain and 16 + len(body) <= _INLINE:
            return struct.pack("<QQ", 0, 0) + struct.pack("<QHHI", 0, _LEAF, count, 0) + body
        return struct.pack("<QQ", place(_LEAF, count, body), 0)

    count, body, _ = leaf(root)
    top = place(_LEAF, count, body)
    pages[2] = struct.pack("<QHHI", 2, _FREELIST, 0, 0).ljust(_PAGE, b"\0")
    for number in (0, 1):
        meta = struct.pack("<IIIIQQQQQ", _MAGIC, _VERSION, _PAGE, 0, top, 0, 2, len(pages), number)
        whole = struct.pack("<QHHI", number, _META, 0, 0) + meta + struct.pack("<Q", _fnv(meta))
        pages[number] = whole.ljust(_PAGE, b"\0")
    return b"".join(pages)


def _fnv(data: bytes) -> int:
    """FNV-1a of 64 bits."""
    total = 0xCBF29CE484222325
    for one in data:
        total = (total ^ one) * 0x100000001B3 % 2**64
    return total


def trivy_database(
    folder: Path,
    advisories: Mapping[str, Mapping[str, Mapping[str, Mapping[str, Any]]]],
    *,
    vulnerabilities: Mapping[str, Mapping[str, Any]] | None = None,
    updated: str = "2026-11-20T00:00:00Z",
) -> Path:
    """Write a cache of trivy into `folder` and return it.

    `advisories`: bucket (`pip::made up`, `debian 12`) -> package -> id -> what it says. `vulnerabilities`: id -> what
    is known of it, severity and title.
    """
    ids = {name for packages in advisories.values() for found in packages.values() for name in found}
    known = {name: {"Title": f"Title of {name}", "Severity": "HIGH"} for name in ids} | dict(vulnerabilities or {})
    sources = {bucket: {"ID": "made-up", "Name": "Made up", "URL": "https://example.org"} for bucket in advisories}
    root: dict[str, Any] = {
        bucket: {package: _encoded(found) for package, found in packages.items()}
        for bucket, packages in advisories.items()
    }
    root |= {"vulnerability": _encoded(known), "data-source": _encoded(sources)}
    place = folder / "db"
    place.mkdir(parents=True)
    (place / "trivy.db").write_bytes(bolt(root))
    metadata = {"Version": 2, "UpdatedAt": updated, "NextUpdate": updated, "DownloadedAt": updated}
    (place / "metadata.json").write_text(json.dumps(metadata))
    return folder


def _encoded(members: Mapping[str, Any]) -> dict[str, bytes]:
    return {name: json.dumps(value).encode() for name, value in members.items()}
