"""`secscan cache`, and which cache a scan uses."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from secscan.cache.results import Cache

_FOLDER_HELP = "The folder of the cache."
Folder = Annotated[Path | None, typer.Option("--cache", metavar="DIR", help=_FOLDER_HELP, show_default="your own")]


def status(cache: Folder = None) -> None:
    """Tell what is kept: how many results, how large, and how many are not believed."""
    from datetime import UTC, datetime

    with _opened(cache) as opened:
        told = opened.store.told()
        sys.stdout.write(f"Cache: {opened.store.path}\n")
        sys.stdout.write(f"{told.entries} results, {told.bytes / 1_000_000:.1f} MB\n")
        if told.last_used:
            day = datetime.fromtimestamp(told.last_used, UTC).strftime("%Y-%m-%d")
            sys.stdout.write(f"Not used for longest: since {day}\n")
        if told.not_ours:
            sys.stdout.write(f"{told.not_ours} are damaged, or were written with another key: they count for nothing\n")


def clear(cache: Folder = None) -> None:
    """Throw everything away. The next scan looks at all files."""
    with _opened(cache) as opened:
        opened.store.clear()


def verify(cache: Folder = None) -> None:
    """Check that every result is whole and was written with your key, and throw away those that are not.

    Whether results are still true is for `secscan scan --verify-cache` to see, which looks at some of the files again.
    """
    with _opened(cache) as opened:
        told = opened.store.told(remove=True)
        sys.stdout.write(f"{told.entries - told.not_ours} results are authentic; {told.not_ours} were thrown away\n")


@contextlib.contextmanager
def cache_for(
    target: Path | None, folder: Path | None, *, wanted: bool, verify: bool, setting: str
) -> Iterator[Cache | None]:
    """Give the cache that a scan of `target` uses; None for none, as for an image (no target), of which nothing is kept.

    A folder that was named must be usable; the user's own is done without where it is not, and that is told.
    """
    from secscan.cache.results import open_cache, usual_folder
    from secscan.cli.app import tell
    from secscan.errors import CacheError, UsageError

    if not wanted and (folder or verify):
        raise UsageError("--no-cache and --cache or --verify-cache exclude each other", hint="give one of them")
    if not wanted or target is None or (setting == OFF and folder is None and not verify):
        yield None
        return
    named = folder or (Path(setting).expanduser() if setting not in ("", OFF) else None)
    place = named or usual_folder()
    cache = None
    try:
        if place or verify:
            _refuse_within(place, target)
            cache = open_cache(place, verify=verify)
    except CacheError as error:
        if named or verify:
            raise
        tell(error)
    try:
        yield cache
    finally:
        if cache:
            if cache.store.problem:
                tell(CacheError(f"the cache {place} was not used as it could be: {cache.store.problem}"))
            cache.store.close()


OFF = "off"
"""The setting that wants no cache."""


def _refuse_within(folder: Path | None, target: Path) -> None:
    from secscan.errors import CacheError

    real = target.resolve()
    if folder and real.is_dir() and folder.resolve().is_relative_to(real):
        raise CacheError(
            f"the cache, {folder}, lies in what is scanned, whose author could write it",
            hint="give a folder elsewhere with --cache",
        )


@contextlib.contextmanager
def _opened(folder: Path | None) -> Iterator[Cache]:
    from secscan.cache.results import open_cache
    from secscan.errors import CacheError

    opened = open_cache(folder)
    try:
        yield opened
        if opened.store.problem:
            raise CacheError(f"the cache {opened.store.path}: {opened.store.problem}", hint="see its folder")
    finally:
        opened.store.close()
