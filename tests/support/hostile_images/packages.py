"""Programs, archives and databases of packages that lie."""

from __future__ import annotations

import os
import struct
import zlib
from dataclasses import replace
from pathlib import Path

from tests.support import images
from tests.support.binaries import GO_MAGIC, elf, varint
from tests.support.hostile_images.case import (
    BASE,
    EVIL,
    STATUS,
    evil_status,
    hostile,
    saved,
    with_layer,
)
from tests.support.image_samples import Known, jar, zipped
from tests.support.images import ImageBuilder
from tests.support.tars import (
    file,
)


def _go(strings: bytes) -> bytes:
    return elf({".go.buildinfo": GO_MAGIC + b"\x08\x02" + bytes(16) + strings})


@hostile("either")
def go_programs_that_lie(place: Path) -> str:
    """Lengths of 2^63, of nothing, of more than there is; tables that lead out of the file."""
    program = _go(varint(4) + b"go1." + varint(1000) + b"x" * 100)
    lies = [
        _go(varint(1 << 63) + b"go1.20"),
        _go(b"\xff" * 200),
        _go(varint(6) + b"go1.20" + varint(1 << 62)),
        program,
        program[:0x1010],
        program[:40] + struct.pack("<Q", 1 << 62) + program[48:],
        program[:58] + struct.pack("<HHH", 65535, 65535, 65535) + program[64:],
        program[:56] + struct.pack("<H", 65535) + program[58:],
        b"\x7fELF" + os.urandom(5000),
        b"MZ" + os.urandom(5000),
    ]
    return with_layer(place, *(file(f"usr/bin/p{count}", one, 0o755) for count, one in enumerate(lies)))


@hostile("gap")
def go_program_with_huge_modules(place: Path) -> str:
    """60 MB of text about modules, a million of them."""
    text = b"".join(b"dep\texample.com/m%d\tv1.0.0\th1:x=\n" % number for number in range(1_500_000))
    return with_layer(place, file("usr/bin/p", _go(varint(6) + b"go1.20" + varint(len(text)) + text), 0o755))


@hostile("either")
def program_with_many_magic_numbers(place: Path) -> str:
    """A program full of what build information begins with."""
    data = (GO_MAGIC + b"\x08\x02") * 500_000
    return with_layer(place, file("usr/bin/p", elf({".data": data}), 0o755))


@hostile("either")
def rust_program_that_is_a_bomb(place: Path) -> str:
    """1 GiB of spaces, compressed, where cargo auditable puts its list."""
    packer = zlib.compressobj(9)
    packed = b"".join(packer.compress(b" " * (1 << 24)) for _ in range(64)) + packer.flush()
    return with_layer(place, file("usr/bin/p", elf({".dep-v0": packed}), 0o755))


@hostile("gap")
def jar_in_jar_in_jar(place: Path) -> str:
    """100 deep."""
    data = jar(Known("Maven", "com.example:x", "1"))
    for _ in range(100):
        data = zipped({"lib/x.jar": data})
    return with_layer(place, file("app/x.jar", data))


@hostile("gap")
def jar_that_is_a_bomb(place: Path) -> str:
    """16 archives in each of 16 archives, and so on, six levels; 64 MB of zeros in each of the last: a petabyte."""
    data = zipped({"META-INF/MANIFEST.MF": bytes(1 << 26)})
    for _ in range(6):
        data = zipped({f"lib/x{number:02}.jar": data for number in range(16)}, stored=())
    return with_layer(place, file("app/x.jar", data))


