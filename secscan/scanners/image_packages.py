"""What scanners of images share: our own list of what an image holds, against which theirs is held, and findings.

A tool that passes over a package says nothing of it. So what it must look at is what *we* read in the image; each of
those that it does not list is a gap. Findings stand where ours stand, at the source package of which advisories speak,
so that one defect is one finding, whoever saw it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import msgspec

from secscan.advisories.advice import Advice
from secscan.advisories.aliases import by_vulnerability
from secscan.advisories.names import package_name
from secscan.findings.levels import GapKind
from secscan.findings.model import Finding, Gap, Layer, Notice
from secscan.images.reading import IN_CONFIG
from secscan.inventory.contract import Declared
from secscan.inventory.distribution import family_of
from secscan.inventory.names import read_purl
from secscan.inventory.subjects import subject_of
from secscan.scanners.contract import Plan, Setup
from secscan.scanners.dependencies import Pin, Vulnerable, findings_of, pins_of, source_of
from secscan.versions.order import order_of

_NAMED_BY_ITSELF = "Linux "
"""How the ecosystem of a distribution begins that we do not know; see `inventory.distribution`."""
_EXAMPLES = 5
_LONGEST = 100


class ImageScan(msgspec.Struct, frozen=True, kw_only=True):
    """A piece of work: an image, and what we know to be in it."""

    kind: str
    """See `images.reading.Image`."""
    place: str
    digest: str
    """Of its configuration; empty for a file system tree."""
    packages: tuple[Declared, ...]
    layers: tuple[Layer, ...] = ()

    @property
    def keys(self) -> frozenset[str]:
        """All packages, as the plan counts them."""
        return frozenset(subject_of(one).key for one in self.packages)

    @property
    def ecosystems(self) -> frozenset[str]:
        """The ecosystems of all packages, without their releases."""
        return frozenset(one.ecosystem.partition(":")[0] for one in self.packages)

    @property
    def distributions(self) -> frozenset[str]:
        """Those of them that are Linux distributions."""
        return frozenset(filter(is_distribution, self.ecosystems))


@dataclass(frozen=True)
class Listed:
    """A package as a tool lists it."""

    name: str
    version: str
    """With epoch and release."""
    purl: str
    is_distribution: bool
    """Whether the package manager of the distribution knows it."""
    path: str = ""
    source: tuple[str, str] = ("", "")
    """See `inventory.contract.Declared`."""


@dataclass(frozen=True)
class Reported:
    """One advisory that affects one package, as a tool reports it."""

    package: Listed
    advice: Advice
    url: str = ""


def plan_of(setup: Setup) -> Plan[ImageScan]:
    """The plan of a scanner of images: one piece, and every package that we read in the image."""
    if setup.image is None:
        return Plan()
    image = setup.image
    piece = ImageScan(
        kind=image.kind,
        place=str(image.place.absolute()),
        digest="" if image.kind == "rootfs" else image.reading.digest,
        packages=image.reading.packages,
        layers=image.reading.layers,
    )
    return Plan(pieces=(piece,), selected=piece.keys)


def is_distribution(ecosystem: str) -> bool:
    """Whether the packages of an ecosystem are those of a Linux distribution."""
    return family_of(ecosystem) is not None or ecosystem.startswith(_NAMED_BY_ITSELF)


def ecosystem_in(purl: str) -> str:
    """Return the ecosystem that a package URL names; empty for one that is none."""
    try:
        return read_purl(purl).ecosystem
    except ValueError:
        return ""


class Ours:
    """Our own list, by which packages of a tool's list are recognised however they are spelled."""

    def __init__(self, piece: ImageScan) -> None:
        self._piece = piece
        self._known: dict[tuple[str, str, str], list[Declared]] = defaultdict(list)
        for one in piece.packages:
            self._known[_identity(one.ecosystem, one.name, one.version)].append(one)
        system = Counter((one.ecosystem, one.path) for one in piece.packages if is_distribution(one.ecosystem))
        self._pins = {pin.key: pin for pin in pins_of(piece.packages)}
        self._usual = min(system, key=lambda place: (-system[place], place), default=("", ""))

    def of(self, listed: Listed) -> list[Declared]:
        """Our own packages that are the one a tool lists; none where we have not read it."""
        return self._known.get(_identity_of(listed), [])

    def owners(self, listed: Listed) -> list[Declared]:
        """The same, or, where we have not read it, what the tool says of it."""
        return self.of(listed) or [self._foreign(listed)]

    def lost(self, scanner: str, everything: Iterable[Listed]) -> Iterator[Gap]:
        """Yield a gap for each of ours that the tool does not list."""
        seen = {_identity_of(one) for one in everything}
        for identity, packages in self._known.items():
            if identity in seen:
                continue
            for one in packages:
                name = f"{one.name} {one.version}"[:_LONGEST]
                detail = f"{scanner} does not list {name} among what is in the image; we read it in {one.path}"
                yield Gap(scanner=scanner, kind=GapKind.NOT_SEEN, subject=subject_of(one).key, detail=detail)

    def pin_of(self, one: Declared) -> Pin:
        """What advisories speak of, with all of it that is in the image."""
        return self._pins.get(subject_of(one).key) or pins_of([one])[0]

    def only_theirs(self, scanner: str, everything: Iterable[Listed]) -> Iterator[Notice]:
        """Yield what a person should know of packages that only the tool lists: one of the two is wrong."""
        names = sorted({f"{one.name} {one.version}" for one in everything if not self.of(one)})
        if names:
            more = f" and {len(names) - _EXAMPLES} more" if len(names) > _EXAMPLES else ""
            text = f"only {scanner} lists {', '.join(name[:80] for name in names[:_EXAMPLES])}{more}"
            yield Notice(topic="disagreement", subject=f"packages of {scanner}", text=text)

    def _foreign(self, listed: Listed) -> Declared:
        ecosystem, path = self._usual if listed.is_distribution else ("", "")
        return Declared(
            name=listed.name,
            version=listed.version,
            ecosystem=ecosystem or ecosystem_in(listed.purl) or "unknown",
            path=listed.path or path or IN_CONFIG,
            source=listed.source,
        )


