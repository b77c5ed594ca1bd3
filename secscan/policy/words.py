"""Readers for the smallest parts of a policy file: lists of known words, globs, ids, and the fields of a match."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date
from enum import StrEnum
from typing import Any, TypeVar

from secscan.findings.defects import DEFECTS
from secscan.findings.globs import problem_with
from secscan.findings.levels import Cause, Confidence, Kind, SecretState, Severity
from secscan.policy.model import ImageLayer, Match
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
    given = {name: member for name in READERS if (member := fields.optional(name)) is not None}
    if not given:
        raise node.fail("a match without conditions", hint="leave `match` out for a rule that matches every finding")
    return read_conditions(given)


def read_conditions(given: Mapping[str, Node]) -> Match:
    """The conditions that are given, by their names in a policy."""
    return Match(**{READERS[name][0]: READERS[name][1](node) for name, node in given.items()})


def day(node: Node) -> str:
    """A day, as ISO 8601 has it."""
    try:
        return date.fromisoformat(node.text()).isoformat()
    except ValueError as error:
        raise node.fail(f"{node.raw[:40]!r} is not a day", hint="write it like 2026-12-31") from error


def one_class(node: Node) -> str:
    """A class of defect."""
    if node.text() not in DEFECTS:
        near = suggestion(node.text(), DEFECTS)
        raise node.fail(f"there is no class of defect {node.text()[:60]!r}", hint=near or _CLASSES_HINT)
    return node.text()


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
    return _unique(node, one_class)


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
    "licence": ("licence", unique_texts),
    "licence_not": ("licence_not", unique_texts),
    "known_exploited": ("known_exploited", Node.boolean),
    "direct": ("direct", Node.boolean),
    "epss_at_least": ("epss_at_least", lambda node: node.number(most=1)),
    "cvss_at_least": ("cvss_at_least", lambda node: node.number(most=10)),
    "new": ("new", Node.boolean),
    "cause": ("cause", _words(Cause)),
    "older_than_days": ("older_than_days", lambda node: node.integer(most=36_500)),
    "secret_state": ("secret_state", _words(SecretState)),
    "image_layer": ("image_layer", _words(ImageLayer)),
    "marked": ("marked", Node.boolean),
}
"""By the name of a condition in a policy: the field of `Match`, and how its value is read."""