@hostile("gap")
def jar_with_a_huge_manifest(place: Path) -> str:
    """1 GiB where a few lines are expected, and a jar inside that expands to as much."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = b"".join(packer.compress(b"\n" * (1 << 24)) for _ in range(64)) + packer.flush()
    names = ("META-INF/MANIFEST.MF", "META-INF/maven/g/a/pom.properties", "lib/x.jar")
    return with_layer(place, file("app/x.jar", _zip_of([(name, packed, 1 << 30, 8) for name in names])))


@hostile("gap", slow=True)
def jar_with_a_million_entries(place: Path) -> str:
    """More than a list of them should have."""
    entry = _zip_of([("x", b"", 0, 0)])
    local, central = entry[:31], entry[31:78]
    count = 1_000_000
    directory = central * count
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 0xFFFF, 0xFFFF, len(directory), len(local), 0)
    large = struct.pack("<4sQ2H2L4Q", b"PK\6\6", 44, 45, 45, 0, 0, count, count, len(directory), len(local))
    where = struct.pack("<4sLQL", b"PK\6\7", 0, len(local) + len(directory), 1)
    return with_layer(place, file("app/x.jar", local + directory + large + where + end))


@hostile("either")
def jar_that_lies(place: Path) -> str:
    """Sizes, places and counts that are not true."""
    good = _zip_of([("META-INF/MANIFEST.MF", b"a: b\n", 5, 0), ("lib/x.jar", b"PK\3\4", 4, 0)])
    at = good.index(b"PK\1\2")
    lies = [
        _zip_of([("META-INF/MANIFEST.MF", b"a: b\n", 1 << 31, 0)]),
        _zip_of([("META-INF/MANIFEST.MF", zlib.compress(b"x" * 1000)[2:-4], 3, 8)]),
        good[: at + 42] + struct.pack("<L", 0xFFFFFFF0) + good[at + 46 :],
        good[:-12] + struct.pack("<HLLH", 60000, 1 << 31, 1 << 31, 0),
        good[:-22],
        good * 2,
        b"PK\3\4" + os.urandom(2000),
        b"PK\5\6" + bytes(18),
        _zip_of([("../../../../tmp/evil", b"x", 1, 0), ("/tmp/evil", b"x", 1, 0)]),
        _zip_of([("META-INF/MANIFEST.MF", b"x", 1, 99), ("META-INF/maven/g/a/pom.properties", b"x", 1, 0)]),
    ]
    return with_layer(place, *(file(f"app/x{count}.jar", one) for count, one in enumerate(lies)))


def _zip_of(members: list[tuple[str, bytes, int, int]]) -> bytes:
    """A zip archive of members: name, stored data, told size and method, right or not."""
    out, central = b"", b""
    for name, data, size, method in members:
        common = struct.pack("<5H3L2H", 20, 0, method, 0, 0x21, zlib.crc32(data), len(data), size, len(name), 0)
        central += (
            b"PK\1\2" + struct.pack("<H", 20) + common + struct.pack("<3H2L", 0, 0, 0, 0, len(out)) + name.encode()
        )
        out += b"PK\3\4" + common + name.encode() + data
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, len(members), len(members), len(central), len(out), 0)
    return out + central + end


@hostile("gap", finds=())
def rpm_database_that_lies(place: Path) -> str:
    """A database of SQLite whose pages lead nowhere."""
    head = b"SQLite format 3\0" + struct.pack(">HBBBBBB", 4096, 1, 1, 0, 64, 32, 32) + os.urandom(76)
    entries = [
        *images.ImageBuilder().steps,
        file("etc/os-release", "ID=rocky\nVERSION_ID=9.2\n"),
        file("var/lib/rpm/rpmdb.sqlite", head.ljust(100, b"\0") + os.urandom(40_000)),
        file("usr/lib/sysimage/rpm/Packages.db", b"RpmP" + os.urandom(9000)),
    ]
    return saved(place, ImageBuilder(name="evil:1").layer(*entries))  # type: ignore[arg-type]


@hostile("gap", finds=())
def dpkg_database_of_one_line(place: Path) -> str:
    """30 MB without an end of line."""
    return with_layer(place, file(STATUS, b"Package: " + b"x" * 30_000_000))


@hostile("gap", finds=())
def dpkg_database_of_a_million_packages(place: Path) -> str:
    """Each of four lines."""
    lines = b"".join(
        b"Package: p%d\nStatus: install ok installed\nVersion: 1\n\n" % number for number in range(1_000_000)
    )
    return with_layer(place, file(STATUS, lines))


@hostile("either", slow=True)
def secrets_without_end(place: Path) -> str:
    """Files of the application full of what looks like secrets."""
    line = b'password = "c0pper-lantern-%07d-xQ7zR9"\n'
    data = b"".join(line % number for number in range(20_000))
    return with_layer(place, *(file(f"app/settings{number}.py", data) for number in range(200)))


@hostile("right", finds=[EVIL], hides=BASE)
def pax_path_against_the_header(place: Path) -> str:
    """The pax header's path counts, not the harmless one of the header."""
    return with_layer(place, replace(file("app/readme", evil_status()), pax={"path": STATUS}))
