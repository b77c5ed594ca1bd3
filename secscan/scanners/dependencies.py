"""What scanners of packages share: pins made of the inventory, the gaps of what cannot be asked, and findings."""

from __future__ import annotations

import posixpath
import shlex
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import msgspec

from secscan.advisories.advice import Advice, worst
from secscan.advisories.index import Index
from secscan.advisories.names import PUBLIC_ADVISORIES, PYPI, purl_of
from secscan.findings.levels import Confidence, GapKind, Kind, Severity
from secscan.findings.model import Finding, Gap, Layer, Location, Package, Region, Source
from secscan.inventory.contract import Declared, Inventory, placed
from secscan.inventory.discover import take_inventory
from secscan.inventory.subjects import subject_of
from secscan.scanners.contract import Setup
from secscan.versions.order import order_of

INDEX_REMEDY = "fill the advisory index: secscan advisories import FILE"
"""What a piece of work that finds no index says; what is looked up names the ecosystems, see `index_remedy`."""
PENDING = "DEBIAN-SECURITY-"
"""How the ids of records begin that tell of an update and of no vulnerability; see `advisories.debian`."""
_MOST_TOLD = 20
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
    binary: tuple[str, str, str] | None = None
    """Of a package of a distribution: name, version and architecture of what is installed there."""
    layer: int | None = None
    """In an image: the layer that brought it."""


class Pin(msgspec.Struct, frozen=True, kw_only=True):
    """One package at one version, and every place that declares it; of distributions, a source package (see
    `inventory.subjects`) and what is installed of it."""

    name: str
    version: str
    places: tuple[Place, ...]
    ecosystem: str = PYPI
    names: tuple[tuple[str, str], ...] = ()
    """Names and versions to ask for, where that is more than its own."""
    advice: tuple[Advice, ...] | None = None
    """Every advisory of the index that affects it, where the plan asks for them and the index knows the package."""

    @property
    def key(self) -> str:
        """How the plan counts it."""
        return f"{self.ecosystem}:{self.name}@{self.version}"

    @property
    def asked(self) -> tuple[tuple[str, str], ...]:
        """Every name and version under which advisories may stand."""
        return self.names or ((self.name, self.version),)


def inventory_of(setup: Setup) -> Inventory:
    """Return the packages of the target: of an image, what was read of it, whose gaps its own scanner reports."""
    if setup.image is not None:
        return Inventory(packages=setup.image.reading.packages)
    return take_inventory([file.path for file in setup.target.files], setup.target.read)


