"""Which scanners there are: the modules of this package, and entry points of other packages.

A scanner is added by adding its file. A third party adds one by the entry point group `secscan.scanners`, whose
value names a module that exports `SCANNER`.
"""

from __future__ import annotations

import functools
import importlib
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from secscan import scanners
from secscan.errors import UsageError
from secscan.findings.levels import Kind
from secscan.scanners.contract import FILES, Scanner
from secscan.scanners.programs import is_packaged

GROUP = "secscan.scanners"

SECRETS = "secrets"
"""Our own detector of secrets."""


_OWN: dict[str, tuple[str, str]] = {
    "aws-secrets": ("aws_secrets", "aws"),
    "bandit": ("bandit", ""),
    "betterleaks": ("betterleaks", ""),
    "checkov": ("checkov", "named"),
    "dockerfile": ("dockerfile", ""),
    "gitleaks": ("gitleaks", "named"),
    "grype": ("grype", "named"),
    "hadolint": ("hadolint", ""),
    "image": ("image", ""),
    "kingfisher": ("kingfisher", "named"),
    "licences": ("licences", "licences"),
    "manifests": ("manifests", ""),
    "osv": ("osv", ""),
    "pip-audit": ("pip_audit", ""),
    "secrets": ("secrets", ""),
    "semgrep": ("semgrep", ""),
    "trivy": ("trivy", "named"),
    "trivy-config": ("trivy_config", "named"),
    "vault": ("vault", "vault"),
    "vault-audit": ("vault_audit", "vault"),
    "vault-references": ("vault_references", "vault"),
}
"""Scanners of this package by name: their module, and what a scan must ask for before one may be part of it, so that a
hook imports no other. A module that is not here is imported to be asked, which takes its time."""


class Scanners(Mapping[str, Scanner[Any]]):
    """Every scanner by name, sorted; each is imported when it is asked for."""

    def __init__(self) -> None:
        """Raises `UsageError` if two have the same name."""
        self._found: dict[str, Scanner[Any]] = {}
        others = [
            importlib.import_module(f"{scanners.__name__}.{name}").SCANNER
            for name in _unlisted(tuple(scanners.__path__))
        ]
        for scanner in (*others, *_of_other_packages(tuple(sys.path))):
            if scanner.name in self._found or scanner.name in _OWN:
                raise UsageError(
                    f"two installed scanners are called {scanner.name!r}",
                    hint="uninstall one of the packages that bring them",
                )
            self._found[scanner.name] = scanner

    def __iter__(self) -> Iterator[str]:
        return iter(sorted({*_OWN, *self._found}))

    def __len__(self) -> int:
        return len({*_OWN, *self._found})

    def __getitem__(self, name: str) -> Scanner[Any]:
        if name not in self._found:
            module, _ = _OWN[name]
            self._found[name] = importlib.import_module(f"{scanners.__name__}.{module}").SCANNER
        return self._found[name]


def all_scanners() -> Scanners:
    """Return every scanner by name, sorted. Raises `UsageError` if two have the same name."""
    return Scanners()


@functools.cache
def _unlisted(folders: tuple[str, ...]) -> list[str]:
    """Modules of this package, which lies in `folders`, that have a scanner and are not listed."""
    listed = {module for module, _ in _OWN.values()}
    return sorted(
        path.stem
        for folder in folders
        for path in Path(folder).glob("*.py")
        if path.stem not in listed and b"\nSCANNER = " in path.read_bytes()
    )


@functools.cache
def _of_other_packages(path: tuple[str, ...]) -> list[Scanner[Any]]:
    """What entry points on the import path bring. All packages are only asked where one says that it has such."""
    lists = (
        place
        for folder in path
        if folder.startswith("/")
        for pattern in ("*.dist-info", "*.egg-info")
        for place in Path(folder).glob(f"{pattern}/entry_points.txt")
    )
    if not any(f"[{GROUP}]".encode() in place.read_bytes() for place in lists):
        return []
    from importlib import metadata

    return [entry.load().SCANNER for entry in metadata.entry_points(group=GROUP)]


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
    asked = {
        "": True,
        "named": False,
        "vault": vault or looks_at != FILES,
        "aws": aws,
        "licences": licences,
    }
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

    possible = [name for name in known if name in names or asked[_OWN.get(name, ("", ""))[1]]]
    return {
        name: known[name]
        for name in possible
        if known[name].looks_at == looks_at and name not in without and (name in names or is_wanted(known[name]))
    }


def _usual(scanner: Scanner[Any], kind: Kind | None) -> bool:
    return (kind is None or scanner.kinds == (kind,)) and (
        scanner.joins == "always" or (scanner.joins == "packaged" and is_packaged(scanner))
    )
