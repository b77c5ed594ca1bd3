"""The child process that looks at Dockerfiles: reads files and says what is wrong with them.

Usage: python -I -m secscan.dockerfiles.worker LIST

`LIST` is a JSON object from absolute paths to path texts. The answer on standard output is one JSON object.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from secscan.dockerfiles.found import RULES
from secscan.dockerfiles.look import LOOKED_AT_MOST, Looked, look_at
from secscan.findings.model import Region
from secscan.targets.source import SourceText


def main(arguments: list[str]) -> int:
    """Look at every file of the list and write the answer."""
    files: dict[str, str] = json.loads(Path(arguments[0]).read_bytes())
    findings: list[dict[str, Any]] = []
    gaps: list[dict[str, Any]] = []
    looked_at: list[str] = []
    for place, path in files.items():
        try:
            with Path(place).open("rb") as file:
                looked = look_at(file.read(LOOKED_AT_MOST + 1), path)
        except OSError as error:
            detail = error.strerror or "it cannot be read"
            gaps.append({"place": place, "kind": "unreadable", "detail": detail, "line": 0})
            continue
        source = SourceText(looked.text)
        findings += [{"place": place, **one} for one in _findings(looked, source)]
        gaps += [
            {"place": place, "kind": kind, "detail": lost.detail, "line": source.position(lost.at)[0] if lost.at else 0}
            for kind, lost in looked.lost
        ]
        looked_at.append(place)
    json.dump({"findings": findings, "gaps": gaps, "looked_at": looked_at, "complete": True}, sys.stdout)
    return 0


def region_of(source: SourceText, start: int, end: int) -> Region:
    """Return the region of the characters from `start` up to `end`."""
    first, last = source.position(start), source.position(max(end - 1, start))
    return Region(start_line=first[0], start_column=first[1], end_line=last[0], end_column=last[1] + 1)


def _findings(looked: Looked, source: SourceText) -> Iterator[dict[str, Any]]:
    for one in looked.found:
        region, rule = region_of(source, one.start, one.end), RULES[one.rule]
        yield {
            "rule": one.rule,
            "kind": rule.kind,
            "defect": rule.defect,
            "title": rule.title,
            "message": one.message,
            "remedy": one.remedy,
            "severity": one.severity,
            "confidence": one.confidence,
            "start_line": region.start_line,
            "start_column": region.start_column,
            "end_line": region.end_line,
            "end_column": region.end_column,
        }


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
