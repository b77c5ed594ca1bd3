"""Which scanners there are: the modules of this package, and entry points of other packages.

A scanner is added by adding its file. A third party adds one by the entry point group `secscan.scanners`, whose
value names a module that exports `SCANNER`.
"""

from __future__ import annotations

import importlib
import pkgutil
from importlib import metadata
from typing import Any

from secscan import scanners
from secscan.errors import UsageError
from secscan.findings.levels import Kind
from secscan.scanners.contract import FILES, Scanner
from secscan.scanners.programs import is_packaged

GROUP = "secscan.scanners"

SECRETS = "secrets"
"""Our own detector of secrets."""


def all_scanners() -> dict[str, Scanner[Any]]:
    """Return every scanner by name, sorted. Raises `UsageError` if two have the same name."""
    found: dict[str, Scanner[Any]] = {}
    modules = [
        importlib.import_module(f"{scanners.__name__}.{info.name}") for info in pkgutil.iter_modules(scanners.__path__)
    ]
    candidates = [module.SCANNER for module in modules if hasattr(module, "SCANNER")]
    candidates += [entry.load().SCANNER for entry in metadata.entry_points(group=GROUP)]
    for scanner in candidates:
        if scanner.name in found:
            raise UsageError(
                f"two installed scanners are called {scanner.name!r}",
                hint="uninstall one of the packages that bring them",
            )
        found[scanner.name] = scanner
    return dict(sorted(found.items()))


IMAGE = "image"
"""The scanner that tells what was read of an image."""


def choose(
    names: tuple[str, ...],
    *,
    without: tuple[str, ...] = (),
    kind: Kind | None = None,
    vault: bool = False,
    aws: bool = False,
    licences: bool = False,
    looks_at: str = FILES,
    image: bool = False,
) -> dict[str, Scanner[Any]]:
    """Return the scanners with these names, but for those of `without`.

    For no names: all that join by themselves and report findings of `kind` only (of any kind, if not given). `vault`,
    `aws`: whether those that ask that store are among them, also where only others are named; `licences` likewise for
    the one that reports the licence of every package. Those for another sort of target (`Scanner.looks_at`) are left
    out.

    Of an `image`, those that have nothing to do with one are always there, since nobody misses them; and so is the one
    that tells what was read of it (`IMAGE`): its reading is done, and without it a policy about secrets alone would
    take those that have nothing to do for a look.

    Raises `UsageError` for an unknown name, or for one of those.
    """
    known = all_scanners()
    for name in (*names, *without):
        if name not in known:
            raise UsageError(f"there is no scanner {name!r}", hint=f"the scanners are: {', '.join(known)}")
        if name in names and known[name].looks_at != looks_at:
            raise UsageError(f"{name} does not look at {looks_at}", hint="it has a command of its own")
    vault = (vault and not any(known[name].needs.vault for name in names)) or looks_at != FILES

    def is_wanted(scanner: Scanner[Any]) -> bool:
        if scanner.needs.vault:
            return vault
        if scanner.needs.aws:
            return aws
        if scanner.needs.licences:
            return licences
        of_image = image and (not scanner.reads_images or scanner.name == IMAGE)
        return (not names or of_image) and _usual(scanner, kind)

    return {
        name: scanner
        for name, scanner in known.items()
        if scanner.looks_at == looks_at and name not in without and (name in names or is_wanted(scanner))
    }


def _usual(scanner: Scanner[Any], kind: Kind | None) -> bool:
    return (kind is None or scanner.kinds == (kind,)) and (
        scanner.joins == "always" or (scanner.joins == "packaged" and is_packaged(scanner))
    )
