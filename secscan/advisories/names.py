"""Names of packages and ecosystems, as inventory and databases compare them; package URLs for the command line."""

from __future__ import annotations

from secscan.errors import AdvisoryError
from secscan.inventory import names
from secscan.inventory.contract import Declared
from secscan.inventory.names import PYPI, ecosystems_of, normal_name, package_name, purl_of, system_of
from secscan.inventory.subjects import subject_of

__all__ = [
    "PUBLIC_ADVISORIES",
    "PYPI",
    "asked_by",
    "ecosystems_of",
    "normal_name",
    "package_name",
    "purl_of",
    "system_of",
]

PUBLIC_ADVISORIES = "https://osv-vulnerabilities.storage.googleapis.com"
"""Where OSV publishes its archives (https://google.github.io/osv.dev/data/). Never asked unless somebody names it."""


def asked_by(text: str) -> list[tuple[str, str, str]]:
    """Return ecosystem, name and version of all that advisories on the package of a URL may speak of: its source, where
    it names one. Raises `AdvisoryError` for what it does not know."""
    try:
        found = names.read_purl(text)
    except ValueError as error:
        raise AdvisoryError(
            f"{text!r} is no package URL that is known: {error}", hint="write it like pkg:pypi/flask@2.0.1"
        ) from error
    one = Declared(found.name, found.version, found.ecosystem, "", source=found.source)
    about = subject_of(one)
    return [(about.ecosystem, name, version) for name, version in about.asked]
