"""Names of packages and ecosystems, as the databases compare them; and package URLs for them."""

from __future__ import annotations

import re

from packageurl import PackageURL

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

_DISTRIBUTIONS = {
    "Debian": ("deb", "debian"),
    "Ubuntu": ("deb", "ubuntu"),
    "Alpine": ("apk", "alpine"),
    "Wolfi": ("apk", "wolfi"),
    "Chainguard": ("apk", "chainguard"),
    "Red Hat": ("rpm", "redhat"),
    "Rocky Linux": ("rpm", "rocky-linux"),
    "AlmaLinux": ("rpm", "almalinux"),
    "openSUSE": ("rpm", "opensuse"),
    "SUSE": ("rpm", "suse"),
}
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


def purl_of(ecosystem: str, name: str, version: str) -> str:
    """Return the package URL (https://github.com/package-url/purl-spec) of a package at a version."""
    base, _, release = ecosystem.partition(":")
    if base in _DISTRIBUTIONS:
        kind, namespace = _DISTRIBUTIONS[base]
        return _purl(kind, namespace, name, version, {"distro": f"{namespace}-{release}"} if release else {})
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


def parse_purl(text: str) -> tuple[str, str, str]:
    """Return ecosystem, name and version of a package URL. Raises `ValueError` for what it does not know."""
    try:
        purl = PackageURL.from_string(text)
    except TypeError:  # the library, on a name of blanks
        raise ValueError("it has no name") from None
    for ecosystem, kind in _TYPES.items():
        if kind == purl.type:
            joint = ":" if ecosystem == "Maven" else "/"
            name = f"{purl.namespace}{joint}{purl.name}" if purl.namespace else purl.name
            return ecosystem, name, purl.version or ""
    for ecosystem, (kind, namespace) in _DISTRIBUTIONS.items():
        if kind == purl.type and namespace == purl.namespace:
            release = str(dict(purl.qualifiers or {}).get("distro", "")).removeprefix(f"{namespace}-")
            return f"{ecosystem}:{release}" if release else ecosystem, purl.name, purl.version or ""
    raise ValueError(f"no ecosystem is known for package URLs of type {purl.type!r}")
