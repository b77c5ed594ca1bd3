"""Reads advisories from disk: OSV's archives, folders, single records, catalogues.

What lies there came over a network and is hostile: sizes are bounded, member names are never paths, and a member that
cannot be read is an error that names it.
"""

from __future__ import annotations

import json
import lzma
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

from secscan.advisories import catalogues
from secscan.advisories.load import Source
from secscan.advisories.osv import MAX_RECORD_BYTES
from secscan.errors import AdvisoryError

_MAX_RECORDS = 2_000_000
_MAX_RATIO = 100
"""An archive of JSON texts unpacks to six times its size or so."""
_RATIO_FROM = 50_000_000

BROKEN_ZIP = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, RuntimeError, ValueError)
"""What `zipfile` raises of a file that is damaged, or no archive."""

_RECORDS = (".json", ".yaml", ".yml")
_IN_ARCHIVES = (".json",)


def sources_of(path: Path) -> list[Source]:
    """Return what there is to import at a path. Raises `AdvisoryError` for a path at which there is nothing."""
    if path.is_dir():
        return _sources_in(path)
    if not path.exists():
        raise AdvisoryError(f"there is nothing at {path}", hint="give OSV archives (all.zip), folders, or records")
    if _is_catalogue(path):
        return [catalogues.read_file(path)]
    if path.suffix in _RECORDS:
        return [Source(path.name, _record_files([path]))]
    return [Source("", read_archive(path))]


def _sources_in(folder: Path) -> list[Source]:
    """Archives and catalogues below a folder are sources of their own, all records together are one."""
    files = [one for one in sorted(folder.rglob("*")) if one.is_file()]
    own = [one for one in files if one.suffix == ".zip" or _is_catalogue(one)]
    records = [one for one in files if one.suffix in _RECORDS and one not in own]
    sources = [source for one in own for source in sources_of(one)]
    return [*sources, Source(folder.resolve().name, _record_files(records))] if records or not sources else sources


def _is_catalogue(path: Path) -> bool:
    if path.name.endswith((".csv", ".csv.gz")):
        return True
    if path.suffix != ".json":
        return False
    return catalogues.is_kev(_read(path, 4000))


def _record_files(paths: list[Path]) -> Iterator[tuple[str, bytes]]:
    for path in paths:
        data = _read(path, MAX_RECORD_BYTES + 1)
        if len(data) > MAX_RECORD_BYTES:
            raise AdvisoryError(f"{path} is too large for a record", hint="is it an OSV record?")
        yield str(path), _as_json(data, path.suffix, str(path))


def _read(path: Path, most: int) -> bytes:
    try:
        with path.open("rb") as stream:
            return stream.read(most)
    except OSError as error:
        raise AdvisoryError(f"{path} cannot be read: {error.strerror}", hint="check that you may read it") from error


def read_archive(path: Path) -> Iterator[tuple[str, bytes]]:
    """Yield the records of an OSV archive in the order of their names, never more than one in memory."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = sorted(archive.infolist(), key=lambda member: member.filename)
            if len(members) > _MAX_RECORDS:
                raise AdvisoryError(f"{path} has more than {_MAX_RECORDS} members", hint="is it an OSV archive?")
            left = _RATIO_FROM + _MAX_RATIO * path.stat().st_size
            for member in members:
                if not member.filename.endswith(_IN_ARCHIVES):
                    continue
                data = _member(path, archive, member)
                left -= len(data)
                if left < 0:
                    raise AdvisoryError(
                        f"{path} unpacks to more than {_MAX_RATIO} times its size", hint="is it an OSV archive?"
                    )
                yield f"{path}: {member.filename}", data
    except (*BROKEN_ZIP, OSError) as error:
        raise AdvisoryError(f"{path} is not a whole OSV archive: {error}", hint="get it again") from error


def _member(path: Path, archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes:
    if member.file_size > MAX_RECORD_BYTES:
        raise AdvisoryError(f"{path}: {member.filename} is too large for a record", hint="is it an OSV archive?")
    with archive.open(member) as stream:
        return stream.read(MAX_RECORD_BYTES + 1)


def _as_json(data: bytes, suffix: str, origin: str) -> bytes:
    if suffix == ".json":
        return data
    import yaml

    fast = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

    class Texts(fast):  # type: ignore[misc, valid-type]  # PyYAML has it where it was built with libyaml
        """Leaves times, and versions that look like numbers, as they are written: OSV has all as text."""

        yaml_implicit_resolvers = {  # noqa: RUF012 - PyYAML's own name for it
            first: [one for one in found if one[0].endswith(":null")]
            for first, found in fast.yaml_implicit_resolvers.items()
        }

    try:
        # A few lines of aliases make a document of gigabytes.
        if any(isinstance(event, yaml.AliasEvent) for event in yaml.parse(data, Loader=fast)):
            raise _no_yaml(origin, "it has an alias")
        return json.dumps(yaml.load(data, Loader=Texts)).encode()  # noqa: S506 - derived from the safe loader
    except (yaml.YAMLError, ValueError, TypeError, RecursionError) as error:
        raise _no_yaml(origin, str(error)) from error


def _no_yaml(origin: str, problem: str) -> AdvisoryError:
    return AdvisoryError(f"{origin}: not YAML: {problem}", hint="see https://ossf.github.io/osv-schema/")
