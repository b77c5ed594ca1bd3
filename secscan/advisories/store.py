"""Where advisory indexes lie, how one is filled from disk, carried elsewhere, and described."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from secscan.errors import AdvisoryError, ConfigError
from secscan.findings.scan import is_time, timestamp
from secscan.leftovers import private_folder
from secscan.own_folders import own_folder
from secscan.resources import data_dir

if TYPE_CHECKING:
    from secscan.advisories.index import SourceState
    from secscan.advisories.load import Source

DEMO = "demo"
"""Name of the bundled index, used only where the command line asks for it."""

_LICENCES = {
    "PyPI": "CC-BY-4.0 (Python Packaging Advisory Database), CC-BY-4.0 (GitHub Advisory Database)",
    "Go": "CC-BY-4.0 (Go vulnerability database)",
    "crates.io": "CC0-1.0 (RustSec), CC-BY-4.0 (GitHub Advisory Database)",
    "Debian": "MIT (Debian security tracker)",
    "Alpine": "MIT (Alpine security database)",
    "Ubuntu": "CC-BY-SA-4.0 (Ubuntu security notices)",
    "GitHub Actions": "CC-BY-4.0 (GitHub Advisory Database)",
    "kev": "CC0-1.0 (CISA)",
    "updates": "facts of the distribution's own archive; words of changelogs as each package has its licence",
    "epss": "free with attribution (FIRST, https://www.first.org/epss/)",
}
_USUAL_LICENCE = "CC-BY-4.0 (GitHub Advisory Database) in the main; see https://google.github.io/osv.dev/data/"


def default_index() -> Path:
    """Return where the user's own index lies (`SECSCAN_ADVISORIES`, else the XDG data folder). Raises `ConfigError` for
    a user without a home."""
    named = os.environ.get("SECSCAN_ADVISORIES")
    if named:
        return Path(named)
    return own_folder("XDG_DATA_HOME") / "advisories.sqlite"


def own_index() -> Path | None:
    """Return the user's own index; None where there is none."""
    try:
        path = default_index()
    except ConfigError:  # without a home there is no place for one
        return None
    return path if path.exists() else None


@contextlib.contextmanager
def resolve(name: str) -> Iterator[Path | None]:
    """Give the index to use: the user's own for an empty name (None if there is none), `demo`, or a path.

    Raises `AdvisoryError` if an index that was named, or the user's own, cannot be read.
    """
    if name == DEMO:
        with private_folder() as folder:
            path = folder / "demo.sqlite"
            _build_demo(path)
            yield path
        return
    chosen = Path(name) if name else own_index()
    if chosen is not None:
        from secscan.advisories.index import Index

        with Index(chosen) as index:
            index.verify()
    yield chosen


def import_sources(
    paths: Sequence[Path], target: Path, *, replace: bool = False, digest: str = "", as_of: str = ""
) -> int:
    """Put OSV archives, folders, single JSON or YAML files, KEV, EPSS, or what `export` wrote, into the index `target`.

    Sources that it has already stay, unless `replace`, or what is given has their name. An exported file takes the
    place of the whole index; `digest` is what it must have. `as_of` (RFC 3339) is the age of what does not tell its
    own. Returns the number of records. Raises `AdvisoryError`
    naming the file and member that is broken; `target` is then as it was.
    """
    from secscan.advisories.archives import sources_of
    from secscan.advisories.build import build
    from secscan.advisories.bundle import is_bundle, unpack

    bundles = [path for path in paths if is_bundle(path)]
    if bundles:
        if len(paths) > 1:
            raise AdvisoryError(
                f"{bundles[0]} is a whole index, and takes the place of all others", hint="import it alone"
            )
        return unpack(bundles[0], target, digest=digest)
    if digest:
        raise AdvisoryError("--digest is for files that `secscan advisories export` wrote", hint="leave it out")
    sources: Iterator[Source] = (
        dataclasses.replace(source, as_of=source.as_of or as_of) for path in paths for source in sources_of(path)
    )
    return build(target, sources, built=timestamp(datetime.now(UTC)), keep=not replace)


def describe(path: Path | None = None) -> str:
    """Say what an index, or the user's own, holds: sources, counts, dates, age, licences."""
    from secscan.advisories.index import Index
    from secscan.advisories.names import PYPI, how_to_fill

    path = path or default_index()
    if not path.exists():
        return f"none at {path}; make one: {how_to_fill([PYPI])}"
    with Index(path) as index:
        index.verify()
        lines = [str(path), f"{index.meta['records']} records, built {index.meta['built']}", f"digest {index.digest}"]
        for state in index.states.values():
            only = " (named packages only)" if state.closed else ""
            only = " (only what there is an update for)" if state.updates else only
            lines.append(f"{state.name}{only}: {state.records} records, {_age(state.as_of)}")
            licence = "updates" if state.updates else state.name.partition(":")[0]
            lines.append(f"  licence: {_LICENCES.get(licence, _USUAL_LICENCE)}")
        lines += [line for source in index.sources for line in _source_lines(source)]
        if not index.has("kev"):
            lines.append("no KEV catalogue: nothing is known of exploitation")
    return "\n  ".join(lines)


def _source_lines(source: SourceState) -> list[str]:
    origin = f" from {source.address}" if source.address else ""
    lines = [f"source {source.name}: {source.records} entries{origin}, imported {source.imported}"]
    if source.kind in _LICENCES:
        lines += [f"  {_age(source.as_of)}", f"  licence: {_LICENCES[source.kind]}"]
    return lines


def _age(as_of: str) -> str:
    if not is_time(as_of):
        return "of unknown age"
    days = (datetime.now(UTC) - datetime.fromisoformat(as_of)).days
    return f"as of {as_of[:10]}, {days} day{'s' if days != 1 else ''} old"


def _build_demo(path: Path) -> None:
    from secscan.advisories.build import build
    from secscan.advisories.load import Source

    folder = data_dir("policies") / "advisories" / DEMO
    known = json.loads((folder / "known.json").read_bytes())
    closed = {ecosystem: frozenset(packages) for ecosystem, packages in known.items()}
    records = [(one.name, one.read_bytes()) for one in sorted((folder / "records").glob("*.json"))]
    build(path, [Source("the bundled demonstration set", records)], closed=closed, built="2026-11-23T00:00:00Z")
