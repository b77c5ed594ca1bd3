"""The page, as far as it can be read without a browser."""

from __future__ import annotations

import base64
import hashlib
import re

import msgspec
import pytest

from secscan.findings.scan import Scan
from secscan.reports.html import FORMAT
from secscan.reports.html.page import SCRIPTS, STYLES
from secscan.reports.html.static import MOST_STATIC
from secscan.reports.html.words import MOST_ROWS
from secscan.resources import data_dir
from tests.support.scans import NOTE, clean, compared, ordinary, scan_of


def page(scan: Scan) -> str:
    return FORMAT.render(scan).decode("utf-8")


def digest(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def test_only_our_own_style_and_script_may_run() -> None:
    text = page(ordinary())
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', text)[1].replace("&#39;", "'")
    for element, count in (("style", 1), ("script", 2)):
        contents = re.findall(rf"<{element}>(.*?)</{element}>", text, re.DOTALL)
        digests = [f"'sha256-{digest(one)}'" for one in contents]
        assert f"{element}-src {' '.join(digests)};" in policy
        assert len(contents) == count
    assert policy.startswith("default-src 'none';")
    assert "unsafe" not in policy


def test_nothing_is_loaded_from_anywhere_and_nothing_stands_in_attributes_that_runs() -> None:
    text = page(compared())
    assert not re.findall(r"<(?:link|img|iframe|object|embed|base)\b", text)
    assert not re.findall(r"\b(?:src|style|on[a-z]+)=\"", text)
    assert "@import" not in text
    assert "url(" not in text


def test_every_file_of_style_and_script_is_in_the_page() -> None:
    folder = data_dir("reports") / "html"
    assert {one.stem for one in (folder / "style").iterdir()} == set(STYLES)
    assert {one.stem for one in (folder / "script").iterdir()} == set(SCRIPTS)
    for one in (folder / "script").iterdir():
        text = one.read_text(encoding="utf-8")
        assert text in page(clean())
        for forbidden in (
            "innerHTML",
            "outerHTML",
            "insertAdjacent",
            "document.write",
            "eval(",
            "Function(",
            "Storage",
        ):
            assert forbidden not in text.replace("// No library, no network, no innerHTML", "")


def test_the_table_without_script_is_short_and_says_what_is_beyond() -> None:
    many = [msgspec.structs.replace(NOTE, fingerprint=f"{at:08x}") for at in range(MOST_STATIC + 50)]
    text = page(scan_of(*many))
    assert f"The first {MOST_STATIC} of {MOST_STATIC + 50} findings" in text
    assert "Beyond: 50 accepted" in text
    assert text.split('id="static"')[1].split("</table>")[0].count("<tr>") == MOST_STATIC + 1


def test_a_long_list_of_gaps_is_cut_and_counted() -> None:
    gaps = tuple(msgspec.structs.replace(ordinary().gaps[0], line=at) for at in range(MOST_ROWS + 7))
    text = page(scan_of(gaps=gaps))
    assert "... and 7 more, all in the saved scan" in text
    assert f"Could not be looked at ({MOST_ROWS + 7})" in text


@pytest.mark.parametrize("scan", [ordinary, clean, compared])
def test_every_address_within_the_page_leads_to_something(scan) -> None:
    text = page(scan())
    known = {"id", "tab", "action", "severity", "kind", "rule", "new", "scanner", "package", "layer"}
    links = re.findall(r'href="#([^"]*)"', text)
    assert all(one.partition("=")[0] in known for link in links for one in link.split("&amp;"))
