"""Writes a log: what is in every run, and its results one by one, a line each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import msgspec

from secscan.findings.model import ScannerRun, TargetInfo
from secscan.findings.scan import Scan
from secscan.reports.escape import plain, uri
from secscan.reports.sarif_log.notes import descriptors
from secscan.reports.sarif_log.places import ROOT, bases, in_repository
from secscan.reports.sarif_log.words import HOME, SCHEMA


@dataclass(frozen=True)
class Run:
    """One run: all of it but the results, and these."""

    head: dict[str, Any]
    results: Iterable[dict[str, Any]] = field(default_factory=tuple)


def render_log(runs: Iterable[Run]) -> bytes:
    """Return the log. Results are made one by one, and never held all at once but as bytes."""
    return b"".join(_parts(runs))


def _parts(runs: Iterable[Run]) -> Iterator[bytes]:
    yield b'{\n"$schema": ' + msgspec.json.encode(SCHEMA) + b',\n"version": "2.1.0",\n"runs": ['
    for number, run in enumerate(runs):
        yield b",\n{" if number else b"\n{"
        for name, value in run.head.items():
            yield b"\n " + msgspec.json.encode(name) + b": " + msgspec.json.format(msgspec.json.encode(value), indent=0)
            yield b","
        yield b'\n "results": ['
        for at, result in enumerate(run.results):
            yield b",\n  " if at else b"\n  "
            yield msgspec.json.encode(result)
        yield b"\n ]\n}"
    yield b"\n]\n}\n"


def driver(scan: Scan, rules: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the driver of a run."""
    return {
        "name": "secscan",
        "version": plain(scan.secscan),
        "semanticVersion": plain(scan.secscan),
        "informationUri": HOME,
        "rules": rules,
        "notifications": descriptors(),
    }


def extensions(runs: Iterable[ScannerRun]) -> list[dict[str, str]]:
    """Return the scanners as extensions of the driver."""
    return [
        {name: text for name, text in (("name", plain(run.scanner)), ("version", plain(run.version))) if text}
        for run in runs
    ]


def origin(target: TargetInfo, *, one_base: bool = False) -> dict[str, Any]:
    """Return the members of a run that say what its addresses are relative to, and which commit was looked at.

    `one_base`: for platforms that take every address for one in the repository.
    """
    given = {ROOT: {"description": {"text": "The top of the repository."}}} if one_base else bases(target)
    members: dict[str, Any] = {"columnKind": "unicodeCodePoints", "originalUriBaseIds": given}
    if in_repository(target) and target.repository:
        provenance = {
            "repositoryUri": uri_of_repository(target.repository),
            "revisionId": plain(target.revision),
            "branch": plain(target.branch),
        }
        known: dict[str, Any] = {name: text for name, text in provenance.items() if text}
        known["mappedTo"] = {"uriBaseId": ROOT}
        more = {"dirty": target.dirty, "base": plain(target.base) or None}
        if more := {name: value for name, value in more.items() if value is not None}:
            known["properties"] = more
        members["versionControlProvenance"] = [known]
    return members


def uri_of_repository(address: str) -> str:
    """The address of a repository as an absolute reference, whatever its scheme."""
    scheme, separator, rest = address.partition("://")
    return f"{scheme}{separator}{uri(rest)}"
