"""Shell text in commands."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secscan.dockerfiles.shell import Command, parse


def commands(text: str) -> list[list[str]]:
    return [[word.text for word in one.words] for one in parse(text).commands]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a b; c && d || e & f", [["a", "b"], ["c"], ["d"], ["e"], ["f"]]),
        ("echo 'a | b' \"c; d\" e\\ f", [["echo", "a | b", "c; d", "e f"]]),
        ("a 2>&1 >/dev/null <x b", [["a", "b"]]),
        ("if ! a; then b; else c; fi; d", [["a"], ["b"], ["c"], ["d"]]),
        ("(a; b) && { c; d; }", [["a"], ["b"], ["c"], ["d"]]),
        ("a # b | c", [["a"]]),
        ("a#b $#", [["a#b", "$#"]]),
        ("a\nb \\\n c", [["a"], ["b", "c"]]),
        ("echo ${X:-a b} c", [["echo", "${X:-a b}", "c"]]),
        ("cat <<E\nx; y\nE\nz", [["cat"], ["z"]]),
        ("case $x in a) b;; esac", [["case", "$x", "in", "a"], ["b"]]),
        ("'a'\"b\"c", [["abc"]]),
        ("", []),
    ],
)
def test_commands_and_words(text: str, expected: list[list[str]]) -> None:
    assert commands(text) == expected


@pytest.mark.parametrize(
    ("text", "reader", "sources"),
    [
        ("a | b | c", "c", ["a", "b"]),
        ("x; a | b", "b", ["a"]),
        ("a |& b", "b", ["a"]),
        ("a || b", "b", []),
        ("(x; a) | b", "b", ["x", "a"]),
        ("{ x; a; } | b", "b", ["x", "a"]),
        ("a | (x; b)", "b", ["a"]),
        ("a | b; c", "c", []),
        ("(a) | (b) | c", "c", ["a", "b"]),
    ],
)
def test_what_reads_by_a_pipe(text: str, reader: str, sources: list[str]) -> None:
    (found,) = [one for one in parse(text).commands if one.words[0].text == reader]
    assert [one.words[0].text for one in found.upstream()] == sources


@pytest.mark.parametrize(
    "text", ["a $(b c)", 'a "$(b c)"', "a `b c`", "a <(b c)", "a > >(b c)", 'a "${X:-$(b c)}"', "X=$(b c)"]
)
def test_what_is_substituted(text: str) -> None:
    (outer,) = parse(text).commands
    words = [*outer.words, *(word for _, word in outer.redirects)]
    assert [[word.text for word in inner.words] for word in words for inner in word.inner] == [["b", "c"]]


def test_single_quotes_substitute_nothing() -> None:
    (one,) = parse("a '$(b)' '`c`'").commands
    assert not any(word.inner for word in one.words)


def test_what_a_heredoc_gives() -> None:
    first, second = parse("bash <<-'E' | cat\n\ta\n\tE\nb").commands[0], parse("bash <<E\nx").commands[0]
    assert first.stdin == "\ta\n"
    assert second.stdin == "x"


def test_too_deep_is_said() -> None:
    assert parse("$(" * 100 + "a" + ")" * 100).truncated
    assert not parse("$(" * 10 + "a" + ")" * 10).truncated
    assert parse("a;" * 30_000).truncated


@given(st.text(alphabet="ab |&;()<>{}$`'\"\\\n#=E-", max_size=80))
def test_any_text_is_cut_and_places_are_in_it(text: str) -> None:
    def check(found: tuple[Command, ...] | list[Command]) -> None:
        for one in found:
            assert 0 <= one.start <= one.end <= len(text)
            list(one.upstream())
            for word in (*one.words, *(word for _, word in one.redirects)):
                assert 0 <= word.start <= word.end <= len(text)
                check(word.inner)

    check(parse(text).commands)
