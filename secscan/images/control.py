"""The positive control of an image: a layer of our own, read by the same code in the same process."""

from __future__ import annotations

import gzip
import io

from secscan.images.collector import Collector
from secscan.images.compression import Counted, Expanded
from secscan.images.inventory import inventory_of
from secscan.images.limits import Broken, ImageLimits, TooMuch
from secscan.images.reading import Keys
from secscan.images.tar import Archive
from secscan.secrets.control import control_source

_NAME = "secscan-control"
_FILES: tuple[tuple[str, int, str], ...] = (
    ("etc/os-release", 0o644, "ID=debian\nVERSION_ID=12\n"),
    (
        "var/lib/dpkg/status",
        0o644,
        f"Package: {_NAME}\nStatus: install ok installed\nArchitecture: all\nVersion: 1.0-1\n",
    ),
    ("usr/bin/control", 0o4755, "#!/bin/sh\n"),
)


def found_again(keys: Keys | None) -> bool:
    """Whether a package in our own layer is seen; and a secret and a mode, where those are looked for (`keys`)."""
    data = _layer()
    limits = ImageLimits()
    collector = Collector(limits, keys)
    expanded = Expanded(Counted(io.BytesIO(data), len(data)), limits, limits.expanded)
    try:
        archive = Archive(expanded, limits)
        for entry in archive.entries():
            collector.take(entry, archive.chunks(), 0)
    except (Broken, TooMuch):
        return False
    finally:
        expanded.end()
    found = inventory_of(collector.tree)
    facts = {(fact.path, fact.fact) for _, _, item in collector.tree.items() for fact in item.facts}
    installed = [(one.name, one.ecosystem, one.version) for one in found.packages]
    if installed != [(_NAME, "Debian:12", "1.0-1")]:
        return False
    return keys is None or (
        ("usr/bin/control", "setuid") in facts and [one.path for one in collector.secrets] == ["app/settings.env"]
    )


def _layer() -> bytes:
    files = (*_FILES, ("app/settings.env", 0o644, control_source().decode()))
    return gzip.compress(b"".join(_member(name, mode, text.encode()) for name, mode, text in files) + bytes(1024), 1)


def _member(name: str, mode: int, content: bytes) -> bytes:
    """A file of a tar archive (POSIX.1-2017, "ustar Interchange Format"): Python's `tarfile` takes longer to start than
    to read many an image."""
    numbers = b"%07o\0%07o\0%07o\0%011o\0%011o\0" % (mode, 0, 0, len(content), 0)
    front, back = name.encode().ljust(100, b"\0") + numbers, b"0".ljust(101, b"\0") + b"ustar\0" + b"00"
    total = sum(front) + 8 * 0x20 + sum(back)
    return (front + b"%06o\0 " % total + back).ljust(512, b"\0") + content + bytes(-len(content) % 512)
