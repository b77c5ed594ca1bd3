"""How attested documents are written and read: canonical JSON, and nothing that two readers could read in two ways."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from secscan.errors import AttestationError, UsageError

MAX_BYTES = 100_000_000
"""An attestation larger than this is neither written nor read."""

ValueT = TypeVar("ValueT")


def canonical(value: Any) -> bytes:
    """Return a value as JSON in UTF-8: members sorted by name, no white space, what has its default left out."""
    return msgspec.json.encode(value, order="sorted")


def digest_of(value: Any) -> str:
    """Return the SHA-256 of the canonical form."""
    return hashlib.sha256(canonical(value)).hexdigest()


def read_strictly(data: bytes, kind: type[ValueT], what: str) -> ValueT:
    """Read one JSON document of a type. `what` names it in errors.

    Raises `AttestationError` for what is broken, has anything but white space behind its end, has an unknown member, or
    one twice.
    """
    try:
        found = msgspec.json.decode(data, type=kind)
        json.loads(data, object_pairs_hook=_once)
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise AttestationError(f"{what} is damaged: {error}", hint=_HINT) from error
    return found


def read_file(path: Path, *, most: int = MAX_BYTES) -> bytes:
    """Return the content of a file. Raises `UsageError` where it is none, or too large."""
    try:
        if not path.is_file():
            raise UsageError(f"there is no file {path}", hint="check the path")
        if path.stat().st_size > most:
            raise UsageError(f"{path} is larger than {most} bytes", hint=_HINT)
        return path.read_bytes()
    except OSError as error:
        raise UsageError(f"cannot read {path}: {os.strerror(error.errno or 0)}", hint="check the path") from error


_HINT = "give the file as `secscan attest` wrote it"


def _once(pairs: list[tuple[str, Any]]) -> None:
    names = [name for name, _ in pairs]
    if len(set(names)) != len(names):
        raise ValueError("a member occurs twice")
