"""rpm's databases: what real ones hold, and what hostile ones may."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
from pathlib import Path

import pytest

from tests.unit.inventory.installed.support import ndb, read, reasons, rpm_header, rpm_sample

SQLITE = "var/lib/rpm/rpmdb.sqlite"
NDB = "usr/lib/sysimage/rpm/Packages.db"


def database(
    *headers: bytes | str | int, table: str = "CREATE TABLE Packages (hnum INTEGER PRIMARY KEY, blob)"
) -> bytes:
    """A database as rpm makes it, by SQLite itself."""
    connection = sqlite3.connect(":memory:")
    connection.execute(table)
    connection.executemany("INSERT INTO Packages (blob) VALUES (?)", [(one,) for one in headers])
    connection.commit()
    return bytes(connection.serialize())


def test_a_database_that_rpm_made() -> None:
    found = read(SQLITE, rpm_sample())
    assert not found.gaps
    assert sorted((one.name, one.version, one.licence, one.source) for one in found.packages) == [
        ("gulls", "2:2.12-3.fc40", "GPL-3.0-or-later AND MIT", ("", "")),
        ("libgulls", "1.0~rc1-3.fc40", "GPL-3.0-or-later AND MIT", ("gulls", "2.12-3.fc40")),
    ]
    assert {one.architecture for one in found.packages if one.name == "libgulls"} == {"noarch"}
    assert {one.ecosystem for one in found.packages} == {"Red Hat"}


@pytest.mark.skipif(shutil.which("rpm") is None, reason="no rpm here")
def test_rpm_itself_says_the_same(tmp_path: Path) -> None:
    (tmp_path / "rpmdb.sqlite").write_bytes(rpm_sample())
    command = ["rpm", "--dbpath", str(tmp_path), "-qa", "--qf", "%{NAME} %{EVR} %{ARCH}\\n"]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    found = read(SQLITE, rpm_sample())
    assert sorted(f"{one.name} {one.version} {one.architecture}" for one in found.packages) == sorted(
        line.replace(" 0:", " ") for line in said if not line.startswith("gpg-pubkey ")
    )


HEADER = rpm_header(
    name="bash",
    version="5.1",
    release="2.el9",
    epoch=1,
    licence="GPLv3+",
    arch="x86_64",
    source="bash-5.1-2.el9.src.rpm",
)
OTHER = rpm_header(name="bash-doc", version="5.1", release="2.el9", arch="noarch", source="bash-5.1-2.el9.src.rpm")


@pytest.mark.parametrize(("path", "made"), [(SQLITE, database(HEADER, OTHER)), (NDB, ndb(HEADER, OTHER))])
def test_both_kinds_of_database(path: str, made: bytes) -> None:
    found = read(path, made)
    assert [(one.name, one.version, one.architecture, one.source) for one in found.packages] == [
        ("bash", "1:5.1-2.el9", "x86_64", ("", "")),
        ("bash-doc", "5.1-2.el9", "noarch", ("bash", "5.1-2.el9")),
    ]
    assert not found.gaps


BROKEN_HEADERS = [
    b"",
    b"\0" * 7,
    b"\xff" * 40,
    HEADER[:-30],
    HEADER[:20],
    b"\0\0\0\0\0\0\0\0",
    rpm_header(name="a", version="1"),
    rpm_header(name=1, version="1", release="1"),
    rpm_header(name="a", version="1", release="1", epoch="1"),
    HEADER.replace(b"bash\0", b"bash5").replace(b"\0", b"\1"),
]


@pytest.mark.parametrize("bad", BROKEN_HEADERS)
def test_a_broken_header_is_a_gap_and_the_others_are_kept(bad: bytes) -> None:
    for found in (read(SQLITE, database(HEADER, bad, OTHER)), read(NDB, ndb(HEADER, bad, OTHER))):
        assert [one.name for one in found.packages] == ["bash", "bash-doc"]
        assert [one.kind for one in found.gaps] == ["broken-manifest"]


def test_a_row_that_is_no_header_is_a_gap() -> None:
    assert len(read(SQLITE, database(HEADER, 7)).gaps) == 1


@pytest.mark.parametrize(
    "schema",
    [
        "CREATE TABLE Other (hnum INTEGER PRIMARY KEY, blob)",
        "CREATE TABLE x (a); CREATE VIEW Packages AS WITH RECURSIVE r(i) AS (SELECT 1 UNION ALL SELECT i FROM r)"
        " SELECT i, i FROM r",
    ],
)
def test_a_database_without_the_table_is_a_gap_and_no_view_of_its_name_is_run(schema: str) -> None:
    connection = sqlite3.connect(":memory:")
    connection.executescript(schema)
    found = read(SQLITE, bytes(connection.serialize()))
    assert reasons(found) == [("broken-manifest", "the manifest cannot be read: it has no table 'Packages'")]


def test_a_table_that_takes_itself_for_its_own_pages_is_read_once() -> None:
    made = bytearray(database(*[HEADER * 20] * 3000))
    size = int.from_bytes(made[16:18], "big")
    interior = next(at for at in range(size, len(made), size) if made[at] == 5)
    made[interior + 8 : interior + 12] = (interior // size + 1).to_bytes(4, "big")
    found = read(SQLITE, bytes(made))
    assert found.packages
    assert any("is used twice" in one.detail for one in found.gaps)


def test_packages_of_ndb_that_lie_in_each_other_do_not_multiply_the_work() -> None:
    made = bytearray(ndb(rpm_header(name="a", version="1", release="1") + b"\0" * 100_000))
    for at in range(48, 4096, 16):
        made[at : at + 16] = made[32:48]
    found = read(NDB, bytes(made))
    assert reasons(found) == [("broken-manifest", "the manifest cannot be read: its packages are larger than the file")]


@pytest.mark.parametrize(
    ("at", "value"), [(0, b"x"), (32, b"x"), (36, b"\x09"), (40, b"\xff\xff\xff\xff"), (4096, b"x"), (4108, b"\xff")]
)
def test_a_damaged_ndb_is_a_gap(at: int, value: bytes) -> None:
    made = bytearray(ndb(HEADER))
    made[at : at + len(value)] = value
    assert read(NDB, bytes(made)).gaps


@pytest.mark.parametrize("folder", ["var/lib/rpm", "usr/lib/sysimage/rpm", "usr/share/rpm"])
def test_what_is_not_read_is_a_gap(folder: str) -> None:
    for name, why in (("Packages", "Berkeley DB"), ("rpmdb.sqlite-wal", "not yet in the database")):
        (one,) = read(f"{folder}/{name}", b"x").gaps
        assert one.kind == "unsupported-manifest"
        assert why in one.detail
