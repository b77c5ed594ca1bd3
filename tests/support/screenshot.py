"""The pictures of the README: the reports of the bundled example, as `make demo` writes them.

make screenshot, or: python -m tests.support.screenshot
"""

from __future__ import annotations

import html
import re
import tempfile
from pathlib import Path

from secscan.findings.scan import load
from secscan.reports.terminal import render_text
from tests.support.browser import running

_TOP = Path(__file__).resolve().parent.parent.parent
_MOST_BYTES = 200_000
_FIRST, _LAST = 34, 12
"""Lines of the terminal that are shown, of the beginning and of the end."""
_COLOURS = {"31": "#ff7b72", "33": "#e3b341", "35": "#d2a8ff", "36": "#76e3ea"}
_STYLES = {"1": "font-weight:bold", "2": "opacity:.6", "97;41": "background:#da3633;color:#fff"}
_STYLES |= {code: f"color:{colour}" for code, colour in _COLOURS.items()}
_SEQUENCE = re.compile(r"\x1b\[([0-9;]*)m")


def of_page(report: Path, picture: Path) -> None:
    """Write the picture of an HTML report."""
    _take(report.read_bytes(), picture, "#severity=critical&severity=high", size=(1160, 960), scheme="light")


def of_terminal(saved: Path, picture: Path) -> None:
    """Write the picture of what a terminal shows of a saved scan, 80 columns wide."""
    lines = render_text(load(saved), width=80, colour=True).splitlines()
    shown = ["$ secscan scan examples/shop", *lines[:_FIRST], "", "  [...]", "", *lines[-_LAST:], "$ "]
    text = "\n".join(shown)
    page = (
        "<!doctype html><meta charset=utf-8><body style='margin:0;padding:12px;background:#0d1117;color:#e6edf3'>"
        f"<pre style='margin:0;font:14px/1.25 monospace'>{_as_html(text)}</pre>"
    )
    _take(page.encode(), picture, "", size=(720, 18 * len(shown) + 24), scheme="dark")


def _as_html(text: str) -> str:
    """Text with colours of a terminal as HTML."""
    parts = _SEQUENCE.split(text)
    made = [html.escape(parts[0])]
    for code, part in zip(parts[1::2], parts[2::2], strict=True):
        style = ";".join(how for name, how in _STYLES.items() if f";{name};" in f";{code};")
        made.append(f"<span style='{style}'>{html.escape(part)}</span>" if style else html.escape(part))
    return "".join(made)


def _take(page: bytes, picture: Path, fragment: str, *, size: tuple[int, int], scheme: str) -> None:
    with tempfile.TemporaryDirectory() as folder, running(Path(folder)) as browser:
        browser.media(scheme=scheme)
        browser.open(page, fragment, size=size)
        browser.settle()
        data = browser.screenshot()
    if len(data) > _MOST_BYTES:
        raise SystemExit(f"the picture has {len(data)} bytes, more than {_MOST_BYTES}")
    picture.write_bytes(data)


if __name__ == "__main__":
    of_page(_TOP / "build/demo/secscan.html", _TOP / "docs/images/report.png")
    of_terminal(_TOP / "build/demo/secscan.json", _TOP / "docs/images/terminal.png")
