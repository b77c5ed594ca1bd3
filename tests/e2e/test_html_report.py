"""The HTML report in a real browser."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import msgspec
import pytest

from secscan.reports.html import render
from tests.support.scans import NOTE, ordinary, scan_of

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


class Browser:
    """Opens a page, lets its script run, and returns the document and what the console said."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def open(self, data: bytes, fragment: str = "") -> tuple[str, str]:
        page = self.folder / "report.html"
        page.write_bytes(data)
        ended = subprocess.run(
            [
                *(str(CHROMIUM), "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"),
                *(f"--user-data-dir={self.folder / 'profile'}", "--window-size=1280,900"),
                *("--enable-logging=stderr", "--log-level=0", "--virtual-time-budget=4000", "--dump-dom"),
                page.as_uri() + fragment,
            ],
            capture_output=True,
            timeout=120,
            check=True,
        )
        console = "\n".join(line for line in ended.stderr.decode("utf-8", "replace").splitlines() if "CONSOLE" in line)
        return ended.stdout.decode("utf-8"), console


@pytest.fixture
def browser(tmp_path: Path) -> Browser:
    if CHROMIUM is None:
        pytest.skip("no Chromium here")
    return Browser(tmp_path)


def rows(document: str) -> list[str]:
    return re.findall(r'<div class="row".*?</div></div>', document, re.DOTALL)


def test_the_page_is_alive_and_the_first_finding_is_open(browser: Browser) -> None:
    document, console = browser.open(render(ordinary()))
    assert console == ""
    assert len(rows(document)) == 5
    assert "SQL injection" in rows(document)[0]
    detail = re.search(r'<article id="detail".*?</article>', document, re.DOTALL)[0]
    for text in (
        "Catalog.find",
        "Way of the data",
        "Reported by",
        "B608",
        "Copy fingerprint",
        'href="https://example.com/sql"',
    ):
        assert text in detail
    assert "ftp://example.com/not-a-link</a>" not in detail


def test_a_view_can_be_sent_as_an_address(browser: Browser) -> None:
    document, console = browser.open(render(ordinary()), "#kind=dependency&q=FLASK&id=aaaa0003")
    assert console == ""
    assert len(rows(document)) == 1
    assert "1 of 5" in document
    assert "flask 2.2.2" in re.search(r'<article id="detail".*?</article>', document, re.DOTALL)[0]


def test_the_coverage_can_be_opened(browser: Browser) -> None:
    document, console = browser.open(render(ordinary()), "#tab=coverage")
    assert console == ""
    assert re.search(r'<section id="findings"[^>]* hidden', document)
    assert not re.search(r'<section id="coverage"[^>]* hidden', document)


def test_of_a_long_list_only_what_is_in_sight_is_in_the_document(browser: Browser) -> None:
    many = [msgspec.structs.replace(NOTE, fingerprint=f"{at:08x}") for at in range(5_000)]
    document, console = browser.open(render(scan_of(*many)))
    assert console == ""
    assert "5000 findings" in document
    assert 5 < len(rows(document)) < 60
