from __future__ import annotations

import ast
import itertools
import random
import sysconfig
import zlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from secscan.findings.model import Region
from secscan.targets.source import PythonSource, TextSource, decode, open_source
from secscan.targets.source_statements import packed, split, unpacked

STDLIB = Path(sysconfig.get_paths()["stdlib"])
SAMPLE = random.Random(7).sample(sorted(STDLIB.rglob("*.py")), 100)
COMPOUND = (
    *(ast.If, ast.While, ast.For, ast.AsyncFor, ast.With, ast.AsyncWith, ast.Try, ast.TryStar),
    *(ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Match),
)
PIECES = st.sampled_from(
    [
        *("'", '"', '"""', "'''", "f'", 'f"""', 'rb"', "{", "}", "{{", "(", ")", "[", "]", ":", ":=", ";", "\\", "#"),
        *("\n", "\r", "\r\n", "    ", "\t", "\f", "if ", "else", "lambda ", "match ", "case ", "def f", "class A", "@"),
        *("async ", "x", "é", "\u2028", "0x1f", "1.5e3", ",", "=", "!r", "\\N{", "\x00", "\ud800", "\U0001f600"),
    ]
)
HOSTILE = st.one_of(st.text(max_size=200), st.lists(PIECES, max_size=60).map("".join))


def masked(code: str) -> list[str]:
    """Masked structure of every statement of `code`, in order."""
    source = PythonSource(code)
    seen: dict[Region, str] = {}
    for line in range(1, source.line_count + 1):
        for column in range(1, len(source.line(line)) + 1):
            statement = source.statement_at(line, column)
            if statement.masked:
                seen[statement.region] = statement.masked
    return list(seen.values())


def test_simple_statements_are_those_of_python_itself() -> None:
    compared = 0
    for path in SAMPLE:
        data = path.read_bytes()
        try:
            tree = ast.parse(data)
        except SyntaxError:  # files that test the parser
            continue
        source = PythonSource(decode(data))
        for node in ast.walk(tree):
            if isinstance(node, ast.stmt):
                start = source.locate(node.lineno, node.col_offset + 1)
                statement = source.statement_at(*start)
                where = f"{path}:{node.lineno}"
                assert (statement.region.start_line, statement.region.start_column) == start, where
                assert statement.header == isinstance(node, COMPOUND), where
                if not statement.header:
                    assert node.end_col_offset is not None
                    end = source.locate(node.end_lineno or 0, node.end_col_offset + 1)
                    assert (statement.region.end_line, statement.region.end_column) == end, where
                compared += 1
    assert compared > 5000


@given(HOSTILE)
def test_any_text_can_be_read(text: str) -> None:
    source = PythonSource(text)
    for line in range(source.line_count + 3):
        for column in (0, 1, 7, 10_000):
            region = source.statement_at(line, column).region
            assert 1 <= region.start_line <= region.last_line <= source.line_count
            source.locate(line, column)
            source.locate(line, column, lf_lines=True)
    source.comments(0, source.line_count + 1)


@given(HOSTILE)
def test_statements_told_again_are_the_same(text: str) -> None:
    known = split(text)
    assert unpacked(packed(known), text) == known


def test_what_is_told_again_holds_nothing_of_the_text() -> None:
    code = "class Hunter2xNine:\n    def s3cret(self): pass  # hunter\n"
    told = zlib.decompress(PythonSource(code).statements())
    assert not any(word in told for word in (b"Hunter", b"s3cret", b"hunter"))
    assert PythonSource(code, PythonSource(code).statements()).statement_at(2, 23).symbol == "Hunter2xNine.s3cret"


@settings(max_examples=40)
@given(st.data())
def test_any_slice_of_real_code_can_be_read(data: st.DataObject) -> None:
    text = decode(data.draw(st.sampled_from(SAMPLE)).read_bytes())
    start = data.draw(st.integers(0, len(text)))
    source = PythonSource(text[start : start + 3000])
    for line in range(1, source.line_count + 1):
        assert source.statement_at(line).region.start_line <= line


