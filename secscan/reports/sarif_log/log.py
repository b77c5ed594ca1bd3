"""Writes a log: what is in every run, and its results one by one, a line each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import msgspec

from secscan.findings.model import ScannerRun, TargetInfo
from secscan.findings.scan import Scan
from secscan.reports.escape import repository_uri
from secscan.reports.json_parts import plain_json, plain_rows
from secscan.reports.sarif_log.notes import descriptors
from secscan.reports.sarif_log.places import ROOT, bases, in_repository
from secscan.reports.sarif_log.words import HOME, SCHEMA


@dataclass(frozen=True)
class Run:
    """One run: all of it but the results, and these."""

    head: dict[str, Any]
    results: Iterable[dict[str, Any]] = field(default_factory=tuple)


def log_parts(runs: Iterable[Run]) -> Iterator[bytes]:
    """Yield the log. Results are made while they are written, and never held all at once."""
    yield b'{\n"$schema": ' + msgspec.json.encode(SCHEMA) + b',\n"version": "2.1.0",\n"runs": ['
    for number, run in enumerate(runs):
        yield b",\n{" if number else b"\n{"
        for name, value in run.head.items():
            yield b"\n " + msgspec.json.encode(name) + b": " + msgspec.json.format(plain_json(value), indent=0)
            yield b","
        yield b'\n "results": ['
        before = b"\n  "
        for rows in plain_rows(run.results):
            yield before + rows[:-1].replace(b"\n", b",\n  ")
            before = b",\n  "
        yield b"\n ]\n}"
    yield b"\n]\n}\n"


def driver(scan: Scan, rules: Iterable[msgspec.Raw]) -> dict[str, Any]:
    """Return the driver of a run."""
    return {
        "name": "secscan",
        "version": scan.secscan,
        "semanticVersion": scan.secscan,
        "informationUri": HOME,
        "rules": list(rules),
        "notifications": descriptors(),
    }


def extensions(runs: Iterable[ScannerRun]) -> list[dict[str, str]]:
    """Return the scanners as extensions of the driver, each once."""
    named = dict.fromkeys((run.scanner, run.version) for run in runs)
    return [{"name": name, "version": version} if version else {"name": name} for name, version in named]


def origin(target: TargetInfo, *, one_base: bool = False) -> dict[str, Any]:
    """Return the members of a run that say what its addresses are relative to, and which commit was looked at.

    `one_base`: for platforms that take every address for one in the repository.
    """
    given = {ROOT: {"description": {"text": "The top of the repository."}}} if one_base else bases(target)
    members: dict[str, Any] = {"columnKind": "unicodeCodePoints", "originalUriBaseIds": given}
    if in_repository(target) and (address := repository_uri(target.repository)):
        provenance = {
            "repositoryUri": address,
            "revisionId": target.revision,
            "branch": target.branch,
        }
        known: dict[str, Any] = {name: text for name, text in provenance.items() if text}
        known["mappedTo"] = {"uriBaseId": ROOT}
        more = {"dirty": target.dirty, "base": target.base or None}
        if more := {name: value for name, value in more.items() if value is not None}:
            known["properties"] = more
        members["versionControlProvenance"] = [known]
    return members
