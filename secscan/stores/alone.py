"""Whether a value is the only one in its lines.

Scanners of code point at a whole statement or call and say that a credential is in it. A store's word on one value is a
word on all of that only where no other value stands there that they could have meant.
"""

from __future__ import annotations

import re

_LITERAL = re.compile(r"\"(?:[^\"\\\n]|\\.){0,2000}+\"|'(?:[^'\\\n]|\\.){0,2000}+'|`[^`\n]{0,2000}+`")
_KEY = re.compile(r"\s{0,9}:(?!:)")
"""Behind the name in a dictionary, or in JSON."""
_NAMED = re.compile(r"[\w.\]\)-]\s{0,9}(?:=|:|=>|:=)\s{0,9}(?P<v>[^\s\"'`(\[{,;=:>#][^\s,;)]*)")
_LONGEST = 4_000


def is_alone(text: str, start: int, end: int) -> bool:
    """Whether the value at `start` up to `end` is the only one in the lines in which it stands, as far as quotes and
    `name = value` tell. Long lines count as holding others."""
    first = text.rfind("\n", 0, start) + 1
    last = text.find("\n", end)
    last = len(text) if last < 0 else last
    if last - first > _LONGEST:
        return False
    line, at, to = text[first:last], start - first, end - first
    rest = list(line)
    rest[at:to] = " " * (to - at)
    for found in _LITERAL.finditer(line):
        if found.start() < to and at < found.end():
            rest[found.start() : found.end()] = " " * (found.end() - found.start())
        elif not _KEY.match(line, found.end()):
            return False
        else:
            rest[found.start() : found.end()] = "k" * (found.end() - found.start())
    return _NAMED.search("".join(rest)) is None
