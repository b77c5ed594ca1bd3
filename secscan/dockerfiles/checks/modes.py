"""Modes of files, as chmod takes them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from secscan.dockerfiles.found import Found
from secscan.findings.levels import Severity

_OCTAL = re.compile(r"[0-7]{3,5}")
_CLAUSE = re.compile(r"(?P<who>[ugoa]*)(?P<op>[+=])(?P<what>[rwxXst]+)")
_SETUID, _SETGID, _STICKY, _OTHERS_WRITE = 0o4000, 0o2000, 0o1000, 0o2


def bad_mode(mode: str, start: int, end: int, written: str) -> Iterator[Found]:
    """Yield what is wrong with a mode; `written` is the command that sets it."""
    open_to_all, owner, group = _read(mode)
    if open_to_all:
        yield Found(
            rule="writable-by-all",
            start=start,
            end=end,
            message=f"`{written}` lets every user of the container change the files, and with them what it runs.",
            remedy="Give the files to the user that needs them (chown, COPY --chown), and a mode such as 0755 or 0640.",
        )
    if owner or group:
        whose = "owner" if owner else "group"
        yield Found(
            rule="setuid",
            start=start,
            end=end,
            message=f"`{written}` lets whoever starts the program have the rights of its {whose}.",
            remedy="Leave the bit away; a container that runs as a user of its own does not need it.",
            severity=Severity.MEDIUM if owner else Severity.LOW,
        )


def _read(mode: str) -> tuple[bool, bool, bool]:
    """Whether a mode lets everybody write, and whether it sets the bits for owner and group."""
    if _OCTAL.fullmatch(mode):
        bits = int(mode, 8)
        return bool(bits & _OTHERS_WRITE) and not bits & _STICKY, bool(bits & _SETUID), bool(bits & _SETGID)
    open_to_all = owner = group = sticky = False
    for clause in mode.split(",")[:20]:
        found = _CLAUSE.fullmatch(clause)
        if found is None:
            continue
        who, what = found["who"], found["what"]
        open_to_all |= "w" in what and bool(set(who) & {"o", "a"})
        sticky |= "t" in what
        owner |= "s" in what and (not who or bool(set(who) & {"u", "a"}))
        group |= "s" in what and "g" in who
    return open_to_all and not sticky, owner, group
