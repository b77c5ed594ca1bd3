"""The difference of two scans in its three formats."""

from __future__ import annotations

import json
import re

import jsonschema_rs
import pytest

from secscan.errors import UsageError
from secscan.gate.compare import compare
from secscan.gate.difference import schema
from secscan.reports.difference import FORMATS, render
from tests.support.hostile_scans import hostile
from tests.support.hostile_strings import SAMPLE
from tests.support.report_readers import markdown_pages
from tests.support.scans import NOTE, PACKAGE, TAINTED, clean, ordinary, scan_of


@pytest.mark.parametrize("format_name", FORMATS)
def test_every_change_is_there(format_name: str) -> None:
    text = render(compare(scan_of(TAINTED, NOTE), scan_of(NOTE, PACKAGE)), format_name).decode().replace("\\", "")
    for word in ("SQL injection", "shop/catalog.py:12", "flask 2.2.2", "requirements.txt:3"):
        assert word in text
    unseen = render(compare(scan_of(PACKAGE), ordinary()), format_name).decode()
    assert "failed" in unseen


def test_the_text() -> None:
    lines = render(compare(scan_of(PACKAGE, TAINTED), ordinary()), "text").decode().splitlines()
    assert max(map(len, lines)) <= 80
    assert "warning: pip-audit failed in the later scan: killed" in lines
    assert "3 new, 0 changed, 0 fixed, 0 not seen, 2 the same" in lines
    gone = render(compare(ordinary(), scan_of()), "text").decode().splitlines()
    assert "0 new, 0 changed, 5 fixed, 0 not seen, 0 the same" in gone


def test_the_json_is_what_its_schema_says() -> None:
    data = json.loads(render(compare(ordinary(), clean()), "json"))
    jsonschema_rs.validator_for(schema()).validate(data)


def test_another_format_is_refused() -> None:
    with pytest.raises(UsageError, match="no format 'html'"):
        render(compare(clean(), clean()), "html")


@pytest.mark.parametrize("attack", SAMPLE)
@pytest.mark.parametrize("format_name", ["text", "markdown"])
def test_a_hostile_text_does_nothing(format_name: str, attack: str) -> None:
    for difference in (compare(clean(), hostile(attack)), compare(hostile(attack), clean())):
        output = render(difference, format_name).decode()
        assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b\u202e\u2028\u2066]", output)
        assert not re.search(r"(?m)^\s*::|##\w*\[", output)
        if format_name == "markdown":
            assert [page.strangers for page in markdown_pages(output.encode())] == [[], []]


def test_the_same_comes_out_twice() -> None:
    for name in FORMATS:
        assert render(compare(ordinary(), clean()), name) == render(compare(ordinary(), clean()), name)
