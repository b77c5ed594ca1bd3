"""What scanners of packages share: pins made of the inventory, the gaps of what cannot be asked, and findings."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import msgspec

from secscan.advisories.advice import Advice, worst
from secscan.advisories.index import Index
from secscan.advisories.names import PYPI, package_name, purl_of
from secscan.findings.levels import Confidence, GapKind, Kind, Severity
from secscan.findings.model import Finding, Gap, Location, Package, Region, Source
from secscan.inventory.contract import Declared, placed
from secscan.scanners.contract import Setup
from secscan.versions.order import order_of

INDEX_REMEDY = "fill the advisory index: secscan advisories import FILE"
_LONGEST = 100
"""Most characters of a name or a version in a gap: lock files are hostile text."""


class Place(msgspec.Struct, frozen=True, array_like=True):
    """Where a package is declared."""

    path: str
    line: int = 0
    direct: bool | None = None
    why: tuple[str, ...] = ()
    """Who asks for it, from the direct dependency down."""
    licence: str = ""


class Pin(msgspec.Struct, frozen=True, kw_only=True):
    """One package at one version, and every place that declares it."""

    name: str
    version: str
    places: tuple[Place, ...]
    ecosystem: str = PYPI
    advice: tuple[Advice, ...] | None = None
    """Every advisory of the index that affects it, where the plan asks for them and the index knows the package."""

    @property
    def key(self) -> str:
        """How the plan counts it."""
        return f"{self.ecosystem}:{self.name}@{self.version}"


def pins_of(packages: Iterable[Declared]) -> list[Pin]:
    """Return one pin per package and version, sorted, under the package's normal name."""
    places: dict[tuple[str, str, str], set[Place]] = defaultdict(set)
    for one in packages:
        name = package_name(one.ecosystem, one.name)
        places[one.ecosystem, name, one.version].add(Place(one.path, one.line, one.direct, one.why, one.licence))
    return [
        Pin(
            name=name,
            version=version,
            ecosystem=ecosystem,
            places=tuple(sorted(where, key=msgspec.json.encode)),
        )
        for (ecosystem, name, version), where in sorted(places.items())
    ]


def declared(one: Declared) -> str:
    """A package as a gap names it, with the place that declares it."""
    joint = "==" if one.ecosystem == PYPI else "@"
    return placed(f"{one.name[:_LONGEST]}{joint}{one.version[:_LONGEST]}", one.path)


def index_digest(setup: Setup) -> str:
    """Return the digest of the advisory index; empty where there is none."""
    if setup.advisories is None:
        return ""
    with Index(setup.advisories) as index:
        return index.digest


def no_index(scanner: str, packages: Iterable[Declared]) -> list[Gap]:
    """The gaps where there is no index at all."""
    detail = "there is no advisory index to ask"
    return [
        Gap(
            scanner=scanner,
            kind=GapKind.NO_INDEX,
            subject=declared(one),
            detail=detail,
            remedy=INDEX_REMEDY,
            line=one.line,
        )
        for one in packages
    ]


def not_known(scanner: str, packages: Iterable[Declared], index: Index) -> list[Gap]:
    """The gaps of the packages on which the silence of the index means nothing."""
    gaps = []
    for one in packages:
        if index.knows(one.ecosystem, one.name):
            continue
        kind, detail = GapKind.NO_ADVISORIES, f"the advisory index holds nothing of {one.ecosystem}"
        if one.ecosystem in index.ecosystems:
            kind = GapKind.UNKNOWN_PACKAGE
            detail = "the advisory index names the packages it knows, and this is not one of them"
        gaps.append(
            Gap(
                scanner=scanner,
                kind=kind,
                subject=declared(one),
                detail=detail,
                remedy=INDEX_REMEDY,
                line=one.line,
            )
        )
    return gaps


@dataclass(frozen=True)
class Vulnerable:
    """One alias group that affects a pin, as one scanner tells it."""

    pin: Pin
    identifiers: tuple[str, ...]
    """All ids of all its advisories, sorted."""
    advice: tuple[Advice, ...]
    """What the index knows of them."""
    message: str
    fixed: tuple[str, ...]
    """Further versions that clear it, as the scanner says."""
    sources: tuple[Source, ...]


def findings_of(one: Vulnerable) -> list[Finding]:
    """One finding for each place that declares the package."""
    pin = one.pin
    order = order_of(pin.ecosystem)
    fixed = order.sorted([*one.fixed, *(version for known in one.advice for version in known.fixed)])
    title = next((known.title for known in one.advice if known.title), "") or one.sources[0].rule
    malicious = any(name.startswith("MAL-") for name in one.identifiers)
    exploited = [known.known_exploited for known in one.advice if known.known_exploited is not None]
    common = Finding(
        kind=Kind.DEPENDENCY,
        defect="malicious-package" if malicious else "vulnerable-dependency",
        title=f"{pin.name} {pin.version}: {title}",
        message=one.message or title,
        severity=Severity.CRITICAL if malicious else worst(known.severity for known in one.advice),
        confidence=max((source.confidence for source in one.sources), key=lambda level: -level.order),
        location=Location(path=""),
        identifiers=one.identifiers,
        cvss=tuple(dict.fromkeys(score for known in one.advice for score in known.cvss)),
        epss=max((known.epss for known in one.advice if known.epss is not None), default=None),
        known_exploited=any(exploited) if exploited else None,
        published=min((known.published for known in one.advice if known.published), default=""),
        remediation=_remediation(pin, fixed),
        references=tuple(dict.fromkeys(url for known in one.advice for url in known.references)),
        notes=_notes(one.advice),
        sources=one.sources,
    )
    package = Package(
        purl=purl_of(pin.ecosystem, pin.name, pin.version),
        name=pin.name,
        version=pin.version,
        ecosystem=pin.ecosystem,
        fixed_versions=fixed,
    )
    return [
        msgspec.structs.replace(
            common,
            location=Location(path=place.path, region=Region(start_line=place.line) if place.line else None),
            package=msgspec.structs.replace(package, direct=place.direct, licence=place.licence),
            notes=(*common.notes, *_asked_for_by(place)),
        )
        for place in pin.places
    ]


def _asked_for_by(place: Place) -> tuple[str, ...]:
    return (f"asked for by {' > '.join(place.why)}",) if place.why else ()


def source_of(scanner: str, known: Advice) -> Source:
    """What one scanner reports by one advisory."""
    return Source(
        scanner=scanner,
        rule=known.id,
        severity=known.severity,
        confidence=Confidence.HIGH if known.sure else Confidence.LOW,
        message=known.message[:500],
    )


def _remediation(pin: Pin, fixed: tuple[str, ...]) -> str:
    if fixed:
        return f"Upgrade {pin.name} to {fixed[0]} or newer."
    return f"No fixed version of {pin.name} is known."


def _notes(advice: Sequence[Advice]) -> tuple[str, ...]:
    unsure = [known.id for known in advice if not known.sure]
    if not unsure or len(unsure) < len(advice):
        return ()
    return (
        f"{', '.join(unsure)}: the database could not tell the versions of the module, so it names all; by the "
        f"project's own versions this one is not affected",
    )
