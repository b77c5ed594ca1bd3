"""Paths decide who reads a file, and any bytes in it give packages and gaps, or a gap; never a crash, never silence."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secscan.inventory.installed.known import most_bytes, reader_of_installed
from tests.unit.inventory.installed.support import jar, ndb, pom, read, rpm_header, rpm_sample
from tests.unit.inventory.installed.test_distributions import APK, STATUS
from tests.unit.inventory.installed.test_languages import GEM, PHP

EXAMPLES = {
    "var/lib/dpkg/status": STATUS.encode(),
    "var/lib/dpkg/status.d/a": b"Package: a\nVersion: 1\n",
    "lib/apk/db/installed": APK.encode(),
    "var/lib/rpm/rpmdb.sqlite": rpm_sample(),
    "usr/lib/sysimage/rpm/Packages.db": ndb(rpm_header(name="a", version="1", release="1")),
    "var/lib/rpm/Packages": b"x",
    "usr/lib/sysimage/rpm/rpmdb.sqlite-wal": b"x",
    "a/x.dist-info/METADATA": b"Name: a\nVersion: 1\n",
    "a/x.egg-info": b"Name: a\nVersion: 1\n",
    "a/x.dist-info/direct_url.json": b"{}",
    "a/node_modules/a/package.json": b'{"name": "a", "version": "1.0.0", "license": "MIT"}',
    "a/specifications/a.gemspec": GEM.encode(),
    "opt/conda-meta/a.json": b'{"name": "a", "version": "1.0.0"}',
    "vendor/composer/installed.json": json.dumps({"packages": PHP}).encode(),
    "META-INF/maven/g/a/pom.properties": b"groupId=g\nartifactId=a\nversion=1\n",
    "a/b.JAR": jar({"c.jar": jar(pom("g", "a", "1")), "META-INF/MANIFEST.MF": "Implementation-Version: 1\n"}),
}
"""One small file of every kind: what is mutated, and proof that each is understood."""


@pytest.mark.parametrize("path", EXAMPLES)
def test_every_kind_has_a_reader_and_a_size(path: str) -> None:
    found = read(path, EXAMPLES[path])
    assert found.packages or found.gaps
    assert "broken-manifest" not in {one.kind for one in found.gaps}
    assert len(EXAMPLES[path]) < most_bytes(path) <= 64_000_000


@pytest.mark.parametrize(
    "path", ["var/lib/pacman/local/ALPM_DB_VERSION", "usr/lib/opkg/status", "var/db/xbps/pkgdb-0.38.plist"]
)
def test_a_package_manager_that_is_not_read_is_a_gap(path: str) -> None:
    assert [(one.kind, one.subject) for one in read(path, "9\n").gaps] == [("unsupported-manifest", path)]


@pytest.mark.parametrize(
    "path",
    [
        "srv/var/lib/dpkg/status",
        "var/lib/dpkg/status-old",
        "var/lib/dpkg/status.d/a.md5sums",
        "var/lib/dpkg/status.d/a/b",
        "home/lib/apk/db/installed",
        "var/lib/rpm/rpmdb.sqlite-shm",
        "package.json",
        "node_modules/package.json",
        "node_modules/@scope/package.json",
        "node_modules/.package-lock.json",
        "node_modules/.cache/package.json",
        "node_modules/a/lib/package.json",
        "not_node_modules/a/package.json",
        "src/a.gemspec",
        "vendor/composer/installed.php",
        "usr/bin/jar",
    ],
)
def test_what_tells_nothing_of_what_is_installed(path: str) -> None:
    assert reader_of_installed(path, 1) is None
    assert most_bytes(path) == 0


def test_a_database_without_content_is_no_gap_and_any_other_file_is() -> None:
    for path in EXAMPLES:
        database = path.startswith(("var/lib/", "lib/", "usr/lib/")) and "status.d" not in path
        assert (reader_of_installed(path, 0) is None) == database
        if not database:
            assert read(path, b"").gaps


@pytest.mark.parametrize("path", EXAMPLES)
def test_a_file_that_is_too_large_is_a_gap(path: str) -> None:
    reader = reader_of_installed(path, 1)
    assert reader is not None
    (one,) = reader(path, b"\0" * 64_000_001).gaps
    assert one.kind in ("broken-manifest", "unsupported-manifest")


@pytest.mark.parametrize("path", EXAMPLES)
@given(data=st.binary(min_size=1, max_size=300))
def test_any_bytes(path: str, data: bytes) -> None:
    check(path, data)


@pytest.mark.parametrize("path", EXAMPLES)
@given(data=st.data())
def test_a_file_that_was_cut_and_pasted(path: str, data: st.DataObject) -> None:
    """Near to what is right is where readers break."""
    content = EXAMPLES[path]
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(content)))
        end = data.draw(st.integers(start, min(len(content), start + 64)))
        piece = data.draw(st.sampled_from(PIECES) | st.binary(max_size=end - start) | st.just(content[end:start:-1]))
        content = content[:start] + piece + content[end:]
    check(path, content)


PIECES = [b"", b"\0", b"\xff" * 8, b"\n\n", b"\n", b"{", b"[" * 5000, b'"', b"PK\1\2", b"Slot", b"\r", b"\xed\xa0\x80"]


def check(path: str, data: bytes) -> None:
    found = read(path, data or b"\0")
    assert found.packages or found.gaps or not data.strip() or path.startswith(DATABASES)
    for one in found.packages:
        assert one.name
        assert one.version
        assert all(text.encode() or not text for text in (one.name, one.version, one.licence, *one.source))
    assert all(one.subject.encode() and one.detail.encode() for one in found.gaps)


DATABASES = ("var/lib/rpm/", "usr/lib/sysimage/rpm/")
"""A database is still one without a package."""
UNITS = [
    b"\n",
    b" ",
    b"\0",
    b"\xff",
    b"[",
    b"{",
    b'{"a":',
    b"Package: a\n\n",
    b"P:a\nV:1\n\n",
    b"s.name = ",
    b"PK\1\2",
    b"'",
]


@pytest.mark.parametrize("path", EXAMPLES)
@pytest.mark.parametrize("unit", UNITS)
def test_what_is_repeated_without_end_is_read_in_linear_time(path: str, unit: bytes) -> None:
    """Quadratic reading would take hours here, and the test suite's patience."""
    check(path, unit * 100_000)
