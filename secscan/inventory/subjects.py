"""Of what advisories speak: the source packages of some distributions, the binary ones of others, else the package.

One source package becomes many that are installed (openssl: openssl, libssl3, libcrypto3). Its advisories are asked
for once, and what they say is one defect, not one for each.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from secscan.inventory.contract import Declared
from secscan.inventory.distribution import Speaks, family_of
from secscan.inventory.names import package_name

_REBUILT = re.compile(r"\+b[0-9]+$")
"""What Debian puts behind the version of a binary that was built anew from the same source."""
_ESM = re.compile(r"[+~]esm[0-9]")
"""In the versions that only subscribers of Ubuntu Pro get, of which records of their own speak."""


@dataclass(frozen=True)
class Subject:
    """What is asked about for one package that was found."""

    ecosystem: str
    name: str
    version: str
    asked: tuple[tuple[str, str], ...]
    """Names and versions under which advisories may stand."""
    binary: bool = False
    """Whether the package that was found is one that is installed, built from this one or the same."""

    @property
    def key(self) -> str:
        """How plans count it."""
        return f"{self.ecosystem}:{self.name}@{self.version}"


def subject_of(one: Declared) -> Subject:
    """Return what to ask about for a package."""
    family = family_of(one.ecosystem)
    if family is None:
        name = package_name(one.ecosystem, one.name)
        return Subject(one.ecosystem, name, one.version, ((name, one.version),))
    own = (one.name, one.version)
    name, version = source = _source(one, own)
    ecosystem = one.ecosystem
    if family.ecosystem == "Ubuntu" and _ESM.search(version) and ":Pro:" not in ecosystem:
        ecosystem = ecosystem.replace("Ubuntu:", "Ubuntu:Pro:")
    if family.speaks is Speaks.BINARY:
        return Subject(ecosystem, *own, (own,), binary=True)
    asked = (source,) if family.speaks is Speaks.SOURCE else tuple(dict.fromkeys((source, own)))
    return Subject(ecosystem, name, version, asked, binary=True)


def _source(one: Declared, own: tuple[str, str]) -> tuple[str, str]:
    """Name and version of the source. File names of source RPMs have no epoch: it is that of a binary of the same
    version and release; where the binary has another one, nobody knows it, and the binary stands for itself."""
    name, version = one.source
    rpm = family_of(one.ecosystem).purl[0] == "rpm"  # type: ignore[union-attr]  # the caller has looked
    if not name:
        return (one.name, one.version if rpm else _REBUILT.sub("", one.version))
    if not version:
        return (name, own[1])
    if not rpm or ":" in version:
        return (name, version)
    epoch, colon, rest = own[1].partition(":")
    if not colon:
        return (name, version)
    return (name, f"{epoch}:{version}") if rest == version else own
