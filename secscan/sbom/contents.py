"""What every format tells: components, who asks for whom, what is known against them, what could not be read."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from secscan.findings.judgement import Decision, WaiverUse
from secscan.findings.levels import GapKind, RunStatus
from secscan.findings.model import Finding, Gap, Layer, Package, at_each_place
from secscan.findings.scan import Scan
from secscan.images.reading import ImageReading
from secscan.inventory.contract import Declared, Inventory, Scope, gap
from secscan.inventory.distribution import family_of
from secscan.inventory.names import package_name, purl_of, read_purl
from secscan.inventory.subjects import subject_of
from secscan.vex.document import Told, document_id, is_vulnerability, statements_of

_OF_PACKAGES = frozenset({"osv", "pip-audit"})
"""The scanners of packages."""


@dataclass(frozen=True)
class Component:
    """One package at one version, wherever it is declared."""

    ecosystem: str
    name: str
    version: str
    purl: str
    licence: str
    scope: Scope
    places: tuple[tuple[str, int], ...]
    """Path text and line of each declaration."""
    key: str
    """How a scan counts what its advisories speak of; see `inventory.subjects`."""
    source: tuple[str, str] = ("", "")
    """Of a package of a distribution: name and version of its source package."""
    layers: tuple[Layer, ...] = ()
    """Of an image: those that brought it."""


@dataclass(frozen=True)
class Contents:
    """Everything that a document is made of."""

    name: str
    """Of the target."""
    revision: str
    digest: str
    """Of the target, and of the saved scan that was given; ids are made from it."""
    created: str
    """RFC 3339."""
    components: tuple[Component, ...]
    """Sorted by package URL."""
    asks_for: dict[str, tuple[str, ...]]
    """Package URLs by the one that asks for them; the target itself is the empty text."""
    gaps: tuple[Gap, ...]
    """What could not be read as packages: without it the list is not whole."""
    unassessed: tuple[Gap, ...] = ()
    """With a saved scan: components of which its silence on vulnerabilities says nothing."""
    findings: tuple[tuple[Finding, Decision | None], ...] = ()
    """Vulnerabilities of packages, each with what was decided."""
    vex: dict[str, WaiverUse] = field(default_factory=dict)
    """VEX statements that held, by the id of the waiver that a decision names."""
    system: tuple[str, str] | None = None
    """Of an image: the id and version of its distribution; empty texts where it names none. None for a tree."""

    def id(self, kind: str) -> uuid.UUID:
        """Return the id of a document of this kind."""
        return document_id(kind, self.digest)

    @property
    def told(self) -> tuple[Told, ...]:
        """The vulnerabilities, as documents of their own tell them."""
        return tuple(_told(finding, decision, self.vex) for finding, decision in self.findings)


def contents(
    inventory: Inventory,
    *,
    name: str,
    revision: str,
    digest: str,
    created: str,
    scan: Scan | None,
    image: ImageReading | None = None,
) -> Contents:
    """Return what a document tells of an inventory and, where one is given, of a saved scan of the same target. `image`
    is what the inventory was read of, where that is an image."""
    found = tuple(_findings(scan)) if scan else ()
    packages = [*inventory.packages, *(one for finding, _ in found for one in _declared(finding))]
    components = tuple(_components(packages, image.layers if image else ()))
    judged = f" {scan.target.digest} {scan.judgement.policy_digest if scan.judgement else ''}" if scan else ""
    return Contents(
        name=name,
        revision=revision,
        digest=digest + judged + created * bool(found),
        created=created,
        components=components,
        asks_for=_graph(inventory.packages),
        gaps=inventory.gaps,
        unassessed=tuple(_unassessed(components, scan)) if scan else (),
        findings=found,
        system=(image.distribution.get("ID", ""), image.distribution.get("VERSION_ID", "")) if image else None,
        vex=statements_of(scan.judgement.waivers) if scan and scan.judgement else {},
    )


def _unassessed(components: Iterable[Component], scan: Scan) -> Iterable[Gap]:
    for run in scan.scanners:
        if run.scanner in _OF_PACKAGES and run.status is RunStatus.FAILED:
            yield gap(GapKind.NOT_ASSESSED, run.scanner, f"this scanner of packages failed: {run.reason}")
    unanswered = {one.subject: one.detail for one in scan.gaps if one.kind is GapKind.NOT_ASSESSED}
    looked_up = set(scan.packages)
    for one in components:
        if one.key not in looked_up:
            yield gap(GapKind.NOT_ASSESSED, one.purl, "the scan did not look it up")
        elif one.key in unanswered:
            yield gap(GapKind.NOT_ASSESSED, one.purl, unanswered[one.key])


def _findings(scan: Scan) -> Iterable[tuple[Finding, Decision | None]]:
    decisions = {one.fingerprint: one for one in scan.judgement.decisions} if scan.judgement else {}
    for one in at_each_place(scan.findings):
        if is_vulnerability(one):
            yield one, decisions.get(one.fingerprint)


def _declared(finding: Finding) -> Iterable[Declared]:
    """What a finding is about; of a source package, what is installed of it."""
    package, region = finding.package, finding.location.region
    assert package is not None  # noqa: S101 - the caller has looked
    path, line = finding.location.path, region.start_line if region else 0
    for url in package.binaries:
        one = read_purl(url)
        yield Declared(
            one.name, one.version, one.ecosystem, path, line, source=one.source, architecture=one.architecture
        )
    if not package.binaries:
        yield Declared(package.name, package.version, package.ecosystem, path, line)


def affected(package: Package) -> tuple[str, ...]:
    """Return the package URLs of the components that a finding is about."""
    return package.binaries or (purl_of(package.ecosystem, package.name, package.version),)


def _told(finding: Finding, decision: Decision | None, vex: dict[str, WaiverUse]) -> Told:
    package = finding.package
    assert package is not None  # noqa: S101 - contents hold no other
    return Told(
        finding,
        decision,
        affects=tuple(
            (url, read_purl(url).version if package.binaries else package.version) for url in affected(package)
        ),
        statement=vex.get(decision.waiver) if decision else None,
    )


def purl(one: Declared) -> str:
    """Return the package URL of a package."""
    return purl_of(one.ecosystem, one.name, one.version, architecture=one.architecture, source=one.source)


def _components(packages: Iterable[Declared], layers: tuple[Layer, ...]) -> Iterable[Component]:
    groups: dict[str, list[Declared]] = defaultdict(list)
    for one in packages:
        groups[purl(one)].append(one)
    for url, group in sorted(groups.items()):
        first = group[0]
        scopes = {one.scope for one in group}
        yield Component(
            ecosystem=first.ecosystem,
            name=package_name(first.ecosystem, first.name),
            version=first.version,
            purl=url,
            licence=next((one.licence for one in group if one.licence), ""),
            # What one file needs to run is needed, whatever the others say.
            scope=next(one for one in (Scope.UNKNOWN, Scope.OPTIONAL, Scope.DEV) if one in scopes),
            places=tuple(sorted({(one.path, one.line) for one in group})),
            key=subject_of(first).key,
            source=first.source if first.source[0] or not family_of(first.ecosystem) else (first.name, first.version),
            layers=tuple(layer for layer in layers if layer.index in {one.layer for one in group}),
        )


def _graph(packages: Iterable[Declared]) -> dict[str, tuple[str, ...]]:
    """The shortest way to each package, as far as the files tell it: a tree, not all that asks for it."""
    packages = list(packages)
    by_label = {(one.path, f"{one.name} {one.version}"): purl(one) for one in packages}
    children: dict[str, set[str]] = defaultdict(set)
    for one in packages:
        if one.direct:
            children[""].add(purl(one))
        elif one.why and (parent := by_label.get((one.path, one.why[-1]))):
            children[parent].add(purl(one))
    return {parent: tuple(sorted(found - {parent})) for parent, found in sorted(children.items())}
