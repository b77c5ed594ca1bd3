"""Writing files: whole or not at all."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable
from pathlib import Path

from secscan.errors import ReportError
from secscan.leftovers import unfinished_file


def write_atomic(path: Path, data: bytes | Iterable[bytes], *, private: bool = False) -> None:
    """Write `data`, which may come in parts, to `path` so that a reader sees the old file or the new one, never half.

    A symbolic link at `path` is replaced, not followed: the folder may belong to the scanned tree. The
    file gets the permissions of any new file of this process (its umask), as CI steps that pick it up expect; a
    `private` one can be read by this user only. Raises `ReportError` if the file cannot be written, or what is there
    is no file but a device or a pipe; the old one is then still whole.
    """
    _refuse_special(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with unfinished_file(path, f".{path.name}.") as temporary:
            with temporary.open("wb") as stream:
                stream.writelines([data] if isinstance(data, bytes) else data)
                stream.flush()
                os.fsync(stream.fileno())
            temporary.chmod(0o600 if private else 0o666 & ~_umask())
            temporary.replace(path)
    except OSError as error:
        raise ReportError(
            f"cannot write {path}: {os.strerror(error.errno or 0)}",
            hint="give another folder with --output, or make room",
        ) from error


def remove_stale(path: Path) -> None:
    """Remove a report of an earlier run, so that a run that dies leaves no old verdict behind.

    Raises `ReportError` if it is there and cannot be removed, or is no file but a device or a pipe.
    """
    _refuse_special(path)
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise ReportError(
            f"cannot remove the old {path}: {os.strerror(error.errno or 0)}", hint="give another folder with --output"
        ) from error


def place_written(path: Path) -> Path:
    """Return where `write_atomic` puts a file: links to folders are followed, one at the path itself is not."""
    return Path(os.path.realpath(path.parent)) / path.name


def same_file(one: Path, other: Path) -> bool:
    """Whether two paths lead to one file, also one that does not exist yet; links are followed."""
    if os.path.realpath(one) == os.path.realpath(other):
        return True
    try:
        return one.samefile(other)
    except OSError:
        return False


def _refuse_special(path: Path) -> None:
    """Raise `ReportError` for a device, a pipe or a socket, also behind a link, and for everything in /dev."""
    try:
        mode = path.stat().st_mode
    except OSError:  # Nothing is there, or writing says what is wrong.
        mode = stat.S_IFREG
    # /dev/stdout is a link, often to an ordinary file: root would replace the link.
    if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)) or os.path.realpath(path.parent) == "/dev":
        raise ReportError(
            f"{path} is a device, a pipe or a socket, which would be replaced by a file",
            hint="give the name of an ordinary file",
        )


def _umask() -> int:
    """The process's umask. It can only be read by setting it, so it is set to something stricter for that moment."""
    old = os.umask(0o077)
    os.umask(old)
    return old
