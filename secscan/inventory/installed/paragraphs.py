"""Fields in paragraphs, as the databases of dpkg and apk have them: a field on a line, a paragraph to an empty line.

They are bytes of up to 20 MB, of which little matters, so only that is turned into text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_LONGEST = 1000
"""Bytes of a value that is read; a name that is longer is none."""


def fields(*names: str, any_case: bool = False) -> re.Pattern[bytes]:
    """Return the pattern for `paragraphs`: the names of the fields that matter."""
    flags = re.MULTILINE | (re.IGNORECASE if any_case else 0)
    wanted = "|".join(names).encode()
    return re.compile(rb"^(?:(?P<name>%s):[ \t]*+(?P<value>[^\n]{0,%d})|(?:[ \t\r]*+\n)++)" % (wanted, _LONGEST), flags)


def paragraphs(data: bytes, pattern: re.Pattern[bytes]) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield the line on which each paragraph begins, and its values by the names of fields in lower case: none where
    it has no field that matters. Of a field that is given twice the first counts."""
    values: dict[str, str] = {}
    line, begin = 1, 0
    for found in pattern.finditer(data):
        if found["name"] is not None:
            name = found["name"].decode().lower()
            values.setdefault(name, found["value"].decode("utf-8", errors="replace").strip())
            continue
        if found.start() > begin:
            yield line, values
        line += data.count(b"\n", begin, found.end())
        values, begin = {}, found.end()
    if len(data) > begin:
        yield line, values
