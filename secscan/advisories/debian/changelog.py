"""Which vulnerabilities the changelog of a package says that a version has fixed.

Format: https://www.debian.org/doc/debian-policy/ch-source.html#debian-changelog-debian-changelog. An entry may name a
vulnerability that it does not fix, or fixes again: then the newest version that names it counts, too much rather than
too little. A version that was built again for an older release is called `1.2-3~deb12u1`, stands above `1.2-3`, and is
less than that: it has what the other fixed.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from secscan.versions.order import order_of

_HEAD = re.compile(r"(\S+) \(([^()\s]{1,200})\)((?: [A-Za-z0-9.+~-]+)+); .*")
_CVE = re.compile(r"\bCVE-[0-9]{4}-[0-9]{4,7}\b", re.IGNORECASE)
_TILDE = re.compile("~")
_MOST = 20_000
_TEXT = 500
_PARAGRAPH = 20_000
_BULLETS = "*-+"


@dataclass(frozen=True)
class Fixed:
    """A vulnerability, and the version that fixed it."""

    cve: str
    version: str
    text: str
    """What the entry says of it."""


def read_changelog(lines: Iterable[str], *, package: str) -> list[Fixed]:
    """Return the vulnerabilities that the changelog of a source package names, by id."""
    order = order_of("Debian")
    found: dict[str, Fixed] = {}
    for one in _named(lines, package):
        known = found.get(one.cve)
        if known is None or order.key(one.version) > order.key(known.version):
            found[one.cve] = one
        if len(found) >= _MOST:
            break  # the newest entries stand first
    return [found[name] for name in sorted(found)]


def _named(lines: Iterable[str], package: str) -> Iterator[Fixed]:
    version = text = ""
    again: dict[str, str] = {}
    """What a version was called when it was built again: the lowest entry above."""
    for line in itertools.chain(lines, [""]):
        words = " ".join(line.split())
        if text and line.startswith("  ") and words and words[0] not in _BULLETS:
            text = f"{text} {words}"[:_PARAGRAPH]
            continue
        for cve in _CVE.findall(text):
            yield Fixed(cve.upper(), version, text.lstrip(f"{_BULLETS} ")[:_TEXT])
        text = words[:_PARAGRAPH] if version and line.startswith("  ") else ""
        if head := _HEAD.fullmatch(line.rstrip()):
            # A package that was called otherwise, or was taken over, has the entries of that, too.
            known = order_of("Debian").key(head[2]) is not None
            version = again.get(head[2], head[2]) if head[1] == package and known else ""
            again |= {head[2][: tilde.start()]: version for tilde in _TILDE.finditer(head[2]) if version}
