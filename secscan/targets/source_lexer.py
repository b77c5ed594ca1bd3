"""The pieces of Python source that tell where statements begin and end; strings, comments and brackets.

Our own lexer, because Python's refuses what we must still judge: broken files, files for a newer or
older Python, lines of megabytes. It takes any text, reads it once, and keeps its own stack: no recursion.

Formatted strings follow PEP 701 (quotes may be used again inside a field); every formatted
string of an older Python reads the same that way. A string or bracket that is never closed ends where the line
ends, or where a line begins with a word that cannot stand inside brackets.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum
from typing import Final


class Piece:
    """What a stretch of source is. Plain numbers: enumerations cost half the time of the whole lexer. From
    `INNER` on, a piece is a part of a statement and nothing more."""

    TOP: Final = 1
    """Names, numbers, operators and blanks, outside of brackets and formatted strings."""
    NEWLINE: Final = 2
    """The end of a logical line."""
    COMMENT: Final = 3
    COLON: Final = 4
    """A colon or `:=` outside of brackets."""
    SEMICOLON: Final = 5
    """A semicolon outside of brackets."""
    INNER: Final = 6
    """As `TOP`, inside of brackets or of a field of a formatted string."""
    PUNCTUATION: Final = 7
    """A bracket; a colon or semicolon inside of brackets."""
    STRING: Final = 8
    """A whole string or bytes literal, with its prefix."""
    FORMATTED: Final = 9
    """The beginning of a formatted (or template) string. Its literal text makes no piece."""
    FIELD: Final = 10
    """The brace that opens a field of a formatted string."""
    FIELD_END: Final = 11
    FORMATTED_END: Final = 12


Found = tuple[int, int, int]
"""A piece: what it is, start, end."""

_WORDS = re.compile(r"""[^"'#\\\r\n()\[\]{};:]++""")
_COMMENT = re.compile(r"#[^\r\n]*+")
_NEWLINE = re.compile(r"(?:\r\n|\r|\n)(?:[ \t\f]*+(?:\r\n|\r|\n))*+")  # with the blank lines that follow
_CONTINUATION = re.compile(r"\\(?:\r\n|\r|\n)?")

_PLAIN = {
    '"""': re.compile(r'"""(?:[^"\\]++|\\(?s:.)|"(?!""))*+(?:""")?'),
    "'''": re.compile(r"'''(?:[^'\\]++|\\(?s:.)|'(?!''))*+(?:''')?"),
    '"': re.compile(r'"(?:[^"\\\r\n]++|\\(?:\r\n|(?s:.)))*+"?'),
    "'": re.compile(r"'(?:[^'\\\r\n]++|\\(?:\r\n|(?s:.)))*+'?"),
}

_PREFIXES = frozenset(["r", "b", "u", "f", "t", "br", "rb", "fr", "rf", "tr", "rt", "ur"])
_PREFIX_LETTERS = frozenset("rRbBuUfFtT")
_OPENERS = frozenset("([{")
_CLOSERS = frozenset(")]}")
_QUOTES = frozenset("\"'")

_CANNOT_BE_INSIDE = re.compile(
    r"[ \t\f]*+(?:async[ \t]+(?:def|with)|def|class|import|return|raise|while|try|except|finally|with|elif|del|assert"
    r"|pass|break|continue|global|nonlocal)(?![\w=])"
)
"""Words that only begin a statement: met at the beginning of a line, the brackets around it were never closed."""


def _literal(quote: str, *, raw: bool, spec: bool) -> re.Pattern[str]:
    """Pattern of the literal text of a formatted string up to a field, its end, or (`spec`) the field's end."""
    mark, triple = quote[0], len(quote) == 3
    stop = mark + r"\\{" + ("}" if spec else "") + ("" if triple else r"\r\n")
    parts = [f"[^{stop}]++"]
    if triple:
        parts.append(f"{mark}(?!{mark}{mark})")
    if not spec:
        parts.append(r"\{\{")
    if not raw:
        parts.append(r"\\N\{[^{}\r\n'\"]*+\}")
    parts.append(r"\\(?![{}])(?:\r\n|(?s:.))|\\(?=[{}]|\Z)")
    return re.compile("(?:" + "|".join(parts) + ")*+")


_LITERAL = {
    (quote, raw, spec): _literal(quote, raw=raw, spec=spec)
    for quote in _PLAIN
    for raw in (False, True)
    for spec in (False, True)
}


class _Mode(Enum):
    """Which literal text of a formatted string is being read."""

    TEXT = 1
    SPECIFICATION = 2


@dataclass(slots=True)
class _Formatted:
    """A formatted string that is open."""

    quote: str
    raw: bool
    depth: int
    """Depth of brackets in the code around it."""
    mode: _Mode | None = _Mode.TEXT
    """None while the code of a field is read."""
    fields: list[_Mode] = field(default_factory=list)
    """For each open field, what goes on when it ends."""