def pins_of(packages: Iterable[Declared]) -> list[Pin]:
    """Return one pin per package and version, sorted, under the package's normal name."""
    places: dict[tuple[str, str, str], set[Place]] = defaultdict(set)
    names: dict[tuple[str, str, str], dict[tuple[str, str], None]] = defaultdict(dict)
    for one in packages:
        about = subject_of(one)
        binary = (one.name, one.version, one.architecture) if about.binary else None
        place = Place(one.path, one.line, one.direct, one.why, one.licence, binary, one.layer)
        places[about.ecosystem, about.name, about.version].add(place)
        names[about.ecosystem, about.name, about.version] |= dict.fromkeys(about.asked)
    return [
        Pin(
            name=name,
            version=version,
            ecosystem=ecosystem,
            places=tuple(sorted(where, key=msgspec.json.encode)),
            names=asked if (asked := tuple(sorted(names[ecosystem, name, version]))) != ((name, version),) else (),
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


def index_remedy(ecosystems: Iterable[str]) -> str:
    """Return what to do where the index has nothing of ecosystems: the one command with a network, and that without."""
    named = sorted({shlex.quote(one) for one in ecosystems if ":" not in one})
    if not named:
        return INDEX_REMEDY
    update = f"secscan advisories update {' '.join(named)} --from {PUBLIC_ADVISORIES}"
    return f"{update} (over the network); offline: secscan advisories import FILE"


def no_index(scanner: str, packages: Sequence[Declared]) -> list[Gap]:
    """The gaps where there is no index at all."""
    detail = "there is no advisory index to ask"
    remedy = index_remedy(one.ecosystem for one in packages)
    return [
        Gap(
            scanner=scanner,
            kind=GapKind.NO_INDEX,
            subject=declared(one),
            detail=detail,
            remedy=remedy,
            line=one.line,
        )
        for one in packages
    ]


def not_known(scanner: str, packages: Iterable[Declared], index: Index) -> list[Gap]:
    """The gaps of the packages on which the silence of the index means nothing."""
    gaps = []
    for one in packages:
        about = subject_of(one)
        if index.knows(about.ecosystem, about.name):
            continue
        kind, detail = GapKind.NO_ADVISORIES, f"the advisory index holds nothing of {about.ecosystem}"
        if about.ecosystem in index.ecosystems:
            kind = GapKind.UNKNOWN_PACKAGE
            detail = "the advisory index names the packages it knows, and this is not one of them"
        gaps.append(
            Gap(
                scanner=scanner,
                kind=kind,
                subject=declared(one),
                detail=detail,
                remedy=index_remedy([about.ecosystem]),
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
    layers: tuple[Layer, ...] = ()
    """Of the image that is looked at."""


def findings_of(one: Vulnerable) -> list[Finding]:
    """One finding for each place that declares the package; see `_databases` for what is installed of a source."""
    pin = one.pin
    order = order_of(pin.ecosystem)
    fixed = order.sorted([*one.fixed, *(version for known in one.advice for version in known.fixed)])
    title = next((known.title for known in one.advice if known.title), "") or one.sources[0].rule
    pending = all(known.id.startswith(PENDING) and not known.aliases for known in one.advice) and bool(one.advice)
    malicious = any(name.startswith("MAL-") for name in one.identifiers)
    exploited = [known.known_exploited for known in one.advice if known.known_exploited is not None]
    common = Finding(
        kind=Kind.DEPENDENCY,
        defect="malicious-package" if malicious else "outdated-package" if pending else "vulnerable-dependency",
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
    binary = any(place.binary for place in pin.places)
    package = Package(
        purl=purl_of(pin.ecosystem, pin.name, pin.version, architecture="source" if binary else ""),
        name=pin.name,
        version=pin.version,
        ecosystem=pin.ecosystem,
        fixed_versions=fixed,
    )
    return [
        msgspec.structs.replace(
            common,
            location=Location(path=place.path, region=Region(start_line=place.line) if place.line else None),
            package=msgspec.structs.replace(
                package, direct=place.direct, licence=place.licence, binaries=_binaries(pin, installed)
            ),
            notes=(*common.notes, *_asked_for_by(place), *_installed(pin, installed)),
            layer=_layer(place, one.layers),
        )
        for place, installed in _databases(pin)
    ]


def _databases(pin: Pin) -> list[tuple[Place, list[Place]]]:
    """The place that a finding names, and all places that it is about.

    What is installed of one source package is one defect in each database that has it: who updates one of libssl3 and
    openssl updates both. It is told at the lowest layer that has any of it, since that is the one to be built anew;
    what lies above goes with it, and the finding's notes say what that is. Distroless images keep a file for each
    package (`status.d/NAME`): together they are one database.
    """
    groups: dict[str, list[Place]] = defaultdict(list)
    for at, place in enumerate(pin.places):
        folder = posixpath.dirname(place.path)
        database = folder if posixpath.basename(folder) == "status.d" else place.path
        groups[database if place.binary else str(at)].append(place)
    lowest = [min(group, key=lambda one: one.layer if one.layer is not None else -1) for group in groups.values()]
    return list(zip(lowest, groups.values(), strict=True))


def _binaries(pin: Pin, installed: list[Place]) -> tuple[str, ...]:
    """Package URLs of what is installed."""
    source = (pin.name, pin.version)
    return tuple(
        purl_of(
            pin.ecosystem,
            name,
            version,
            architecture=architecture,
            source=source if (name, version) != source else ("", ""),
        )
        for name, version, architecture in dict.fromkeys(one.binary for one in installed if one.binary)
    )


def _installed(pin: Pin, installed: list[Place]) -> tuple[str, ...]:
    """Says which packages are installed of the source, and in which layers where they are not all in one."""
    found = {one.binary: one.layer for one in reversed(installed) if one.binary}
    if not found or [name for name, _, _ in found] == [pin.name]:
        return ()
    layers = len(set(found.values())) > 1
    texts = sorted(
        f"{name} {version}" + (f" (layer {layer})" if layers else "") for (name, version, _), layer in found.items()
    )
    more = f" and {len(texts) - _MOST_TOLD} more" if len(texts) > _MOST_TOLD else ""
    return (f"installed from this source: {', '.join(texts[:_MOST_TOLD])}{more}",)


def _layer(place: Place, layers: tuple[Layer, ...]) -> Layer | None:
    return next((one for one in layers if one.index == place.layer), None)


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
    if fixed and (pin.ecosystem, pin.name) == ("Go", "stdlib"):
        return f"Build with Go {fixed[0]} or newer."
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
