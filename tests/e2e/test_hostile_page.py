"""The HTML report in a real browser, with every text that attacks one in every field of its findings."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from secscan.reports.html import render
from tests.support.chromium import CHROMIUM, Page
from tests.support.hostile_scans import hostile, merged
from tests.support.hostile_strings import GROUPS
from tests.support.scans import ordinary

_GROUPS = ("script", "element", "attribute", "css", "scheme", "policy-of-content", "template", "xml", "json", "look")
_TRAP = "window.pwned = []; window.pwn = (...all) => window.pwned.push(String(all));"
_OPEN_EACH = """(async () => {
  const island = document.querySelector("script[type='application/json']").textContent;
  const ids = JSON.parse(island).findings.map((one) => one.id);
  const turn = () => new Promise((done) => setTimeout(done, 0));
  let shown = 0;
  for (const id of ids) {
    location.hash = new URLSearchParams({ id });
    await turn();
    shown += document.querySelector("main").textContent.includes(id);
  }
  for (const tab of document.querySelectorAll("[role=tab]")) { tab.click(); await turn(); }
  return [ids.length, shown];
})()"""
_HARMFUL = """[...document.querySelectorAll("*")].flatMap((one) => [
  ...(["IMG", "IFRAME", "OBJECT", "EMBED", "BASE"].includes(one.tagName) ? [one.outerHTML.slice(0, 99)] : []),
  ...[...one.attributes].filter((at) => at.name.startsWith("on")).map((at) => one.tagName + " " + at.name),
  ...(one.href && !/^(https?:|file:[^?]*#|data:)/.test(String(one.href)) ? [String(one.href)] : []),
])"""


@pytest.fixture
def page(tmp_path: Path) -> Page:
    if CHROMIUM is None:
        pytest.skip("no Chromium here")
    return Page(tmp_path)


def test_no_text_of_any_finding_does_anything(page: Page, tmp_path: Path) -> None:
    """Each finding is opened; nothing runs, nothing is asked for, nothing is said."""
    texts = dict.fromkeys(text for name in _GROUPS for text in GROUPS[name])
    scan = merged([hostile(text, turn) for turn, text in enumerate(texts)])
    file = tmp_path / "report.html"
    file.write_bytes(render(scan))
    with page:
        page.before_each_document(_TRAP)
        page.open(file.as_uri())
        assert page.evaluate(_OPEN_EACH) == [len(scan.findings)] * 2
        assert page.evaluate("window.pwned") == []
        assert page.evaluate(_HARMFUL) == []
        told = [one for one in page.told if one[0] != "request" or '"url": "file:///' not in one[1]]
    assert told == []


def test_the_browser_would_tell(page: Page, tmp_path: Path) -> None:
    """A page that lets texts run is found out, so that the silence of ours means something."""
    bare = re.sub(rb'<meta http-equiv="Content-Security-Policy"[^>]*>', b"", render(ordinary()))
    file = tmp_path / "report.html"
    file.write_bytes(
        bare + b"<img src=https://evil.invalid/><iframe srcdoc=x></iframe><script>pwn(1); alert(2)</script>"
    )
    with page:
        page.before_each_document(_TRAP)
        page.open(file.as_uri())
        assert page.evaluate("window.pwned") == ["1"]
        assert len(page.evaluate(_HARMFUL)) == 2
        assert {"request", "frame", "dialog"} <= {kind for kind, _ in page.told if kind != "request"} | {
            kind for kind, said in page.told if "https://evil.invalid" in said
        }
