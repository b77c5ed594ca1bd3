"""Where an imported result is: a URI or path of another tool as path text below the target, or nowhere.

Nothing is opened: whether a file is there is known from the target's own list. A place that leaves the target is none.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from pathlib import PurePosixPath
from urllib.parse import unquote_to_bytes

from secscan.findings.paths import encode_path
from secscan.targets.contract import Target

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:")
_DRIVE = re.compile(r"/?[A-Za-z]:[/\\]")
_LONGEST = 4_096
_PARTS = frozenset({"staged", "diff", "paths", "stdin"})
"""Kinds of target that are a part of a tree: what is said of the rest is about something else."""


class Places:
    """The places of one target."""

    def __init__(self, target: Target) -> None:
        self._files = frozenset(file.path for file in target.files)
        self._out_of_scope = tuple(one.path for one in target.info.out_of_scope)
        self._prefix = target.info.prefix
        self._is_part = target.info.kind in _PARTS
        roots = (target.origin, target.root, target.origin.resolve(), target.root.resolve())
        self._roots = tuple(dict.fromkeys(os.fsencode(root) for root in roots if root.is_absolute()))

    def has(self, path: str) -> bool:
        """Whether the file is in scope."""
        return path in self._files

    def is_left_out(self, path: str) -> bool:
        """Whether the scan leaves the file out on purpose, or looks at a part of the tree that it is not in."""
        if path in self._files or path == ".":
            return False
        return self._is_part or any(path == one or path.startswith(f"{one.rstrip('/')}/") for one in self._out_of_scope)

    def path_of(self, uri: str, bases: Iterable[str] = ()) -> str | None:
        """Return the path text below the target; None for what cannot be there.

        `bases` are absolute URIs that the document measures from: an absolute place is taken as below one of them where
        it is not below the target itself, since other machines have the tree elsewhere.
        """
        if len(uri) > _LONGEST:
            return None
        bases = tuple(bases)
        meant: list[str | None] = []
        for reading in _readings(uri):
            raw = self._below(reading, bases)
            meant += self._spellings(raw) if raw is not None else [None]
        return next((path for path in meant if path in self._files), meant[0] if meant else None)

    def _below(self, raw: bytes, bases: Iterable[str]) -> bytes | None:
        if not raw.startswith(b"/"):
            return _normal(raw)
        given = (reading for base in bases for reading in _readings(base)[:1])
        for root in (*self._roots, *given):
            top = root.rstrip(b"/")
            if top and raw.startswith(top + b"/"):
                return _normal(raw[len(top) + 1 :])
        return None

    def _spellings(self, raw: bytes) -> Iterable[str]:
        """The path as it is, as one below the top of the repository that the target is a part of, and as Windows writes
        it."""
        for one in dict.fromkeys((raw, raw.replace(b"\\", b"/"))):
            path = encode_path(one)
            if self._prefix and path.startswith(self._prefix) and path[len(self._prefix) :] in self._files:
                yield path[len(self._prefix) :]
            yield path


def _readings(uri: str) -> list[bytes]:
    """What a place may mean: a URI is percent-encoded; many tools write a path in its place. None for what names no
    file."""
    rest = uri
    if uri.lower().startswith("file:"):
        rest = uri[5:]
        if rest.startswith("//"):
            host, slash, path = rest[2:].partition("/")
            if host.lower() not in ("", "localhost"):
                return []
            rest = slash + path
    elif _SCHEME.match(uri) and not _DRIVE.match(uri):
        return []
    plain = rest.encode("utf-8", errors="replace")
    return list(dict.fromkeys((unquote_to_bytes(plain), plain))) if rest else []


def _normal(raw: bytes) -> bytes | None:
    """A relative path without `.` and `..`; None for one that leaves its root, or names no file."""
    if _DRIVE.match(raw[:4].decode("latin-1")) or b"\0" in raw:
        return None
    parts: list[bytes] = []
    for part in raw.split(b"/"):
        if part == b"..":
            if not parts:
                return None
            parts.pop()
        elif part not in (b"", b"."):
            parts.append(part)
    return b"/".join(parts) or None


def base_name(path: str) -> str:
    """The last part of a path, to call a file by."""
    return PurePosixPath(path).name or path
