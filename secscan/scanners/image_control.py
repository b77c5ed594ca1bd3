"""The positive control of scanners of images: an SBOM of packages that every database of theirs must flag.

An image cannot be shown another package, so this is scanned beside it, by the same program with the same database. It
names, for each ecosystem of the image, one release that has been known to be vulnerable for years. An ecosystem whose
release was not flagged is one of which the database knows nothing.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable

from packageurl import PackageURL

from secscan.inventory.names import PYPI, purl_of
from secscan.scanners.image_packages import ecosystem_in

FILE = "control.cdx.json"

_VULNERABLE = {
    PYPI: ("django", "1.0"),
    "npm": ("lodash", "1.0.0"),
    "Go": ("golang.org/x/crypto", "v0.1.0"),
    "crates.io": ("hyper", "0.9.0"),
    "Maven": ("org.apache.logging.log4j:log4j-core", "2.14.1"),
    "RubyGems": ("rack", "1.0.0"),
    "NuGet": ("Newtonsoft.Json", "9.0.1"),
    "Packagist": ("twig/twig", "1.0.0"),
    "Hex": ("plug", "1.0.0"),
    "Pub": ("http", "0.12.0"),
}
_OF_DISTRIBUTION = "openssl"
"""Every distribution has it, and has had to mend it."""
_OLDEST = {"apk": "0-r0"}
_KINDS = ("deb", "apk", "rpm")
DISTRIBUTION = "distribution"
"""What stands for the ecosystem of the distribution among those that are proven."""


def control_sbom(ecosystems: Collection[str], system: tuple[str, str], purls: Iterable[str]) -> bytes:
    """Return the SBOM, in CycloneDX.

    `system`: name and version of the distribution, as the tool calls it; `purls`: package URLs by which the tool lists
    packages of the image, of which one tells how those of the distribution look.
    """
    components = [_component(name, version, purl_of(ecosystem, name, version))
                  for ecosystem, (name, version) in _VULNERABLE.items()
                  if ecosystem in ecosystems or ecosystem == PYPI]  # fmt: skip
    example = next((one for one in map(_parsed, purls) if one is not None and one.type in _KINDS), None)
    if example is not None and system[0]:
        version = _OLDEST.get(example.type, "0-0")
        distro = {name: value for name, value in dict(example.qualifiers or {}).items() if name == "distro"}
        purl = PackageURL(example.type, example.namespace, _OF_DISTRIBUTION, version, distro).to_string()
        name, release = system
        components += [
            {"type": "operating-system", "bom-ref": "system", "name": name, "version": release},
            _component(_OF_DISTRIBUTION, version, purl),
        ]
    document = {"bomFormat": "CycloneDX", "specVersion": "1.5", "version": 1, "components": components}
    return json.dumps(document).encode()


def proven(flagged: Iterable[str]) -> frozenset[str]:
    """Return the ecosystems, or `DISTRIBUTION`, whose control is among what was flagged, given by package URLs."""
    found = set()
    for text in flagged:
        purl = _parsed(text)
        if purl is not None and purl.type in _KINDS and purl.name == _OF_DISTRIBUTION:
            found.add(DISTRIBUTION)
        elif ecosystem_in(text) in _VULNERABLE:
            found.add(ecosystem_in(text))
    return frozenset(found)


def _component(name: str, version: str, purl: str) -> dict[str, str]:
    return {"type": "library", "bom-ref": purl, "name": name, "version": version, "purl": purl}


def _parsed(text: str) -> PackageURL | None:
    try:
        return PackageURL.from_string(text)
    except (ValueError, TypeError):
        return None
