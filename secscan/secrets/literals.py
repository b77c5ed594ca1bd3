"""String literals of a stretch of source, in whatever language it is: a reader that cannot fail.

It is given the lines of one statement, possibly cut out of the middle of something, so it must not depend on a
parser. Escapes and joined pieces are understood the way Python does, because bandit quotes evaluated values.
"""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterator
from itertools import zip_longest
from typing import NamedTuple

_LITERAL = re.compile(
    r"(?P<prefix>\b[bBfFrRuU]{1,2})?"
    r"(?:(?P<long>\"\"\"|''')(?P<body>(?:(?!(?P=long))(?:\\[\s\S]|[^\\]))*+)(?:(?P=long)|\\?\Z)"
    r"|(?P<quote>[\"'`])(?P<line>(?:(?!(?P=quote))(?:\\[\s\S]|[^\\\n]))*+)(?:(?P=quote)|\\?(?=\n|\Z)))"
)
_JOINT = re.compile(r"[\s\\+()]*")
_ASKS_BY_NAME = re.compile(r"(?:getenv|[gG]et|pop|setdefault|getattr|env|\[)\(?\s*$")
_HOLE = re.compile(r"\{[^{}]*\}")
_LONGEST = 100_000


class Literal(NamedTuple):
    """One string literal."""

    start: int
    end: int
    """Where it stands in the text, with its quotes."""
    values: frozenset[str]
    """What stands between its quotes: as written, as evaluated, joined with its neighbours, and line by line."""
    is_name: bool
    """Whether it names something (a dictionary key, a variable of the environment) rather than being its value."""


def string_literals(text: str) -> Iterator[Literal]:
    """Yield the string literals of a stretch of source."""
    found = list(_LITERAL.finditer(text[:_LONGEST]))
    run: list[re.Match[str]] = []
    for here, following in zip_longest(found, found[1:]):
        run.append(here)
        if following is not None and _JOINT.fullmatch(text, here.end(), following.start()):
            continue
        pieces = [_evaluated(match) for match in run]
        joined = "".join(pieces)
        name = _names(text, run[0].start(), here.end())
        for match, piece in zip(run, pieces, strict=True):
            values = {joined, piece, _body(match), *_HOLE.split(_body(match))}
            lines = {part.strip() for value in values for part in re.split(r"\n|\\n|\\r", value)}
            yield Literal(match.start(), match.end(), frozenset((values | lines) - {""}), name)
        run = []


def _body(match: re.Match[str]) -> str:
    return str(match["body"] if match["long"] else match["line"])


def _evaluated(match: re.Match[str]) -> str:
    body = _body(match)
    prefix = (match["prefix"] or "").lower().replace("f", "").replace("u", "")
    quote = match["long"] or match["quote"]
    if quote == "`" or "\\" not in body or "\0" in body:
        return body
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            value = ast.literal_eval(f"{prefix}{quote}{body}{quote}")
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return body
    return value.decode("utf-8", errors="replace") if isinstance(value, bytes) else str(value)


def _names(text: str, start: int, end: int) -> bool:
    after = text[end : end + 20].lstrip()
    if after.startswith(":") and not after.startswith(":="):
        return True
    before = text[max(0, start - 40) : start]
    if before.endswith("["):
        return after.startswith("]")
    return _ASKS_BY_NAME.search(before) is not None
