"""The HTML report, as far as it can be read without a browser."""

from __future__ import annotations

import base64
import hashlib
import json
import re

import msgspec

from secscan.reports.html import _MOST_ROWS, _STATIC, render
from tests.support.scans import NOTE, TAINTED, ordinary, scan_of


def page(scan) -> str:
    return render(scan).decode("utf-8")


def island(text: str) -> dict:
    return json.loads(re.search(r'<script type="application/json" id="data">(.*?)</script>', text, re.DOTALL)[1])


def test_only_our_own_style_and_script_may_run() -> None:
    text = page(ordinary())
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', text)[1].replace("&#39;", "'")
    for element in ("style", "script"):
        (content,) = re.findall(rf"<{element}>(.*?)</{element}>", text, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert f"{element}-src 'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none';")
    assert "unsafe" not in policy


def test_nothing_is_loaded_from_anywhere() -> None:
    text = page(ordinary())
    assert not re.findall(r"<(?:link|img|iframe|object|embed|base)\b", text)
    assert not re.findall(r"\bsrc=", text)
    assert "style=" not in text


def test_only_web_addresses_become_links() -> None:
    (finding,) = island(page(scan_of(TAINTED)))["findings"]
    links = {one["text"]: one["link"] for one in finding["references"]}
    assert links == {"https://example.com/sql": "https://example.com/sql", "ftp://example.com/not-a-link": ""}


def test_the_whole_finding_is_there() -> None:
    finding = island(page(ordinary()))["findings"][0]
    assert finding["title"] == "SQL injection"
    assert finding["symbol"] == "Catalog.find"
    assert [source["rule"] for source in finding["sources"]] == ["B608", "secscan.py.sql-injection.request"]
    assert len(finding["trace"]) == 2
    assert (finding["snippetLine"], finding["line"]) == (11, 12)


def test_the_table_without_script_is_short_and_says_so() -> None:
    many = [msgspec.structs.replace(NOTE, fingerprint=f"{at:08x}") for at in range(_STATIC + 50)]
    text = page(scan_of(*many))
    assert f"The first {_STATIC} of {_STATIC + 50} findings" in text
    assert len(island(text)["findings"]) == _STATIC + 50


def test_a_long_list_of_gaps_is_cut_and_counted() -> None:
    gaps = tuple(msgspec.structs.replace(ordinary().gaps[0], line=at) for at in range(_MOST_ROWS + 7))
    text = page(scan_of(gaps=gaps))
    assert "... and 7 more, all in the saved scan" in text
    assert f"Could not be looked at ({_MOST_ROWS + 7})" in text
