from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secscan.findings.globs import any_glob, any_name, problem_with


@pytest.mark.parametrize(
    ("pattern", "inside", "outside"),
    [
        ("tests/**", ["tests/a.py", "tests/deep/er/a.py"], ["tests", "src/tests/a.py", "tests2/a.py"]),
        ("**/tests/**", ["tests/a.py", "src/tests/a.py", "a/tests/b/c"], ["src/a.py", "tests", "src/tests"]),
        ("**", ["a", "a/b/c"], []),
        ("**/*.py", ["a.py", "src/a.py"], ["a.pyi", "a.py/b"]),
        ("/setup.py", ["setup.py"], ["src/setup.py"]),
        ("/*.py", ["a.py"], ["src/a.py"]),
        ("src/*/db.py", ["src/a/db.py"], ["src/db.py", "src/a/b/db.py"]),
        ("src/**/db.py", ["src/db.py", "src/a/b/db.py"], ["db.py", "src/db.pyc"]),
        ("a/**/b/**/c", ["a/b/c", "a/x/b/y/z/c", "a/b/b/c"], ["a/c", "a/b", "a/b/c/d"]),
        ("src/v?/a.py", ["src/v1/a.py", "src/vü/a.py"], ["src/v/a.py", "src/v12/a.py"]),
        ("src/*a*b*", ["src/xaybz", "src/ab"], ["src/ba", "src/a/b"]),
        ("src/100%25/x", ["src/100%25/x"], ["src/100%/x"]),
        ("SRC/x", ["SRC/x"], ["src/x"]),
    ],
)
def test_matches(pattern: str, inside: list[str], outside: list[str]) -> None:
    matches = any_glob([pattern])
    assert [path for path in inside if not matches(path)] == []
    assert [path for path in outside if matches(path)] == []
    assert problem_with(pattern) is None


@pytest.mark.parametrize(
    ("pattern", "hint"),
    [
        ("", "every path"),
        ("/", "every path"),
        ("*.py", "`/*.py` for the top folder, `**/*.py`"),
        ("setup.py", "`**/setup.py`"),
        ("tests/", "tests/**"),
        ("src/{a,b}/**", "several globs"),
        ("src/[ab]/**", "write ?"),
        ("!src/**", "several globs"),
        ("src\\a", "write ?"),
        ("./src/a", "relative to the top"),
        ("../src/a", "relative to the top"),
        ("src//a", "relative to the top"),
        ("src/**.py", "`**/` before"),
    ],
)
def test_what_would_silently_match_nothing_is_refused(pattern: str, hint: str) -> None:
    problem = problem_with(pattern)
    assert problem is not None
    assert hint in problem[1]


def test_hostile_names_cost_no_more_than_their_length_times_the_pattern() -> None:
    # A backtracking matcher needs longer than the universe has for this.
    assert not any_glob(["**/" + "*a" * 50 + "*b/**/c/**/d"])("/".join(["a" * 250] * 20))
    assert not any_glob(["**/a/" * 20 + "b"])("/".join(["a"] * 2000))


@given(
    st.lists(st.sampled_from(["a", "b", "ab", "*", "?", "a*", "*b*", "**"]), min_size=1, max_size=6),
    st.lists(st.sampled_from(["a", "b", "ab", "ba", "aab"]), min_size=1, max_size=7),
)
def test_agrees_with_a_regular_expression(segments: list[str], path: list[str]) -> None:
    assert any_glob(["/".join(segments)])("/".join(path)) == bool(re.fullmatch(_as_regex(segments), "/".join(path)))


def _as_regex(segments: list[str]) -> str:
    text = ""
    for index, segment in enumerate(segments):
        last = index == len(segments) - 1
        if segment == "**":
            text += "(?:[^/]+/)*[^/]+" if last else "(?:[^/]+/)*"
        else:
            text += segment.replace("*", "[^/]*").replace("?", "[^/]") + ("" if last else "/")
    return text


def test_names_have_no_folders() -> None:
    matches = any_name(["@scope/*", "lib?", "exact"])
    assert [name for name in ("@scope/a", "@scope/a/b", "lib1", "exact", "lib", "exactly") if matches(name)] == [
        "@scope/a",
        "@scope/a/b",
        "lib1",
        "exact",
    ]
