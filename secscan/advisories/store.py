"""Where advisory indexes lie, and how one is made from files on disk."""

from __future__ import annotations

import contextlib
import json
import lzma
import os
import tempfile
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from secscan.advisories.index import Index, Source, build
from secscan.advisories.osv import MAX_RECORD_BYTES
from secscan.errors import AdvisoryError
from secscan.resources import data_dir

DEMO = "demo"
"""Name of the bundled index, used only where the command line asks for it."""

_MAX_RECORDS = 2_000_000


def default_index() -> Path:
    """Return where the user's own index lies (`SECSCAN_ADVISORIES`, else the XDG data folder)."""
    named = os.environ.get("SECSCAN_ADVISORIES")
    if named:
        return Path(named)
    data = os.environ.get("XDG_DATA_HOME") or str(Path("~/.local/share").expanduser())
    return Path(data) / "secscan" / "advisories.sqlite"


@contextlib.contextmanager
def resolve(name: str) -> Iterator[Path | None]:
    """Give the index to use: the user's own for an empty name (None if there is none), `demo`, or a path.

    Raises `AdvisoryError` if an index that was named, or the user's own, cannot be read.
    """
    if name == DEMO:
        with tempfile.TemporaryDirectory(prefix="secscan-") as folder:
            path = Path(folder) / "demo.sqlite"
            _build_demo(path)
            yield path
        return
    path = Path(name) if name else default_index()
    if not name and not path.exists():
        yield None
        return
    with Index(path) as index:
        index.verify()
    yield path


def import_sources(paths: Sequence[Path], target: Path) -> int:
    """Build the index `target` from OSV archives, folders and single JSON or YAML files; return the number of records.

    Raises `AdvisoryError` naming the file and member that is broken; `target` is then as it was.
    """
    for path in paths:
        if not path.exists():
            raise AdvisoryError(f"there is nothing at {path}", hint="give OSV archives (all.zip), folders, or records")
    sources = [Source(path.name, _records(path)) for path in paths]
    return build(target, sources, built=datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"))


def describe() -> str:
    """Say in a few lines what the user's own index holds."""
    path = default_index()
    if not path.exists():
        return f"none at {path}; make one: secscan advisories import all.zip"
    with Index(path) as index:
        index.verify()
        names = ", ".join(
            f"{name}{' (named packages only)' if closed else ''}" for name, closed in sorted(index.ecosystems.items())
        )
        return "\n  ".join(
            [
                str(path),
                f"{index.meta['records']} records of {names or 'no ecosystem'}",
                f"from {index.meta['sources']}, built {index.meta['built']}",
                f"digest {index.digest}",
            ]
        )


def _build_demo(path: Path) -> None:
    folder = data_dir("policies") / "advisories" / DEMO
    known = json.loads((folder / "known.json").read_bytes())
    closed = {ecosystem: frozenset(packages) for ecosystem, packages in known.items()}
    records = [(one.name, one.read_bytes()) for one in sorted((folder / "records").glob("*.json"))]
    build(path, [Source("the bundled demonstration set", records)], closed=closed, built="2026-11-23T00:00:00Z")


def _records(path: Path) -> Iterator[tuple[str, bytes]]:
    """Yield the records below a path, in the order of their names, never more than one in memory."""
    if path.is_dir():
        for one in sorted(path.rglob("*")):
            if one.suffix in {".json", ".yaml", ".yml"} and one.is_file():
                yield str(one), _as_json(one.read_bytes(), one.suffix, str(one))
    elif path.suffix in {".yaml", ".yml", ".json"}:
        yield str(path), _as_json(path.read_bytes(), path.suffix, str(path))
    else:
        yield from _archive(path)


def _archive(path: Path) -> Iterator[tuple[str, bytes]]:
    try:
        with zipfile.ZipFile(path) as archive:
            members = sorted(archive.infolist(), key=lambda member: member.filename)
            if len(members) > _MAX_RECORDS:
                raise AdvisoryError(f"{path} has more than {_MAX_RECORDS} members", hint="is it an OSV archive?")
            for member in members:
                if not member.filename.endswith(".json"):
                    continue
                if member.file_size > MAX_RECORD_BYTES:
                    raise AdvisoryError(
                        f"{path}: {member.filename} is too large for a record", hint="is it an OSV archive?"
                    )
                with archive.open(member) as stream:
                    yield f"{path}: {member.filename}", stream.read(MAX_RECORD_BYTES + 1)
    except (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, OSError, RuntimeError, ValueError) as error:
        raise AdvisoryError(f"{path} is not a whole OSV archive: {error}", hint="get it again") from error


def _as_json(data: bytes, suffix: str, origin: str) -> bytes:
    if suffix == ".json":
        return data
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    def plain(value: Any) -> Any:
        # YAML reads unquoted RFC 3339 times as such; OSV has them as text.
        return value.isoformat().replace("+00:00", "Z") if hasattr(value, "isoformat") else str(value)

    try:
        return json.dumps(YAML(typ="safe").load(data), default=plain).encode()
    except (YAMLError, ValueError, TypeError, RecursionError) as error:
        raise AdvisoryError(f"{origin}: not YAML: {error}", hint="see https://ossf.github.io/osv-schema/") from error
