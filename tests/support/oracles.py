"""Judges of reports: what a real parser of each kind of output finds in one that it must not hold.

An oracle gets a report made of hostile texts and says what is wrong with it. What a report may be made of (elements,
attributes, how many scripts) it learns from reports of the same shape that hold tame texts only.
"""

from __future__ import annotations

import csv
import fnmatch
import functools
import io
import json
import re
import sys
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Any
from urllib.parse import unquote, urlsplit
from xml.parsers import expat

import cmarkgfm
from cmarkgfm.cmark import Options
from prometheus_client.parser import text_string_to_metric_families
from selectolax.lexbor import LexborHTMLParser

from tests.support.hostile_strings import FORGED, HOST

Complaints = Iterator[str]
Oracle = Callable[[bytes, str, tuple[bytes, ...]], Complaints]
"""From a report, the hostile text in it, and reports with tame texts, to what is wrong."""

_INVISIBLE = frozenset(
    char for char in map(chr, range(sys.maxunicode + 1)) if unicodedata.category(char) in {"Cc", "Cf", "Zl", "Zp", "Cs"}
).union(
    "\u034f\u115f\u1160\u17b4\u17b5\u180b\u3164\uffa0", map(chr, [*range(0xFE00, 0xFE0F), *range(0xE0100, 0xE01F0)])
)
"""What nobody sees, by its category, or since it has no shape (Unicode: Default_Ignorable_Code_Point)."""
_SCHEMES = {"", "http", "https", "urn", "pkg"}


def invisible(text: str, *, but: str = "\n\t") -> Complaints:
    """Whatever does something to the reader's screen, or hides from it."""
    found = set(text).difference(but) & _INVISIBLE
    if found:
        yield f"invisible characters {sorted(map(ascii, found))[:5]}"


# --- Markup -----------------------------------------------------------------------------------------------------

_ONCE = ("script", "style", "base", "meta", "link", "title", "form", "iframe", "object", "embed", "template", "main")
_ADDRESSES = ("href", "src", "action", "formaction", "xlink:href", "poster", "data", "srcset", "background", "ping")


def judge_html(output: bytes, text: str, tame: tuple[bytes, ...]) -> Complaints:
    """A page: of our elements and attributes only, with our scripts only, and links to nowhere but the web."""
    page = output.decode("utf-8")
    yield from invisible(page)
    yield from _markup(LexborHTMLParser(page), text, _Learned.of(tame), once=_ONCE)


def _markup(
    tree: LexborHTMLParser, text: str, learned: _Learned, *, once: tuple[str, ...], but: str = "\n\t"
) -> Complaints:
    ids: Counter[str | None] = Counter()
    counts: Counter[str] = Counter()
    yield from invisible(tree.text(), but=but)
    for node in _nodes(tree):
        counts[node.tag] += 1
        if node.tag in ("script", "style"):
            yield from _program(node, learned)
        for name, value in node.attributes.items():
            yield from invisible(value or "")
            if (node.tag, name) not in learned.attributes or name.startswith("on"):
                yield f"<{node.tag} {name}>"
            if name == "id":
                ids[value] += 1
            if name in _ADDRESSES and value not in learned.values:
                yield from _address(value or "", text)
            if name == "style" and re.search(r"url\(|expression|@import", value or ""):
                yield f"style={value!r}"
    yield from (f"<{tag}>" for tag in counts if tag not in learned.least)
    yield from (f"{counts[tag]} of <{tag}>" for tag in once if not learned.fits(tag, counts[tag]))
    yield from (f"the id {name!r} stands twice" for name, count in ids.items() if count > 1)


def _program(node: Any, learned: _Learned) -> Complaints:
    body = node.text(deep=True)
    if "json" in (node.attributes.get("type") or ""):
        _strict_json(body)
    elif body not in learned.programs:
        yield f"a <{node.tag}> that is not ours: {body[:60]!r}"


