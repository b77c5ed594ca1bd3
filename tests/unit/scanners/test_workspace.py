"""Where scanners are shown a file: in place, or as a copy that no tool loses."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secscan.findings.levels import GapKind
from secscan.scanners.workspace import Workspace, python_in_utf8
from secscan.targets.open import TargetRequest, open_target


def workspace_of(folder: Path, files: dict[bytes, bytes]):
    for name, content in files.items():
        (folder / name.decode("utf-8", "surrogateescape")).write_bytes(content)
    with open_target(TargetRequest(path=folder)) as target:
        return Workspace(target)


def test_ordinary_files_stay_in_place(tmp_path: Path) -> None:
    with workspace_of(
        tmp_path, {b"a.py": b"x = 1\n", "ü.py".encode(): "x = 'ü'\n".encode(), b"b.txt": b"\xff"}
    ) as space:
        assert [space.place(name) for name in ("a.py", "ü.py", "b.txt")] == [
            tmp_path / name for name in ("a.py", "ü.py", "b.txt")
        ]


@pytest.mark.parametrize(
    "name", [b"-x.py", b"a\nb.py", b"\xff.py", b"a\x1b[2J.py", b"a%b.py", b"run", b"X.PY", b"w.pyw"]
)
def test_odd_names_are_copied_under_a_harmless_one(tmp_path: Path, name: bytes) -> None:
    with workspace_of(tmp_path, {name: b"#!/usr/bin/python3\nx = 1\n"}) as space:
        (path,) = space._files
        place = space.place(path)
        assert place.name == "file.py"
        assert place.read_bytes() == b"#!/usr/bin/python3\nx = 1\n"
        assert space.place(path) == place
    assert not place.exists()


def test_a_copy_keeps_its_suffix(tmp_path: Path) -> None:
    with workspace_of(tmp_path, {b"a\xffb.yaml": b"x: 1\n", b"a\xffb": b""}) as space:
        assert space.place("a%FFb.yaml").name == "file.yaml"
        assert space.place("a%FFb").name == "file"


def test_every_file_is_copied_where_the_folder_itself_has_an_odd_name(tmp_path: Path) -> None:
    odd = tmp_path / "a\nb"
    odd.mkdir()
    with workspace_of(odd, {b"a.py": b"x = 1\n"}) as space:
        assert "\n" not in str(space.place("a.py"))


def test_what_is_not_in_scope_has_no_place(tmp_path: Path) -> None:
    with workspace_of(tmp_path, {b"a.py": b""}) as space, pytest.raises(KeyError):
        space.place("../a.py")


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
def test_a_byte_order_mark_is_understood(encoding: str) -> None:
    assert python_in_utf8("x = 'ü'\n".encode(encoding)) == "x = 'ü'\n".encode()


@pytest.mark.parametrize(
    ("line", "codec"),
    [
        ("# -*- coding: latin-1 -*-", "latin-1"),
        ("# vim: set fileencoding=cp1252 :", "cp1252"),
        ("#coding=iso-8859-15", "iso-8859-15"),
        ("# coding: latin-1-unix", "latin-1"),
        ("#!/usr/bin/python\n# coding: latin-1", "latin-1"),
        ("\n# coding: koi8-r", "koi8-r"),
        ("# coding: utf-7", "utf-7"),
    ],
)
def test_a_declared_encoding_becomes_utf_8_and_nothing_moves(line: str, codec: str) -> None:
    text = f"{line}\nx = '{'д' if codec == 'koi8-r' else 'ü'}'; y = 2\n"
    converted = python_in_utf8(text.encode(codec))
    assert converted is not None
    shown = converted.decode("utf-8")
    assert ast.dump(ast.parse(converted), include_attributes=False) == ast.dump(ast.parse(text.encode(codec)))
    assert [len(one) for one in shown.split("\n")] == [len(one) for one in text.split("\n")]
    assert shown.split("\n")[-2:] == text.split("\n")[-2:]
    assert python_in_utf8(converted) is None


def test_code_hidden_by_an_encoding_is_shown() -> None:
    hidden = b"# coding: utf-7\nimport os\nos.system+ACg-'id'+ACk-\n"
    assert b"os.system('id')" in (python_in_utf8(hidden) or b"")


@pytest.mark.parametrize(
    "data",
    [
        b"x = 1\n",
        "x = 'ü'\n".encode(),
        b"# coding: utf-8\nx = 1\n",
        b"# coding: utf_8-unix\nx = 1\n",
        b"# coding: nosuch\nx = 1\n",
        b"# coding: rot13\nx = 1\n",
        b"# coding: punycode\nx = 1\n",
        b"# coding: ascii\nx = '\xff'\n",
        b"\xef\xbb\xbf\xff",
        b"x = 1\n# coding: latin-1\ny = '\xff'\n",
        b"\n\n# coding: latin-1\n",
        b"",
    ],
)
def test_what_needs_or_allows_no_change_is_left(data: bytes) -> None:
    assert python_in_utf8(data) is None


@given(st.binary(max_size=80), st.sampled_from([b"", b"# coding: unicode_escape\n", b"#coding:utf-16\n", b"\xff\xfe"]))
def test_any_bytes_give_utf_8_or_nothing(data: bytes, head: bytes) -> None:
    converted = python_in_utf8(head + data)
    if converted is not None:
        converted.decode("utf-8")


def test_a_file_that_changes_is_a_gap(tmp_path: Path) -> None:
    with workspace_of(tmp_path, {b"a.py": b"x = 1\n", b"b.py": b"y = 1\n", b"c.py": b""}) as space:
        space.place("a.py")
        space.place("b.py")
        assert space.verify() == ()
        (tmp_path / "a.py").write_bytes(b"x = 2\n")
        (tmp_path / "b.py").unlink()
        assert [(gap.subject, gap.kind) for gap in space.verify()] == [
            ("a.py", GapKind.UNREADABLE),
            ("b.py", GapKind.UNREADABLE),
        ]
        assert space.place("c.py") == tmp_path / "c.py"
