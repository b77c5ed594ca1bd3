"""A Python environment as a target: of each package that is installed in it, what its metadata says. Nothing is run."""

from __future__ import annotations

from pathlib import Path

from secscan.errors import TargetError
from secscan.targets.listing import Listing
from secscan.targets.opened import OpenedTarget, freeze
from secscan.targets.scope import Scope, Wishes
from secscan.targets.walk import Found, Sort, walk

KIND = "environment"
_FILES = (
    (b".dist-info", (b"METADATA", b"direct_url.json")),
    (b".egg-info", (b"PKG-INFO",)),
)
"""Files of interest, by the end of their folder's name."""


def open_environment(root: Path) -> OpenedTarget:
    """Open the environment in the folder `root` (a virtual environment, a prefix, or one `site-packages`).

    Raises `TargetError` where nothing is installed: an empty list would look like a clean one.
    """
    listing = Listing(root, Scope(root, Wishes()))
    listing.add(one for one in walk(root, lambda _folder: True) if _is_metadata(one))
    if not listing.files:
        raise TargetError(
            f"no package is installed in {root}", hint="give a virtual environment, or the folder site-packages"
        )
    return freeze(listing, kind=KIND, name=root.name, origin=root)


def _is_metadata(found: Found) -> bool:
    if found.sort is Sort.UNREADABLE:
        return True
    folder, _, name = found.path.rpartition(b"/")
    if not folder.endswith((b".dist-info", b".egg-info")):
        return name.endswith(b".egg-info")  # of distutils: one file
    return any(folder.endswith(end) and name in names for end, names in _FILES)
