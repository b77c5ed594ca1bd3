"""What adapters share: strict JSON, and pieces that are batches of files."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import sys
import sysconfig
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from secscan.findings.model import Gap
from secscan.process import Limits, StartError, run
from secscan.scanners.contract import MalformedOutput, Setup
from secscan.targets.contract import SourceFile

_ARGUMENT_BYTES = 600_000
"""Most bytes of file names on one command line; Linux allows 2 MiB for arguments and environment together."""
_FILE_COSTS = 2_000
"""What a file costs before its first byte, in bytes."""
_DISGUISED = re.compile(rb"\\u00(?:22|3[Aa])")
"""A quote or a colon in a text of JSON, written so that it is not seen."""
_WORTH_A_PROCESS = 50_000
"""Bytes of work below which to start another process takes longer than it saves."""


class FileBatch(msgspec.Struct, frozen=True, kw_only=True):
    """A piece of work that is a list of files: path text -> absolute path at which the tool is shown it."""

    placed: dict[str, str]
    bytes: int = 0
    """Of all files together."""
    lost: tuple[Gap, ...] = ()
    """Parts of them that are not shown."""

    def back(self) -> dict[str, str]:
        """The way back: absolute path -> path text."""
        return {place: path for path, place in self.placed.items()}


def file_batches(files: Sequence[SourceFile], setup: Setup, *, batches: int) -> tuple[FileBatch, ...]:
    """Cut files into at least `batches` balanced batches (fewer where there are fewer files, or little in them), each
    short enough for one command line. Order within a batch is that of the paths."""
    if not files:
        return ()
    placed = {file.path: str(setup.place(file.path)) for file in files}
    length = sum(len(os.fsencode(place)) + 1 for place in placed.values())
    worth = max(1, sum(file.size + _FILE_COSTS for file in files) // _WORTH_A_PROCESS)
    count = min(len(files), max(min(batches, worth), -(-length // _ARGUMENT_BYTES)))
    groups: list[list[str]] = [[] for _ in range(count)]
    weights = [0] * count
    for file in sorted(files, key=lambda one: (-one.size, one.path)):
        lightest = weights.index(min(weights))
        groups[lightest].append(file.path)
        weights[lightest] += file.size + _FILE_COSTS
    sizes = {file.path: file.size for file in files}
    return tuple(
        FileBatch(placed={path: placed[path] for path in sorted(group)}, bytes=sum(sizes[path] for path in group))
        for group in groups
    )


def program_version(program: Path, distribution: str, *, env: Mapping[str, str] | None = None) -> str:
    """Return the version of a Python-packaged tool; `env` is added to the environment of the program.

    A program beside our own Python, or in a package beside us, is the one pip installed with us, whose version the
    metadata tell at no cost; any other is asked. Empty if it does not answer like a version.
    """
    packages = {Path(sysconfig.get_path(name)) for name in ("purelib", "platlib")}  # two folders on some systems
    if program.parent == Path(sys.executable).parent or not packages.isdisjoint(program.parents):
        # The name of the folder tells it; `importlib.metadata` takes ten times as long to import.
        wanted = f"{distribution.replace('-', '_')}-*.dist-info"
        lists = [found for folder in packages for found in folder.glob(wanted)]
        if len(lists) == 1:
            return lists[0].name.removesuffix(".dist-info").rpartition("-")[2]
    with contextlib.suppress(StartError):
        ended = run([str(program), "--version"], limits=Limits(seconds=20, megabytes=1024), env=env)
        found = re.search(r"\d+\.\d+[\w.+-]*", ended.stdout.decode("utf-8", "replace")[:1000])
        return found.group() if found and not ended.trouble else ""
    return ""


@cache
def source_digest(*folder: str) -> str:
    """Return the digest of our own source below a folder of the package (its parts, from the package on)."""
    package = Path(__file__).parent.parent
    digest = hashlib.sha256()
    if recorded := _recorded(package, folder):
        digest.update("\n".join(recorded).encode())
        return digest.hexdigest()
    for path in sorted(package.joinpath(*folder).rglob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _recorded(package: Path, folder: Sequence[str]) -> list[str]:
    """The lines of these files in the list that pip made of what it installed, which has the digest of each: to read
    hundreds of files takes a good part of what a hook may. Nothing for a working copy, whose files change."""
    lists = list(package.parent.glob(f"{package.name}-*.dist-info/RECORD"))
    if len(lists) != 1:
        return []
    below = "/".join((package.name, *folder)) + "/"
    lines = lists[0].read_text(encoding="utf-8", errors="replace").splitlines()
    return sorted(line for line in lines if line.startswith(below) and ".py,sha256=" in line)


def strict_json(data: bytes, *, tool: str, repeatable: str = "") -> dict[str, Any]:
    """Read one JSON object as a tool's whole answer.

    `repeatable`: members that begin with this text may occur twice in an object. Raises `MalformedOutput` for
    anything else: nothing, half a document, two documents, a duplicate member (the last would hide the first), NaN,
    or nesting beyond all reason.
    """
    if not data.strip():
        raise MalformedOutput("it wrote nothing where its report should be")
    if found := _without_repeats(data):
        return found

    def members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        result = dict(pairs)
        if len(result) != len(pairs) and not _only_repeated(pairs, repeatable):
            raise MalformedOutput(f"the report of {tool} has a member twice")
        return result

    def constant(name: str) -> Any:
        raise MalformedOutput(f"the report of {tool} holds {name}, which is not JSON")

    try:
        document = json.loads(data, object_pairs_hook=members, parse_constant=constant)
    except (ValueError, RecursionError) as error:
        raise MalformedOutput(f"the report of {tool} is not whole JSON: {str(error)[:200]}") from error
    if not isinstance(document, dict):
        raise MalformedOutput(f"the report of {tool} is not a JSON object")
    return document


def _without_repeats(data: bytes) -> dict[str, Any]:
    """The object that a document is, where it surely has no member twice; else an empty one.

    A quote and a colon end the name of each member, and stand in a text wherever they stand there when it is written
    again. Of members that are there twice one is lost in reading, so that what is written again then has fewer. To look
    at the members of each object takes many times as long.
    """
    try:
        document = msgspec.json.decode(data)
        again, bare = msgspec.json.encode(document), msgspec.json.format(data, indent=-1)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return {}
    same = not _DISGUISED.search(bare) and again.count(b'":') == bare.count(b'":')
    return document if same and isinstance(document, dict) else {}


def _only_repeated(pairs: list[tuple[str, Any]], repeatable: str) -> bool:
    if not repeatable:
        return False
    names = [name for name, _ in pairs if not name.startswith(repeatable)]
    return len(set(names)) == len(names)


def typed(document: Any, shape: type[msgspec.Struct], *, tool: str) -> Any:
    """Convert a decoded document into `shape`; raises `MalformedOutput` where it does not fit."""
    try:
        return msgspec.convert(document, type=shape, strict=True)
    except msgspec.ValidationError as error:
        raise MalformedOutput(f"the report of {tool} has not the expected form: {error}") from error
    except UnicodeEncodeError as error:
        raise MalformedOutput(f"the report of {tool} has a member whose name is no valid text") from error


def languages(files: Iterable[SourceFile], *wanted: str) -> tuple[SourceFile, ...]:
    """The files in one of the wanted languages."""
    return tuple(file for file in files if file.language in wanted)
