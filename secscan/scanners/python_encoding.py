"""Python source in UTF-8, whatever encoding it declares (PEP 263), with the same lines and columns in characters."""

from __future__ import annotations

import codecs
import re
import warnings

from secscan.byte_order import byte_order_mark

# PEP 263: in a comment on the first line, or on the second after a line that is blank or a comment.
_COOKIE = re.compile(r"^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)", re.ASCII)
_COOKIE_WORD = re.compile(r"coding[:=]")
_LINE_END = re.compile(r"\r\n|\r|\n")
_BLANK = re.compile(r"^[ \t\f]*(?:#.*)?$")
_REFUSED_CODECS = frozenset({"idna", "punycode"})
"""Encodings whose decoders take time that grows with the square of the input."""


def python_in_utf8(data: bytes) -> bytes | None:
    """Return Python source as UTF-8 without a byte order mark, or None where it needs or allows no change.

    None too where the source cannot be decoded: the scanner's own complaint is then the gap.
    """
    mark, encoding = byte_order_mark(data)
    encoding = encoding or _declared(data)
    if not mark and encoding in ("", "utf-8"):
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # unicode_escape warns of escapes that mean nothing
            text = data[len(mark) :].decode(encoding)
        return without_cookie(text).encode("utf-8")
    except (UnicodeError, LookupError):  # LookupError: a codec that is not of text, such as rot13
        return None


def _declared(data: bytes) -> str:
    """The encoding that the source declares by PEP 263, as Python names it; empty for none or an unknown one."""
    found = next(filter(None, map(_COOKIE.match, _heading(data[:10_000].decode("latin-1")))), None)
    if found is None:
        return ""
    # Python takes `utf-8-unix` and the like, as editors write them; see `tokenize.detect_encoding`.
    short = found.group(1)[:12].lower().replace("_", "-")
    for family in ("utf-8", "latin-1", "iso-8859-1", "iso-latin-1"):
        if short == family or short.startswith(f"{family}-"):
            return codecs.lookup(family).name
    try:
        name = codecs.lookup(found.group(1)).name
    except (LookupError, ValueError):
        return ""
    return "" if name in _REFUSED_CODECS else name


def without_cookie(text: str) -> str:
    """Return source whose declaration is one that no tool takes for a declaration, without moving a character."""
    end = 0
    for line in _heading(text):
        start = text.index(line, end)
        end = start + len(line)
        if _COOKIE.match(line):
            text = text[:start] + _COOKIE_WORD.sub("coding ", line) + text[end:]
    return text


def _heading(text: str) -> list[str]:
    """The lines in which Python looks for a declaration."""
    first, *more = _LINE_END.split(text, maxsplit=2)
    return [first, *more[:1]] if _BLANK.match(first) else [first]
