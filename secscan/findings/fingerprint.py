"""Fingerprints: the identity of a finding.

A fingerprint is made of the class of defect, the path, the enclosing symbol, and the structure of the statement
with every literal masked; of a package finding: the package, its alias group and the manifest. It
holds no line number (edits above would change it), no tool name or version (upgrades would), no kind (which
follows from the tools that were asked), no literal (a secret could be guessed from its hash), and nothing of the
machine. Equal places are told apart by their order in the file, so two equal defects stay two. A secret that a store
says is in use is another finding than one at the same place that is not: who accepted a made-up value has not accepted
a real one in its place.

The first character names the version of the recipe: a new recipe starts a new series, never silently.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

import msgspec

from secscan.findings.levels import SecretState
from secscan.findings.model import Finding

RECIPE = "1"
_LENGTH = 32


def structure_digest(masked: str) -> str:
    """Digest of a statement whose literals have been masked; stored as `Location.context`."""
    return hashlib.sha256(masked.encode("utf-8", errors="surrogatepass")).hexdigest()[:_LENGTH]


def subject_of(finding: Finding) -> tuple[str, ...]:
    """Return what identifies the finding, before equal places are counted."""
    if finding.package is not None:
        return (
            "package",
            finding.defect,
            finding.location.path,
            purl_without_version(finding.package.purl),
            _vulnerability(finding),
        )
    return (
        "place",
        finding.defect,
        finding.location.path,
        finding.location.symbol,
        finding.location.context,
    )


def _vulnerability(finding: Finding) -> str:
    """Its CVE, before ids that sort below that: an update of a distribution (`ALSA-...`) may be about many."""
    names = [name for name in finding.identifiers if not name.startswith("CWE-")]
    return next((name for name in names if name.startswith("CVE-")), next(iter(names), ""))


def purl_without_qualifiers(purl: str) -> str:
    """Return a package URL up to its version: without qualifiers and subpath."""
    return purl.partition("#")[0].partition("?")[0]


def purl_without_version(purl: str) -> str:
    """Return a package URL without version, qualifiers and subpath; an `@` of a scope is not the version's."""
    bare = purl_without_qualifiers(purl)
    at = bare.rfind("@")
    return bare[:at] if at > bare.rfind("/") + 1 else bare


def fingerprint(subject: tuple[str, ...], occurrence: int) -> str:
    """Return the fingerprint for the `occurrence`-th (from 0) of findings with the same subject."""
    parts = [part.encode("utf-8", errors="surrogatepass") for part in (*subject, str(occurrence))]
    framed = b"".join(len(part).to_bytes(8, "big") + part for part in parts)
    return RECIPE + hashlib.sha256(framed).hexdigest()[: _LENGTH - 1]


def with_fingerprints(findings: Iterable[Finding], *, after: Iterable[Finding] = ()) -> tuple[Finding, ...]:
    """Return the findings with their fingerprints. They must come in the order of the file, those of a history in the
    order of its commits: it counts equal subjects, from those `after` which these come and which keep theirs."""
    seen: dict[tuple[str, ...], int] = {}
    for finding in after:
        subject = subject_of(finding)
        seen[subject] = seen.get(subject, -1) + 1
    result = []
    for finding in findings:
        subject = subject_of(finding)
        occurrence = seen[subject] = seen.get(subject, -1) + 1
        live = (SecretState.LIVE.value,) if finding.secret_state is SecretState.LIVE else ()
        result.append(msgspec.structs.replace(finding, fingerprint=fingerprint((*subject, *live), occurrence)))
    return tuple(result)
