from __future__ import annotations

from typing import Any

import pytest

from secscan.findings.levels import Confidence, Kind, Severity
from secscan.findings.model import Finding, Location, Package, Region, Source, TraceStep


class Build:
    """Findings in a few words."""

    def at(self, place: tuple[int, int], **about: Any) -> Finding:
        """A finding at (line, column), in a statement that begins at `statement` (by default on that line)."""
        line, column = place
        scanner = about.pop("scanner", "bandit")
        rule = about.pop("rule", "B602")
        note = about.pop("note", "")
        start = about.pop("statement", (line, 1))
        path = about.pop("path", "a.py")
        context = about.pop("context", "c")
        end_line = about.pop("end_line", line)
        end_column = 80 if end_line > line else column + 8 if column else 0
        region = Region(start_line=line, start_column=column, end_line=end_line, end_column=end_column)
        fields = {
            "kind": Kind.SAST,
            "defect": "command-injection",
            "title": f"{scanner} {rule}",
            "message": f"{scanner} says",
            "severity": Severity.MEDIUM,
            "confidence": Confidence.MEDIUM,
            **about,
        }
        location = Location(
            path=path,
            region=region,
            statement=Region(
                start_line=start[0], start_column=start[1], end_line=max(line, start[0] + 2), end_column=80
            ),
            context=context,
        )
        source = Source(
            scanner=scanner,
            rule=rule,
            region=region,
            note=note,
            severity=fields["severity"],
            confidence=fields["confidence"],
        )
        return Finding(location=location, sources=(source,), **fields)

    def trace(self, *places: tuple[int, int], path: str = "a.py") -> tuple[TraceStep, ...]:
        """A data flow through these (line, column)."""
        return tuple(
            TraceStep(path=path, region=Region(start_line=line, start_column=column)) for line, column in places
        )

    def vulnerable(self, *ids: str, **about: Any) -> Finding:
        """A vulnerable package under these ids."""
        scanner = about.pop("scanner", "pip-audit")
        fixed = about.pop("fixed", ())
        purl = about.pop("purl", "pkg:pypi/jinja2@2.4.1")
        path = about.pop("path", "requirements.txt")
        direct = about.pop("direct", None)
        ecosystem = about.pop("ecosystem", "PyPI")
        fields = {
            "kind": Kind.DEPENDENCY,
            "defect": "vulnerable-dependency",
            "title": ids[0] if ids else "no id",
            "message": "m",
            "severity": Severity.UNKNOWN,
            "confidence": Confidence.HIGH,
            "identifiers": tuple(sorted(ids)),
            **about,
        }
        package = Package(
            purl=purl, name="jinja2", version="2.4.1", ecosystem=ecosystem, fixed_versions=tuple(fixed), direct=direct
        )
        source = Source(scanner=scanner, rule=ids[0] if ids else "rule", severity=fields["severity"])
        return Finding(location=Location(path=path), sources=(source,), package=package, **fields)


@pytest.fixture(scope="session")
def build() -> Build:
    return Build()
