"""A package that another tool names, as ours are named."""

from __future__ import annotations

import re

from packageurl import PackageURL

from secscan.findings.model import Package
from secscan.imports.contract import cut
from secscan.inventory.names import purl_of, read_purl

_LONGEST = 300
_MOST_VERSIONS = 20
_VERSION = re.compile(r"[0-9A-Za-z][0-9A-Za-z.+~:_!-]{0,99}")


def package_of(purl: str, *, name: str = "", version: str = "", fixed: tuple[str, ...] = ()) -> Package:
    """Return the package that a package URL names; where it is none that is known, the one of that name and version."""
    purl, name, version = (cut(one, _LONGEST) for one in (purl, name, version))
    versions = fixing(fixed)
    try:
        known = read_purl(purl)
    except ValueError:
        kind = purl[4:].partition("/")[0] if purl.startswith("pkg:") else ""
        return Package(
            purl=purl or _generic(name, version),
            name=name or purl,
            version=version,
            ecosystem=kind,
            fixed_versions=versions,
        )
    exact = known.version or version
    normal = purl_of(known.ecosystem, known.name, exact, architecture=known.architecture, source=known.source)
    return Package(purl=normal, name=known.name, version=exact, ecosystem=known.ecosystem, fixed_versions=versions)


def fixing(versions: tuple[str, ...]) -> tuple[str, ...]:
    """Return those that can be versions: `secscan fix` writes them into manifests."""
    return tuple(one for one in versions[:_MOST_VERSIONS] if _VERSION.fullmatch(one))


def _generic(name: str, version: str) -> str:
    try:
        return PackageURL("generic", None, name, version or None).to_string()
    except (ValueError, TypeError):  # a blank name, on which the library stumbles
        return "pkg:generic/unnamed"
