"""What is wanted of Debian: releases, the mirror to get them from, whose keys may sign, and whose changelogs."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from secscan.errors import AdvisoryError
from secscan.inventory.distribution import DEBIAN_RELEASES
from secscan.inventory.known import reader_of
from secscan.inventory.subjects import subject_of

MIRROR_VARIABLE = "SECSCAN_DEBIAN_MIRROR"
"""Names the mirror where the command line does not."""
RELEASE = re.compile(r"debian:([a-z0-9]+)")
"""How the command line names a release. OSV's archives begin with a capital."""
_ADDRESS = re.compile(r"(.+)/dists/([a-z]+)-security/InRelease")


@dataclass(frozen=True)
class Suite:
    """The security updates of one release."""

    codename: str
    """Of the release: `bookworm`."""
    mirror: str
    """`<mirror>/dists/<codename>-security/InRelease` is the signed index."""
    wanted: Debian

    @property
    def ecosystem(self) -> str:
        """As OSV names it."""
        return f"Debian:{DEBIAN_RELEASES[self.codename]}"

    @property
    def address(self) -> str:
        """Of its signed index."""
        return f"{self.mirror.rstrip('/')}/dists/{self.codename}-security/InRelease"


@dataclass(frozen=True)
class Debian:
    """What is wanted of Debian."""

    releases: tuple[str, ...] = ()
    """As the command line names them: `debian:12`, `debian:bookworm`."""
    mirror: str = ""
    """Of the security archive."""
    keyring: Path | None = None
    """Whose keys may sign; None: see `release.KEYRING`."""
    changelogs: bool = False
    """Whether to get changelogs, for the ids of vulnerabilities."""
    only: frozenset[str] | None = None
    """Source packages whose changelogs are wanted; None: those of all."""
    architecture: str = "amd64"
    """Whose packages are got for their changelogs, which are the same for all."""

    def suites(self) -> tuple[Suite, ...]:
        """Return the suites of the releases. Raises `AdvisoryError` where there is no such release, or no mirror."""
        return tuple(Suite(_codename(name), self._mirror(), self) for name in dict.fromkeys(self.releases))

    def known(self, address: str) -> Suite | None:
        """Return the suite that a source of an index was got from; None for another source."""
        found = _ADDRESS.fullmatch(address)
        return Suite(found[2], found[1], self) if found and found[2] in DEBIAN_RELEASES else None

    def _mirror(self) -> str:
        if not self.mirror:
            raise AdvisoryError(
                "no mirror to get Debian's security index from",
                hint=f"name one, such as that in /etc/apt of a Debian system: --mirror ADDRESS, or {MIRROR_VARIABLE}",
            )
        return self.mirror


def _codename(name: str) -> str:
    release = name.partition(":")[2]
    codename = next((codename for codename, number in DEBIAN_RELEASES.items() if number == release), release)
    if codename not in DEBIAN_RELEASES:
        raise AdvisoryError(f"{name!r} is no release of Debian that is known", hint="write it like debian:12")
    return codename


def sources_in(sbom: Path) -> frozenset[str]:
    """Return the source packages of Debian that an SBOM names. Raises `AdvisoryError` for one that cannot be read."""
    reader = reader_of(sbom.name)
    try:
        found = reader(sbom.name, sbom.read_bytes()) if reader else None
    except OSError as error:
        raise AdvisoryError(f"{sbom} cannot be read: {error.strerror}", hint="check that you may read it") from error
    packages = [one for one in found.packages if one.ecosystem.startswith("Debian")] if found else []
    if not packages:
        raise AdvisoryError(
            f"{sbom} names no packages of Debian", hint="give an SBOM, under a name such as image.cdx.json"
        )
    return frozenset(subject_of(one).name for one in packages)
