"""The judges of reports themselves: each finds what a careless writer lets through, and nothing in what a careful one
writes."""

from __future__ import annotations

import csv
import html
import io
import json
import re
from collections.abc import Callable
from xml.sax import saxutils

import pytest

from secscan.reports.escape import json_in_html, plain, sarif_text, terminal, web_link
from tests.support.hostile_strings import STRINGS, TAME
from tests.support.oracles import ORACLES, oracle_of

Writer = Callable[[str], str]

_NO_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def lines(text: str) -> str:
    return plain(text).replace("\n", r"\n").replace("\t", " ")


def code(text: str) -> str:
    """A code span that holds any text: between more backticks than it has in a row."""
    fence = "`" * (max(map(len, re.findall("`+", text)), default=0) + 1)
    return f"{fence} {lines(text)} {fence}"


def cells(*texts: str) -> str:
    out = io.StringIO()
    csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\n").writerow(texts)
    return out.getvalue()


def careful_cell(text: str) -> str:
    return re.sub("(^|[;,\"'])(?=\\s*[=+\\-@\uff1d\uff0b\uff0d\uff20])", r"\1'", lines(text))


def label(text: str) -> str:
    return lines(text).replace("\\", "\\\\").replace('"', '\\"')


def only(text: str) -> str:
    """JSON of a document whose only text this is."""
    return json.dumps({"description": text, "url": web_link(text)}, ensure_ascii=False)


HTML = (
    "<!doctype html><title>x</title><p class='{}'>{}</p><a href='{}'>x</a><script type='application/json'>{}</script>"
)
XML = '<?xml version="1.0"?><testsuite><testcase name={}>{}</testcase></testsuite>'
SVG = '<svg xmlns="http://www.w3.org/2000/svg"><title>{}</title><text>{}</text></svg>'

CARELESS: dict[str, Writer] = {
    "html": lambda text: HTML.format(text, html.escape(text), web_link(text), "0"),
    "json": lambda text: json.dumps({"target": {"name": text}}, ensure_ascii=False),
    "sarif": lambda text: json.dumps({"message": {"text": plain(text)}}),
    "github": lambda text: json.dumps({"message": {"text": sarif_text(text), "markdown": plain(text)}}),
    "terminal": lambda text: f"  {text}\n",
    "junit": lambda text: XML.format('"' + html.escape(text, quote=False) + '"', text),
    "gitlab-codequality": lambda text: json.dumps({"description": text}, ensure_ascii=False),
    "gitlab-*": lambda text: only(plain(text)),
    "markdown": lambda text: f"# Report\n\n{html.escape(lines(text))}\n",
    "pr-comment": lambda text: f"| a | b |\n|---|---|\n| {html.escape(text)} | b |\n",
    "csv": lambda text: cells("a", "b") + cells("x", lines(text)),
    "jsonl": lambda text: json.dumps({"text": text}, ensure_ascii=False) + "\n",
    "prometheus": lambda text: f'm{{a="{lines(text)}"}} 1\n',
    "badge": lambda text: SVG.format(text, html.escape(text)),
    "cyclonedx": lambda text: json.dumps({"detail": plain(text), "url": text}),
    "openvex": lambda text: json.dumps({"text": plain(text), "url": text}),
    "ocsf": lambda text: json.dumps({"text": text}),
    "defectdojo": lambda text: only(html.escape(plain(text))),
}
"""Each forgets one thing that its kind of output asks for."""

CAREFUL: dict[str, Writer] = {
    "html": lambda text: HTML.format(
        html.escape(plain(text)),
        html.escape(plain(text)),
        html.escape(web_link(text)),
        json_in_html(json.dumps(plain(text)).encode()),
    ),
    "json": lambda text: json.dumps({"target": {"name": text}}),
    "sarif": lambda text: json.dumps({"message": {"text": sarif_text(text)}}),
    "github": lambda text: json.dumps({"message": {"text": sarif_text(text), "markdown": code(text)}}),
    "terminal": lambda text: f"  {terminal(text)}\n",
    "junit": lambda text: XML.format(
        *(one(_NO_XML.sub("?", plain(text))) for one in (saxutils.quoteattr, html.escape))
    ),
    "gitlab-codequality": lambda text: only(plain(text)),
    "gitlab-*": lambda text: only(code(text)),
    "markdown": lambda text: f"# Report\n\n{code(text)}\n",
    "pr-comment": lambda text: f"- a\n\n{code(text)}\n",
    "csv": lambda text: cells("a", "b") + cells("x", careful_cell(text)),
    "jsonl": lambda text: json.dumps({"text": plain(text)}) + "\n",
    "prometheus": lambda text: f'm{{a="{label(text)}"}} 1\n',
    "badge": lambda text: SVG.format(*[html.escape(_NO_XML.sub("?", plain(text)))] * 2),
    "cyclonedx": lambda text: only(plain(text)),
    "openvex": lambda text: json.dumps({"text": plain(text), "url": web_link(text)}),
    "ocsf": lambda text: json.dumps({"text": plain(text)}),
    "defectdojo": lambda text: only(code(text)),
}


def complaints(name: str, writer: Writer) -> dict[str, list[str]]:
    """What the judge says of each text that it does not like."""
    tame = tuple(writer(text).encode() for text in TAME)
    found = {}
    for text in STRINGS:
        try:
            said = list(oracle_of(name)(writer(text).encode(), text, tame))
        except Exception as error:  # noqa: BLE001 - a parser that gives up is a complaint
            said = [repr(error)]
        if said:
            found[text] = said
    return found


@pytest.mark.parametrize("name", ORACLES)
def test_what_a_careful_writer_writes_is_in_order(name: str) -> None:
    assert complaints(name, CAREFUL[name]) == {}


@pytest.mark.parametrize("name", ORACLES)
def test_a_careless_writer_is_found_out(name: str) -> None:
    assert len(complaints(name, CARELESS[name])) >= 7


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("html", "' onfocus='pwn(1)' autofocus='"),
        ("sarif", "{0} {1} {foo}"),
        ("github", "![picture](https://evil.invalid/p.png)"),
        ("terminal", "a\n::error::forged"),
        ("junit", '"/><testsuite name="FORGED" failures="0"/><x y="'),
        ("gitlab-*", "<img src=x onerror=pwn(1)>"),
        ("markdown", "@octocat and @org/team"),
        ("markdown", "fixes #1, owner/repo#2, GH-3"),
        ("markdown", "[click](https://evil.invalid/a)"),
        ("pr-comment", "text\\\n\n## FORGED"),
        ("csv", "=1+1"),
        ("csv", "x;=1+1"),
        ("jsonl", "a\u2028FORGED"),
        ("prometheus", 'x",verdict="passed'),
        ("badge", "<svg/onload=pwn(1)>"),
        ("openvex", "javascript:pwn(1)"),
        ("ocsf", "\x1b[2J\x1b[H"),
    ],
)
def test_what_a_careless_writer_is_found_out_by(name: str, text: str) -> None:
    assert text in complaints(name, CARELESS[name])


def test_a_format_without_a_judge_is_refused() -> None:
    with pytest.raises(KeyError, match="no oracle"):
        oracle_of("telegram")