def unproven(scanner: str, piece: ImageScan, proven: frozenset[str]) -> Iterator[Gap]:
    """Yield a gap for each package of an ecosystem of which the tool's database has not shown that it knows it."""
    for key, ecosystem in {subject_of(one).key: one.ecosystem.partition(":")[0] for one in piece.packages}.items():
        if ecosystem not in proven:
            yield Gap(
                scanner=scanner,
                kind=GapKind.NO_ADVISORIES,
                subject=key,
                detail=f"the database of {scanner} did not show that it knows advisories of {ecosystem}",
            )


def image_findings(scanner: str, piece: ImageScan, ours: Ours, reported: Iterable[Reported]) -> Iterator[Finding]:
    """Yield the findings: one for each vulnerability of a package, or of its source, at each place."""
    pins: dict[str, Pin] = {}
    told: dict[str, dict[str, list[Reported]]] = defaultdict(lambda: defaultdict(list))
    for one in reported:
        for owner in ours.owners(one.package):
            pin = ours.pin_of(owner)
            pins[pin.key] = pin
            told[pin.key][one.advice.id].append(one)
    for key, pin in sorted(pins.items()):
        yield from _of_pin(scanner, pin, told[key], piece.layers)


def _of_pin(scanner: str, pin: Pin, told: dict[str, list[Reported]], layers: tuple[Layer, ...]) -> Iterator[Finding]:
    known = {name: _united(pin, reports) for name, reports in told.items()}
    for names, members in by_vulnerability(known):
        sources = (msgspec.structs.replace(source_of(scanner, one), url=told[one.id][0].url) for one in members)
        yield from findings_of(
            Vulnerable(
                pin=pin,
                identifiers=names,
                advice=members,
                message=next((one.message for one in members if one.message), ""),
                fixed=(),
                sources=tuple(sources),
                layers=layers,
            )
        )


def _united(pin: Pin, reports: list[Reported]) -> Advice:
    """What was said of one advisory, for each package that is built from the same source."""
    fixed = {version for one in reports for version in one.advice.fixed}
    aliases = {name for one in reports for name in one.advice.aliases}
    return msgspec.structs.replace(
        reports[0].advice, fixed=order_of(pin.ecosystem).sorted(fixed), aliases=tuple(sorted(aliases))
    )


def _identity_of(listed: Listed) -> tuple[str, str, str]:
    if listed.is_distribution:
        return "", listed.name, listed.version.removeprefix("0:")
    try:
        found = read_purl(listed.purl)
    except ValueError:
        return _identity("unknown", listed.name, listed.version)
    return _identity(found.ecosystem, found.name, found.version or listed.version)


def _identity(ecosystem: str, name: str, version: str) -> tuple[str, str, str]:
    if is_distribution(ecosystem):
        return "", name, version.removeprefix("0:")
    return ecosystem, package_name(ecosystem, name), order_of(ecosystem).normal(version)
