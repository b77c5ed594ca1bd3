"""Fingerprints: the identity of a finding.

A fingerprint is made of the class of defect, the path, the enclosing symbol, and the structure of the statement
with every literal masked; of a package finding: the package, its alias group and the manifest. It
holds no line number (edits above would change it), no tool name or version (upgrades would), no
literal (a secret could be guessed from its hash), and nothing of the machine. Equal places are told
apart by their order in the file, so two equal defects stay two.

The first character names the version of the recipe: a new recipe starts a new series, never silently.
"""

from __future__ import annotations

import hashlib

from secscan.findings.model import Finding

RECIPE = "1"
_LENGTH = 32


def structure_digest(masked: str) -> str:
    """Digest of a statement whose literals have been masked; stored as `Location.context`."""
    return hashlib.sha256(masked.encode("utf-8", errors="surrogatepass")).hexdigest()[:_LENGTH]


def subject_of(finding: Finding) -> tuple[str, ...]:
    """Return what identifies the finding, before equal places are counted."""
    if finding.package is not None:
        ids = tuple(name for name in finding.identifiers if not name.startswith("CWE-"))
        return (
            finding.kind,
            finding.defect,
            finding.location.path,
            finding.package.purl.split("@")[0],
            *ids[:1],
        )
    return (
        finding.kind,
        finding.defect,
        finding.location.path,
        finding.location.symbol,
        finding.location.context,
    )


def fingerprint(subject: tuple[str, ...], occurrence: int) -> str:
    """Return the fingerprint for the `occurrence`-th (from 0) of findings with the same subject."""
    hasher = hashlib.sha256()
    for part in (*subject, str(occurrence)):
        encoded = part.encode("utf-8", errors="surrogatepass")
        hasher.update(len(encoded).to_bytes(8, "big"))
        hasher.update(encoded)
    return RECIPE + hasher.hexdigest()[: _LENGTH - 1]
