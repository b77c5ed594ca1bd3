"""Readers for the smallest parts of a policy file: lists of known words, globs, ids, and the fields of a match."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from enum import StrEnum
from typing import Any, TypeVar

from secscan.findings.defects import DEFECTS
from secscan.findings.globs import problem_with
from secscan.findings.levels import Confidence, Kind, Severity
from secscan.policy.model import Match
from secscan.yamlfile import Fields, Node, suggestion

WordT = TypeVar("WordT", bound=StrEnum)

_CLASSES_HINT = "policies/README.md lists the classes; a CWE number goes into `cwe`, a scanner's rule into `rule`"

_SCANNER_FIELD = re.compile(r"(?:^|\.)(?:required|optional|scanners?|only_scanner)\[\d+\]$")

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


def identifier(node: Node) -> str:
    """A name that can be written in a report, a file name and a command line."""
    if not _ID.fullmatch(node.text()):
        raise node.fail(
            f"{node.text()[:60]!r} is not a name", hint="use letters, digits, `-`, `_` and `.`, at most 100 of them"
        )
    return node.text()


def word(node: Node, words: type[WordT]) -> WordT:
    """A word of a vocabulary."""
    return words(node.one_of([one.value for one in words]))


def unique_texts(node: Node) -> tuple[str, ...]:
    """A list of texts, none twice, at least one."""
    return _unique(node, Node.text)


def vocabulary(node: Node, words: type[WordT]) -> tuple[WordT, ...]:
    """A list of words of a vocabulary, none twice, at least one."""
    return _unique(node, lambda item: word(item, words))


def path_globs(node: Node) -> tuple[str, ...]:
    """A list of globs that mean something (see `findings.globs`), none twice, at least one."""

    def glob(item: Node) -> str:
        problem = problem_with(item.text())
        if problem:
            raise item.fail(problem[0], hint=problem[1])
        return item.text()

    return _unique(node, glob)


def read_match(node: Node) -> Match:
    """The conditions of a rule."""
    fields = Fields(node, known=list(READERS))
    given: dict[str, Any] = {}
    for name, (attribute, reader) in READERS.items():
        member = fields.optional(name)
        if member is not None:
            given[attribute] = reader(member)
    if not given:
        raise node.fail("a match without conditions", hint="leave `match` out for a rule that matches every finding")
    return Match(**given)


def check_scanner_names(node: Node, known: Collection[str]) -> None:
    """Refuse a scanner's name that is not known, wherever in the document one stands: a misspelt one in a blocking
    rule would never match, without a word."""
    if isinstance(node.value, dict | list):
        for member in node.value.values() if isinstance(node.value, dict) else node.value:
            check_scanner_names(member, known)
    elif _SCANNER_FIELD.search(node.field) and node.text() not in known:
        near = suggestion(node.text(), known)
        raise node.fail(
            f"there is no scanner {node.text()[:60]!r}", hint=near or f"the scanners are {', '.join(sorted(known))}"
        )


def _unique(node: Node, read: Callable[[Node], Any]) -> tuple[Any, ...]:
    items = node.items()
    if not items:
        raise node.fail("an empty list matches nothing", hint="name at least one, or remove the field")
    found: list[Any] = []
    for item in items:
        value = read(item)
        if value in found:
            raise item.fail(f"{value} is in the list twice", hint="name it once")
        found.append(value)
    return tuple(found)


def _words(words: type[StrEnum]) -> Callable[[Node], Sequence[StrEnum]]:
    return lambda node: vocabulary(node, words)


def _classes(node: Node) -> tuple[str, ...]:
    def class_id(item: Node) -> str:
        if item.text() not in DEFECTS:
            near = suggestion(item.text(), DEFECTS)
            raise item.fail(f"there is no class of defect {item.text()[:60]!r}", hint=near or _CLASSES_HINT)
        return item.text()

    return _unique(node, class_id)


def _cwes(node: Node) -> tuple[int, ...]:
    def number(item: Node) -> int:
        text = str(item.value).upper().removeprefix("CWE-")
        if isinstance(item.value, str) and text.isdecimal():
            raise item.fail(f"expected the number of a CWE, got {item.raw[:60]!r}", hint=f"write {text}")
        return item.integer(least=1, most=99_999)

    return _unique(node, number)


READERS: dict[str, tuple[str, Callable[[Node], Any]]] = {
    "kind": ("kind", _words(Kind)),
    "class": ("defect", _classes),
    "severity": ("severity", _words(Severity)),
    "confidence": ("confidence", _words(Confidence)),
    "paths": ("paths", path_globs),
    "paths_not": ("paths_not", path_globs),
    "package": ("package", unique_texts),
    "ecosystem": ("ecosystem", unique_texts),
    "cwe": ("cwe", _cwes),
    "identifier": ("identifier", unique_texts),
    "scanner": ("scanner", unique_texts),
    "only_scanner": ("only_scanner", unique_texts),
    "rule": ("rule", unique_texts),
    "fix_available": ("fix_available", Node.boolean),
    "known_exploited": ("known_exploited", Node.boolean),
    "marked": ("marked", Node.boolean),
}
"""By the name of a condition in a policy: the field of `Match`, and how its value is read."""
