"""Java archives, with all that lies in them, and what is done to harm whoever opens them."""

from __future__ import annotations

import io
import re
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secscan.inventory.installed.zips import Archive
from tests.unit.inventory.installed.support import jar, pom, read, reasons
from tests.unit.inventory.support import gaps, pins

LIB = jar({**pom("org.example", "lib", "1.2"), "org/example/A.class": b"\xca\xfe\xba\xbe"})
MANIFEST = "META-INF/MANIFEST.MF"


def test_maven_says_what_it_built_and_what_it_merged_into_it() -> None:
    found = read("app/lib-1.2.jar", jar({**pom("org.example", "lib", "1.2"), **pom("com.other", "merged", "3")}))
    assert pins(found) == ["org.example:lib 1.2", "com.other:merged 3"]
    assert {(one.ecosystem, one.path) for one in found.packages} == {("Maven", "app/lib-1.2.jar")}
    assert not found.gaps


def test_archives_in_archives() -> None:
    war = jar({"WEB-INF/lib/lib-1.2.jar": LIB, **pom("org.example", "shop", "2")}, zipfile.ZIP_STORED)
    found = read("opt/all.ear", jar({"shop.war": war, "odd\n%.jar": LIB, **pom("org.example", "all", "3")}))
    assert [(one.name, one.path) for one in found.packages] == [
        ("org.example:all", "opt/all.ear"),
        ("org.example:shop", "opt/all.ear!/shop.war"),
        ("org.example:lib", "opt/all.ear!/shop.war!/WEB-INF/lib/lib-1.2.jar"),
        ("org.example:lib", "opt/all.ear!/odd%0A%25.jar"),
    ]
    assert not found.gaps


@pytest.mark.parametrize(
    ("path", "manifest", "expected"),
    [
        ("a/spring-core-5.3.18.jar", "", "spring-core 5.3.18"),
        ("a/spring-core-5.3.18.jar", "Implementation-Title: x\r\nImplementation-Version: 9\r\n", "spring-core 5.3.18"),
        ("a/asm.jar", "Implementation-Title: ASM\nImplementation-Version: 9.8\n", "ASM 9.8"),
        (
            "a/asm.jar",
            "Bundle-SymbolicName: org.objectweb.a\n sm;x=y\nBundle-Version: 9.8.0\n",
            "org.objectweb.asm 9.8.0",
        ),
        ("a/log4j_2.12-1.0-beta1.jar", "", "log4j_2.12 1.0-beta1"),
    ],
)
def test_without_coordinates_what_else_is_said_counts_and_is_a_gap(path: str, manifest: str, expected: str) -> None:
    found = read(path, jar({MANIFEST: f"Manifest-Version: 1.0\n{manifest}\nName: x\nImplementation-Version: 0\n"}))
    assert pins(found) == [expected]
    assert gaps(found) == [("not-assessed", expected)]
    assert "group is not known" in found.gaps[0].detail


def test_coordinates_of_what_was_merged_into_it_do_not_speak_for_the_archive() -> None:
    found = read("own-1.0.jar", jar(pom("com.other", "merged", "3")))
    assert pins(found) == ["com.other:merged 3", "own 1.0"]
    assert gaps(found) == [("not-assessed", "own 1.0")]
    assert not read("log4j-1.2-api-2.17.jar", jar(pom("org.apache", "log4j-1.2-api", "2.17"))).gaps
    assert not read("app.jar", jar(pom("com.other", "app-server", "3"))).gaps


def test_an_archive_that_says_nothing_is_a_gap() -> None:
    found = read("app.war", jar({"index.html": "x"}))
    assert reasons(found) == [("not-assessed", "nothing in the archive says what it is, or of which version")]


def test_coordinates_that_are_none_are_a_gap() -> None:
    bad = pom("${project.groupId}", "a", "1")
    found = read("a.jar", jar({**bad, **pom("org.example", "a", "1")}))
    assert pins(found) == ["org.example:a 1"]
    assert [one.kind for one in found.gaps] == ["broken-manifest"]


def test_coordinates_of_an_unpacked_archive() -> None:
    found = read("app/META-INF/maven/g/a/pom.properties", "version=1\ngroupId=g\nartifactId=a\n")
    assert pins(found) == ["g:a 1"]
    assert [one.kind for one in read("META-INF/maven/g/a/pom.properties", "x").gaps] == ["broken-manifest"]


