"""Reads `os-release`, by which a Linux system says what it is.

Format: https://www.freedesktop.org/software/systemd/man/latest/os-release.html. The file looks like a shell script; it
is read as the assignments that the manual allows, and nothing in it is expanded.
"""

from __future__ import annotations

import re

MAX_BYTES = 64_000
"""More is no such file."""
_LONGEST = 300
_ASSIGNMENT = re.compile(r"\s*([A-Za-z_][A-Za-z0-9_]{0,60})=(.*)")
_VALUE = re.compile(
    r"""
    '(?P<single>[^']*)'                # everything as it stands
    |"(?P<double>(?:[^"\\]|\\.)*)"     # with escapes
    |(?P<bare>(?:[^\s'"\\#;]|\\.)*)
    """,
    re.VERBOSE,
)
_ESCAPED = re.compile(r"\\(.)")
_ESCAPED_IN_QUOTES = re.compile(r'\\([$"\\`])')


def read_os_release(data: bytes) -> dict[str, str]:
    """Return the members; of one that is assigned twice, the last. A line that is no assignment is passed over."""
    members: dict[str, str] = {}
    for line in data[:MAX_BYTES].decode("utf-8", errors="replace").splitlines():
        found = _ASSIGNMENT.fullmatch(line)
        value = _value(found[2].strip()) if found else None
        if found and value is not None:
            members[found[1]] = value
    return members


def _value(text: str) -> str | None:
    """The value as a person may see it: no control characters, and not without end. None for what is none."""
    found = _VALUE.match(text)
    if found is None or ((rest := text[found.end() :].strip()) and not rest.startswith("#")):
        return None
    if found["single"] is not None:
        value = found["single"]
    elif found["double"] is not None:
        value = _ESCAPED_IN_QUOTES.sub(r"\1", found["double"])
    else:
        value = _ESCAPED.sub(r"\1", found["bare"])
    return "".join(one for one in value if one.isprintable())[:_LONGEST]
