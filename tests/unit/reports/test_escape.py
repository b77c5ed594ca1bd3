"""Escaping: nothing invisible, nothing that acts, nothing lost."""

from __future__ import annotations

import json
from urllib.parse import unquote_to_bytes, urlsplit

import pytest
from defusedxml.ElementTree import fromstring
from hypothesis import given, settings
from hypothesis import strategies as st

from secscan.findings.paths import decode_path, encode_path
from secscan.reports.escape import (
    csv_cell,
    for_log,
    json_in_html,
    markdown,
    markdown_code,
    one_line,
    oscal_markup,
    plain,
    prometheus_label,
    sarif_text,
    slack_code,
    terminal,
    uri,
    web_link,
    without_tags,
)
from tests.support.report_readers import markdown_pages, metrics_of, xml_of
from tests.support.workflow_commands import commands_in

texts = st.text(st.characters(exclude_categories=["Cs"]))
in_markdown = st.text(st.sampled_from("\\\\`*_[]()<>|~!#+-=.:@&$%^/\"'{} \t\n1aAfGH-@#www.http://a@b.c")) | texts
"""Texts made of what means something in Markdown or to the platforms that show it."""


@given(texts)
def test_a_terminal_gets_one_printable_line(text: str) -> None:
    shown = terminal(text)
    assert shown == "" or shown.isprintable()
    assert "##[" not in shown


@given(texts)
def test_plain_text_hides_nothing(text: str) -> None:
    assert all(char.isprintable() or char in "\n\t" for char in plain(text))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\x1b[31mb", r"a\x1b[31mb"),
        ("a\u202eb", r"a\u202eb"),
        ("a\U000e0001b", r"a\U000e0001b"),
        ("a\tb", "a    b"),
        ("a\u3164\U000e0100b", r"a\u3164\U000e0100b"),
        ("\u26a0\ufe0f", "\u26a0\ufe0f"),
    ],
)
def test_what_is_invisible_is_spelled_out(text: str, shown: str) -> None:
    assert terminal(text) == shown


@given(st.binary(min_size=1).filter(lambda raw: b"\0" not in raw))
def test_a_uri_decodes_to_the_file_name(raw: bytes) -> None:
    made = uri(encode_path(raw))
    assert made.isascii()
    assert unquote_to_bytes(made) == raw == decode_path(encode_path(raw))


@given(texts.filter(lambda text: text and not text.startswith("/") and "\0" not in text))
def test_a_uri_is_relative(text: str) -> None:
    parts = urlsplit(uri(encode_path(text.encode())))
    assert (parts.scheme, parts.netloc, parts.query, parts.fragment) == ("", "", "", "")


@given(st.recursive(texts, lambda inner: st.lists(inner) | st.dictionaries(texts, inner)))
def test_json_in_a_page_reads_back_and_closes_no_element(value: object) -> None:
    made = json_in_html(json.dumps(value, ensure_ascii=False).encode())
    assert json.loads(made) == value
    assert not set(made) & set("<>&\u2028\u2029")


@given(texts)
def test_a_sarif_message_has_no_link_and_no_placeholder(text: str) -> None:
    made = sarif_text(text + "](x) {0} {17}")
    assert "](" not in made
    assert "{0}" not in made
    assert "{17}" not in made


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        " https://a",
        "https://a b",
        "HTTPS://a",
        "https://a\nb",
        "//a",
        "data:text/html,x",
        "",
        "a",
        "https://a/)[x](javascript:1)|`",
        'https://a/"b',
        "https://a/<b>",
        "https://a/\u202e",
        "https://\u0430",
    ],
)
def test_only_web_addresses_become_links(url: str) -> None:
    assert web_link(url) == ""


def test_a_web_address_is_a_link() -> None:
    assert web_link("https://example.com/?a=b#c") == "https://example.com/?a=b#c"


@given(texts)
def test_one_line_is_one_and_xml_allows_it(text: str) -> None:
    made = one_line(text)
    assert made == "" or made.isprintable()
    assert xml_of(f"<a><![CDATA[{made.replace(']]>', '')}]]></a>".encode()).text == (made.replace("]]>", "") or None)


@pytest.mark.parametrize(
    "around",
    [
        "- {}",
        "- {} after",
        "before {}: after",
        "| a |\n| --- |\n| {} |",
        "| a | b |\n| --- | --- |\n| x {} | {} |",
        "## head\n\n- ours: {}\n- {}\n\n<details><summary>Ours (1)</summary>\n\nours: {}\n\n</details>",
    ],
)
@settings(max_examples=40)
@given(text=in_markdown)
def test_markdown_means_nothing_but_itself(around: str, text: str) -> None:
    code = one_line(text).replace("`", r"\x60").replace("|", r"\x7c")
    for escaped, shown in ((markdown(text), one_line(text)), (markdown_code(text), code)):
        ours = [[tag for tag, _ in page.elements] for page in markdown_pages(around.replace("{}", "word").encode())]
        pages = markdown_pages(around.replace("{}", escaped).encode())
        assert [page.strangers for page in pages] == [[], []]
        # A paragraph is there or not where nothing else stands in it.
        assert [[tag for tag, _ in page.elements if tag not in ("code", "p")] for page in pages] == [
            [tag for tag in tags if tag != "p"] for tags in ours
        ]
        assert all(shown.strip() in page.text.replace("\u200b", "") for page in pages)


