"""Everything in a text that could be somebody's secret, in every syntax: wide on purpose, since only what a store holds
counts.

Each word, and each part of it between the signs that separate user, password and host; each quoted text, as written and
without its escapes; the rest of each line behind `=` or `:`; lines, cells of tables and elements of XML (`unquoted`);
keys in PEM; several literals that are put together; and the same again in what base64, percent-encoding, hexadecimal
digits or quotes within quotes stand for.

What is not found: a value of several words in the middle of a sentence; one without quotes that holds quotes, blanks or
angle brackets and shares its line with other text; one that a program computes, or that is put together from variables
or from more than a hundred literals.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import unquote_plus

from secscan.secrets.detect.encodings import encoded
from secscan.stores.escapes import Repaired, unescaped
from secscan.stores.leaves import decoded_text, dedented, hex_text, pem_bodies
from secscan.stores.unquoted import unquoted

SHORTEST = 8
_WORD = re.compile(r"[^\s\"'`<>()\[\]{},;]{8,}")
_PHRASE = re.compile(r"[^\n\"'`<>()\[\]{},;=:&?@/|]{8,}")
"""Words between signs: a password may hold blanks."""
_SHORT_BASE64 = re.compile(r"(?<![A-Za-z0-9+/_=-])(?P<v>[A-Za-z0-9+/_-]{11,23}={0,2})(?![A-Za-z0-9+/_=-])")
_OPTION = re.compile(r"-[A-Za-z](?=[^-])")
_SIGNS = re.compile(r"[=:@/&?#|\\]")
_FEW = 14
"""Parts of a word of which every row of neighbours is tried; of more parts only rows of at most three."""
_TRAILING = ".,;:!?)]}"
_LITERAL = re.compile(
    r"(?<!\\)(?:\"(?P<d>(?:[^\"\\\n]|\\(?:\r?\n|.)){0,20000}+)\"|'(?P<s>(?:[^'\\\n]|\\(?:\r?\n|.)){0,20000}+)'"
    r"|`(?P<b>[^`\n]{8,20000}+)`)"
)
"""None begins at an escaped quote: a text of nothing else would be read anew from each of them."""
_REMARK = r"(?:#|//|--)[^\n]*+\n|/\*(?:[^*]|\*(?!/))*+\*/"
_BETWEEN = re.compile(rf"(?:[\s+.&|\\]|{_REMARK}){{0,200}}+")
"""What may stand between two literals that are put together."""
_LISTED = re.compile(rf"(?:[\s,]|{_REMARK}){{0,200}}+")
"""The same in a list that a program joins."""
_QUOTES = re.compile(r"(?:\\')*+")
"""What stands between two literals that are one text with quotes in it: `'\''` in a shell; `''` in SQL: nothing."""
_LONG = re.compile(r"\"\"\"(?P<d>(?:[^\"]++|\"(?!\"\"))*+)\"\"\"|'''(?P<s>(?:[^']++|'(?!''))*+)'''")
_REST = re.compile(r"(?m)^[^\n=:]{1,200}+[=:]{1,2}+>?[ \t]*+(?P<v>[^\n]{8,20000}+)$")
_BLOCK = re.compile(
    r"(?m)^(?P<i>[ \t]*+)[^\n:]{1,200}+:[ \t]*+[|>][+-]?[ \t]*+\n(?P<v>(?:(?P=i)[ \t]+[^\n]*\n?|[ \t]*\n)+)"
)
_ENTITY = re.compile(r"&(?:amp|lt|gt|quot|apos|#\d{1,7}|#[xX][0-9a-fA-F]{1,6});")
_MARKUP = re.compile(r"(?P<v>[^<>\"'\n]{8,20000}+)")
_HEX = re.compile(r"(?<![0-9A-Za-z])(?:0x)?(?P<v>(?:[0-9a-fA-F]{2}){8,4000}+)(?![0-9A-Za-z])")
_DEEPEST = 2
"""Texts within texts that are opened."""


class Token(NamedTuple):
    """A text that could be a secret, and where it stands."""

    value: str
    start: int
    end: int
    form: str
    """How it is written, if not as it is."""

    def __repr__(self) -> str:
        return f"<token {self.start} to {self.end}>"  # it may be a secret


def tokens(text: str) -> Iterator[Token]:
    """Yield what could be a secret, some of it more than once. Takes time in proportion to the length of the text."""
    yield from _tokens(text, 0)
    meant = Repaired(text)
    if meant.changed:
        for one in _tokens(meant.text, 0):
            yield one._replace(start=meant.place(one.start), end=meant.place(one.end))


def literals(text: str) -> Iterator[Token]:
    """Yield what stands in quotes, or behind `=` or `:` up to the end of a line: where code holds its values."""
    for value, start, end in _quoted(text):
        yield Token(value, start, end, "")
    for found in _REST.finditer(text):
        value, start = found["v"].rstrip(" \t\r;,"), found.start("v")
        quoted = len(value) > 1 and value[0] == value[-1] and value[0] in "\"'`"
        yield Token(value[1:-1] if quoted else value, start + quoted, start + len(value) - quoted, "")


def _tokens(text: str, depth: int) -> Iterator[Token]:
    yield from _words(text)
    yield from literals(text)
    yield from (Token(value, start, end, "") for value, start, end in unquoted(text))
    yield from _put_together(text)
    for body, start, end in pem_bodies(text):
        yield Token(body, start, end, "")
    for found in (*_LONG.finditer(text), *_BLOCK.finditer(text)):
        group = found.lastgroup if found.lastgroup in ("d", "s") else "v"
        yield Token(dedented(found[group]), found.start(group), found.end(group), "")
    if depth == _DEEPEST:
        return
    for inner, start, end, form in _inner(text):
        whole = inner.strip()
        yield Token(whole, start, end, form)
        if ":" in whole:  # user and password, whatever signs that has
            yield Token(whole.partition(":")[2], start, end, form)
        yield from (Token(one.value, start, end, form) for one in _tokens(inner, depth + 1))


def _words(text: str) -> Iterator[Token]:
    for found in _WORD.finditer(text):
        word, at = found.group(), found.start()
        yield Token(word, at, found.end(), "")
        if word[-1] in _TRAILING:
            bare = word.rstrip(_TRAILING)
            yield Token(bare, at, at + len(bare), "")
        if _OPTION.match(word):
            yield Token(word[2:], at + 2, found.end(), "")
        cuts = [sign.start() for sign in _SIGNS.finditer(word)]
        if not cuts:
            continue
        if "%" not in word:
            yield from _parts(word, at, cuts)
            continue
        for part in _parts(word, at, cuts):
            yield part
            if "%" in part.value:  # decoded after it is cut: `%40` is no sign
                yield part._replace(value=unquote_plus(part.value), form="url-encoded")
    for found in _PHRASE.finditer(text):
        phrase = found.group().strip()
        if " " in phrase:
            at = found.start() + found.group().index(phrase)
            yield Token(phrase, at, at + len(phrase), "")


def _parts(word: str, at: int, cuts: list[int]) -> Iterator[Token]:
    """The parts of a word between signs, and rows of neighbours: a password may hold signs itself."""
    starts = [0, *(cut + 1 for cut in cuts)]
    ends = [*cuts, len(word)]
    most = len(ends) if len(ends) <= _FEW else 3
    for first, start in enumerate(starts):
        for end in ends[first : first + most]:
            if end - start >= SHORTEST:
                yield Token(word[start:end], at + start, at + end, "")


def _quoted(text: str) -> Iterator[tuple[str, int, int]]:
    for found in _LITERAL.finditer(text):
        name = found.lastgroup or "d"
        value, (start, end) = found[name], found.span(name)
        if len(value) >= SHORTEST:
            yield value, start, end
            if "\\" in value and name != "b":
                yield unescaped(value), start, end
            if value != (bare := value.strip()):
                yield bare, start, end


def _put_together(text: str) -> Iterator[Token]:
    """Literals with nothing between them but blanks, a sign and comments: one text."""
    yield from _rows(text, _BETWEEN)
    if "join" in text:
        yield from _rows(text, _LISTED)
    for row in _split(text, _QUOTES):
        yield from _with_quotes(row)


def _rows(text: str, between: re.Pattern[str]) -> Iterator[Token]:
    for row in _split(text, between):
        if 1 < len(row) <= 100:
            value = "".join(unescaped(one[one.lastgroup or "d"]) for one in row)
            yield Token(value.strip(), row[0].start() + 1, row[-1].end() - 1, "parts")


def _split(text: str, between: re.Pattern[str]) -> Iterator[list[re.Match[str]]]:
    """The literals of a text in rows, of which nothing else stands between two."""
    row: list[re.Match[str]] = []
    for found in _LITERAL.finditer(text):
        if row and not between.fullmatch(text, row[-1].end(), found.start()):
            yield row
            row = []
        row.append(found)
    if row:
        yield row


def _with_quotes(row: list[re.Match[str]]) -> Iterator[Token]:
    """One text whose own quotes are written as `''` or `'\\''`, so that it looks like several."""
    if not 1 < len(row) <= 100:
        return
    pieces, last = [], -1
    for one in row:
        if last >= 0:  # each `\\'` is a quote, and so are two literals with nothing between them
            pieces.append(one.group()[0] * max(1, (one.start() - last) // 2))
        pieces.append(one[one.lastgroup or "d"])
        last = one.end()
    yield Token("".join(pieces), row[0].start() + 1, row[-1].end() - 1, "escaped")


def _inner(text: str) -> Iterator[tuple[str, int, int, str]]:
    """The texts that a text holds in another form."""
    yield from encoded(text)
    for found in _SHORT_BASE64.finditer(text):
        if plain := decoded_text(found["v"]):
            yield plain, found.start("v"), found.end("v"), "base64"
    for found in _HEX.finditer(text):
        if plain := hex_text(found["v"]):
            yield plain, found.start("v"), found.end("v"), "hexadecimal"
    if "\\" in text:
        for found in _LITERAL.finditer(text):
            name = found.lastgroup or "d"
            if "\\" in found[name] and name != "b":
                yield unescaped(found[name]), found.start(name), found.end(name), "escaped"
    if _ENTITY.search(text):
        for found in _MARKUP.finditer(text):
            if _ENTITY.search(found["v"]):
                yield html.unescape(found["v"]), found.start("v"), found.end("v"), "HTML-escaped"
