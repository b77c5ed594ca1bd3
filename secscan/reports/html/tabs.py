"""The tabs of the page, as data: who fills a tab, and when there is one.

Another tab is a line here, a function that says what it shows, and a template `reports/html/tabs/ID.html.jinja`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from secscan.reports.html.about import build_about
from secscan.reports.html.compliance import build_compliance
from secscan.reports.html.coverage import build_coverage
from secscan.reports.html.dependencies import build_dependencies
from secscan.reports.html.layers import build_layers
from secscan.reports.html.static import build_findings
from secscan.reports.html.waivers import build_waivers
from secscan.reports.present import Presentation


@dataclass(frozen=True)
class Tab:
    """One tab."""

    id: str
    """Also the name of its template, and in addresses."""
    title: str
    build: Callable[[Presentation], dict[str, Any] | None]
    """Returns what its template shows, with `count`, the number beside its title; None where there is no such tab."""


TABS = (
    Tab("findings", "Findings", build_findings),
    Tab("coverage", "Coverage", build_coverage),
    Tab("waivers", "Waivers", build_waivers),
    Tab("dependencies", "Dependencies", build_dependencies),
    Tab("layers", "Layers", build_layers),
    Tab("compliance", "Compliance", build_compliance),
    Tab("about", "About", build_about),
)
"""In the order in which they stand."""


def build_tabs(view: Presentation) -> list[dict[str, Any]]:
    """Return the tabs that this scan has."""
    built = ((tab, tab.build(view)) for tab in TABS)
    return [{"id": tab.id, "title": tab.title, **content} for tab, content in built if content is not None]
