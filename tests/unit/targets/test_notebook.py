"""Notebooks are taken apart: every character of a cell is known by the byte at which it stands."""

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secscan.findings.levels import GapKind
from secscan.targets.notebook import OTHER, PYTHON, NotebookError, code_cells, language_of

texts = st.text(st.characters(codec="utf-8"), max_size=30)
plain = st.text(st.sampled_from('ab\n\r"\\é😀\t/{}[],:'), max_size=40)


def cell(source: Any, kind: str = "code", **more: Any) -> dict[str, Any]:
    return {"cell_type": kind, "metadata": {}, "source": source, **more}


def notebook(*cells: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"cells": list(cells), "metadata": {}, "nbformat": 4, **more}


sources = st.tuples(st.sampled_from(["code", "markdown"]), st.one_of(plain, texts), st.booleans())
OUTPUT = {"data": float("nan"), "x": '"source": ["'}
decoder = json.JSONDecoder()


@given(st.lists(sources, max_size=4), st.sampled_from([None, 1, "\t"]), st.booleans(), st.booleans())
def test_every_character_is_found_again(
    cells: list[tuple[str, str, bool]], indent: Any, ascii_only: bool, mark: bool
) -> None:
    written = [
        cell(text.splitlines(keepends=True) if cut else text, kind, outputs=[OUTPUT]) for kind, text, cut in cells
    ]
    document = json.dumps(notebook(*written, last=float("-inf")), indent=indent, ensure_ascii=ascii_only)
    data = (b"\xef\xbb\xbf" if mark else b"") + document.encode()
    found = code_cells(data)
    code = [(at, text) for at, (kind, text, _) in enumerate(cells, 1) if kind == "code"]
    plain_ends = [(at, text.replace("\r\n", "\n").replace("\r", "\n")) for at, text in code]
    assert [(one.number, one.text) for one in found] == plain_ends
    for one in found:
        assert len(one.offsets) == len(one.text) + 1
        for char, start in zip(one.text, one.offsets, strict=False):
            told = data[start:].decode()
            assert told.startswith((char, "\\"))
            assert char in ("\n", decoder.raw_decode(f'"{told}')[0][:1])


@given(st.binary(max_size=200) | st.text(st.sampled_from('{}[]",:\\cells_type0 \n'), max_size=80).map(str.encode))
def test_any_bytes_are_a_notebook_or_none(data: bytes) -> None:
    with contextlib.suppress(NotebookError):
        assert isinstance(code_cells(data), tuple)
    assert language_of(data) in (PYTHON, OTHER)


@pytest.mark.parametrize(
    ("data", "kind", "said"),
    [
        (b"", GapKind.UNPARSABLE, "not the JSON"),
        (b"[]", GapKind.UNPARSABLE, "not the JSON"),
        (b'{"cells": [', GapKind.UNPARSABLE, "not the JSON"),
        (b"{}", GapKind.UNPARSABLE, "no cells"),
        (b'{"cells": [{"cell_type": "code"}]}', GapKind.UNPARSABLE, "no source"),
        (b'{"cells": [{"source": "x"}]}', GapKind.UNPARSABLE, "nobody knows"),
        (b'{"cells": [{"cell_type": "code", "source": [1]}]}', GapKind.UNPARSABLE, "no text"),
        (b'{"cells": [], "cells": [{"cell_type": "code", "source": "x"}]}', GapKind.UNPARSABLE, "twice"),
        (b'{"cells": [{"cell_type": "code", "source": "a", "source": "b"}]}', GapKind.UNPARSABLE, "twice"),
        (b'{"cells": [{"cell_type": "code", "cell_type": "raw", "source": "b"}]}', GapKind.UNPARSABLE, "twice"),
        (b'{"a":' * 100_000, GapKind.UNPARSABLE, "not the JSON"),
        (json.dumps(notebook()).encode("utf-16"), GapKind.ENCODING, "UTF-8"),
        (b" " * 20_000_001, GapKind.TOO_LARGE, "more than"),
    ],
)
def test_what_is_none_says_why(data: bytes, kind: GapKind, said: str) -> None:
    with pytest.raises(NotebookError, match=said) as raised:
        code_cells(data)
    assert raised.value.kind is kind


def test_version_3_with_its_worksheets() -> None:
    old = {
        "worksheets": [{"cells": [{"cell_type": "heading", "source": "t"}, {"cell_type": "code", "input": ["x\n"]}]}]
    }
    assert [(one.number, one.text) for one in code_cells(json.dumps(old).encode())] == [(2, "x\n")]


def test_half_of_a_character_is_replaced() -> None:
    assert code_cells(rb'{"cells": [{"cell_type": "code", "source": "\ud83dx\ud83d\ude00"}]}')[0].text == "\ufffdx😀"


@pytest.mark.parametrize(
    ("metadata", "language"),
    [
        ({}, PYTHON),
        ({"kernelspec": {"name": "python3", "language": "python"}}, PYTHON),
        ({"kernelspec": {"name": "ir", "language": "R"}, "language_info": {"name": "R"}}, OTHER),
        # What one of them says, the other does not take back: Jupyter starts the kernel of the name.
        ({"kernelspec": {"name": "python3", "language": "R"}, "language_info": {"name": "R"}}, PYTHON),
        ({"kernelspec": {"name": "ir", "language": "R"}, "language_info": {"name": "python"}}, PYTHON),
        ({"kernelspec": {"name": "mine"}}, PYTHON),
        ({"kernelspec": "R"}, PYTHON),
        ({"kernelspec": {"name": 1, "language": ["R"]}}, PYTHON),
    ],
)
def test_the_language_of_a_notebook(metadata: Any, language: str) -> None:
    assert language_of(json.dumps(notebook(metadata=metadata)).encode()) == language