@pytest.mark.parametrize(
    "text",
    [
        "@octocat", "x @org/team", "#1", "octo/repo#1", "GH-1", "SHOP-7", "!12", "%1", "~bug", "&3", "$4", "^alert#5",
        "https://github.com/o/r/issues/1", "www.example.com", "ana@example.com", ":tada:", "0a1b2c3d4e5f", "[issue:1]",
        "ftp://example.com", "mailto:ana@example.com", "fixes #1", "@a@b@c", "##1", "a" * 40, "/close",
        "example.com", "see app.py now", "1.Ac", "1.AC_", "//example.com", "x.xn--p1ai", "a.рф",
    ],
)  # fmt: skip
def test_markdown_pings_nobody_and_links_nowhere(text: str) -> None:
    pages = markdown_pages(f"- {markdown(text)} and {markdown_code(text)}".encode())
    assert [page.strangers for page in pages] == [[], []]
    assert [page.text.replace("\u200b", "").strip() for page in pages] == [f"{text} and {text}"] * 2


@pytest.mark.parametrize("text", ["@octocat", "see https://a.example", "<b>", "![x](y)", "ana@example.com", "GH-1"])
def test_without_escaping_they_are_found(text: str) -> None:
    assert any(page.strangers for page in markdown_pages(f"- {text}".encode()))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("=1+1", "'=1+1"),
        ("  -cmd", "  '-cmd"),
        ("\t@SUM(A1)", " '@SUM(A1)"),
        ("\r=1", r"\x0d=1"),
        ('a";=cmd()', "a\";'=cmd()"),
        ("a, +1", "a, '+1"),
        ("a'=1", "a''=1"),
        ("\uff1d1", "'\uff1d1"),
        ("x\n=1", "x =1"),
        ("a-b = c", "a-b = c"),
        ("", ""),
        ("a\u3164b", r"a\u3164b"),
    ],
)
def test_no_cell_is_a_formula(text: str, shown: str) -> None:
    assert csv_cell(text) == shown


@given(texts, st.sampled_from(',;|"'))
def test_no_part_of_a_cell_is_a_formula(text: str, separator: str) -> None:
    parts = [part.lstrip(' "') for part in csv_cell(text).split(separator)]
    assert not [part for part in parts if part.startswith(("=", "+", "-", "@"))]


@given(texts)
def test_a_label_reads_back(text: str) -> None:
    (labels,) = metrics_of(f'm{{x="{prometheus_label(text)}"}} 1\n'.encode())["m"]
    assert dict(labels)["x"] == one_line(text)


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("[a](javascript:x)", r"\[a\](javascript:x)"),
        ("<b>&amp;", r"\<b\>\&amp;"),
        ("{{ insert: param, x }}", r"\{\{ insert: param, x \}\}"),
        ("a_b*c`d\\e", r"a\_b\*c\`d\\e"),
        ("pip-audit 1.0: 3 of 4", "pip-audit 1.0: 3 of 4"),
    ],
)
def test_markup_of_oscal_means_only_itself(text: str, escaped: str) -> None:
    assert oscal_markup(text) == escaped


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("<!channel> & <@U1>", "`&lt;!channel&gt; &amp; &lt;@U1&gt;`"),
        ("a`*b*`", r"`a\x60*b*\x60`"),
        ("a\n> b", "`a &gt; b`"),
        ("", ""),
        (" \n", ""),
    ],
)
def test_code_of_slack(text: str, shown: str) -> None:
    assert slack_code(text) == shown


@given(texts)
def test_code_of_slack_is_one_span_in_which_nothing_begins(text: str) -> None:
    shown = slack_code(text)
    assert shown == "" or (shown[0], shown[-1], shown.count("`")) == ("`", "`", 2)
    assert not set("<>\n\r") & set(shown)


@given(texts)
def test_nothing_begins_a_tag_or_an_entity(text: str) -> None:
    assert not set("<>&\n\r") & set(without_tags(text))


_COMMANDS = "##[group]x ##vso[task.x]y\n  ::set-output name=gate::pass\n#:: a ::b"


def test_a_document_that_is_printed_means_the_same_and_commands_nobody() -> None:
    as_json = json.dumps({"a": _COMMANDS, _COMMANDS: ["\\##[x]"]}, indent=2)
    printed = for_log(as_json.encode())
    assert json.loads(printed) == json.loads(as_json)
    as_xml = f"<?xml version='1.0'?><a b='##[x]'>{_COMMANDS}</a>"
    element = fromstring(for_log(as_xml.encode()))
    assert (element.text, element.get("b")) == (_COMMANDS, "##[x]")
    page = f'<!doctype html><style>a ::before {{}}</style><p>{_COMMANDS}</p><script>["##[x]"]</script>'
    printed_page = for_log(page.encode())
    assert b"<style>a ::before {}</style>" in printed_page
    assert b'<script>["##\\u005bx]"]</script>' in printed_page
    for one in (printed, for_log(as_xml.encode()), printed_page, for_log(_COMMANDS.encode())):
        assert commands_in(one.decode()) == []


def test_a_document_without_commands_is_printed_as_it_is() -> None:
    for one in (b"", b"{}", b"a: b", b"<p>#[ a:b</p>", b'{"a": "#1"}'):
        assert for_log(one) == one
