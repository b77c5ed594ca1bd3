"""Literals in an environment that are secrets, as our own detector judges them.

It sees each as an assignment, whatever the order and the form in which a manifest writes name and value: the scanner
`secrets` sees only the text, and in it no name beside the value of `{value: ..., name: DB_PASSWORD}`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from secscan.findings.levels import Kind
from secscan.manifests.issues import Subject, short
from secscan.manifests.nodes import Node
from secscan.secrets.detect.detector import detect

_PLAIN = re.compile(r"[^\"\\\n\r]{4,4000}")
_MOST_CHARACTERS = 20_000


def secret_findings(
    subject: Subject, name: str, value: Node, path: str, *, offset: int = 0, end: int | None = None
) -> Iterator[dict[str, Any]]:
    """Yield the secrets in what is given to a variable, each with its `Secret`; `offset` and `end` bound it."""
    if not value.own_line:  # it stands in another file, and is told of there
        return
    text = value.text[offset:end][:_MOST_CHARACTERS]
    before = f'{name[:200]}: "' if _PLAIN.fullmatch(text) else ""
    for one in detect(f'{before}{text}"' if before else text, path):
        if one.start < len(before):
            continue
        start = one.start - len(before) + offset
        yield {
            "kind": Kind.SECRET,
            "defect": "hardcoded-credential",
            "title": one.title,
            "message": f"The {subject.name} gets {short(name)} as a literal ({one.secret.preview()}). Whoever may read "
            "the manifest or look at what runs has it.",
            "severity": one.severity,
            "confidence": one.confidence,
            "symbol": subject.symbol,
            "remedy": _remedy(subject, name, one.revoke),
            "region": _region(value, start, start + one.end - one.start),
            "rules": [
                {
                    "rule": f"secscan.{subject.dialect}.secret-in-environment",
                    "severity": one.severity,
                    "confidence": one.confidence,
                    "message": "",
                }
            ],
            "secret": one.secret,
        }


def _remedy(subject: Subject, name: str, revoke: str) -> str:
    revoked = f"Revoke it: {revoke}."
    if subject.dialect == "compose":
        return f"{revoked} Then give a file: `secrets: [NAME]` and `{short(name)}_FILE: /run/secrets/NAME`."
    # Worded so that the scrubber of secrets does not take the example for one.
    reference = "`valueFrom: {secretKeyRef: {name: NAME, key: KEY}}`"
    return f"{revoked} Then, of {short(name)}, put a reference to a Secret in place of `value`: {reference}."


def _region(value: Node, start: int, end: int) -> dict[str, int]:
    """Where a part of a scalar stands: exactly where it is written as it is, else the whole scalar."""
    width = value.end_column - value.own_column
    if value.own_line == value.end_line and width in (len(value.text), len(value.text) + 2):
        first = value.own_column + (width - len(value.text)) // 2
        line = value.own_line
        return {"start_line": line, "start_column": first + start, "end_line": line, "end_column": first + end}
    return {
        "start_line": value.own_line,
        "start_column": value.own_column,
        "end_line": value.end_line,
        "end_column": value.end_column,
    }