@given(HOSTILE, st.integers(0, 30))
def test_statements_are_disjoint_and_a_statement_contains_the_position_it_was_asked_for(text: str, pick: int) -> None:
    found = PythonSource(text)._found()
    spans = list(zip(found.starts, found.ends, strict=True))
    assert all(start < end for start, end in spans)
    assert all(end <= start for (_, end), (start, _) in itertools.pairwise(spans))
    if spans:
        start, end = spans[pick % len(spans)]
        source = PythonSource(text)
        for offset in (start, end - 1):
            region = source.statement_at(*source.position(offset)).region
            assert (region.start_line, region.start_column) == source.position(start)


@pytest.mark.parametrize(
    ("code", "statements"),
    [
        ("a = 1; b(c)  # d", ["a = 0", "b ( c )"]),
        ("if x: y()", ["if x :", "y ( )"]),
        ("if (y := f()): pass", ["if ( y : = f ( ) ) :", "pass"]),
        ("if y := f(): pass", ["if y := f ( ) :", "pass"]),
        ("while lambda: 1: z", ["while lambda : 0 :", "z"]),
        ("d = {1: 2}[a:b]; x: int = 3", ["d = { 0 : 0 } [ a : b ]", "x : int = 0"]),
        ("@r('x')\ndef f(a: int) -> str: return a", ['@ r ( "" )', "def f ( a : int ) -> str :", "return a"]),
        (
            "match x:\n case [a] if a: f()\n case _: pass",
            ["match x :", "case [ a ] if a :", "f ( )", "case _ :", "pass"],
        ),
        ("match: int = 3; match[x]: int = 2", ["match : int = 0", "match [ x ] : int = 0"]),
        ("match(x); case = match.y", ["match ( x )", "case = match . y"]),
        ("async def f():\n  async with a as b: await b", ["async def f ( ) :", "async with a as b :", "await b"]),
        ("try: f()\nexcept* E: g()\nfinally: h()", ["try :", "f ( )", "except * E :", "g ( )", "finally :", "h ( )"]),
        ("x = \\\n  1 + \\\n  y", ["x = 0 + y"]),
        ("f(\n  a,  # c\n  b,\n)", ["f ( a , b )"]),
        ("x = f(\ndef g(): pass", ["x = f (", "def g ( ) :", "pass"]),
        ("x = 'open\ny = 2", ['x = ""', "y = 0"]),
        ('x = """open\ny = 2', ['x = ""']),
    ],
)
def test_statements(code: str, statements: list[str]) -> None:
    assert masked(code) == statements


@pytest.mark.parametrize(
    ("literal", "expected"),
    [
        ("'a' \"b\" r'c\\\\' b'''d\n'''", '""'),
        ("f'{a}'", '"" { a }'),
        ('f"{x["key"]!r:>{width}} {{no}} \\N{DASH} {y}"', '"" { x [ "" ] ! r { width } } { y }'),
        ("f'{f\"{f'{1}'}\"}'", '"" { "" { "" { 0 } } }'),
        ("rf'\\{a}\\''", '"" { a }'),
        ('f"""\n{a\n}"""', '"" { a }'),
        ("t'{a:%H:%M}'", '"" { a }'),
        ("f'{a:{b:{c}}}'", '"" { a { b { c } } }'),
        ("f'{lambda x: 1}'", '"" { lambda x }'),
        ("bf'x'", 'bf ""'),
        ("0x1F + 1_000.5e-3j + .5 + 0b1", "0 + 0 + 0 + 0"),
    ],
)
def test_literals_are_masked_and_the_code_in_fields_is_not(literal: str, expected: str) -> None:
    assert masked(f"v = {literal}; w") == [f"v = {expected}", "w"]


