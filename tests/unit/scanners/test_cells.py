"""From a place in the code of a notebook to the file, and back."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secscan.findings.levels import GapKind
from secscan.findings.model import Region
from secscan.scanners.cells import Cell, Notebook
from secscan.targets.source import PythonSource
from tests.unit.targets.test_notebook import cell, notebook

LINES = ["x = 'é'", 'y = "a\\\\b"', "", "    # 😀 \t", "f(x)", "!ls", "%time f()"]


def made(*cells: dict[str, Any], indent: int | None = 1) -> tuple[bytes, Notebook]:
    data = json.dumps(notebook(*cells), indent=indent, ensure_ascii=False).encode()
    return data, Notebook(data)


@given(st.lists(st.lists(st.sampled_from(LINES), max_size=4), max_size=4), st.sampled_from([None, 1]), st.data())
def test_the_way_there_and_back(cells: list[list[str]], indent: int | None, data: st.DataObject) -> None:
    file, book = made(*(cell([f"{line}\n" for line in lines]) for lines in cells), indent=indent)
    text = file.decode()
    source, shown = PythonSource(text), PythonSource(book.code)
    start = data.draw(st.integers(0, len(book.code)))
    end = data.draw(st.integers(start, len(book.code)))
    quoted = book.code[start:end]
    if not quoted.strip() or "\n" in quoted:
        return
    first, last = shown.position(start), shown.position(end)
    region = Region(start_line=first[0], start_column=first[1], end_line=last[0], end_column=last[1])
    there = book.region(region)
    written = text[
        source.offset(there.start_line, there.start_column) : source.offset(there.end_line, there.end_column)
    ]
    back = book.in_code(there)
    if back is None:  # IPython's own, of which the code has something else
        assert json.loads(f'"{written}"') != quoted
    else:
        assert json.loads(f'"{written}"') == quoted
        assert back == region


def test_what_a_person_looks_for() -> None:
    _, book = made(cell("# t", "markdown"), cell(["a\n", "b"]), cell("c\n"), cell([]))
    assert [book.cell(line) for line in (1, 2, 3)] == [Cell(2, 1), Cell(2, 2), Cell(3, 1)]
    assert book.code == "a\nb\nc\n\n"


def test_a_broken_cell_is_left_out_and_the_rest_is_read() -> None:
    data, book = made(cell("a = 1\n"), cell(["b = 2\n", "def f(:\n"]), cell("c = 3\n"))
    assert book.code.split() == ["a", "=", "1", "c", "=", "3"]
    (broken,) = book.broken
    assert (broken.cell, broken.why.kind) == (2, GapKind.UNPARSABLE)
    assert data.decode().splitlines()[broken.line - 1].strip() == '"def f(:\\n"'


def test_a_whole_line_stays_one() -> None:
    _, book = made(cell("a\n"))
    assert book.region(Region(start_line=1)).start_column == 0
    assert book.in_code(Region(start_line=1)) is None


@pytest.mark.parametrize("line", ["# -*- coding: utf-7 -*-", "# vim: set fileencoding=rot13 :"])
def test_no_cell_says_how_the_file_is_encoded(line: str) -> None:
    _, book = made(cell([f"{line}\n", "é = 1\n"]))
    assert "coding:" not in book.code
    assert "coding=" not in book.code
    assert book.shown.decode("utf-8") == book.code


@pytest.mark.parametrize("hiding", [cell("x\n", outputs=["hidden"]), cell("hidden", "markdown"), cell("!hidden")])
def test_what_is_no_code_is_not_in_the_code(hiding: dict[str, Any]) -> None:
    data, book = made(hiding, cell("y\n"))
    lines = enumerate(data.decode().split("\n"), 1)
    line, column = next((at, text.index("hidden") + 1) for at, text in lines if "hidden" in text)
    assert book.in_code(Region(start_line=line, start_column=column, end_line=line, end_column=column + 6)) is None
