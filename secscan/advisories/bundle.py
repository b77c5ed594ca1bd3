"""One file that carries an index to another machine, with a digest that the reader checks."""

from __future__ import annotations

import hashlib
import shutil
import zipfile
from pathlib import Path

import msgspec

from secscan.advisories.archives import BROKEN_ZIP
from secscan.advisories.build import adopt
from secscan.advisories.index import Index
from secscan.errors import AdvisoryError
from secscan.leftovers import unfinished_file

FORMAT = "secscan.advisories-bundle/1"
_ABOUT = "secscan-advisories.json"
_INDEX = "index.sqlite"
_MAX_ABOUT = 100_000
_MAX_INDEX = 20_000_000_000
_CHUNK = 1_000_000


class _About(msgspec.Struct, forbid_unknown_fields=True):
    format: str
    sha256: str
    size: int
    records: int
    built: str


def pack(index: Path, target: Path) -> str:
    """Write the index into the file `target` and return the digest of what is in it. Raises `AdvisoryError`."""
    with Index(index) as opened:
        opened.verify()
        records, built = int(opened.meta["records"]), opened.meta["built"]
    about = _About(FORMAT, _sha256(index), index.stat().st_size, records, built)
    try:
        with unfinished_file(target, f".{target.name}.") as temporary:
            with zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED) as archive:
                archive.writestr(_ABOUT, msgspec.json.format(msgspec.json.encode(about)))
                archive.write(index, _INDEX)
            temporary.chmod(0o644)
            temporary.replace(target)
    except OSError as error:
        raise AdvisoryError(f"cannot write {target}: {error.strerror}", hint="check the folder and the disk") from error
    return about.sha256


def is_bundle(path: Path) -> bool:
    """Whether a file is one that `pack` wrote."""
    try:
        with zipfile.ZipFile(path) as archive:
            return _ABOUT in archive.namelist()
    except (zipfile.BadZipFile, OSError, ValueError):
        return False


def unpack(path: Path, target: Path, *, digest: str = "") -> int:
    """Put the index of the file `path` in place of `target`, and return how many records it has.

    Raises `AdvisoryError` unless it is whole and has the digest that the file, and `digest` if given, tell.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            about = _about(archive, path)
            if digest and digest.lower() != about.sha256:
                raise AdvisoryError(
                    f"{path} holds the index {about.sha256}, not {digest}", hint="carry the file over again"
                )
            adopt(target, lambda temporary: _extract(archive, about, temporary, path))
    except BROKEN_ZIP as error:
        raise AdvisoryError(f"{path} is not whole: {error}", hint="carry the file over again") from error
    return about.records


def _about(archive: zipfile.ZipFile, path: Path) -> _About:
    with archive.open(_ABOUT) as stream:
        try:
            about = msgspec.json.decode(stream.read(_MAX_ABOUT), type=_About)
        except msgspec.DecodeError as error:
            raise AdvisoryError(f"{path} is damaged: {error}", hint="carry the file over again") from error
    if about.format != FORMAT:
        raise AdvisoryError(f"{path} has the format {about.format[:60]!r}, not {FORMAT!r}", hint="export it again")
    return about


def _extract(archive: zipfile.ZipFile, about: _About, temporary: Path, path: Path) -> None:
    size = archive.getinfo(_INDEX).file_size if _INDEX in archive.namelist() else -1
    if size != about.size or size > _MAX_INDEX:
        raise AdvisoryError(f"{path} is damaged: its index has another size", hint="carry the file over again")
    with archive.open(_INDEX) as stream, temporary.open("wb") as out:
        shutil.copyfileobj(stream, out, _CHUNK)
    if _sha256(temporary) != about.sha256:
        raise AdvisoryError(f"{path} is damaged: its digest is another", hint="carry the file over again")


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
