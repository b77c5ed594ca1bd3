"""Paths of Vault's API: hostile names never reach another endpoint."""

from __future__ import annotations

import posixpath
from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from secscan.stores.contract import StoreError
from secscan.stores.vault.paths import below_v1, problem_with, quoted

HOSTILE = st.text(st.sampled_from("ab/.%?#\\ \n\0~;:@é٪&=+") | st.characters(), max_size=40)


@pytest.mark.parametrize(
    "path",
    [
        "", "/", "/secret/a", "secret/a/", "secret//a", "secret/../sys/mounts", "..", "secret/./a", "a/%2e%2e/b",
        "a?list=true", "a#b", "a\\..\\b", "a\nb", "a\0b", "a\x7f", "a\u202eb", "x" * 5_000,
    ],
)  # fmt: skip
def test_what_is_not_safe_is_refused(path: str) -> None:
    assert problem_with(path)
    with pytest.raises(StoreError):
        quoted(path)


@pytest.mark.parametrize("path", ["secret/data/app", "a..b/c.d", "team a/ünder/x@y:z", "k(1)/v2.0+b"])
def test_what_people_use_is_asked_for(path: str) -> None:
    assert problem_with(path) == ""


@given(HOSTILE)
@example("a/\ud800/b")
def test_what_is_asked_for_is_this_very_path(path: str) -> None:
    try:
        sent = quoted(path)
    except StoreError:
        return
    assert sent.isascii()
    parts = urlsplit(f"http://h/v1/{sent}")
    assert (parts.query, parts.fragment) == ("", "")
    assert posixpath.normpath(parts.path) == parts.path
    assert unquote(parts.path, errors="surrogatepass") == f"/v1/{path}"


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("/v1/secret/data/a", "secret/data/a"),
        ("/v1/secret/metadata/", "secret/metadata"),
        ("/v1/auth/x/%2e%2e/y", "auth/x/../y"),
        ("/v1/a%20b", "a b"),
    ],
)
def test_hvacs_urls_are_read_as_paths(url: str, path: str) -> None:
    assert below_v1(url) == path
