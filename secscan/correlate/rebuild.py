"""What a rebuild of an image on another base would change."""

from __future__ import annotations

from secscan.findings.levels import Kind
from secscan.findings.model import Finding, Rebuild
from secscan.findings.scan import Scan


def rebuild(seen: Scan, other: Scan, name: str) -> Rebuild:
    """Compare the findings of an image's base with those of another base, each from a scan of its own.

    `name` is how the other one was named. A package is the same under both releases of its distribution, and a
    vulnerability under any of its names; everything else is the same by its fingerprint.
    """
    packages = [one for one in other.findings if one.package is not None]
    fingerprints = {one.fingerprint for one in other.findings}
    vulnerable = {(_package(one), identifier) for one in packages for identifier in _identifiers(one)}
    cleared, kept = [], 0
    for finding in seen.findings:
        if finding.layer is None or not finding.layer.base or finding.kind is Kind.SECRET:
            continue
        if finding.package is not None:
            there = any((_package(finding), identifier) in vulnerable for identifier in _identifiers(finding))
        else:
            there = finding.fingerprint in fingerprints
        if there:
            kept += 1
        else:
            cleared.append(finding.fingerprint)
    own = {(_package(one), name) for one in seen.findings if one.package is not None for name in _identifiers(one)}
    brought = sum(not any((_package(one), name) in own for name in _identifiers(one)) for one in packages)
    lost = len(other.gaps)
    return Rebuild(
        base=name,
        digest=other.target.digest,
        cleared=tuple(sorted(cleared)),
        kept=kept,
        brought=brought,
        unsure=f"could not look at {lost} of what is in it" if lost else "",
    )


def _package(finding: Finding) -> tuple[str, str]:
    assert finding.package is not None  # noqa: S101 - the callers have looked
    return finding.package.ecosystem.partition(":")[0], finding.package.name


def _identifiers(finding: Finding) -> tuple[str, ...]:
    return tuple(one for one in finding.identifiers if not one.startswith("CWE-")) or (finding.defect,)