def _address(value: str, text: str) -> Complaints:
    plain = re.sub(r"[\x00-\x20]", "", value).lower()
    if value.startswith("#"):
        return
    if not plain.startswith(("http://", "https://")):
        yield f"a link to {value[:60]!r}"
    elif HOST in unquote(plain) and not text.startswith(("http://", "https://")):
        yield f"a link that nobody made: {value[:60]!r}"
    elif re.search(r"[\s<>\"\\]", value):
        yield f"a broken link {value[:60]!r}"


class _Learned:
    """What the reports with tame texts are made of."""

    def __init__(self, trees: Iterable[LexborHTMLParser]) -> None:
        self.attributes: set[tuple[str, str]] = set()
        self.values: set[str | None] = set()
        self.programs: set[str] = set()
        self.least: dict[str, int] = {}
        self.most: dict[str, int] = {}
        for at, tree in enumerate(trees):
            counts: Counter[str] = Counter()
            for node in _nodes(tree):
                counts[node.tag] += 1
                self.attributes |= {(node.tag, name) for name in node.attributes}
                self.values |= {node.attributes[name] for name in _ADDRESSES if name in node.attributes}
                if node.tag in ("script", "style"):
                    self.programs.add(node.text(deep=True))
            for tag in {*counts, *self.most}:
                self.least[tag] = min(self.least.get(tag, counts[tag] if at == 0 else 0), counts[tag])
                self.most[tag] = max(self.most.get(tag, 0), counts[tag])

    def fits(self, tag: str, count: int) -> bool:
        return self.least.get(tag, 0) <= count <= self.most.get(tag, 0)

    @staticmethod
    @functools.lru_cache(maxsize=4)
    def of(tame: tuple[bytes, ...]) -> _Learned:
        return _Learned(LexborHTMLParser(one.decode("utf-8")) for one in tame)

    @staticmethod
    @functools.lru_cache(maxsize=4)
    def of_markdown(tame: tuple[bytes, ...]) -> _Learned:
        return _Learned(_rendered(one.decode("utf-8")) for one in tame)


def _nodes(tree: LexborHTMLParser) -> Iterator[Any]:
    root = tree.root
    assert root is not None
    return (node for node in root.traverse() if node.tag and not node.tag.startswith(("-", "!")))


# --- Markdown ---------------------------------------------------------------------------------------------------

_BLOCKS = ("h1", "h2", "h3", "h4", "h5", "h6", "table", "details", "summary", "img", "hr", "input")
_PLAIN = re.compile(
    "html|head|body|p|br|code|pre|em|strong|del|ul|ol|li|h[1-6]|hr|blockquote|a|table|thead|tbody|tr|th|td"
)
_MENTION = re.compile(r"(?<![\w/.+-])@[A-Za-z0-9]")
_REFERENCE = re.compile(r"(?<![\w&/])#\d+\b|\b[\w-]+/[\w-]+#\d+\b")
_APART = "\u200b"
"""What takes mentions and addresses apart. It may come of `&#8203;`, which is ours: a text's own `&` is escaped."""
_QUICK_ACTION = re.compile(r"^[ \t]*/(close|assign)\b", re.MULTILINE)
"""GitLab looks for them at the head of the lines that were written, not of those that come out."""


def judge_markdown(output: bytes, text: str, tame: tuple[bytes, ...]) -> Complaints:
    """A comment, rendered by GitHub's own parser: as a page, and nobody is called."""
    source = output.decode("utf-8")
    yield from invisible(source)
    tree = _rendered(source)
    yield from _markup(tree, text, _Learned.of_markdown(tame), once=(*_ONCE, *_BLOCKS), but=f"\n\t{_APART}")
    yield from _calls(tree)
    yield from (f"a quick action: {found[0]!r}" for found in _QUICK_ACTION.finditer(source))


def judge_fragment(source: str, text: str) -> Complaints:
    """A text that a platform renders as Markdown: no markup of its own but what is harmless."""
    tree = _rendered(source)
    for node in _nodes(tree):
        if not _PLAIN.fullmatch(node.tag):
            yield f"<{node.tag}> in Markdown"
        if node.tag == "a":
            yield from _address(node.attributes.get("href") or "", text)
        if re.fullmatch("h[1-6]", node.tag) and node.text().strip().startswith(FORGED):
            yield "a forged heading"