def test_symbols_are_qualified_by_indentation() -> None:
    source = PythonSource(
        "class Shop:\n    def login(self):\n        def inner(): return 1\n        x = (\n1)\n    y = 2\n"
        "async def late():\n\tpass\nz = 1\n"
    )
    symbols = [source.statement_at(line, 0).symbol for line in (1, 2, 3, 4, 5, 6, 7, 8, 9)]
    assert symbols == [
        *("Shop", "Shop.login", "Shop.login.inner", "Shop.login", "Shop.login", "Shop", "late", "late", ""),
    ]
    assert source.statement_at(3, 30).symbol == "Shop.login.inner"


def test_lines_end_as_in_python() -> None:
    source = PythonSource("a\rb\r\nc\n\x0cd\u2028e\x0bf")
    assert [source.line(number) for number in range(1, source.line_count + 1)] == ["a", "b", "c", "\x0cd\u2028e\x0bf"]


def test_a_comment_belongs_to_the_statement_on_its_line_else_to_its_line() -> None:
    source = PythonSource("a = 1  # x\n# alone\nb\n")
    assert source.statement_at(1, 9).masked == "a = 0"
    assert source.statement_at(2, 3).masked == ""
    assert [(one.line, one.column, one.alone) for one in source.comments(1, 3)] == [(1, 8, False), (2, 1, True)]


def test_byte_columns_of_tools_become_characters() -> None:
    text = 'x = "éé😀"; os.system(x)\rz = "é"; y\n'
    source = PythonSource(text)
    assert source.locate(1, 17) == (1, 12)  # both bandit (col_offset 16) and semgrep (col 17) say so
    assert source.locate(2, 11) == (2, 10)
    assert source.locate(1, len(text.partition("y\n")[0].encode()) + 1, lf_lines=True) == (2, 10)
    assert source.locate(1, 0) == (1, 0)
    assert source.locate(9, 4) == (9, 4)


@given(st.text(alphabet="aé€😀\n\r", max_size=60), st.data())
def test_locate_agrees_with_encoding_the_line(text: str, data: st.DataObject) -> None:
    source = PythonSource(text)
    number = data.draw(st.integers(1, source.line_count))
    line = source.line(number)
    column = data.draw(st.integers(1, len(line) + 1))
    assert source.locate(number, len(line[: column - 1].encode()) + 1) == (number, column)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("password: hunter2", 'password : ""'),
        ('  "api_key": "abc",', 'api_key : ""'),
        ("export TOKEN=abc", 'export TOKEN = ""'),
        ("RUN curl -k 10.0.0.1 'quoted text'", 'RUN curl -k 0 ""'),
        ("eval(input)", "eval ( input )"),
        ("AKIAIOSFODNN7EXAMPLE", "0"),
        ("", ""),
    ],
)
def test_other_text_keeps_words_and_keys_only(line: str, expected: str) -> None:
    assert TextSource(line).statement_at(1).masked == expected


def test_a_secret_in_other_text_leaves_nothing_behind() -> None:
    secret = Region(start_line=1, start_column=7, end_line=1, end_column=13)
    assert (
        TextSource("login hunter now").statement_at(1, 7, hidden=secret).masked
        == TextSource("login tapper now").statement_at(1, 7, hidden=secret).masked
    )


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"\xef\xbb\xbfx = 1", "x = 1"),
        ("x = 'é'".encode("utf-16"), "x = 'é'"),
        (b"# -*- coding: latin-1 -*-\nx = '\xe9'", "# -*- coding: latin-1 -*-\nx = 'é'"),
        (b"# coding: punycode\nx", "# coding: punycode\nx"),
        (b"# coding: cp9999\nx", "# coding: cp9999\nx"),
        (b"x = '\xe9'", "x = '\ufffd'"),
    ],
)
def test_encodings(data: bytes, text: str) -> None:
    assert open_source("a.py", "python", data).text == text


def test_the_language_decides() -> None:
    assert isinstance(open_source("run", "python", b""), PythonSource)
    assert isinstance(open_source("a.yaml", "yaml", b""), TextSource)
