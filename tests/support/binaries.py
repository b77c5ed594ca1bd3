"""Programs in ELF that hold nothing but what linkers write of the modules in them. None of them can run."""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Mapping

BEFORE_MODULES = bytes.fromhex("3077af0c9274080241e1c107e6d618e6")
AFTER_MODULES = bytes.fromhex("f932433186182072008242104116d8f2")
"""Between these stands the text about modules: https://pkg.go.dev/runtime/debug#BuildInfo"""
GO_MAGIC = b"\xff Go buildinf:"
BASE = 0x400000
"""Where the programs lie in memory; their content begins there, at the start of the file."""


def go_modules(main: str, modules: Mapping[str, str], main_version: str = "(devel)") -> str:
    """The text about modules."""
    lines = [f"path\t{main}/cmd", f"mod\t{main}\t{main_version}\t"]
    lines += [f"dep\t{name}\t{version}\th1:AAAA=" for name, version in modules.items()]
    lines += ["build\t-compiler=gc", "build\tCGO_ENABLED=0", "build\tGOARCH=amd64", "build\tGOOS=linux"]
    return "".join(f"{line}\n" for line in lines)


def varint(number: int) -> bytes:
    """As Go writes lengths."""
    out = bytearray()
    while number >= 0x80:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes(out) + bytes([number])


def elf_with_go(
    *, go: str, main: str, modules: Mapping[str, str], form: str = "inline", stripped: bool = False
) -> bytes:
    """A program of Go: `inline` is how it is written since 1.18, `little` and `big` by pointers of that byte order.

    `stripped` leaves the section's name out, so that only its magic number tells.
    """
    text = BEFORE_MODULES + go_modules(main, modules).encode() + AFTER_MODULES
    version = go.encode()
    if form == "inline":
        info = GO_MAGIC + b"\x08\x02" + bytes(16) + varint(len(version)) + version + varint(len(text)) + text
        return elf({"" if stripped else ".go.buildinfo": info})
    order = {"little": "<", "big": ">"}[form]
    at = BASE + CONTENT_AT
    heads, texts = at + 32, at + 64
    strings = struct.pack(f"{order}QQQQ", texts, len(version), texts + len(version), len(text))
    pointers = GO_MAGIC + bytes([8, order == ">"]) + struct.pack(f"{order}QQ", heads, heads + 16)
    return elf({"" if stripped else ".go.buildinfo": pointers + strings + version + text}, big=order == ">")


def elf_with_rust(main: str, crates: Mapping[str, str]) -> bytes:
    """A program of Rust, built by cargo auditable: https://github.com/rust-secure-code/cargo-auditable"""
    packages: list[dict[str, object]] = [
        {"name": name, "version": version, "source": "crates.io"} for name, version in sorted(crates.items())
    ]
    own = {"name": main, "version": "0.1.0", "source": "local", "root": True, "dependencies": [*range(len(crates))]}
    return elf({".dep-v0": zlib.compress(json.dumps({"packages": [*packages, own]}, separators=(",", ":")).encode())})


CONTENT_AT = 0x1000


def elf(sections: Mapping[str, bytes], *, big: bool = False) -> bytes:
    """A program of 64 bits with these sections, the first at `CONTENT_AT`, all in one writable segment."""
    order = ">" if big else "<"
    names, content, headers = b"\0", b"", [bytes(64)]
    for name, data in sections.items():
        at = CONTENT_AT + len(content)
        # Name, PROGBITS, to be loaded and written, address, place, size, alignment of 16.
        headers.append(struct.pack(f"{order}IIQQQQIIQQ", len(names), 1, 3, BASE + at, at, len(data), 0, 0, 16, 0))
        names += name.encode() + b"\0"
        content += data + bytes(-len(data) % 16)
    headers.append(
        struct.pack(f"{order}IIQQQQIIQQ", len(names), 3, 0, 0, CONTENT_AT + len(content), len(names) + 10, 0, 0, 1, 0)
    )
    names += b".shstrtab\0"
    size = CONTENT_AT + len(content)
    identity = b"\x7fELF" + bytes([2, 2 if big else 1, 1]) + bytes(9)
    machine, count = 21 if big else 62, len(headers)
    places = (64, size + len(names), 0, 64, 56, 1, 64, count, count - 1)
    head = identity + struct.pack(f"{order}HHIQQQIHHHHHH", 2, machine, 1, BASE, *places)
    segment = struct.pack(f"{order}IIQQQQQQ", 1, 6, 0, BASE, BASE, size, size, 4096)
    return (head + segment).ljust(CONTENT_AT, b"\0") + content + names + b"".join(headers)
