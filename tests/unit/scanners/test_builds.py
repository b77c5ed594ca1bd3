"""Another build of a program is another program, whatever version it names."""

from __future__ import annotations

from pathlib import Path

import pytest

from secscan.scanners.builds import build_of


@pytest.fixture(autouse=True)
def _forgotten() -> None:
    build_of.cache_clear()


def program(folder: Path, content: bytes) -> Path:
    (folder / "bin").mkdir(parents=True, exist_ok=True)
    path = folder / "bin" / "tool"
    path.write_bytes(content)
    build_of.cache_clear()
    return path


def test_the_same_file_is_the_same_build_wherever_it_lies(tmp_path: Path) -> None:
    assert build_of(program(tmp_path / "a", b"x")) == build_of(program(tmp_path / "b", b"x"))


@pytest.mark.parametrize("size", [10, 3_000_000])
@pytest.mark.parametrize("at", [0, -1])
def test_another_beginning_end_or_size_is_another_build(tmp_path: Path, size: int, at: int) -> None:
    content = bytearray(size)
    first = build_of(program(tmp_path, bytes(content)))
    content[at] = 1
    assert build_of(program(tmp_path, bytes(content))) != first
    assert build_of(program(tmp_path, bytes(size + 1))) != first


def test_the_interpreter_of_a_script_counts(tmp_path: Path) -> None:
    interpreter = tmp_path / "python"
    interpreter.write_bytes(b"3.11")
    script = program(tmp_path, f"#!{interpreter}\nrun()\n".encode())
    first = build_of(script)
    interpreter.write_bytes(b"3.12")
    build_of.cache_clear()
    assert build_of(script) != first


def test_the_packages_beside_it_count(tmp_path: Path) -> None:
    script = program(tmp_path, b"#!/bin/sh\n")
    first = build_of(script)
    (tmp_path / "lib" / "python3.11" / "site-packages" / "plugin-1.0.dist-info").mkdir(parents=True)
    build_of.cache_clear()
    assert build_of(script) != first


def test_what_cannot_be_read_has_a_digest_too(tmp_path: Path) -> None:
    assert build_of(tmp_path / "nothing")
