"""Package managers whose databases no reader understands yet: each has one file by which it shows that it is there."""

from __future__ import annotations

from secscan.findings.levels import GapKind
from secscan.inventory.contract import Inventory, gap

UNREAD = (
    r"var/lib/pacman/local/ALPM_DB_VERSION",
    r"(?:usr|var)/lib/opkg/status",
    r"nix/var/nix/db/db\.sqlite",
    r"var/db/xbps/pkgdb-[^/]+\.plist",
    r"var/lib/portage/world",
)
"""Patterns over the whole path text: of Arch, OpenWrt, Nix, Void and Gentoo."""


def read_unread(path: str, _data: bytes) -> Inventory:
    """Say that the packages are not assessed."""
    why = "no reader for the packages of this package manager yet"
    return Inventory(
        gaps=(gap(GapKind.UNSUPPORTED_MANIFEST, path, why, remedy="give an SBOM of the image, too"),),
    )
