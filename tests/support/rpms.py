"""Databases of rpm, made by the real `rpm` from packages that the real `rpmbuild` built; both come with rpm.

That of SUSE (`ndb`) no `rpm` of Debian can write: the headers that it wrote are put into one by hand.
"""

from __future__ import annotations

import shutil
import sqlite3
import struct
import subprocess
import tempfile
import zlib
from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.support.image_samples import Known, Sample, os_release
from tests.support.tars import file

RPMS = (
    Known("Rocky Linux:9", "openssl-libs", "1:3.0.7-6.el9_2", ("openssl", "3.0.7-6.el9_2"), "x86_64"),
    Known("Rocky Linux:9", "bash", "5.1.8-6.el9_1", ("bash", "5.1.8-6.el9_1"), "x86_64"),
    Known("Rocky Linux:9", "tzdata", "2023c-1.el9", ("tzdata", "2023c-1.el9"), "noarch"),
)
PLACES = {"sqlite": "rpmdb.sqlite", "ndb": "Packages.db"}

_SPEC = """
Name: {name}
Version: {version}
Release: {release}
{epoch}
Summary: made for a test
License: MIT
%description
Made for a test.
%files
"""


def rpm(packages: Iterable[Known] = RPMS, backend: str = "sqlite", folder: str = "var/lib/rpm") -> Sample:
    """An installed system of the Red Hat family; skips where there is no `rpm`. The backend is `sqlite` or `ndb`."""
    if not (shutil.which("rpm") and shutil.which("rpmbuild")):
        pytest.skip("no rpm here")
    packages = tuple(packages)
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        built = [_build(one, place) for one in packages]
        _run("rpm", f"--dbpath={place}/db", "--initdb")
        _run(
            *("rpm", f"--dbpath={place}/db", "--install", "--justdb", "--nodeps"),
            *("--noscripts", "--ignorearch", "--nosignature", *map(str, built)),
        )
        database = place / "db" / PLACES["sqlite"]
        content = database.read_bytes() if backend == "sqlite" else _ndb(_headers(database))
    release = os_release(id="rocky", version_id="9.2", platform_id="platform:el9", pretty_name="Rocky Linux 9.2")
    return Sample((*release, file(f"{folder}/{PLACES[backend]}", content)), frozenset(packages))


def _build(package: Known, place: Path) -> Path:
    """Build one package; a subpackage where its source has another name."""
    epoch, _, rest = package.version.rpartition(":")
    version, _, release = rest.rpartition("-")
    source = package.source[0] or package.name
    spec = place / f"{package.name}.spec"
    text = _SPEC.format(name=source, version=version, release=release, epoch=f"Epoch: {epoch}" if epoch else "")
    if source != package.name:
        text = text.replace("%files\n", f"%package -n {package.name}\nSummary: x\n%description -n {package.name}\nx\n")
        text += f"%files -n {package.name}\n"
    spec.write_text(text)
    defines = (f"--define=_topdir {place}", f"--define=_rpmdir {place}/{package.name}", "--define=debug_package %nil")
    _run("rpmbuild", "-bb", f"--target={package.architecture}", *defines, str(spec))
    (built,) = (place / package.name).rglob(f"{package.name}-{version}*.rpm")
    return built


def _headers(database: Path) -> list[bytes]:
    connection = sqlite3.connect(database)
    try:
        return [blob for (blob,) in connection.execute("SELECT blob FROM Packages ORDER BY hnum")]
    finally:
        connection.close()


def _ndb(headers: list[bytes]) -> bytes:
    """A page that says where each header lies, then the headers, each with a head and a tail."""
    slots, blobs, at = b"", b"", 4096
    for index, data in enumerate(headers, start=1):
        head = b"BlbS" + struct.pack("<III", index, 1, len(data))
        tail = struct.pack("<II", zlib.adler32(head + data), len(data)) + b"BlbE"
        blob = head + data + bytes(-(len(head) + len(data) + len(tail)) % 16) + tail
        slots += b"Slot" + struct.pack("<III", index, at // 16, len(blob) // 16)
        blobs += blob
        at += len(blob)
    first = b"RpmP" + struct.pack("<IIII", 0, 1, 1, len(headers) + 1)
    empty = (b"Slot" + bytes(12)) * (254 - len(headers))
    return first.ljust(32, b"\0") + slots + empty + blobs


def _run(*command: str) -> None:
    ended = subprocess.run(command, capture_output=True, check=False, stdin=subprocess.DEVNULL)
    assert ended.returncode == 0, ended.stderr.decode(errors="replace")
