"""What tells one build of a program from another: versions are what programs say of themselves."""

from __future__ import annotations

import functools
import hashlib
import os
import shutil
from pathlib import Path

_READ_WHOLE = 1_000_000
_ENDS = 65_536
"""Bytes at either end of a larger file. Linkers put the build's id near the beginning."""
_LONGEST_LINE = 500


@functools.cache
def build_of(program: Path) -> str:
    """Return a digest of a program: its file; of a script also its interpreter, and the packages installed beside it.

    Nothing is asked of the program. Where it cannot be read, the digest is of that.
    """
    digest = hashlib.sha256()
    real = Path(os.path.realpath(program))
    for path in (real, *_interpreter(real)):
        digest.update(_content(path))
    for folder in (real.parent.parent, program.parent.parent):
        digest.update("\n".join(_packages(folder)).encode("utf-8", "surrogateescape"))
    return digest.hexdigest()


def _content(path: Path) -> bytes:
    """Enough of a file to tell it from another build."""
    try:
        size = path.stat().st_size
        with path.open("rb") as stream:
            if size <= _READ_WHOLE:
                return stream.read()
            first = stream.read(_ENDS)
            stream.seek(-_ENDS, os.SEEK_END)
            return b"%d\0" % size + first + stream.read()
    except OSError as error:
        return f"{path}: {error.errno}".encode("utf-8", "surrogateescape")


def _interpreter(script: Path) -> tuple[Path, ...]:
    """The interpreter that a script names, resolved; nothing for another program."""
    try:
        with script.open("rb") as stream:
            line = stream.readline(_LONGEST_LINE)
    except OSError:
        return ()
    words = os.fsdecode(line[2:]).split() if line.startswith(b"#!") else []
    if words and words[0].endswith("/env"):
        words = [shutil.which(words[-1]) or ""]
    return (Path(os.path.realpath(words[0])),) if words and words[0] else ()


def _packages(prefix: Path) -> list[str]:
    """Names and versions of the Python packages below a prefix: a plugin or a library changes what a tool says."""
    places = ("lib/python3*/site-packages", "lib/python3*/dist-packages", "lib/python3/dist-packages")
    return sorted(
        {found.name for place in places for folder in prefix.glob(place) for found in folder.glob("*.dist-info")}
    )