def lex(text: str, start: int = 0, end: int | None = None) -> Iterator[Found]:
    """Yield the pieces of `text[start:end]` in order. `start` must be where a statement may begin. Never raises;
    takes time linear in the length."""
    end = len(text) if end is None else end
    position, depth = start, 0
    stack: list[_Formatted] = []
    while position < end:
        if stack and stack[-1].mode is not None:
            piece, position, depth = _literal_text(text, position, end, stack)
            if piece is not None:
                yield piece
            continue
        char = text[position]
        begin = position
        inside = depth > 0 or bool(stack)
        if char in _OPENERS:
            depth += 1
            position += 1
            yield Piece.PUNCTUATION, begin, position
        elif char in _CLOSERS:
            position += 1
            if depth == 0 and stack and char == "}":
                stack[-1].mode = stack[-1].fields.pop()
                yield Piece.FIELD_END, begin, position
            else:
                depth = max(0, depth - 1)
                yield Piece.PUNCTUATION, begin, position
        elif char in _QUOTES:
            piece, position = _string(text, begin, begin, end, depth, stack)
            yield piece
        elif char == ":":
            position += 1
            if not inside:
                position += text.startswith("=", position, end)
                yield Piece.COLON, begin, position
            elif depth == 0:
                stack[-1].mode = _Mode.SPECIFICATION
            else:
                yield Piece.PUNCTUATION, begin, position
        elif char in "\r\n":
            position = _end(_NEWLINE, text, position, end)
            if inside and _CANNOT_BE_INSIDE.match(text, position, end):
                depth, inside = 0, False
                stack.clear()
            if not inside:
                yield Piece.NEWLINE, begin, position
        elif char == "#":
            position = _end(_COMMENT, text, position, end)
            yield Piece.COMMENT, begin, position
        elif char == "\\":
            position = _end(_CONTINUATION, text, position, end)
        elif char == ";":
            position += 1
            yield (Piece.PUNCTUATION if inside else Piece.SEMICOLON), begin, position
        else:
            position = _end(_WORDS, text, position, end)
            quoted = position < end and text[position] in _QUOTES and text[position - 1] in _PREFIX_LETTERS
            prefix = _prefix(text, begin, position) if quoted else position
            if prefix > begin:
                yield (Piece.INNER if inside else Piece.TOP), begin, prefix
            if prefix < position:
                piece, position = _string(text, prefix, position, end, depth, stack)
                yield piece


def _end(pattern: re.Pattern[str], text: str, position: int, end: int) -> int:
    found = pattern.match(text, position, end)
    return found.end() if found else position + 1


def _string(
    text: str, prefix_at: int, quote_at: int, end: int, depth: int, stack: list[_Formatted]
) -> tuple[Found, int]:
    """Read a whole string, or open a formatted one; return the piece and the position after it."""
    quote = text[quote_at]
    if text.startswith(quote * 3, quote_at, end):
        quote *= 3
    prefix = text[prefix_at:quote_at].lower()
    if "f" in prefix or "t" in prefix:
        stack.append(_Formatted(quote, "r" in prefix, depth))
        after = quote_at + len(quote)
        return (Piece.FORMATTED, prefix_at, after), after
    after = _end(_PLAIN[quote], text, quote_at, end)
    return (Piece.STRING, prefix_at, after), after


def _literal_text(text: str, position: int, end: int, stack: list[_Formatted]) -> tuple[Found | None, int, int]:
    """Read literal text of the innermost formatted string and what ends it: a field that opens, the end of a
    field's specification, or the end of the string. Return the piece, the position after it, and the depth."""
    inner = stack[-1]
    specification = inner.mode is _Mode.SPECIFICATION
    found = _LITERAL[inner.quote, inner.raw, specification].match(text, position, end)
    position = found.end() if found else position
    if position >= end:
        return None, end, 0
    after = position + 1
    if text[position] == "{":
        inner.fields.append(_Mode.SPECIFICATION if specification else _Mode.TEXT)
        inner.mode = None
        return (Piece.FIELD, position, after), after, 0
    if text[position] == "}":
        inner.mode = inner.fields.pop()
        return (Piece.FIELD_END, position, after), after, 0
    stack.pop()
    after = position + len(inner.quote) if text.startswith(inner.quote, position) else position
    return (Piece.FORMATTED_END, position, after), after, inner.depth


def _prefix(text: str, begin: int, quote_at: int) -> int:
    """Return where the prefix of the string that opens at `quote_at` begins; `quote_at` where it has none."""
    at = quote_at
    while at > begin and quote_at - at < 3 and text[at - 1] in _PREFIX_LETTERS:
        at -= 1
    whole_word = at == begin or not (text[at - 1].isalnum() or text[at - 1] == "_")
    return at if whole_word and text[at:quote_at].lower() in _PREFIXES else quote_at
