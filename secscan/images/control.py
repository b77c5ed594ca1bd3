"""The positive control of an image: a layer of our own, read by the same code in the same process."""

from __future__ import annotations

import gzip
import io
import tarfile

from secscan.images.collector import Collector
from secscan.images.compression import Counted, Expanded
from secscan.images.inventory import inventory_of
from secscan.images.limits import Broken, ImageLimits, TooMuch
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


def found_again(values_key: bytes) -> bool:
    """Whether a package, a secret and a mode in our own layer are seen."""
    data = _layer()
    limits = ImageLimits()
    collector = Collector(limits, key=b"", values_key=values_key)
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
    return (
        [(one.name, one.ecosystem, one.version) for one in found.packages] == [(_NAME, "Debian:12", "1.0-1")]
        and ("usr/bin/control", "setuid") in facts
        and [one.path for one in collector.secrets] == ["app/settings.env"]
    )


def _layer() -> bytes:
    packed = io.BytesIO()
    with gzip.GzipFile(fileobj=packed, mode="wb", mtime=0) as file, tarfile.open(fileobj=file, mode="w") as archive:
        for name, mode, text in (*_FILES, ("app/settings.env", 0o644, control_source().decode())):
            info = tarfile.TarInfo(name)
            info.size, info.mode = len(text), mode
            archive.addfile(info, io.BytesIO(text.encode()))
    return packed.getvalue()
