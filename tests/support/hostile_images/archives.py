"""Layers whose archives are no archives, or larger than they seem."""

from __future__ import annotations

import gzip
import os
import struct
import zlib
from dataclasses import replace
from pathlib import Path

from tests.support import images
from tests.support.hostile_images.case import (
    BASE,
    EVIL,
    STATUS,
    below,
    evil_status,
    hostile,
    oci_of,
    saved,
    with_blob,
    with_layer,
    zeros,
)
from tests.support.image_samples import DEBS, deb_paragraph
from tests.support.images import descriptor, digest
from tests.support.tars import (
    END,
    GNU,
    GNU_LONG_LINK,
    GNU_LONG_NAME,
    PAX,
    PAX_GLOBAL,
    Entry,
    block,
    file,
    header,
    padded,
    pax_record,
    sparse,
    tar,
)


@hostile("gap", slow=True)
def gzip_bomb(place: Path) -> str:
    """4 GiB of zeros as a file of the application."""
    size = 1 << 32
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    data = b"".join(zeros(size, packer.compress, packer.flush, header("app/zeros", size=size)))
    return with_blob(place, data)


@hostile("gap", finds=())
def gzip_bomb_of_the_database(place: Path) -> str:
    """1 GiB of spaces where dpkg's database is."""
    size = 1 << 30
    packer = zlib.compressobj(1, zlib.DEFLATED, 31)
    parts = [packer.compress(header(STATUS, size=size))]
    parts += [packer.compress(b" " * (1 << 24)) for _ in range(size >> 24)]
    return with_blob(place, b"".join(parts) + packer.flush())


@hostile("gap", slow=True)
def zstd_bomb(place: Path) -> str:
    """4 GiB of zeros in a few hundred kilobytes."""
    size = 1 << 32
    packer = images.zstd.ZstdCompressor()
    return with_blob(
        place,
        b"".join(zeros(size, packer.compress, packer.flush, header("app/zeros", size=size))),
        compression="zstd",
    )


@hostile("gap")
def zstd_with_a_huge_window(place: Path) -> str:
    """A frame that asks for 2 GiB of memory to look back: RFC 8878, 3.1.1.1.2."""
    content = tar([file("app/x", b"x" * 1000)])
    block_header = (len(content) << 3 | 1).to_bytes(3, "little")
    data = b"\x28\xb5\x2f\xfd" + bytes([0, (31 - 10) << 3]) + block_header + content
    return with_blob(place, data, compression="zstd", diff_id=digest(content))


@hostile("gap")
def zstd_skippable_frames(place: Path) -> str:
    """A million frames that hold nothing, and a layer behind them that is not the one that is told of."""
    frame = b"\x50\x2a\x4d\x18" + struct.pack("<I", 0)
    return with_blob(place, frame * 1_000_000 + images.zstd.compress(tar([file("app/x")])), compression="zstd")


@hostile("right")
def gzip_of_many_members(place: Path) -> str:
    """A layer in 5,000 parts, each compressed by itself, as `pigz` and eStargz write it."""
    content = tar([file("app/x", os.urandom(500_000))])
    data = b"".join(gzip.compress(content[at : at + 101], mtime=0) for at in range(0, len(content), 101))
    return with_blob(place, data, diff_id=digest(content))


@hostile("gap")
def gzip_of_many_empty_members(place: Path) -> str:
    """200,000 parts that hold nothing."""
    return with_blob(place, gzip.compress(b"", mtime=0) * 200_000)


@hostile("gap")
def size_of_2_63(place: Path) -> str:
    """In base-256, where octal has no room."""
    return with_layer(place, header("app/x", size=1 << 63), bytes(5120), file(STATUS, evil_status()))


@hostile("gap")
def size_of_all_digits(place: Path) -> str:
    """The largest octal size, without a NUL behind it."""
    return with_layer(place, header("app/x", size=b"7" * 12), file(STATUS, evil_status()))


@hostile("gap")
def negative_size(place: Path) -> str:
    """Below zero in base-256: adding it goes back, for ever."""
    return with_layer(place, header("app/x", size=-512), file(STATUS, evil_status()))


@hostile("gap")
def size_of_letters(place: Path) -> str:
    """No number at all."""
    return with_layer(place, header("app/x", size=b"notanumber!!"), file(STATUS, evil_status()))


@hostile("gap")
def pax_size_of_2_63(place: Path) -> str:
    """In a pax header."""
    return with_layer(place, replace(file("app/x", b"x" * 600), pax={"size": str(1 << 63)}), file(STATUS, b""))


@hostile("gap")
def negative_pax_size(place: Path) -> str:
    """Below zero in a pax header."""
    return with_layer(place, replace(file("app/x", b"x" * 600), pax={"size": "-1024"}), file(STATUS, evil_status()))


