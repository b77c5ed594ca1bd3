"""The site of the documents: it is made without a warning, loads nothing from elsewhere, and can be searched and used
by everybody, also as files on a disk."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.browser import Browser, chromium, running
from tests.support.documents import ROOT
from tests.support.node import axe

pytestmark = pytest.mark.slow

PAGES = (
    "docs/index.html",
    "docs/start/local-scan.html",
    "docs/how-to/write-a-policy.html",
    "docs/reference/commands/scan.html",
    "docs/settings.html",
    "policies/README.html",
)


def made(source: Path, site: Path) -> subprocess.CompletedProcess[str]:
    """Make the site as `make docs` does."""
    command = [
        sys.executable,
        "-m",
        "sphinx",
        "-W",
        "--keep-going",
        "-q",
        "-c",
        str(ROOT / "docs"),
        str(source),
        str(site),
    ]
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    done = made(ROOT, folder)
    assert (done.returncode, done.stdout) == (0, "")
    return folder


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[Browser]:
    if not chromium():
        pytest.skip("no browser here")
    with running(tmp_path) as started:
        yield started


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("[gone](gone.md)", "gone.md"),
        ("[no such place](#nowhere)", "nowhere"),
        ("[in another file](other.md#nowhere)", "nowhere"),
        ("[a file that is no page](../gone.yaml)", "gone.yaml"),
        ("[other](other.md#other) and ![](gone.png)", "gone.png"),
        ("[no such folder](../gone)", "gone"),
        ("[other](other.md#other) and [a folder](../docs)", ""),
    ],
)
def test_a_link_that_leads_nowhere_fails(tmp_path: Path, text: str, why: str) -> None:
    source = tmp_path / "source"
    (source / "docs").mkdir(parents=True)
    shutil.copytree(ROOT / "docs" / "site", tmp_path / "site")
    (source / "docs" / "index.md").write_text(f"# Top\n\n{text}\n\n```{{toctree}}\nother\n```\n", encoding="utf-8")
    (source / "docs" / "other.md").write_text("# Other\n\n    code\n\n|a|\n|-|\n|b|\n", encoding="utf-8")
    done = made(source, tmp_path / "out")
    assert (done.returncode == 0) == (why == ""), done.stdout
    assert why in done.stdout


def test_no_page_loads_anything_from_elsewhere(site: Path) -> None:
    pages = list(site.rglob("*.html"))
    assert len(pages) > 60
    loading = re.compile(r'<(?:link|script|img|iframe|source|object)\b[^>]*?\b(?:href|src|data)="(https?:)?//[^"]*"')
    assert [(page.name, found[0]) for page in pages for found in loading.finditer(page.read_text("utf-8"))] == []
    styles = [*site.rglob("*.css"), *site.rglob("*.js")]
    assert [
        one.name for one in styles if re.search(r"url\(\s*['\"]?(?:https?:)?//|@import", one.read_text("utf-8"))
    ] == []


def test_the_same_documents_give_the_same_search_index(site: Path) -> None:
    index = (site / "searchindex.js").read_text("utf-8")
    assert str(ROOT) not in index


def test_it_can_be_searched_as_files_on_a_disk(site: Path, browser: Browser) -> None:
    browser.visit((site / "search.html").as_uri() + "?q=mutation")
    wait_until(browser, "[...document.querySelectorAll('ul.search li')].some((one) => /polic/i.test(one.innerText))")
    assert [about for _, about in browser.told if re.search(r'"url": "https?:', about)] == []


def test_the_top_leads_to_the_documents(site: Path, browser: Browser) -> None:
    browser.visit((site / "index.html").as_uri())
    wait_until(browser, "location.pathname.endsWith('docs/index.html')")


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 375)])
def test_everybody_can_use_it(site: Path, browser: Browser, scheme: str, width: int) -> None:
    script = axe()
    browser.media(scheme=scheme)
    for page in PAGES:
        browser.visit((site / page).as_uri(), size=(width, 900))
        browser.run(script + "; 0")
        found = browser.run("axe.run(document).then((answer) => JSON.stringify(answer.violations))")
        told = [f"{one['id']}: {one['nodes'][0]['html'][:200]}" for one in json.loads(found)]
        assert (page, told) == (page, [])
        assert browser.run("document.documentElement.scrollWidth") <= width, page


def wait_until(browser: Browser, condition: str) -> None:
    """Wait until a condition holds in the page, at most ten seconds."""
    for _ in range(200):
        if browser.run(f"Boolean({condition})"):
            return
        time.sleep(0.05)
    raise AssertionError(condition)
