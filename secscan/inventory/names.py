"""Names of packages and ecosystems, as the databases compare them; and package URLs for them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from packageurl import PackageURL

from secscan.inventory.distribution import ecosystem_of_label, families_called, family_of, label_of

PYPI = "PyPI"

_TYPES = {
    "PyPI": "pypi",
    "npm": "npm",
    "Go": "golang",
    "crates.io": "cargo",
    "Maven": "maven",
    "RubyGems": "gem",
    "NuGet": "nuget",
    "Packagist": "composer",
    "Hex": "hex",
    "Pub": "pub",
    "SwiftURL": "swift",
    "GitHub Actions": "githubactions",
    "CRAN": "cran",
    "Hackage": "hackage",
    "ConanCenter": "conan",
    "Julia": "julia",
    "conda": "conda",
}
"""Package URL types by OSV's names of ecosystems. Source: https://github.com/package-url/purl-spec"""

_IN_ANY_CASE = frozenset({"NuGet", "Packagist", "GitHub Actions"})


def normal_name(name: str) -> str:
    """A PyPI name in its normal form (PyPA, "Names and normalization")."""
    return re.sub(r"[-_.]+", "-", name).lower()


def package_name(ecosystem: str, name: str) -> str:
    """Return the form of a name in which an ecosystem compares it."""
    base = ecosystem.partition(":")[0]
    if base == PYPI:
        return normal_name(name)
    return name.lower() if base in _IN_ANY_CASE else name


def ecosystems_of(ecosystem: str) -> tuple[str, ...]:
    """Under which ecosystems a package's records stand: `Debian:12`, and `Debian` for those that name no release."""
    base = ecosystem.partition(":")[0]
    return (ecosystem,) if base == ecosystem else (ecosystem, base)


_PART_OF_RED_HAT = re.compile(r"(Red Hat:enterprise_linux:\d+)(?:\.\d+)?(?:::\w+)?")
_PART_OF_SUSE = re.compile(r"SUSE:Linux Enterprise (?:Server|Module for .+) (\d+(?: SP\d+|\.\d+)?)(?:-\w+)?")


def system_of(ecosystem: str) -> str:
    """Return the ecosystem of the packages that records of this one are about.

    That is the same, but for Red Hat and SUSE, whose records name the repository or module of a system:
    `Red Hat:enterprise_linux:9` of `Red Hat:enterprise_linux:9::baseos`. What a subscription adds (`rhel_eus:9.4`) is
    no part of it: nothing in a system tells whether it has one.
    """
    if red_hat := _PART_OF_RED_HAT.fullmatch(ecosystem):
        return red_hat[1]
    if suse := _PART_OF_SUSE.fullmatch(ecosystem):
        return f"SUSE:Linux Enterprise Server {suse[1]}"
    return ecosystem


@dataclass(frozen=True)
class PackageId:
    """What a package URL tells."""

    ecosystem: str
    name: str
    version: str
    source: tuple[str, str] = ("", "")
    """Name and version of the source package, where it is told; it may be of the same name and version."""
    architecture: str = ""


def purl_of(
    ecosystem: str, name: str, version: str, *, architecture: str = "", source: tuple[str, str] = ("", "")
) -> str:
    """Return the package URL (https://github.com/package-url/purl-spec) of a package at a version."""
    family = family_of(ecosystem)
    if family is not None:
        kind, namespace = family.purl
        version, epoch = _without_epoch(version) if kind == "rpm" else (version, "")
        known = {
            "arch": architecture,
            "distro": label_of(family, ecosystem),
            "epoch": epoch,
            "upstream": _upstream(kind, source, version),
        }
        return _purl(kind, namespace, name, version, {key: value for key, value in known.items() if value})
    base = ecosystem.partition(":")[0]
    kind = _TYPES.get(base, "generic")
    name = package_name(ecosystem, name)
    separator = ":" if base == "Maven" else "/"
    namespace, _, last = name.rpartition(separator)
    return _purl(kind, namespace, last, version, {})


def _purl(kind: str, namespace: str, name: str, version: str, qualifiers: dict[str, str]) -> str:
    try:
        return PackageURL(kind, namespace or None, name, version or None, qualifiers or None).to_string()
    except (ValueError, TypeError):  # a name that is hostile or blank, on which the library stumbles; still a name
        return PackageURL("generic", None, f"{kind}-{namespace}-{name}-", version or None).to_string()


def _without_epoch(version: str) -> tuple[str, str]:
    epoch, colon, rest = version.partition(":")
    return (rest, epoch if epoch.strip("0") else "") if colon and epoch.isdecimal() else (version, "")


def _upstream(kind: str, source: tuple[str, str], version: str) -> str:
    """The source as syft writes it, which others read."""
    name, built_from = source
    if not name:
        return ""
    if kind == "rpm":
        return f"{name}-{_without_epoch(built_from)[0]}.src.rpm"
    return name if built_from in ("", version) else f"{name}@{built_from}"


def read_purl(text: str) -> PackageId:
    """Return what a package URL tells. Raises `ValueError` for what it does not know."""
    try:
        purl = PackageURL.from_string(text)
    except TypeError:  # the library, on a name of blanks
        raise ValueError("it has no name") from None
    for ecosystem, kind in _TYPES.items():
        if kind == purl.type:
            joint = ":" if ecosystem == "Maven" else "/"
            name = f"{purl.namespace}{joint}{purl.name}" if purl.namespace else purl.name
            return PackageId(ecosystem, name, purl.version or "")
    families = families_called(purl.type, purl.namespace or "")
    if not families:
        raise ValueError(f"no ecosystem is known for package URLs of type {purl.type!r}")
    qualifiers = {key: str(value) for key, value in dict(purl.qualifiers or {}).items()}
    version = purl.version or ""
    epoch = qualifiers.get("epoch", "")
    if version and ":" not in version and epoch.isdecimal() and epoch.strip("0"):
        version = f"{epoch}:{version}"
    source = read_upstream(qualifiers.get("upstream", ""), version)
    return PackageId(
        ecosystem=ecosystem_of_label(families[0], qualifiers.get("distro", "")),
        name=purl.name,
        version=version,
        source=source,
        architecture=qualifiers.get("arch", ""),
    )


def read_upstream(text: str, version: str) -> tuple[str, str]:
    """Return name and version of the source that the qualifier `upstream` names: `openssl`, `openssl@3.0.11-1`, or
    `openssl-3.0.7-27.el9.src.rpm`."""
    if text.endswith(".src.rpm"):
        parts = text.removesuffix(".src.rpm").rsplit("-", 2)
        return (parts[0], f"{parts[1]}-{parts[2]}") if len(parts) == 3 else ("", "")
    name, _, built_from = text.partition("@")
    return (name, built_from or version) if name else ("", "")
