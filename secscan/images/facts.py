"""Which owners, modes and names of files matter."""

from __future__ import annotations

from collections.abc import Iterator

from secscan.images.tar import Entry, Sort
from secscan.images.wanted import BUILDERS, PACKAGE_MANAGERS, SHELLS, program_of

_SENSITIVE = frozenset(
    [
        "etc/passwd",
        "etc/shadow",
        "etc/group",
        "etc/gshadow",
        "etc/sudoers",
        "etc/ld.so.preload",
        "etc/crontab",
        "etc/profile",
    ]
)
_USUAL_DEVICES = frozenset(
    f"dev/{name}" for name in ("null", "zero", "full", "random", "urandom", "tty", "console", "ptmx")
)
"""They lead to nothing of the host, and every file system that was not made by an engine has them."""


def may_matter(entry: Entry, path: str) -> bool:
    """Whether `facts_of` can yield anything; almost no entry gets past this."""
    return bool(entry.mode & 0o6002 or entry.sort is Sort.DEVICE or "bin/" in path) or path in _SENSITIVE


def facts_of(entry: Entry, path: str) -> Iterator[str]:
    """Yield what matters of an entry, see `reading.FileFact`."""
    if entry.sort is Sort.FILE or entry.sort is Sort.HARD_LINK:
        if entry.mode & 0o111 and entry.mode & 0o4000:
            yield "setuid"
        if entry.mode & 0o111 and entry.mode & 0o2000:
            yield "setgid"
        if path in _SENSITIVE and (entry.mode & 0o022 or entry.user):
            yield "writable-sensitive"
        elif entry.mode & 0o002:
            yield "world-writable"
    elif entry.sort is Sort.FOLDER:
        if entry.mode & 0o002 and not entry.mode & 0o1000:
            yield "world-writable"
    elif entry.sort is Sort.DEVICE and path not in _USUAL_DEVICES:
        yield "device"
    if entry.sort in (Sort.FILE, Sort.LINK, Sort.HARD_LINK) and (name := program_of(path)):
        for fact, names in (("package-manager", PACKAGE_MANAGERS), ("shell", SHELLS), ("builder", BUILDERS)):
            if name in names:
                yield fact
