"""The contract of a report format and the registry of those there are.

A report is a pure function of the saved scan, which is arranged for reading once for all reports of it: no clock, no
file, no environment. All text in a scan is hostile until the format's own escaping has seen it.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from secscan.errors import UsageError

if TYPE_CHECKING:  # the command line reads the names of the formats at its start
    from collections.abc import Iterator

    from secscan.findings.scan import Scan
    from secscan.reports.present import Presentation


class Parts(Protocol):
    """Turns a judged scan into a report."""

    def __call__(self, view: Presentation) -> Iterator[bytes]:
        """Yield the report part by part, UTF-8 where it is text: what is many is made while it is written, so that no
        report of a large scan is ever held as a whole."""


@dataclass(frozen=True)
class Format:
    """One report format. Each format's module exports one as `FORMAT`."""

    name: str
    """As given to `--format`."""
    suffix: str
    """File name ending, with its dot; no two formats share one."""
    title: str
    parts: Parts

    @property
    def file(self) -> str:
        """The usual name of a file in this format."""
        return f"secscan{self.suffix}"

    def render(self, scan: Scan) -> bytes:
        """Return the whole report of a judged scan."""
        from secscan.reports.present import Presentation

        return b"".join(self.parts(Presentation(scan)))


FORMATS = (
    "badge",
    "csv",
    "cyclonedx",
    "defectdojo",
    "github",
    "gitlab-codequality",
    "gitlab-container",
    "gitlab-dependency",
    "gitlab-sast",
    "gitlab-secret",
    "html",
    "json",
    "jsonl",
    "junit",
    "markdown",
    "ocsf",
    "openvex",
    "pr-comment",
    "prometheus",
    "sarif",
    "terminal",
)
"""The modules of this package that are formats, `-` for `_`; a contract test holds this list against the folder."""


def load_format(name: str) -> Format:
    """Return the format called `name`; only its own module is imported. Raises `UsageError` for an unknown one."""
    if name not in FORMATS:
        raise UsageError(f"there is no report format {name!r}", hint=f"the formats are: {', '.join(FORMATS)}")
    module = importlib.import_module(f"secscan.reports.{name.replace('-', '_')}")
    found: Format = module.FORMAT
    return found
