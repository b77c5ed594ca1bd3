"""OpenVEX of a saved scan, for the packages of an SBOM; see `vex.openvex`."""

from __future__ import annotations

from secscan import __version__
from secscan.sbom.contents import Contents
from secscan.vex import openvex
from secscan.vex.document import encoded


def render(contents: Contents) -> bytes:
    """Return the document."""
    return encoded(
        openvex.document(contents.told, uid=str(contents.id("openvex")), version=__version__, created=contents.created)
    )
