"""Values without quotes that hold the very signs that end a word elsewhere: whole runs, lines, cells, elements.

What `tokens` cuts out as a word anyway is left to it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from secscan.stores.escapes import one_line, unescaped

_SHORTEST = 8
_RUN = re.compile(r"[^\s\"'<>]{8,}+")
_SPLITS = re.compile(r"[`()\[\]{},;]")
"""Signs that end a word, and that a password may hold."""
_SPLITS_OR_QUOTE = re.compile(r"[`()\[\]{},;\"'<>]")
_TRAILING = ".,;:!?)]}`"
_LEADING = "([{`,;"
_LINE = re.compile(r"(?m)^[ \t]*+(?:[-*+][ \t]++)?(?P<v>[^\n]{8,20000}+)$")
_REST = re.compile(r"(?m)^[^\n=:]{1,200}+[=:]{1,2}+>?[ \t]*+(?P<v>(?:[^\n\\]|\\\r?\n|\\.){8,20000}+)")
"""Without `$`: of lines that all go on in the next one, each would be read to the end again."""
_REMARK = re.compile(r"[ \t](?:#|//|;|--|/\*|<!--)")
_CELLS = tuple((sign, re.compile(rf"[^\n{re.escape(sign)}]{{8,2000}}+")) for sign in "|,;\t")
_ELEMENT = re.compile(r">(?P<v>[^<>]{8,20000}+)(?=<)")
_CDATA = re.compile(r"<!\[CDATA\[(?P<v>(?:[^<\]]|<(?!!)|\](?!\]>)){8,2000}+)\]\]>")


def unquoted(text: str) -> Iterator[tuple[str, int, int]]:
    """Yield such values, and where they stand."""
    yield from _runs(text)
    yield from _lines(text)
    yield from _cells(text)
    for found in (*_ELEMENT.finditer(text), *_CDATA.finditer(text)):
        if _SPLITS_OR_QUOTE.search(found["v"]):
            yield from _bare(found["v"], found.start("v"))


def _runs(text: str) -> Iterator[tuple[str, int, int]]:
    for found in _RUN.finditer(text):
        run, at = found.group(), found.start()
        if not _SPLITS.search(run):
            continue
        yield run, at, found.end()
        trimmed = run.rstrip(_TRAILING)
        if trimmed != run and len(trimmed) >= _SHORTEST:
            yield trimmed, at, at + len(trimmed)
        behind = run.lstrip(_LEADING)
        if behind != run and len(behind) >= _SHORTEST:
            yield behind, found.end() - len(behind), found.end()


def _lines(text: str) -> Iterator[tuple[str, int, int]]:
    for found in _LINE.finditer(text):
        if _SPLITS_OR_QUOTE.search(found["v"]):
            yield from _bare(found["v"], found.start("v"))
    for found in _REST.finditer(text):
        value, start = found["v"], found.start("v")
        if "\\" in value:
            plain = unescaped(one_line(value)).strip()
            yield plain, start, found.end("v")
        remark = _REMARK.search(value)
        if remark:
            yield from _bare(value[: remark.start()], start)
            if "\\" in value[: remark.start()]:
                yield unescaped(value[: remark.start()]).strip(), start, start + remark.start()


def _cells(text: str) -> Iterator[tuple[str, int, int]]:
    """Cells of a row, whichever sign separates them: the other signs belong to the value."""
    for sign, cell in _CELLS:
        if sign not in text:
            continue
        for found in cell.finditer(text):
            value = found.group().strip()
            if " " not in value and _SPLITS_OR_QUOTE.search(value) and _is_cell(text, found, sign):
                yield from _bare(found.group(), found.start())


def _is_cell(text: str, found: re.Match[str], sign: str) -> bool:
    """Whether the sign stands before or behind: a line without it is no row."""
    return text[found.start() - 1 : found.start()] == sign or text[found.end() : found.end() + 1] == sign


def _bare(text: str, at: int) -> Iterator[tuple[str, int, int]]:
    value = text.strip()
    if len(value) >= _SHORTEST:
        start = at + text.index(value)
        yield value, start, start + len(value)
