"""Names of packages and ecosystems, as inventory and databases compare them; package URLs for the command line."""

from __future__ import annotations

from secscan.errors import AdvisoryError
from secscan.inventory import names
from secscan.inventory.names import PYPI, ecosystems_of, normal_name, package_name, purl_of, system_of

__all__ = ["PYPI", "ecosystems_of", "normal_name", "package_name", "parse_purl", "purl_of", "system_of"]


def parse_purl(text: str) -> tuple[str, str, str]:
    """Return ecosystem, name and version of a package URL. Raises `AdvisoryError` for what it does not know."""
    try:
        return names.parse_purl(text)
    except ValueError as error:
        raise AdvisoryError(
            f"{text!r} is no package URL that is known: {error}", hint="write it like pkg:pypi/flask@2.0.1"
        ) from error
