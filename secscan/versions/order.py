"""Which rule orders the versions of an ecosystem, by the names that OSV gives to ecosystems.

Source of the names: https://ossf.github.io/osv-schema/#defined-ecosystems
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from secscan.versions import distributions, maven, packagist, python, rubygems, semver

LONGEST = 300
"""A longer text is no version; what compares versions of any length can be kept busy for hours."""


@dataclass(frozen=True)
class Order:
    """A rule of version order."""

    name: str
    """What the rule is called, for people."""
    read: Callable[[str], Any]
    """Gives the key of a version; None for a text that is none."""
    spell: Callable[[str], str] | None = None
    """Gives one spelling for all spellings of a version; None: what its key looks like."""
    public: Callable[[str], str] = str
    """Gives the version that a local build (`1.13.1+cu117`) is a build of; elsewhere the version itself."""
    line: Callable[[str], str] = lambda _: ""
    """Names the line of versions that one belongs to, where a package has several that are not compared."""

    def key(self, version: str) -> Any:
        """Return what versions are compared by; None for a text that is no version here."""
        return _key(self, version)

    def normal(self, version: str) -> str:
        """Return one text for all spellings of a version, to look it up in a list; any text for any text."""
        if self.spell is not None:
            return self.spell(version)
        key = self.key(version)
        return version if key is None else str(key)

    def sorted(self, versions: Iterable[str]) -> tuple[str, ...]:
        """Return the versions without repetition, smallest first; texts that are none come last."""
        keyed = {text: self.key(text) for text in sorted(set(versions))}
        known = sorted((text for text in keyed if keyed[text] is not None), key=lambda text: keyed[text])
        return (*known, *(text for text, key in keyed.items() if key is None))


@functools.lru_cache(maxsize=200_000)
def _key(order: Order, version: str) -> Any:
    if len(version) > LONGEST:
        return None
    try:
        return order.read(version)
    except ValueError:  # Python's word on a number of thousands of digits
        return None


UNKNOWN = Order("none that we know", lambda _: None)
"""For ecosystems without a rule: only versions that are listed letter by letter are affected."""

PEP440 = Order("PEP 440", python.key, spell=python.normal, public=python.public)
SEMVER = Order("SemVer 2.0", semver.key)
# Distributions list thousands of versions in a record, each as the distribution itself spells it.
_DEBIAN = Order("Debian policy", distributions.debian_key, str)
_RPM = Order("RPM", distributions.rpm_key, str, line=distributions.rpm_line)
_APK = Order("apk", distributions.alpine_key, str)
_NUMBERS = Order("numbers with dots", semver.numbers_key)

_ORDERS = {
    "PyPI": PEP440,
    "npm": SEMVER,
    "Go": Order("Go modules", semver.go_key),
    "crates.io": SEMVER,
    "Hex": SEMVER,
    "Pub": Order("pub", semver.pub_key),
    "NuGet": Order("NuGet", semver.nuget_key),
    "Maven": Order("Maven", maven.key),
    "RubyGems": Order("RubyGems", rubygems.key),
    "Packagist": Order("Composer", packagist.key),
    "SwiftURL": SEMVER,
    "GitHub Actions": SEMVER,
    "Bitnami": SEMVER,
    "Julia": SEMVER,
    "ConanCenter": SEMVER,
    "CRAN": _NUMBERS,
    "Bioconductor": _NUMBERS,
    "Hackage": _NUMBERS,
    "GHC": _NUMBERS,
    "Debian": _DEBIAN,
    "Ubuntu": _DEBIAN,
    "Echo": _DEBIAN,
    "Alpine": _APK,
    "Alpaquita": _APK,
    "BellSoft Hardened Containers": _APK,
    "Chainguard": _APK,
    "MinimOS": _APK,
    "Wolfi": _APK,
    "AlmaLinux": _RPM,
    "Azure Linux": _RPM,
    "Mageia": _RPM,
    "openEuler": _RPM,
    "openSUSE": _RPM,
    "Photon OS": _RPM,
    "Red Hat": _RPM,
    "Rocky Linux": _RPM,
    "SUSE": _RPM,
}


def order_of(ecosystem: str) -> Order:
    """Return the rule of an ecosystem (`PyPI`, `Debian:12` ...), or `UNKNOWN`."""
    return _ORDERS.get(ecosystem.partition(":")[0], UNKNOWN)
