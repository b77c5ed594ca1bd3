"""The contract of a report format and the registry of those there are.

A report is a pure function of the saved scan: no clock, no file, no environment. All text in a scan is
hostile until the format's own escaping has seen it.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import Protocol

from secscan.errors import UsageError
from secscan.findings.scan import Scan


class Render(Protocol):
    """Turns a judged scan into the bytes of a report."""

    def __call__(self, scan: Scan) -> bytes:
        """Return the whole report, UTF-8 where it is text."""


@dataclass(frozen=True)
class Format:
    """One report format. Each format's module exports one as `FORMAT`."""

    name: str
    """As given to `--format`."""
    suffix: str
    """File name ending, with its dot."""
    title: str
    render: Render


FORMATS = ("github", "html", "json", "sarif", "terminal")
"""The modules of this package that are formats; a contract test holds this list against the folder."""


def load_format(name: str) -> Format:
    """Return the format called `name`; only its own module is imported. Raises `UsageError` for an unknown one."""
    if name not in FORMATS:
        raise UsageError(f"there is no report format {name!r}", hint=f"the formats are: {', '.join(FORMATS)}")
    module = importlib.import_module(f"secscan.reports.{name}")
    found: Format = module.FORMAT
    return found
