"""What the documents share: ids that the content decides, the name of a vulnerability, what it affects, bytes."""

from __future__ import annotations

import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from packageurl import PackageURL

from secscan.findings.judgement import Decision, WaiverUse
from secscan.findings.levels import Kind
from secscan.findings.model import Finding, Package

_NAMESPACE = uuid.UUID("6f2d8c2e-53a4-5c0b-9a5e-0d6d1f6a7b11")
"""Of our own; a document's id is made from what it says, so that the same input gives the same bytes."""


@dataclass(frozen=True)
class Told:
    """One vulnerability of a package, as a document tells it."""

    finding: Finding
    """One place of it; it has a package."""
    decision: Decision | None
    affects: tuple[tuple[str, str], ...]
    """Reference (a package URL, wherever there is one) and version of each component."""
    statement: WaiverUse | None = None
    """The VEX statement by which it was accepted."""


def is_vulnerability(finding: Finding) -> bool:
    """Whether these documents can tell of a finding: it is one of a package, and not about its licence."""
    return finding.package is not None and finding.kind is not Kind.LICENCE


def affected(package: Package) -> tuple[tuple[str, str], ...]:
    """Return package URL and version of what a finding is about: what is installed of a source package, else it."""
    name = f"{package.name}@{package.version}"
    if package.binaries:
        return tuple((url or name, _version(url) or package.version) for url in package.binaries)
    return ((package.purl or name, package.version),)


def statements_of(uses: Sequence[WaiverUse]) -> dict[str, WaiverUse]:
    """Return the VEX statements among waivers by their ids, as decisions name them."""
    return {one.id: one for one in uses if one.vex}


def primary_id(finding: Finding) -> str:
    """Return the name under which most people know a vulnerability."""
    for start in ("CVE-", "GHSA-", ""):
        for one in finding.identifiers:
            if one.startswith(start) and not one.startswith("CWE-"):
                return one
    return finding.fingerprint


def document_id(kind: str, about: str) -> uuid.UUID:
    """Return the id of a document of this kind about this content."""
    return uuid.uuid5(_NAMESPACE, f"{kind} {about}")


def encoded(document: dict[str, Any]) -> bytes:
    """Return a document as UTF-8 JSON."""
    return json.dumps(document, indent=1, ensure_ascii=False).encode("utf-8", errors="backslashreplace") + b"\n"


def _version(url: str) -> str:
    try:
        return PackageURL.from_string(url).version or ""
    except (ValueError, TypeError):  # a name that is hostile or blank, on which the library stumbles
        return ""
