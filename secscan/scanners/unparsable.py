"""Says why a Python file could not be parsed, where its text tells: newer syntax, Python 2, an encoding.

bandit parses with the Python it runs on and says "syntax error" for all three. The remedies differ.
"""

from __future__ import annotations

import ast
import re
import sys
import warnings
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import msgspec

from secscan.findings.levels import GapKind
from secscan.findings.model import Gap
from secscan.targets.contract import Target

MOST_BYTES = 2_000_000
"""Bytes of source up to which it is parsed to say why somebody could not."""
_AS_UTF_8 = "save it as UTF-8"

_PYTHON_2 = re.compile(
    r"""^[ \t]*(?:print[ \t]+["'%\w] | exec[ \t]+["'\w] | raise[ \t]+\w+[ \t]*, | print[ \t]*>>
              | except[ \t]+[\w.]+[ \t]*,[ \t]*[a-z_]\w*[ \t]*:)
        | \b0[0-7]+[lL]?\b(?![.\w]) | <>""",
    re.MULTILINE | re.VERBOSE,
)
_NEWER = tuple(
    (version, re.compile(pattern, re.MULTILINE), what)
    for version, pattern, what in (
        ((3, 12), r"^[ \t]*type[ \t]+\w+[ \t]*(?:\[[^\]\n]*\])?[ \t]*=", "a type alias statement"),
        ((3, 12), r"^[ \t]*(?:async[ \t]+)?(?:def|class)[ \t]+\w+[ \t]*\[", "type parameters"),
        ((3, 14), r"(?<![\w\"'])[tT][rR]?(?:\"|')", "a template string"),
        (
            (3, 14),
            r"^[ \t]*except\*?[ \t]+[\w.]+(?:[ \t]*,[ \t]*(?:\w+\.)*[A-Z]\w*)+[ \t]*:",
            "except without parentheses",
        ),
        ((3, 12), r"(?<!\w)[fF][rR]?([\"'])(?:(?!\1).)*\{[^{}\n]*\1", "quotes reused in an f-string"),
    )
)


def explain_unparsable(gaps: Iterable[Gap], target: Target) -> Iterator[Gap]:
    """Yield the gaps, those of kind `unparsable` about Python files with the reason and the remedy."""
    languages = {file.path: file.language for file in target.files}
    for gap in gaps:
        if gap.kind is GapKind.UNPARSABLE and languages.get(gap.subject) == "python" and not gap.remedy:
            yield _explained(gap, target.read(gap.subject))
        else:
            yield gap


class Why(NamedTuple):
    """Why source is not taken for Python."""

    kind: GapKind
    text: str
    remedy: str
    line: int = 0


def why_unparsable(data: bytes) -> Why:
    """Return why the Python on which secscan runs, and bandit with it, does not parse source."""
    if b"\0" in data:
        return Why(GapKind.ENCODING, "it holds NUL bytes, which Python source must not", "save it as UTF-8 text")
    line, reason = _syntax_error(data)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return Why(GapKind.ENCODING, f"its bytes are not in the encoding it declares ({reason})", _AS_UTF_8, line)
    if _PYTHON_2.search(text):
        return Why(GapKind.UNPARSABLE, f"it looks like Python 2 ({reason})", "port it, or leave it out of scope", line)
    if newer := _newer(text):
        version, what = newer
        running = f"bandit runs on {sys.version_info[0]}.{sys.version_info[1]}"
        remedy = f"install secscan in a Python {version} or newer"
        return Why(GapKind.NEWER_SYNTAX, f"it uses {what}, which needs Python {version}; {running}", remedy, line)
    return Why(GapKind.UNPARSABLE, f"it is not valid Python ({reason})", "correct the syntax error", line)


def is_no_python(data: bytes) -> bool:
    """Whether source is none in any Python: what a tool that recovers from errors makes of it, nobody knows.

    What is too much for the parser is left to those that have another one, and so is Python 2.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(data)
    except (SyntaxError, ValueError):
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError:
            return True
        return "\0" in text or not (_PYTHON_2.search(text) or _newer(text))
    except (RecursionError, MemoryError):
        return False
    return False


def _newer(text: str) -> tuple[str, str] | None:
    """The Python that the syntax needs, where that is newer than ours, and for what."""
    for version, pattern, what in _NEWER:
        if version > sys.version_info[:2] and pattern.search(text):
            return f"{version[0]}.{version[1]}", what
    return None


def _explained(gap: Gap, data: bytes) -> Gap:
    if len(data) > MOST_BYTES:
        return gap
    why = why_unparsable(data)
    detail = f"{gap.detail}: {why.text}"
    return msgspec.structs.replace(gap, kind=why.kind, detail=detail, remedy=why.remedy, line=why.line)


def _syntax_error(data: bytes) -> tuple[int, str]:
    """Line and reason of Python's own complaint; (0, "...") where it has none or gives up."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(data)
    except SyntaxError as error:
        return error.lineno or 0, error.msg or "syntax error"
    except (ValueError, RecursionError, MemoryError) as error:
        return 0, type(error).__name__
    return 0, "it parses here"
