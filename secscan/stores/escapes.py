"""Texts without what their syntax added: escapes, line ends, bytes of UTF-8 that were read one by one."""

from __future__ import annotations

import re
from bisect import bisect_right

_ESCAPED = re.compile(
    r"\\(?:u(?P<u>[0-9a-fA-F]{4})|U(?P<U>[0-9a-fA-F]{8})|[ux]\{(?P<b>[0-9a-fA-F]{1,6})\}|x(?P<x>[0-9a-fA-F]{2})"
    r"|(?P<o>[0-3]?[0-7]{1,2})|(?P<n>\r?\n)|(?P<c>.))",
    re.DOTALL,
)
_LETTERS = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f", "v": "\v", "a": "\a"}
_CONTINUED = re.compile(r"\\\r?\n[ \t]*+")
_READ_AS_LATIN = re.compile(r"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")


def unescaped(text: str) -> str:
    """Return a text without the escapes that JSON, Python, JavaScript, C, shells and `.properties` share."""
    if "\\" not in text:
        return text
    return _ESCAPED.sub(_plain, text).encode("utf-16", errors="surrogatepass").decode("utf-16", errors="replace")


def one_line(text: str) -> str:
    """Return a text whose lines go on behind a backslash as one line, without the blanks that begin the others."""
    return _CONTINUED.sub("", text)


class Repaired:
    """A text that was read as Latin-1 though (but for a stray byte) it is UTF-8, as it was meant."""

    def __init__(self, text: str) -> None:
        self._ends: list[int] = []  # in the repaired text, of what was put together
        self._shifts = [0]
        pieces, at, length = [], 0, 0
        for found in _READ_AS_LATIN.finditer(text):
            try:
                char = found.group().encode("latin-1").decode("utf-8")
            except UnicodeDecodeError:
                continue
            pieces += [text[at : found.start()], char]
            length += found.start() - at + 1
            at = found.end()
            self._ends.append(length)
            self._shifts.append(at - length)
        self.text = "".join([*pieces, text[at:]])

    @property
    def changed(self) -> bool:
        """Whether there was anything to repair."""
        return bool(self._ends)

    def place(self, at: int) -> int:
        """Where in the text as it was read a place of the repaired one is."""
        return at + self._shifts[bisect_right(self._ends, at)]


def _plain(one: re.Match[str]) -> str:
    digits = one["u"] or one["U"] or one["b"] or one["x"]
    if digits or one["o"]:
        code = int(digits, 16) if digits else int(one["o"], 8)
        return chr(code) if code <= 0x10FFFF else one[0]
    return "" if one["n"] else _LETTERS.get(one["c"], one["c"])
