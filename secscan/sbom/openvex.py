"""OpenVEX of a saved scan, for the packages of an SBOM; see `vex.openvex`."""

from __future__ import annotations

from secscan.sbom.contents import Contents
from secscan.vex import openvex


def render(contents: Contents) -> bytes:
    """Return the document."""
    return openvex.render(contents.told, id=str(contents.id("openvex")), created=contents.created)