def _calls(tree: LexborHTMLParser) -> Complaints:
    """Mentions and references in texts; platforms leave code and links alone."""
    root = tree.root
    assert root is not None
    for node in root.traverse(include_text=True):
        if node.tag != "-text" or _is_inside(node, {"code", "pre", "a", "script", "style"}):
            continue
        words = node.text_content or ""
        for what, pattern in (("mention", _MENTION), ("reference", _REFERENCE)):
            if pattern.search(words):
                yield f"a {what} in {words[:60]!r}"


def _is_inside(node: Any, tags: set[str]) -> bool:
    while (node := node.parent) is not None:
        if node.tag in tags:
            return True
    return False


def _rendered(source: str) -> LexborHTMLParser:
    return LexborHTMLParser(cmarkgfm.github_flavored_markdown_to_html(source, Options.CMARK_OPT_UNSAFE))


# --- XML --------------------------------------------------------------------------------------------------------


def judge_xml(output: bytes, text: str, tame: tuple[bytes, ...]) -> Complaints:
    """A document of our elements and attributes only, as often as with tame texts; no DTD, instruction or comment."""
    yield from invisible(output.decode("utf-8"))
    names, problems, values = _parsed_xml(output)
    yield from problems
    yield from invisible(" ".join(values))
    known = [_parsed_xml(one)[0] for one in tame]
    for name, count in names.items():
        most = max(one[name] for one in known)
        if count > most:
            yield f"{count} of {name}, at most {most} were expected"


def judge_svg(output: bytes, text: str, tame: tuple[bytes, ...]) -> Complaints:
    """A picture that runs and loads nothing."""
    yield from judge_xml(output, text, tame)
    for name in _parsed_xml(output)[0]:
        tag, _, attribute = name.partition(" ")
        if tag.lower() in {"script", "foreignobject", "use", "image", "a", "animate", "set", "iframe"}:
            yield f"<{tag}> in a picture"
        if attribute.lower().startswith("on") or attribute.lower().endswith("href"):
            yield f"{attribute} in a picture"


def judge_badge(output: bytes, text: str, tame: tuple[bytes, ...]) -> Complaints:
    """A picture, or what a service makes one of."""
    return (judge_json if output.lstrip().startswith(b"{") else judge_svg)(output, text, tame)


def _parsed_xml(output: bytes) -> tuple[Counter[str], list[str], list[str]]:
    names: Counter[str] = Counter()
    problems: list[str] = []
    values: list[str] = []

    def start(tag: str, attributes: dict[str, str]) -> None:
        names.update([tag, *(f"{tag} {name}" for name in attributes)])
        values.extend(attributes.values())

    parser = expat.ParserCreate()
    parser.StartElementHandler = start
    parser.CharacterDataHandler = values.append
    parser.StartDoctypeDeclHandler = lambda *_: problems.append("a DTD")
    parser.ProcessingInstructionHandler = lambda target, _: problems.append(f"an instruction {target}")
    parser.CommentHandler = lambda words: problems.append(f"a comment {words[:40]!r}")
    parser.Parse(output, True)
    return names, problems, values


# --- JSON -------------------------------------------------------------------------------------------------------

_RENDERED = {"description", "solution", "mitigation", "impact", "references", "recommendation", "detail", "workaround"}
_ADDRESS_KEY = re.compile(r"(?:^|_)(?:url|uri|href)$|Ur[li]$")


def judge_saved(output: bytes, text: str, tame: tuple[bytes, ...]) -> Complaints:
    """The saved scan keeps every text as it is, in a document that shows on no terminal what it must not."""
    yield from invisible(output.decode("utf-8"))
    if _strict_json(output.decode("utf-8"))["target"]["name"] != text:
        yield "the text is not kept"


def judge_json(output: bytes, text: str, tame: tuple[bytes, ...]) -> Complaints:
    """A document that every reader reads alike, with texts that can be shown and addresses of the web."""
    yield from invisible(output.decode("utf-8"))
    yield from _json_value(_strict_json(output.decode("utf-8")), text, rendered=frozenset())