@hostile("either")
def numbers_of_letters(place: Path) -> str:
    """Mode, owner and time are no numbers."""
    return with_layer(place, header("app/x", mode=b"rwxrwxrw", user=b"root", group=b"\xff" * 8, time=b"yesterday"))


@hostile("gap")
def wrong_checksum(place: Path) -> str:
    """A header that was damaged: nobody can tell where the next one is."""
    return with_layer(place, header("app/x", checksum=b"000000\0 "), file("app/y"))


@hostile("right", finds=[*BASE, EVIL], hides=())
def pax_size_against_the_header(place: Path) -> str:
    """The pax header's size counts, and with it the package stands in the layer; the header's hides it."""
    hidden = tar([file(STATUS, "\n".join([*map(deb_paragraph, DEBS), evil_status()]))], b"")
    return with_layer(place, replace(file("app/x", b"x" * 512), size=512 + len(hidden), pax={"size": "512"}), hidden)


@hostile("gap", finds=())
def sparse_file_of_8_exbibytes(place: Path) -> str:
    """A hole of GNU's pax form, where dpkg's database is."""
    return with_layer(place, sparse(STATUS, (1 << 63) - 1, [(0, evil_status().encode())]))


@hostile("gap", finds=())
def old_sparse_file_of_8_gibibytes(place: Path) -> str:
    """A hole of GNU's old form, where dpkg's database is."""
    return with_layer(place, sparse(STATUS, (1 << 33) - 1, [(0, evil_status().encode())], style="gnu"))


@hostile("either")
def sparse_pieces_that_overlap(place: Path) -> str:
    """A table of pieces that do not fit together."""
    table = padded(b"3\n0\n100\n50\n100\n-1\n99999999999999999999\n")
    records = {"GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.name": "app/x", "GNU.sparse.realsize": "9"}
    return with_layer(place, Entry("GNUSparseFile.0/x", table + bytes(512), pax=records))


@hostile("gap")
def cut_in_a_header(place: Path) -> str:
    """The archive ends within a header."""
    return with_layer(place, file("app/x"), header("app/y")[:300], end=b"")


@hostile("gap", finds=())
def cut_in_the_database(place: Path) -> str:
    """The archive ends within dpkg's database: what stands before the end is not all."""
    status = "\n".join(map(deb_paragraph, DEBS))
    return with_layer(place, header(STATUS, size=100_000), status.encode(), end=b"")


