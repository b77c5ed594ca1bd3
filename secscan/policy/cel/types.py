"""Types of the expression language, and of the words that a literal may be."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from secscan.findings.levels import Confidence, Severity


@dataclass(frozen=True)
class Type:
    """A type. Two that have the same name and items are the same, whatever words they know."""

    name: str
    item: Type | None = None
    """Of a list: the type of its items; None for the empty list, which fits any."""
    words: tuple[str, ...] = ()
    """The only texts that a value can be: a literal that is compared with it must be one of them."""
    label: str = ""
    """What such a word is called in messages: `kind`, `class` ..."""

    def __str__(self) -> str:
        return f"list of {self.item or 'anything'}" if self.name == "list" else self.label or self.name

    def same(self, other: Type) -> bool:
        """Whether values of the two types can be compared."""
        if self.name != other.name:
            return False
        return self.item is None or other.item is None or self.item.same(other.item)


BOOL = Type("bool")
INT = Type("int")
DOUBLE = Type("double")
STRING = Type("string")
TIMESTAMP = Type("timestamp")
DURATION = Type("duration")
SEVERITY = Type("severity", words=tuple(one.value for one in Severity), label="severity")
"""Ordered from `info` to `critical`. `unknown` has no place in that order: comparing it is undecided."""
CONFIDENCE = Type("confidence", words=tuple(one.value for one in Confidence), label="confidence")
"""Ordered from `low` to `high`."""

ORDERED = frozenset({"bool", "int", "double", "string", "timestamp", "duration", "severity", "confidence"})
LEVELS: dict[str, dict[str, int]] = {
    "severity": {"info": 0, "low": 1, "medium": 2, "high": 3, "critical": 4},
    "confidence": {"low": 0, "medium": 1, "high": 2},
}
"""Positions of the words of an ordered type; `unknown` has none."""


def list_of(item: Type | None) -> Type:
    """The type of a list."""
    return Type("list", item=item)


def words_of(vocabulary: type[StrEnum] | tuple[str, ...], label: str) -> Type:
    """The type of a text that is one of a few words."""
    return Type("string", words=tuple(map(str, vocabulary)), label=label)