def judge_platform_json(output: bytes, text: str, tame: tuple[bytes, ...]) -> Complaints:
    """A document whose long texts a platform renders as Markdown."""
    yield from invisible(output.decode("utf-8"))
    yield from _json_value(_strict_json(output.decode("utf-8")), text, rendered=frozenset(_RENDERED))


def judge_json_lines(output: bytes, text: str, tame: tuple[bytes, ...]) -> Complaints:
    """One document per line, as many as with tame texts, whatever the reader takes for the end of a line."""
    lines = output.decode("utf-8").splitlines()
    if len(lines) not in {len(one.splitlines()) for one in tame}:
        yield f"{len(lines)} lines"
    for line in lines:
        yield from judge_json(line.encode(), text, tame)


def _json_value(value: Any, text: str, *, rendered: frozenset[str], key: str = "") -> Complaints:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from invisible(name)
            yield from _json_value(inner, text, rendered=rendered, key=name)
    elif isinstance(value, list):
        for inner in value:
            yield from _json_value(inner, text, rendered=rendered, key=key)
    elif isinstance(value, str):
        yield from (f"{key}: {one}" for one in invisible(value))
        if _ADDRESS_KEY.search(key) and _scheme(value) not in _SCHEMES:
            yield f"{key}: {value[:60]!r}"
        if key in rendered:
            yield from (f"{key}: {one}" for one in judge_fragment(value, text))


def _scheme(value: str) -> str:
    """The scheme that a browser sees: it passes over blanks and control characters."""
    try:
        return urlsplit(re.sub(r"[\x00-\x20]", "", value)).scheme
    except ValueError:
        return "none that can be read"