@hostile("gap")
def cut_in_gzip(place: Path) -> str:
    """The compressed stream ends in the middle."""
    data = gzip.compress(tar([file("app/x", os.urandom(50_000))]), mtime=0)
    return with_blob(place, data[: len(data) // 2])


@hostile("gap")
def gzip_with_a_wrong_sum(place: Path) -> str:
    """Its checksum is that of something else."""
    content = tar([file("app/x", b"x" * 5000)])
    data = gzip.compress(content, mtime=0)
    return with_blob(place, data[:-8] + bytes(4) + data[-4:], diff_id=digest(content))


@hostile("gap")
def rubbish_instead_of_a_layer(place: Path) -> str:
    """Bytes of no format."""
    return with_blob(place, os.urandom(100_000))


@hostile("either")
def rubbish_behind_the_end(place: Path) -> str:
    """Behind the two empty blocks stands a package: engines stop before it."""
    return with_layer(place, file("app/x"), end=END + os.urandom(700) + tar([file(STATUS, evil_status())]))


@hostile("either")
def rubbish_behind_gzip(place: Path) -> str:
    """Behind the compressed stream stands what is none."""
    content = tar([file("app/x")])
    return with_blob(place, gzip.compress(content, mtime=0) + b"rubbish" * 100, diff_id=digest(content))


@hostile("either")
def no_end(place: Path) -> str:
    """Without the empty blocks, as some builders write it."""
    return with_layer(place, file("app/x", b"x"), end=b"")


@hostile("either", hides=[EVIL])
def one_empty_block(place: Path) -> str:
    """One empty block, then a package: some readers go on."""
    return with_layer(place, file("app/x"), bytes(512), file(STATUS, evil_status()))


@hostile("either")
def no_entries(place: Path) -> str:
    """A layer of nothing but its end."""
    return with_layer(place)


@hostile("gap")
def pax_header_of_60_megabytes(place: Path) -> str:
    """One value of 60 MB."""
    return with_layer(
        place, block("x", pax_record("comment", b"x" * 60_000_000), kind=PAX), file(STATUS, evil_status())
    )


@hostile("gap")
def pax_header_of_a_million_records(place: Path) -> str:
    """Short records, 14 MB of them."""
    records = b"".join(pax_record(f"k{number:06x}", "v") for number in range(1_000_000))
    return with_layer(place, block("x", records, kind=PAX), file(STATUS, evil_status()))


@hostile("either")
def a_hundred_thousand_pax_headers(place: Path) -> str:
    """Each before an entry of its own, or before the next pax header."""
    one = block("x", pax_record("path", "app/x"), kind=PAX)
    return with_layer(place, one * 100_000, file("app/y"))


@hostile("either")
def pax_records_that_lie(place: Path) -> str:
    """Lengths that do not fit their records."""
    lies = [b"999999999999 path=x\n", b"0 path=x\n", b"-5 path=x\n", b"5 path", b"6 a=b\n6 a=b\n1 ", b"x path=y\n"]
    return with_layer(
        place, *(block("x", one, kind=PAX) + file(f"app/{count}").tar() for count, one in enumerate(lies))
    )


@hostile("either", hides=[EVIL])
def global_pax_header(place: Path) -> str:
    """Says a path for all entries that follow. Engines drop it."""
    return with_layer(
        place, block("x", pax_record("path", "app/all"), kind=PAX_GLOBAL), file("app/x"), file("app/y", evil_status())
    )


@hostile("gap")
def long_name_of_100_megabytes(place: Path) -> str:
    """In GNU's form."""
    return with_layer(
        place, block("././@LongLink", b"a" * 100_000_000, kind=GNU_LONG_NAME, magic=GNU), file(STATUS, evil_status())
    )


@hostile("either")
def long_names_upon_long_names(place: Path) -> str:
    """Headers for names that no entry follows, 50,000 of them, then the end."""
    one = block("././@LongLink", b"app/x\0", kind=GNU_LONG_NAME, magic=GNU)
    two = block("././@LongLink", b"app/y\0", kind=GNU_LONG_LINK, magic=GNU)
    return with_layer(place, (one + two) * 25_000)


@hostile("gap")
def path_of_100_000_characters(place: Path) -> str:
    """Deeper than any file system goes."""
    return with_layer(place, file("a/" * 50_000 + "x"), file("app/x"))


@hostile("either", slow=True)
def entries_400_000(place: Path) -> str:
    """As many files as a large image has, all in one folder."""
    return with_layer(place, *(header(f"app/{number:x}") for number in range(400_000)))


@hostile("either", slow=True)
def packages_400_000(place: Path) -> str:
    """As many installed packages of npm, each in a folder of its own."""
    about = b'{"name": "x", "version": "1.0.0"}'
    entries = (block(f"app/node_modules/p{number:x}/package.json", about) for number in range(400_000))
    return with_layer(place, *entries)


@hostile("gap", slow=True)
def entries_3_000_000(place: Path) -> str:
    """More files than any image has."""
    packer = zlib.compressobj(1, zlib.DEFLATED, 31)
    parts = [packer.compress(header(f"a/{number:x}")) for number in range(3_000_000)]
    return with_blob(place, b"".join(parts) + packer.compress(END) + packer.flush())


def _layers(place: Path, count: int) -> str:
    builder = below()
    steps = (*builder.steps, *(images.Layer(tar([file(f"app/{number}")]), "COPY") for number in range(count)))
    return saved(place, replace(builder, steps=steps))


@hostile("either", finds=())
def layers_1_000(place: Path) -> str:
    """More than engines take."""
    return _layers(place, 1_000)


@hostile("gap", finds=())
def layers_5_000(place: Path) -> str:
    """Far more."""
    return _layers(place, 5_000)


@hostile("gap", finds=())
def one_layer_named_200_000_times(place: Path) -> str:
    """A manifest of 40 MB that names the same blob again and again."""
    builder = below()
    manifest, config = builder.manifest(), builder.config()
    manifest["layers"] = manifest["layers"] * 200_000
    config["rootfs"]["diff_ids"] = config["rootfs"]["diff_ids"] * 200_000
    return oci_of(place, builder, manifest, config)


@hostile("either", slow=True)
def a_large_layer_named_120_times(place: Path) -> str:
    """An amplifier: a layer that expands to 200 MB, 140 times its size, as often as engines allow."""
    builder = below()
    content = tar([file("app/x", b"".join(os.urandom(7_000) + bytes(1_000_000) for _ in range(200)))])
    layer = images.Layer(content, "COPY", "zstd")
    blob, diff_id = layer.blob(), layer.diff_id
    manifest, config = builder.manifest(), builder.config()
    manifest["layers"] += [descriptor(blob, images.LAYER_TYPES["zstd"])] * 120
    config["rootfs"]["diff_ids"] += [diff_id] * 120
    return oci_of(place, builder, manifest, config, blob)
