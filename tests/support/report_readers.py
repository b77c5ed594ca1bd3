"""Reads reports as the programs do that they are for: strictly, by parsers of others where there are any."""

from __future__ import annotations

import csv
import io
import json
import re
from collections import Counter
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from xml.etree.ElementTree import Element

import cmarkgfm
import defusedxml.ElementTree
import junitparser
from cmarkgfm.cmark import Options
from markdown_it import MarkdownIt
from prometheus_client.parser import text_string_to_metric_families

from tests.support.gitlab_schemas import faults

OWN_ELEMENTS = frozenset(
    ("a", "code", "details", "h2", "h3", "li", "p", "sub", "summary", "table", "tbody", "td", "th", "thead", "tr", "ul")
)
"""What our Markdown may become."""

_LINKED = re.compile(
    r"(?<![0-9A-Za-z])(?:[@#!%~^&$][\w\"]|(?:[A-Za-z][A-Za-z0-9_]*)-\d|[0-9a-fA-F]{7,40}(?![0-9A-Za-z]))"
    r"|://|:[\w+-]+:|\bwww\.|[\w.+-]@[\w-]",
    re.ASCII,
)
"""What GitHub and GitLab make links, mentions and pictures of in the text that comes out."""


def xml_of(data: bytes) -> Element:
    """Read XML, without document types and entities."""
    return defusedxml.ElementTree.fromstring(data)


def junit_of(data: bytes) -> junitparser.JUnitXml:
    """Read a JUnit report; its counts must be those of its tests."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "junit.xml"
        file.write_bytes(data)
        report = junitparser.JUnitXml.fromfile(str(file))
    for suite in report:
        ended = Counter(type(result).__name__ for case in suite for result in case.result)
        assert (suite.tests, suite.failures, suite.errors, suite.skipped) == (
            sum(1 for _ in suite),
            ended["Failure"],
            ended["Error"],
            ended["Skipped"],
        )
    return report


def csv_rows(data: bytes) -> list[dict[str, str]]:
    """Read a table of RFC 4180; every row has all columns, and stands on one line."""
    text = data.decode("utf-8")
    rows = list(csv.DictReader(io.StringIO(text, newline=""), strict=True))
    assert text.endswith("\r\n")
    assert text.replace("\r\n", "").count("\r") == text.replace("\r\n", "").count("\n") == 0
    assert all(None not in row and None not in row.values() for row in rows)
    assert len(text.split("\r\n")) == len(rows) + 2
    return rows


def json_lines(data: bytes) -> list[dict[str, Any]]:
    """Read JSON Lines: an object on every line, by whatever a reader takes for the end of a line."""
    text = data.decode("utf-8")
    assert text.splitlines() == text.removesuffix("\n").split("\n")
    return [json.loads(line) for line in text.splitlines()]


def metrics_of(data: bytes) -> dict[str, dict[frozenset[tuple[str, str]], float]]:
    """Read metrics: the values by name and labels. No series occurs twice."""
    found: dict[str, dict[frozenset[tuple[str, str]], float]] = {}
    for family in text_string_to_metric_families(data.decode("utf-8")):
        series = found.setdefault(family.name, {})
        for sample in family.samples:
            labels = frozenset(sample.labels.items())
            assert labels not in series
            series[labels] = sample.value
    return found


@dataclass
class Page(HTMLParser):
    """A page that Markdown became."""

    elements: list[tuple[str, dict[str, str | None]]] = field(default_factory=list)
    comments: list[str] = field(default_factory=list)
    text: str = ""
    """What can be read, code in it."""
    prose: str = ""
    """The same without code, in which platforms look for nothing; each piece of code is a blank."""
    _open: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self._open.append(tag)
        if tag in ("p", "li", "td", "th", "h2", "h3", "summary"):
            self.prose += "\n"

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop() != tag:
            pass

    def handle_comment(self, data: str) -> None:
        self.comments.append(data)

    def handle_data(self, data: str) -> None:
        self.text += data
        self.prose += " " if "code" in self._open else data

    @property
    def strangers(self) -> list[str]:
        """Elements, addresses and comments that are not ours, and what a platform would take for a link or a name."""
        found = [tag for tag, _ in self.elements if tag not in OWN_ELEMENTS]
        found += [f"{tag} {name}" for tag, attrs in self.elements for name in attrs if (tag, name) != ("a", "href")]
        links = [attrs.get("href") or "" for tag, attrs in self.elements if tag == "a"]
        found += [link for link in links if not link.startswith(("https://", "http://"))]
        found += [text for text in self.comments if not re.fullmatch(r" secscan:pr-comment:[0-9a-f]{16} ", text)]
        return found + [match[0] for match in _LINKED.finditer(self.prose)]


def markdown_pages(data: bytes) -> list[Page]:
    """Return the page that Markdown becomes, by GitHub's own program and by another that finds more links.

    Nothing is filtered, so that whatever the Markdown holds is in the pages.
    """
    text = data.decode("utf-8")
    # GitLab takes such a line for a command.
    assert not [line for line in text.splitlines() if line.startswith("/")]
    by_github = cmarkgfm.markdown_to_html_with_extensions(
        text, Options.CMARK_OPT_UNSAFE, ["table", "autolink", "strikethrough", "tasklist"]
    )
    by_markdown_it = MarkdownIt("gfm-like", {"html": True}).render(text)
    pages = []
    for html in (by_github, by_markdown_it):
        page = Page()
        page.feed(html)
        page.close()
        pages.append(page)
    return pages


def gitlab_report(data: bytes) -> Any:
    """Read one of GitLab's reports; it keeps what GitLab's schema of its type demands."""
    document = json.loads(data)
    assert faults(document) == []
    return document


def verdict_in(name: str, data: bytes) -> str:
    """Return the verdict that a report of a format for programs tells; empty where it tells none."""
    if name == "prometheus":
        return next(dict(labels)["verdict"] for labels, value in metrics_of(data)["secscan_verdict"].items() if value)
    if name == "csv":
        return csv_rows(data)[0]["action"]
    if name == "jsonl":
        (verdict,) = {record["verdict"] for record in json_lines(data)}
        return str(verdict)
    if name == "badge":
        return (xml_of(data).get("aria-label") or "").split(": ")[1]
    if name == "junit":
        (case,) = [case for suite in junit_of(data) for case in suite if case.name == "verdict"]
        kinds = {type(result).__name__ for result in case.result}
        return {"Failure": "failed", "Error": "incomplete"}[kinds.pop()] if kinds else "passed"
    if name in ("markdown", "pr-comment"):
        line = next(line for line in data.decode("utf-8").splitlines() if line.startswith("## "))
        return line.removeprefix("## secscan: ")
    if name.startswith("gitlab-") and name != "gitlab-codequality":
        return str(gitlab_report(data)["scan"]["messages"][0]["value"].split(": ")[1])
    return ""