def _strict_json(text: str) -> Any:
    def refuse(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        assert len({name for name, _ in pairs}) == len(pairs), "a member occurs twice"
        assert "forged" not in dict(pairs)
        return dict(pairs)

    def constant(name: str) -> None:
        raise AssertionError(f"{name} is not JSON")

    return json.loads(text, object_pairs_hook=refuse, parse_constant=constant)


# --- SARIF ------------------------------------------------------------------------------------------------------

_FORGED_LINK = re.compile(r"(?<!\\)\]\((?!\d+\))")
_PLACEHOLDER = re.compile(r"\{\d+\}")


def judge_sarif(output: bytes, text: str, tame: tuple[bytes, ...]) -> Complaints:
    """Messages without links and placeholders of others (2.1.0, 3.11.5 and 3.11.6), and references that are ones."""
    yield from judge_json(output, text, tame)
    for message in _messages(json.loads(output)):
        words = message.get("text", "")
        if _FORGED_LINK.search(words):
            yield f"a link in a message: {words[:60]!r}"
        if _PLACEHOLDER.search(words) and "arguments" not in message and words not in _ours(tame):
            yield f"a placeholder in a message: {words[:60]!r}"
        if "markdown" in message:
            yield from judge_fragment(message["markdown"], text)
    for reference in re.findall(rb'"(?:repositoryU|helpU|u)ri": ?"([^"]*)"', output):
        if not re.fullmatch(rb"(?!//)[A-Za-z0-9%\-._~:/?#\[\]@!$&'()*+,;=]*", reference):
            yield f"no URI reference: {reference[:60]!r}"


def _messages(value: Any) -> Iterator[dict[str, Any]]:
    """Every message of a log. The text of a snippet is none; what is shown instead is one."""
    if isinstance(value, dict):
        if isinstance(value.get("text"), str):
            yield value
        for name, inner in value.items():
            yield from _messages(inner.get("rendered") if name == "snippet" else inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _messages(inner)


@functools.lru_cache(maxsize=4)
def _ours(tame: tuple[bytes, ...]) -> frozenset[str]:
    return frozenset(message["text"] for one in tame for message in _messages(json.loads(one)))


# --- Lines ------------------------------------------------------------------------------------------------------


def judge_text(output: bytes, text: str, tame: tuple[bytes, ...]) -> Complaints:
    """Lines for a terminal: they move no cursor, speak to no CI platform, and none is forged."""
    page = output.decode("utf-8")
    yield from invisible(page, but="\n")
    for line in page.splitlines():
        head = line.lstrip()
        if head.startswith("::") or re.search(r"##\w*\[", line):
            yield f"a command for a platform: {line[:60]!r}"
        if line.startswith(FORGED):
            yield f"a forged line: {line[:60]!r}"


csv.field_size_limit(10_000_000)
# Read with another sign between cells, a whole row can be one.
_LONGEST_CELL = 32_767
"""What Excel takes; it makes the rest of a longer cell one of its own, which can be a formula."""
_FORMULA = re.compile(r"\s*[=+\-@\uff1d\uff0b\uff0d\uff20]")


def judge_csv(output: bytes, text: str, tame: tuple[bytes, ...]) -> Complaints:
    """A table of as many cells as with tame texts, none of them a formula, whichever sign parts the cells."""
    page = output.decode("utf-8-sig")
    yield from invisible(page, but="\r\n\t")
    rows = list(csv.reader(io.StringIO(page, newline=""), strict=True))
    if any(len(row) != len(rows[0]) for row in rows):
        yield f"rows of {sorted({len(row) for row in rows})} cells"
    if len(rows) not in {len(list(csv.reader(io.StringIO(one.decode("utf-8-sig"), newline="")))) for one in tame}:
        yield f"{len(rows)} rows"
    yield from (f"a cell of {len(one)} characters" for row in rows for one in row if len(one) > _LONGEST_CELL)
    for sign in ",;\t":
        for row in csv.reader(io.StringIO(page, newline=""), delimiter=sign):
            yield from (f"a formula where {sign!r} parts: {one[:40]!r}" for one in row if _FORMULA.match(one))


def judge_prometheus(output: bytes, text: str, tame: tuple[bytes, ...]) -> Complaints:
    """Samples of our metrics with our labels, each once."""
    page = output.decode("utf-8")
    yield from invisible(page, but="\n")
    known = {(name, label) for one in tame for name, labels in _samples(one.decode()) for label in ("", *labels)}
    seen: Counter[tuple[str, tuple[tuple[str, str], ...]]] = Counter()
    for name, labels in _samples(page):
        seen[name, tuple(sorted(labels.items()))] += 1
        yield from (f"a forged {name} {label}" for label in ("", *labels) if (name, label) not in known)
        yield from (problem for value in labels.values() for problem in invisible(value))
    yield from (f"{key} stands twice" for key, count in seen.items() if count > 1)


def _samples(page: str) -> Iterator[tuple[str, dict[str, str]]]:
    for family in text_string_to_metric_families(page):
        yield from ((one.name, one.labels) for one in family.samples)


# --- Which judge for which format -------------------------------------------------------------------------------

ORACLES: dict[str, Oracle] = {
    "html": judge_html,
    "json": judge_saved,
    "sarif": judge_sarif,
    "github": judge_sarif,
    "terminal": judge_text,
    "junit": judge_xml,
    # GitLab shows an issue's description as it is, and CycloneDX 1.6 gives its texts no markup.
    "gitlab-codequality": judge_json,
    "gitlab-*": judge_platform_json,
    "markdown": judge_markdown,
    "pr-comment": judge_markdown,
    "csv": judge_csv,
    "jsonl": judge_json_lines,
    "prometheus": judge_prometheus,
    "badge": judge_badge,
    "cyclonedx": judge_json,
    "openvex": judge_json,
    "ocsf": judge_json,
    "defectdojo": judge_platform_json,
}
"""By name of the format, or a pattern of names."""


def oracle_of(name: str) -> Oracle:
    """Return the judge of a format. Raises `KeyError` where nobody has said how its output is judged."""
    for pattern, oracle in ORACLES.items():
        if fnmatch.fnmatchcase(name.replace("_", "-"), pattern):
            return oracle
    raise KeyError(f"no oracle for the format {name}: add one to ORACLES in tests/support/oracles.py")
