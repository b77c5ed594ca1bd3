"""The targets that settings name, where the command line names none."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from secscan.errors import UsageError
from secscan.images.reference import ENGINES, KINDS

if TYPE_CHECKING:
    from secscan.config import Settings

_PLAIN = re.compile(r"[^A-Za-z0-9._-]+")


@dataclass(frozen=True)
class Place:
    """One target of a scan."""

    path: Path
    folder: Path
    """Where its reports go, below the output folder."""


def places_of(path: Path | None, settings: Settings, forbidden: Sequence[str]) -> tuple[Place, ...]:
    """Return the targets: what the command line names, else those of the settings, each with a folder for its reports.

    `forbidden`: options on the command line that are about one target, or one document. Raises `UsageError` where they
    meet several targets, or two of those would share a folder.
    """
    if path is not None or not settings.targets:
        return (Place(path or Path(), Path()),)
    if forbidden:
        raise UsageError(
            f"{forbidden[0]} is about one target, and the settings name {len(settings.targets)}",
            hint="name the one that is meant: secscan scan PATH, secscan merge --path PATH",
        )
    folders: dict[str, str] = {}
    for target in settings.targets:
        name = _PLAIN.sub("-", target).strip("-.") or "tree"
        other = folders.setdefault(name.casefold(), target)
        if other != target:
            raise UsageError(
                f"the reports of two targets would lie in the same folder, {name}", hint="scan one of them by its path"
            )
    return tuple(Place(_at(target, Path(settings.origin).parent), Path(name)) for name, target in folders.items())


def _at(target: str, folder: Path) -> Path:
    """A target of a settings file in a folder, from the working directory."""
    kind, colon, rest = target.partition(":")
    if kind in ENGINES or folder.resolve() == Path.cwd().resolve():
        return Path(target)
    return Path(f"{kind}:{folder / rest}") if colon and kind in KINDS else folder / target


def within(files: frozenset[str], top: Path, place: Path) -> frozenset[str]:
    """Those of some files below `top`, by path texts, that lie below `place`, by their paths there."""
    from secscan.findings.paths import encode_path

    real, above = place.resolve(), top.resolve()
    if real == above or not real.is_relative_to(above):
        return files if real == above else frozenset()
    beginning = encode_path(bytes(real.relative_to(above))) + "/"
    return frozenset(one.removeprefix(beginning) for one in files if one.startswith(beginning))
