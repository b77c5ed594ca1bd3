"""The structure of a statement with everything in it masked that may be a secret or a mere value.

What remains tells two statements apart and nothing else: names, operators and brackets. It does not change with white
space, line breaks, comments, the way a literal is cut into parts, a trailing comma, or any literal's value.
"""

from __future__ import annotations

import re
from itertools import islice

from secscan.targets.source_lexer import Piece, lex

STRING = '""'
NUMBER = "0"

_MOST_TOKENS = 5000
"""A statement longer than this is a table of data; its beginning tells it apart."""

_TOKEN = re.compile(
    r"""
      (?P<number> 0[xX][\da-fA-F_]+ | 0[bB][01_]+ | 0[oO][0-7_]+
               | (?:\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(?:[eE][+-]?\d[\d_]*)?[jJlL]?)
    | (?P<name> [^\W\d]\w*)
    | (?P<operator> \*\*=? | //=? | >>=? | <<=? | != | -> | <> | \.\.\. | [-+*/%&|^=<>@]=? | [^\s])
    """,
    re.VERBOSE,
)


def mask_python(text: str, start: int, end: int) -> str:
    """Return the masked tokens of the statement at `text[start:end]`, joined by single blanks."""
    tokens: list[str] = []
    after_string = False  # neighbouring literals are one literal
    for kind, begin, stop in lex(text, start, end):
        if kind == Piece.COMMENT:
            continue
        if len(tokens) >= _MOST_TOKENS:
            return " ".join(tokens[:_MOST_TOKENS])
        if kind == Piece.STRING or kind == Piece.FORMATTED:
            if not after_string:
                tokens.append(STRING)
            after_string = True
        elif kind == Piece.FORMATTED_END:
            after_string = True
        elif kind == Piece.TOP or kind == Piece.INNER:
            code = _masked_code(text[begin:stop])
            tokens.extend(code)
            after_string = after_string and not code
        elif kind != Piece.NEWLINE:
            if text[begin] in ")]}" and tokens and tokens[-1] == ",":
                tokens.pop()
            tokens.append(text[begin:stop])
            after_string = False
    return " ".join(tokens[:_MOST_TOKENS])


def _masked_code(code: str) -> list[str]:
    found = islice(_TOKEN.finditer(code), _MOST_TOKENS)
    return [NUMBER if token.lastgroup == "number" else token.group() for token in found]


_QUOTED = re.compile(r""""(?:[^"\\]++|\\.)*+(?:"|\Z)|'(?:[^'\\]++|\\.)*+(?:'|\Z)|`[^`]*+(?:`|\Z)""")
_KEY = re.compile(r"""["'`]([A-Za-z_][A-Za-z_. -]{0,40})["'`]\Z""")
_VALUE = re.compile(r"""\s*(?::=|=>|=|:)(?=\s|["'`\w/$<({\[.+-]|\Z)""")
_WORD = re.compile(r"[\w.-]+|[^\s\w]")
_LETTERS = re.compile(r"[A-Za-z][A-Za-z_.-]*")
_LONGEST_WORD = 32
LONGEST_LINE = 4000
"""Of a line; what stands behind it does not count."""


def mask_text(line: str) -> str:
    """Return what is left of a line in a language we do not know: its words up to the first `=` or `:`, with
    quoted text, numbers, and whatever is too long or too mixed to be a word masked."""
    tokens: list[str] = []
    position, line = 0, line[:LONGEST_LINE]
    while position < len(line):
        value = _VALUE.match(line, position)
        if value and tokens:
            return " ".join([*tokens, value.group().strip(), STRING])
        quoted = _QUOTED.match(line, position)
        if quoted:
            key = _KEY.match(quoted.group())
            is_key = key is not None and _VALUE.match(line, quoted.end()) is not None
            tokens.append(key.group(1) if key and is_key else STRING)
            position = quoted.end()
            continue
        word = _WORD.match(line, position)
        if word is None:
            position += 1
            continue
        tokens.append(_masked_word(word.group()))
        position = word.end()
    return " ".join(tokens)


def _masked_word(word: str) -> str:
    plain = not word[0].isalnum() or (_LETTERS.fullmatch(word) is not None and len(word) <= _LONGEST_WORD)
    return word if plain else NUMBER
