"""Where the statements of Python source begin and end, which names enclose them, and where comments are.

Made in one pass over the lexer's pieces. What counts is the *smallest simple statement*: of a compound one the
header only, up to its colon. Decorators are statements of their own.
"""

from __future__ import annotations

import re
import sys
import zlib
from array import array
from bisect import bisect_right
from dataclasses import dataclass, field

import msgspec

from secscan.targets.source_lexer import Piece, lex

_HARD = frozenset(
    [*("if", "elif", "else", "while", "for", "with", "try", "except"), *("finally", "def", "class", "async")]
)
_SOFT = frozenset(["match", "case"])
_DEFINES = frozenset(["def", "class", "async"])

_WORD = re.compile(r"[^\W\d]\w*")
_NAME = re.compile(r"(?:async[\s\\]+)?(?:def|class)[\s\\]+(\w{1,100})")
_LAMBDA = re.compile(r"\blambda\b")
_ENDS_LINE = re.compile(r"[ \t\f]*+(?:#|\r|\n|\Z|\\\r?\n)")
_BLANK = " \t\f"

_LONGEST_SYMBOL = 300


@dataclass(slots=True)
class Statements:
    """All statements of a text, in order and disjoint. Offsets count code points from 0."""

    starts: array[int] = field(default_factory=lambda: array("q"))
    ends: array[int] = field(default_factory=lambda: array("q"))
    symbol_of: array[int] = field(default_factory=lambda: array("q"))
    comment_starts: array[int] = field(default_factory=lambda: array("q"))
    comment_ends: array[int] = field(default_factory=lambda: array("q"))
    names: array[int] = field(default_factory=lambda: array("q"))
    """Of each symbol but the first, the module: the symbol around it, and where its name begins and ends."""
    symbols: list[str] = field(default_factory=lambda: [""])

    def before(self, offset: int) -> int:
        """Return the index of the last statement that starts at or before `offset`; -1 if there is none."""
        return bisect_right(self.starts, offset) - 1

    def symbol(self, index: int) -> str:
        """Return the qualified name of what encloses the statement."""
        return self.symbols[self.symbol_of[index]]

    def named(self, text: str, outer: int, start: int, end: int) -> int:
        """Add a symbol whose name stands there, and return its number."""
        around, name = self.symbols[outer], text[start:end]
        self.names.extend((outer, start, end))
        self.symbols.append(f"{around}.{name}"[:_LONGEST_SYMBOL] if around else name)
        return len(self.symbols) - 1


_ARRAYS = ("starts", "ends", "symbol_of", "comment_starts", "comment_ends", "names")


def packed(found: Statements) -> bytes:
    """Return the statements of a text as `unpacked` reads them: offsets only, nothing that stands in the text."""
    parts = [(array("q", getattr(found, name)), name) for name in _ARRAYS]
    if sys.byteorder == "big":
        for part, _ in parts:
            part.byteswap()
    return zlib.compress(msgspec.msgpack.encode({name: part.tobytes() for part, name in parts}), 1)


def unpacked(data: bytes, text: str) -> Statements:
    """Return the statements of this very text from what `packed` made of them."""
    found = Statements()
    for name, part in msgspec.msgpack.decode(zlib.decompress(data), type=dict[str, bytes]).items():
        numbers = array("q", part)
        if sys.byteorder == "big":
            numbers.byteswap()
        setattr(found, name, numbers)
    names, found.names = found.names, array("q")
    for at in range(0, len(names), 3):
        found.named(text, *names[at : at + 3])
    return found


def split(text: str) -> Statements:
    """Find the statements and comments of `text`. Never raises; takes time linear in its length."""
    splitter = _Splitter(text)
    splitter.read()
    return splitter.found


@dataclass(slots=True)
class _Scope:
    indent: int
    symbol: int
    block: str
    """The word that opened it: `def`, `class`, `match` or `case`."""


class _Splitter:
    def __init__(self, text: str) -> None:
        self.text = text
        self.found = Statements()
        self._scopes: list[_Scope] = []
        self._line_start = 0
        self._indent: int | None = None
        """Of the logical line; None until its first statement begins."""
        self._first = -1
        self._last = 0
        self._word = ""
        """The word that may make the current statement the header of a compound one."""
        self._lambdas = 0

    def read(self) -> None:
        """Read the whole text."""
        for kind, start, end in lex(self.text):
            if kind >= Piece.INNER:
                if self._first < 0:
                    self._begin(start)
                self._last = end
            elif kind == Piece.TOP:
                self._code(start, end)
            elif kind == Piece.NEWLINE:
                self._finish()
                self._line_start, self._indent = end, None
            elif kind == Piece.SEMICOLON:
                self._finish()
            elif kind == Piece.COLON:
                self._colon(start, end)
            else:
                self.found.comment_starts.append(start)
                self.found.comment_ends.append(end)
        self._finish()

    def _code(self, start: int, end: int) -> None:
        code = self.text[start:end]
        bare = code.strip(_BLANK)
        if bare:
            start += code.index(bare)
            if self._first < 0:
                self._begin(start)
            if self._word:
                self._lambdas += len(_LAMBDA.findall(bare))
            self._last = start + len(bare)

    def _finish(self) -> None:
        """End the current statement, if there is one."""
        if self._first >= 0:
            found = self.found
            found.starts.append(self._first)
            found.ends.append(self._last)
            if self._word in _DEFINES:
                self._open(self._word, _NAME.match(self.text, self._first))
            found.symbol_of.append(self._symbol())
            self._first, self._word, self._lambdas = -1, "", 0

    def _begin(self, start: int) -> None:
        self._first = start
        word = _WORD.match(self.text, start)
        name = word.group() if word and word.end() - start <= 7 else ""
        self._word = name if name in _HARD or name in _SOFT else ""
        if self._indent is None:
            self._indent = _columns(self.text[self._line_start : start])
            while self._scopes and self._scopes[-1].indent >= self._indent:
                self._scopes.pop()

    def _colon(self, start: int, end: int) -> None:
        """Tell a header's colon from a walrus, a lambda's, and an annotation's."""
        if self._first < 0:
            self._begin(start)
        self._last = end
        if not self._word or end - start == 2:
            return
        if self._lambdas:
            self._lambdas -= 1
        elif self._word in _HARD:
            self._finish()
        elif self._is_soft_header(start, end):
            block = self._word
            self._finish()
            self._open(block, None)
        else:
            self._word = ""

    def _is_soft_header(self, start: int, end: int) -> bool:
        if self.text[self._first + len(self._word) : start].strip() == "":
            return False
        if self._word == "case" and self._scopes and self._scopes[-1].block == "match":
            return True
        return _ENDS_LINE.match(self.text, end) is not None

    def _open(self, block: str, name: re.Match[str] | None) -> None:
        """Open a scope, unless another header stands before it on the line (which no Python allows)."""
        indent = self._indent or 0
        if self._scopes and self._scopes[-1].indent >= indent:
            return
        symbol = self._symbol()
        if name:
            symbol = self.found.named(self.text, symbol, *name.span(1))
        self._scopes.append(_Scope(indent, symbol, block))

    def _symbol(self) -> int:
        return self._scopes[-1].symbol if self._scopes else 0


def _columns(blanks: str) -> int:
    """Width of an indentation as Python counts it: tabs to multiples of 8, a form feed starts anew."""
    column = 0
    for char in blanks[blanks.rfind("\f") + 1 :]:
        column = (column // 8 + 1) * 8 if char == "\t" else column + 1
    return column
