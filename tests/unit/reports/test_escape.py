"""Escaping: nothing invisible, nothing that acts, nothing lost."""

from __future__ import annotations

import json
from urllib.parse import unquote_to_bytes, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secscan.findings.paths import decode_path, encode_path
from secscan.reports.escape import csv_cell, json_in_html, oscal_markup, plain, sarif_text, terminal, uri, web_link

texts = st.text(st.characters(exclude_categories=["Cs"]))


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
    [("a\x1b[31mb", r"a\x1b[31mb"), ("a\u202eb", r"a\u202eb"), ("a\U000e0001b", r"a\U000e0001b"), ("a\tb", "a    b")],
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
    made = json_in_html(value)
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
    ],
)
def test_only_web_addresses_become_links(url: str) -> None:
    assert web_link(url) == ""


def test_a_web_address_is_a_link() -> None:
    assert web_link("https://example.com/?a=b#c") == "https://example.com/?a=b#c"


@pytest.mark.parametrize("text", ["=1", "+1", "-1", "@x", " =1", "\t=1", "|x", "\uff1dx"])
def test_a_cell_is_no_formula(text: str) -> None:
    assert csv_cell(text).startswith("'")
    assert csv_cell("plain - text") == "plain - text"
    assert csv_cell("a\x1b\r\nb") == "a\\x1b\\x0d\\x0ab"


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