def test_a_program_before_the_archive_and_an_archive_of_many_entries() -> None:
    assert pins(read("a.jar", b"#!/bin/sh\nexec java -jar $0\n" * 50 + LIB)) == ["org.example:lib 1.2"]
    many = jar({**{f"{number}": "" for number in range(66_000)}, **pom("g", "a", "1")}, zipfile.ZIP_STORED)
    for content in (many, b"#!/bin/sh\n" + many):
        assert pins(read("a.jar", content)) == ["g:a 1"]


def test_a_nested_bomb_is_a_gap() -> None:
    content = jar({f"{number}.jar": b"\0" * 20_000_000 for number in range(3)})
    found = read("bomb.jar", jar({"a.jar": content, "b.jar": LIB}))
    assert [one.kind for one in found.gaps].count("too-large") == 3
    assert "org.example:lib 1.2" in pins(found)


def test_archives_that_share_their_bytes_do_not_multiply_the_work() -> None:
    inner = jar({"x": b"\0" * 3_000_000}, zipfile.ZIP_STORED)
    made = bytearray(jar({f"{number:04}.jar": inner if number == 0 else b"" for number in range(1000)}))
    directory = made.index(b"PK\1\2")
    first = made[directory : made.index(b"PK\1\2", directory + 1)]
    at = directory
    while (at := made.find(b"PK\1\2", at)) >= 0:  # all are the first
        made[at + 20 : at + 28], made[at + 42 : at + 46] = first[20:28], first[42:46]
        made[at + 8 : at + 12] = first[8:12]
        at += 4
    found = read("a.jar", bytes(made))
    assert {one.kind for one in found.gaps} == {"not-assessed", "too-large"}


def test_names_that_would_fill_the_memory_are_a_gap() -> None:
    inner = jar({f"{number}.jar": "" for number in range(4000)}, zipfile.ZIP_STORED)
    found = read("a.jar", jar({f"{'long' * 1000}.jar": inner, **pom("g", "a", "1")}))
    assert [one.kind for one in found.gaps] == ["broken-manifest"]
    assert "too long" in found.gaps[0].detail
    found = read("a.jar", jar({f"{number}.jar": inner for number in range(2)}))
    assert "more than 5000 packages" in found.gaps[0].detail


def test_too_deep_is_a_gap() -> None:
    content = LIB
    for depth in range(8):
        content = jar({f"{depth}.jar": content, **pom("g", f"a{depth}", "1")})
    found = read("top.jar", content)
    assert [one.name for one in found.packages] == ["g:a7", "g:a6", "g:a5", "g:a4", "g:a3"]
    assert [one.kind for one in found.gaps] == ["too-large"]
    assert found.gaps[0].subject == "top.jar!/7.jar!/6.jar!/5.jar!/4.jar!/3.jar"[: len(found.gaps[0].subject)]


@pytest.mark.parametrize("content", [b"", b"PK\5\6", b"PK\5\6" + b"\xff" * 18, LIB[:-30], LIB[100:], b"x" * 1000])
def test_what_is_no_archive_is_a_gap(content: bytes) -> None:
    found = read("a.jar", content)
    assert not found.packages
    assert [one.kind for one in found.gaps] == ["broken-manifest"]


def test_an_entry_that_cannot_be_read_is_a_gap_and_the_others_are_kept() -> None:
    made = bytearray(jar({"bad.jar": LIB, "good.jar": LIB, **pom("g", "a", "1")}))
    entry = made.index(b"PK\1\2")
    for at, value in ((8, 1), (10, 99), (42, 200)):
        damaged = bytearray(made)
        damaged[entry + at] = value
        found = read("a.jar", bytes(damaged))
        assert pins(found) == ["g:a 1", "org.example:lib 1.2"]
        assert [(one.kind, one.subject) for one in found.gaps] == [("broken-manifest", "a.jar!/bad.jar")]


NAMES = st.sampled_from([MANIFEST, "a.jar", "META-INF/maven/g/a/pom.properties", "x"])


@given(st.dictionaries(NAMES, st.binary(max_size=300), max_size=4), st.sampled_from([0, 8]))
def test_python_reads_the_same_entries(members: dict[str, bytes], method: int) -> None:
    content = jar({**members}, method)
    archive = Archive(content)
    with zipfile.ZipFile(io.BytesIO(content)) as other:
        assert {one.name: archive.read(one, 1000) for one in archive.members(re.compile(rb".*"))} == {
            name: other.read(name) for name in other.namelist()
        }


@given(st.data())
def test_a_damaged_archive_gives_packages_or_gaps(data: st.DataObject) -> None:
    content = bytearray(jar({"a.jar": LIB, MANIFEST: "Implementation-Version: 1\n", **pom("g", "a", "1")}))
    for _ in range(data.draw(st.integers(1, 6))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    found = read("a.jar", bytes(content))
    assert found.packages or found.gaps
