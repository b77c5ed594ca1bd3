"""Lines of a notebook's cell that IPython understands and Python does not, replaced by as many characters of Python.

https://ipython.readthedocs.io/en/stable/interactive/reference.html. What runs as Python stays: the rest of `%time f()`,
the body of `%%capture`. What a shell or another language runs goes, since nobody here reads it as code.
Positions do not move.
"""

from __future__ import annotations

import ast
import re
import warnings

from secscan.targets.source_lexer import Piece, lex

_CELL = re.compile(r"\s*%%(\w+)")
_LINE = re.compile(r"[ \t]*(?:[%!?,;/]|%{0,2}[\w*]+(?:\.\w+|\[\d+\])*\?\??[ \t;]*$)")
_ASSIGNED = re.compile(r"[ \t]*[\w.,*()\[\] \t]+?=[ \t]*(?=[!%])")
_TIMED = re.compile(r"([ \t]*)(%%?(?:time|timeit|prun|memit)\b(?:[ \t]+-\w+(?:[ \t]*\d+)?)*[ \t]+)(?=\S)")
_PYTHON_BODY = frozenset({"capture", "debug", "memit", "prun", "pypy", "python", "python3", "time", "timeit"})
_NOTHING = "0"


class NotPythonError(Exception):
    """A cell is not valid Python although Python is to run it."""

    def __init__(self, made: str) -> None:
        super().__init__(made)
        self.made = made
        """What should have been Python."""


def as_python(text: str) -> str:
    """Return the text of a cell as Python: as long, and with its lines in their places.

    Raises `NotPythonError` where what should be Python is none.
    """
    magic = _CELL.match(text)
    if magic is None:
        made = _neutral(text, 0)
        if not _parses(made):
            raise NotPythonError(made)
        return made
    end = _end_of_line(text, magic.start(1))
    first = _timed(text[:end]) or blank(text[:end])
    body = _neutral(text[end:], 0)
    if _parses(body):
        return first + body
    if magic[1] in _PYTHON_BODY:
        raise NotPythonError(first + body)
    return first + blank(text[end:])


def _neutral(text: str, position: int) -> str:
    """The text with a number in place of each line that is not Python's."""
    parts = []
    while position < len(text):
        end = _end_of_line(text, position)
        line = text[position:end]
        assigned = _ASSIGNED.match(line)
        if assigned or _LINE.match(line):
            while text[position:end].endswith("\\") and end < len(text):
                end = _end_of_line(text, end + 1)
            line = text[position:end]
            kept = assigned.end() if assigned else len(line) - len(line.lstrip(" \t"))
            parts.append((not assigned and _timed(line)) or line[:kept] + _NOTHING + blank(line[kept + 1 :]))
        else:
            end = next((start for kind, start, _ in lex(text, position) if kind == Piece.NEWLINE), len(text))
            parts.append(text[position:end])
        parts.append(text[end : end + 1])
        position = end + 1
    return "".join(parts)


def _timed(line: str) -> str:
    """A line that measures a statement, with only the statement; empty for another one."""
    found = _TIMED.match(line)
    if found is None or not _parses(line[found.end() :]):
        return ""
    return f"{found[1]}{_NOTHING};".ljust(found.end()) + line[found.end() :]


def blank(text: str) -> str:
    """Return as many lines, of as many blanks."""
    return "".join("\n" if char == "\n" else " " for char in text)


def _end_of_line(text: str, position: int) -> int:
    found = text.find("\n", position)
    return len(text) if found < 0 else found


def _parses(text: str) -> bool:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True
