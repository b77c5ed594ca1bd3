"""Opens files of a target: regular files only, never through a link, never blocking."""

from __future__ import annotations

import hashlib
import os
import re
import stat
from dataclasses import dataclass
from pathlib import Path

from secscan.findings.levels import GapKind
from secscan.findings.model import Gap
from secscan.findings.paths import encode_path
from secscan.targets.contract import SourceFile
from secscan.targets.forms import LOOKED_AT, form_of
from secscan.targets.languages import language_of
from secscan.targets.notebook import MOST_BYTES, PYTHON
from secscan.targets.notebook import language_of as language_of_notebook
from secscan.targets.walk import reason

_CHUNK = 1 << 20
_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY

# https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md
_LFS_POINTER = re.compile(
    rb"version https://git-lfs\.github\.com/spec/v1\n"
    rb"(?:ext-\d-[\w-]+ sha256:[0-9a-f]{64}\n)*oid sha256:[0-9a-f]{64}\nsize \d+\n"
)
_LFS_POINTER_BYTES = 1024


@dataclass(frozen=True, slots=True)
class Examined:
    """One file that was read once, from its first byte to its last."""

    file: SourceFile
    first_bytes: bytes
    git_id: str
    """The id that git gives a blob of this content."""


class NotRegularError(Exception):
    """It is not a regular file, or no longer."""


def open_regular(path: Path) -> int:
    """Open a regular file for reading and return its descriptor. Raises `OSError` or `NotRegularError`."""
    descriptor = os.open(path, _FLAGS)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise NotRegularError
    return descriptor


def read_regular(path: Path, *, most: int = -1) -> bytes:
    """Return the content of a regular file, at most `most` bytes of it. Raises `OSError` or `NotRegularError`."""
    with os.fdopen(open_regular(path), "rb") as stream:
        return stream.read(most)


def examine(root: Path, path: bytes, *, git_hash: str = "sha1") -> Examined | Gap:
    """Read one file below `root`; a gap where its content is not there to be read.

    `git_hash` is the hash by which the repository names its objects, `sha1` or `sha256`.
    """
    name = encode_path(path)
    try:
        descriptor = open_regular(root / os.fsdecode(path))
    except OSError as error:
        return Gap(
            scanner="secscan",
            kind=GapKind.UNREADABLE,
            subject=name,
            detail=f"the file cannot be opened: {reason(error)}",
            remedy="make it readable to the user who scans",
        )
    except NotRegularError:
        return special_file(name)
    with os.fdopen(descriptor, "rb", buffering=0) as stream:
        expected = os.fstat(descriptor).st_size
        digest = hashlib.sha256()
        git_id = hashlib.new(git_hash, b"blob %d\0" % expected, usedforsecurity=False)
        first, size = b"", 0
        notebook = bytearray() if name.lower().endswith(".ipynb") and expected <= MOST_BYTES else None
        try:
            while chunk := stream.read(_CHUNK):
                first = first or chunk[:LOOKED_AT]
                size += len(chunk)
                if notebook is not None:
                    notebook += chunk
                digest.update(chunk)
                git_id.update(chunk)
        except OSError as error:
            return Gap(
                scanner="secscan",
                kind=GapKind.UNREADABLE,
                subject=name,
                detail=f"the file cannot be read to its end: {reason(error)}",
            )
    if size < _LFS_POINTER_BYTES and _LFS_POINTER.fullmatch(first):
        return Gap(
            scanner="secscan",
            kind=GapKind.LFS_POINTER,
            subject=name,
            detail="the file is a Git LFS pointer; its content is not in the work tree",
            remedy="fetch the content with `git lfs pull`",
        )
    language = language_of(name, first)
    if language == PYTHON and notebook is not None:
        language = language_of_notebook(bytes(notebook))
    form = form_of(name, language, first)
    file = SourceFile(path=name, size=size, digest=digest.hexdigest(), language=language, form=form)
    return Examined(file=file, first_bytes=first, git_id=git_id.hexdigest())


def special_file(name: str) -> Gap:
    """The gap for a FIFO, socket or device, which is never opened."""
    return Gap(
        scanner="secscan",
        kind=GapKind.SPECIAL_FILE,
        subject=name,
        detail="it is a FIFO, a socket or a device, which is never opened",
        remedy="remove it from the tree",
    )


def digest_of(path: Path) -> str:
    """SHA-256 of a regular file's content, hexadecimal. Raises `OSError` or `NotRegularError`."""
    with os.fdopen(open_regular(path), "rb", buffering=0) as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
