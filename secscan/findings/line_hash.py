"""The hash by which code scanning of GitHub recognises a line: `primaryLocationLineHash`.

The algorithm is that of github/codeql-action, src/fingerprints.ts: of each line, a polynomial over the 100 UTF-16 units
that begin with it, without spaces and tabs, line ends as `\\n`; then how many equal ones the file has so far. It is
written here for the lines that are asked for; the others are only compared.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

_WINDOW = 100
_BASE = 37
_BITS = (1 << 64) - 1
_WEIGHTS = tuple(pow(_BASE, _WINDOW - 1 - at, _BITS + 1) for at in range(_WINDOW))
_END = "\uffff" + "\0" * _WINDOW
"""What stands behind the last character: an end of file, then nothing."""

_LINE_END = re.compile(r"\r\n?")
_BLANKS = str.maketrans("", "", " \t")
_ASTRAL = re.compile("[\U00010000-\U0010ffff]")


def line_hashes(text: str, lines: Iterable[int], *, whole: bool = True) -> dict[int, str]:
    """Return the hashes of these lines of a file, as far as it has them. Lines count from 1.

    A file ends with an empty line where its last line is ended, as it does for GitHub. Where the text is not the
    `whole` file but its beginning, lines too near to its end have none.
    """
    wanted = set(lines)
    if not wanted:
        return {}
    units = _units(text) + (_END if whole else "")
    starts = _starts(units, max(wanted))
    windows = {
        number: units[starts[number - 1] : starts[number - 1] + _WINDOW]
        for number in wanted
        if 0 < number <= len(starts) and starts[number - 1] + _WINDOW <= len(units)
    }
    seen = dict.fromkeys(windows.values(), 0)
    hashes = {window: _hash(window) for window in seen}
    result = {}
    for number, start in enumerate(starts, start=1):
        window = units[start : start + _WINDOW]
        if window in seen:
            seen[window] += 1
            if number in windows:
                result[number] = f"{hashes[window]}:{seen[window]}"
    return result


def _units(text: str) -> str:
    """The text as the sequence that is hashed: one character per UTF-16 unit, no blanks."""
    bare = _LINE_END.sub("\n", text).translate(_BLANKS)
    return _ASTRAL.sub(lambda found: _surrogates(found.group()), bare)


def _surrogates(char: str) -> str:
    code = ord(char) - 0x10000
    return chr(0xD800 + (code >> 10)) + chr(0xDC00 + (code & 0x3FF))


def _starts(units: str, most: int) -> list[int]:
    """Where the first `most` lines begin."""
    starts = [0]
    while len(starts) < most:
        end = units.find("\n", starts[-1])
        if end < 0:
            break
        starts.append(end + 1)
    return starts


def _hash(window: str) -> str:
    return f"{sum(map(int.__mul__, map(ord, window), _WEIGHTS)) & _BITS:x}"
