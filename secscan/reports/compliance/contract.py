"""What a format of the compliance report is given, and which formats there are."""

from __future__ import annotations

import importlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from secscan import __version__
from secscan.compliance.assess import assess_each
from secscan.compliance.controls import Framework
from secscan.compliance.inputs import Input, Inputs, arrange
from secscan.compliance.model import Assessment
from secscan.errors import UsageError


@dataclass(frozen=True)
class ComplianceReport:
    """Everything that a report says, from saved scans and control maps alone."""

    inputs: Inputs
    assessments: tuple[Assessment, ...]
    """One for each framework."""
    since: str = ""
    secscan: str = __version__
    """Version of the program that assessed."""


class Render(Protocol):
    """Turns a report into bytes."""

    def __call__(self, report: ComplianceReport) -> bytes:
        """Return the whole document, UTF-8 where it is text."""


@dataclass(frozen=True)
class Format:
    """One format. Each format's module exports one as `FORMAT`."""

    name: str
    """As given to `--format`."""
    suffix: str
    title: str
    render: Render


FORMATS = ("csv", "html", "json", "oscal")
"""The modules of this package that are formats; a contract test holds this list against the folder."""


def load_format(name: str) -> Format:
    """Return the format called `name`; only its own module is imported. Raises `UsageError` for an unknown one."""
    if name not in FORMATS:
        raise UsageError(f"there is no format {name!r}", hint=f"the formats are: {', '.join(FORMATS)}")
    found: Format = importlib.import_module(f"secscan.reports.compliance.{name}").FORMAT
    return found


def build(given: Iterable[Input], frameworks: Iterable[Framework], *, since: str = "") -> ComplianceReport:
    """Return the report on saved scans. Raises `UsageError`, also where two maps are of the same framework."""
    maps = tuple(frameworks)
    names = [one.map.framework for one in maps]
    twice = next((name for name in names if names.count(name) > 1), "")
    if twice:
        raise UsageError(f"the framework {twice} is given twice", hint="give it once")
    inputs = arrange(given, since=since)
    return ComplianceReport(inputs, assess_each(inputs, maps), since)
