"""What a check says, and how the answers of many checks about one place become few findings.

A container that hardens nothing fails a dozen checks. A developer changes it once, so it is one finding for each class
of defect, with all that is wrong and one piece of YAML that puts it right. That is in flow style: it is the same YAML
when a report breaks its lines anew.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from secscan.findings.defects import defect as known_defect
from secscan.findings.levels import Confidence, Kind, Severity
from secscan.manifests.nodes import Node

_LONGEST_NAME = 80
_MOST_TOLD = 20
"""Issues that one message tells; all count, and are told as sources."""

Fix = Mapping[str, Any]
"""A piece of the manifest as it should be."""


@dataclass(frozen=True, kw_only=True)
class Issue:
    """One thing that is wrong."""

    defect: str
    rule: str
    title: str
    """A few words that follow a name: `runs privileged`."""
    words: str
    """What it means, as a part of a sentence."""
    severity: Severity
    node: Node
    """The field; `NOTHING` where it is missing."""
    confidence: Confidence = Confidence.HIGH
    fix: Fix = field(default_factory=dict)
    advice: str = ""
    """What to do where no piece of YAML says it."""


@dataclass(frozen=True, kw_only=True)
class Subject:
    """What issues are about."""

    node: Node
    """Where its findings are shown. All of a subject stand there, so that those of other tools can be brought there."""
    symbol: str
    """Its name in the file, which no edit above it changes: `Deployment/shop/container web`."""
    name: str
    """As a sentence has it: `container web of Deployment shop`."""
    dialect: str
    """`kubernetes` or `compose`: the first part of rule ids."""
    under: str = ""
    """Where a fix is put, in words: `in the container`."""


def as_findings(subject: Subject, issues: Iterable[Issue]) -> Iterator[dict[str, Any]]:
    """Yield the findings of one subject as plain values, one for each class of defect."""
    groups: dict[str, list[Issue]] = defaultdict(list)
    for issue in issues:
        groups[issue.defect].append(issue)
    for defect, group in groups.items():
        group.sort(key=lambda one: (one.severity.order, one.confidence.order))
        worst = group[0]
        yield {
            "kind": Kind.MISCONFIGURATION,
            "defect": defect,
            "title": _title(subject, group),
            "message": _message(subject, group),
            "severity": worst.severity,
            "confidence": worst.confidence,
            "symbol": subject.symbol,
            "remedy": _remedy(subject, group),
            "region": region_of(subject.node),
            "rules": [
                {
                    "rule": f"secscan.{subject.dialect}.{one.rule}",
                    "severity": one.severity,
                    "confidence": one.confidence,
                    "message": f"{one.title}: {one.words}",
                }
                for one in _unique(group)
            ],
        }


def region_of(node: Node) -> dict[str, int]:
    """Where a node stands."""
    return {
        "start_line": node.line,
        "start_column": node.column,
        "end_line": node.end_line,
        "end_column": node.end_column,
    }


def short(text: str) -> str:
    """A name out of a manifest as messages have it: anybody can make one as long as he likes."""
    return text if len(text) <= _LONGEST_NAME else f"{text[: _LONGEST_NAME - 1]}\u2026"


def flow(value: Any) -> str:
    """A value as YAML on one line."""
    match value:
        case dict():
            return "{" + ", ".join(f"{name}: {flow(one)}" for name, one in value.items()) + "}"
        case list():
            return "[" + ", ".join(map(flow, value)) + "]"
        case bool():
            return str(value).lower()
    return str(value)


def _unique(group: list[Issue]) -> list[Issue]:
    """The first, and so the worst, of each rule."""
    return list({one.rule: one for one in reversed(group)}.values())[::-1]


def _title(subject: Subject, group: list[Issue]) -> str:
    titles = list(dict.fromkeys(one.title for one in group))
    more = f" and {len(titles) - 2} more" if len(titles) > 2 else ""
    return f"{subject.name[:1].upper()}{subject.name[1:]} {', '.join(titles[:2])}{more}"


def _message(subject: Subject, group: list[Issue]) -> str:
    told = [
        f"{one.title}{f' (line {one.node.line})' if one.node.line else ''}: {one.words}" for one in group[:_MOST_TOLD]
    ]
    more = f"; and {len(group) - len(told)} more" if len(group) > len(told) else ""
    return f"The {subject.name} {'; it '.join(told)}{more}."


def _remedy(subject: Subject, group: list[Issue]) -> str:
    fix: dict[str, Any] = {}
    for issue in group:
        _join(fix, issue.fix)
    parts = list(dict.fromkeys(issue.advice for issue in group if issue.advice))
    if fix:
        where = f" {subject.under}" if subject.under else ""
        parts.append(f"Set{where}: " + "; ".join(f"`{name}: {flow(value)}`" for name, value in fix.items()) + ".")
    return " ".join(parts) or known_defect(group[0].defect).remedy


def _join(into: dict[str, Any], fix: Fix) -> None:
    for name, value in fix.items():
        if isinstance(value, dict):
            _join(into.setdefault(name, {}), value)
        elif isinstance(value, list):
            into[name] = list(dict.fromkeys([*into.get(name, []), *value]))
        else:
            into[name] = value
