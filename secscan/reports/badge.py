"""A badge for a page: the verdict as a small picture (SVG), which needs no font, script or other file."""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree import ElementTree as ET

from secscan.findings.levels import Action, Verdict
from secscan.reports.contract import Format
from secscan.reports.escape import one_line
from secscan.reports.present import Presentation

_COLOURS = {Verdict.PASSED: "#1a7f37", Verdict.FAILED: "#c5221f", Verdict.INCOMPLETE: "#8a5a00"}
"""White text stands out from each by at least 4.5 to 1 (WCAG 2.2, 1.4.3)."""
_LABEL = "secscan"
_NARROW = frozenset("ijlrtfI1 .,:()")
_HEIGHT = 20
_PAD = 7


def parts(view: Presentation) -> Iterator[bytes]:
    """Yield the picture."""
    yield ET.tostring(build_badge(view), encoding="utf-8")
    yield b"\n"


def build_badge(view: Presentation) -> ET.Element:
    """Return the picture's root element."""
    verdict, blocked = view.judgement.verdict, view.by_action[Action.BLOCK]
    said = f"{verdict} ({blocked})" if verdict is Verdict.FAILED and blocked else verdict.value
    left, right = _width(_LABEL) + 2 * _PAD, _width(said) + 2 * _PAD
    title = one_line(f"{_LABEL}: {verdict}: {view.sentence}")
    svg = ET.Element(
        "svg",
        {
            "xmlns": "http://www.w3.org/2000/svg",
            "width": str(left + right),
            "height": str(_HEIGHT),
            "role": "img",
            "aria-label": title,
        },
    )
    ET.SubElement(svg, "title").text = title
    _box(svg, 0, left, "#444")
    _box(svg, left, right, _COLOURS[verdict])
    style = {"fill": "#fff", "font-family": "Verdana,Geneva,DejaVu Sans,sans-serif", "font-size": "11"}
    words = ET.SubElement(svg, "g", style)
    _text(words, _PAD, _LABEL)
    _text(words, left + _PAD, said)
    return svg


def _box(parent: ET.Element, x: int, width: int, fill: str) -> None:
    size = {"x": str(x), "width": str(width), "height": str(_HEIGHT), "fill": fill}
    ET.SubElement(parent, "rect", size)


def _text(parent: ET.Element, x: int, text: str) -> None:
    """A text of the width that was reckoned, whichever font there is."""
    ET.SubElement(parent, "text", {"x": str(x), "y": "14", "textLength": str(_width(text))}).text = text


def _width(text: str) -> int:
    """About how wide a text is in 11 pixels of Verdana."""
    return round(sum(4.2 if char in _NARROW else 7.0 for char in text))


FORMAT = Format(name="badge", suffix=".svg", title="A badge of the verdict", parts=parts)
"""What the registry finds."""
