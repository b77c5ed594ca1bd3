"""The page: its parts put together, and what may run in it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from markupsafe import Markup

from secscan.reports.html.banner import build_banner
from secscan.reports.html.island import build_island
from secscan.reports.html.tabs import build_tabs
from secscan.reports.html.words import ACTIONS
from secscan.reports.pages import source_hash, template
from secscan.reports.present import Presentation
from secscan.resources import data_dir

STYLES = ("base", "banner", "tabs", "findings", "print")
"""Files of the style sheet, in the order in which they stand in the page."""
SCRIPTS = ("dom", "state", "model", "facets", "list", "code", "detail", "tabs", "keyboard", "start")
"""Files of the script, in the order in which they stand in the page; together they are the body of one function."""


def parts(view: Presentation) -> Iterator[bytes]:
    """Yield the page, UTF-8."""
    folder = data_dir("reports") / "html"
    css = _joined(folder / "style", STYLES, ".css")
    js = '(() => {\n"use strict";\n' + _joined(folder / "script", SCRIPTS, ".js") + "})();\n"
    early = (folder / "early.js").read_text(encoding="utf-8")
    page = template(folder, "report.html.jinja").generate(
        banner=build_banner(view),
        tabs=build_tabs(view),
        actions=ACTIONS,
        secscan=view.scan.secscan,
        # The four are ours, or have been made safe for where they stand.
        css=Markup(css),  # noqa: S704
        early=Markup(early),  # noqa: S704
        js=Markup(js),  # noqa: S704
        island=map(Markup, build_island(view)),
        csp=(
            f"default-src 'none'; style-src '{source_hash(css)}'; "
            f"script-src '{source_hash(early)}' '{source_hash(js)}'; base-uri 'none'; form-action 'none'"
        ),
    )
    return (part.encode("utf-8") for part in page)


def _joined(folder: Path, names: tuple[str, ...], suffix: str) -> str:
    return "".join((folder / f"{name}{suffix}").read_text(encoding="utf-8") for name in names)
