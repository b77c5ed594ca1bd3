"""Dockerfiles in instructions, as their builder cuts them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secscan.targets.languages import is_dockerfile, language_of
from secscan.targets.source import TextSource, open_source
from secscan.targets.source_dockerfile import cut, words

PIECES = st.lists(
    st.sampled_from(
        [
            *(
                "FROM a",
                "RUN x",
                "COPY <<A <<-'B' /c",
                "run cat <<A",
                "A",
                "B",
                "\tB",
                "# c",
                "#",
                "\\",
                "`",
                " \\  ",
                "\\\\",
            ),
            *(
                "# escape=`",
                "# syntax=x",
                "\n",
                "\r\n",
                "\r",
                "\n\n",
                " ",
                "\t",
                "\v",
                "'",
                '"',
                "<<",
                "é",
                "\0",
                "\u2028",
            ),
        ]
    ),
    max_size=40,
).map("".join)


def lines(text: str) -> list[str]:
    return [one.line.text for one in cut(text).instructions]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("FROM a\nRUN b", ["FROM a", "RUN b"]),
        ("  RUN a \\\n  b\n", ["RUN a   b"]),
        ("RUN a \\\n# no\n\n  # no\n  b\n", ["RUN a   b"]),
        ("RUN a \\  \nb", ["RUN a b"]),
        ("RUN a \\\\\nb", ["RUN a \\\\", "b"]),
        ("RUN a \\", ["RUN a "]),
        ("RUN a # b \\\nc", ["RUN a # b c"]),
        ("RUN a \\\r\nb\r\nRUN c", ["RUN a b", "RUN c"]),
        ("# escape=`\nRUN a `\nb \\\nRUN c", ["RUN a b \\", "RUN c"]),
        ("FROM a\n# escape=`\nRUN a `\nRUN b", ["FROM a", "RUN a `", "RUN b"]),
        ("RUN a\rb\n", ["RUN a\rb"]),
        ("", []),
    ],
)
def test_lines_that_go_on(text: str, expected: list[str]) -> None:
    assert lines(text) == expected


def test_heredocs() -> None:
    text = "RUN a <<ONE <<-'TWO' && b\n1 \\\nONE\n\t2\n# no comment\n\tTWO\nCOPY <<\"X\" /x\nX\nRUN c\n"
    first, second, third = cut(text).instructions
    one, two = first.heredocs
    assert (text[one.start : one.end], one.expands, one.strips) == ("1 \\\n", True, False)
    assert (text[two.start : two.end], two.expands, two.strips) == ("\t2\n# no comment\n", False, True)
    assert text[first.end - 3 : first.end] == "TWO"
    assert (second.heredocs[0].start, second.heredocs[0].end) == (text.index("X\nRUN"),) * 2
    assert third.line.text == "RUN c"


@pytest.mark.parametrize("text", ["RUN echo '<<A'", "RUN a 5<<<b", "RUN x<<A", "ENV A=<<B", "RUN \\<<A", "LABEL a <<B"])
def test_what_is_no_heredoc(text: str) -> None:
    assert lines(f"{text}\nRUN b") == [text, "RUN b"]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("RUN <<A\nb", "the heredoc 'A' has no end"),
        ("# escape=x\nRUN a", "`escape` names neither"),
        ("# syntax=a\n# Syntax=b\nRUN a", "`syntax` twice"),
        ("# one=a\n# two=b\nRUN <<A\nA\n", ""),
    ],
)
def test_what_the_builder_refuses(text: str, problem: str) -> None:
    found = cut(text).problem
    assert problem in found
    assert bool(found) is bool(problem)


def test_a_character_knows_where_it_stands() -> None:
    text = "RUN one \\\n  # not here\n  two\n"
    (one,) = cut(text).instructions
    at = one.line.text.index("two")
    assert text[one.line.place(at) : one.line.end_place(at + 3)] == "two"


@given(PIECES)
def test_nothing_is_lost_and_every_place_is_in_the_file(text: str) -> None:
    found = cut(text)
    end = 0
    for one in found.instructions:
        assert end <= one.start < one.end <= len(text)
        between = text[end : one.start].split("\n")
        assert all(not line.strip() or line.lstrip(" \t\v\f").startswith("#") for line in between)
        end = one.end
        for at, char in enumerate(one.line.text):
            assert text[one.line.place(at)] == char
        for doc in one.heredocs:
            assert one.start <= doc.start <= doc.end <= len(text)
    assert all(not line.strip() or line.lstrip(" \t\v\f").startswith("#") for line in text[end:].split("\n"))


@given(st.text(alphabet="ab\\\"' \t`", max_size=40))
def test_words_are_in_order_and_hold_everything_but_blanks(line: str) -> None:
    end = 0
    for start, stop in words(line):
        assert not line[end:start].strip()
        assert start < stop
        end = stop
    assert not line[end:].strip()


@pytest.mark.parametrize(
    ("name", "is_one"),
    [
        *((name, True) for name in ("Dockerfile", "a/dockerfile.prod", "x.Dockerfile", "CONTAINERFILE.x")),
        *((name, True) for name in ("Dockerfile.j2", "Dockerfile-dev", "a.b.containerfile", "Dockerfile_2")),
        *((name, False) for name in ("Dockerfile.md", ".dockerignore", "Dockerfile.dockerignore", "dockerfile.py")),
        *((name, False) for name in ("Dockerfiles/a", "mydockerfile", "a.txt", "Dockerfile.yaml")),
    ],
)  # fmt: skip
def test_what_is_a_dockerfile_by_its_name(name: str, is_one: bool) -> None:
    assert is_dockerfile(name) is is_one
    assert (language_of(name, b"") == "dockerfile") is is_one


def test_the_instruction_is_the_statement_and_the_line_its_structure() -> None:
    text = "FROM a\nRUN b && \\\n  # why\n  c=1 && \\\n  d\n\n# end\n"
    source = open_source("Dockerfile", "", text.encode())
    spans = [(one.region.start_line, one.region.last_line, one.masked) for one in map(source.statement_at, range(1, 8))]
    plain = [TextSource(text).statement_at(line).masked for line in range(1, 8)]
    assert [one[:2] for one in spans] == [(1, 1), (2, 5), (2, 5), (2, 5), (2, 5), (6, 6), (7, 7)]
    assert [one[2] for one in spans] == plain
