"""What every format tells: components, who asks for whom, what is known against them, what could not be read."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from secscan.findings.judgement import Decision, WaiverUse
from secscan.findings.levels import GapKind, RunStatus
from secscan.findings.model import Finding, Gap, at_each_place
from secscan.findings.scan import Scan
from secscan.inventory.contract import Declared, Inventory, Scope, gap
from secscan.inventory.names import package_name, purl_of

_NAMESPACE = uuid.UUID("6f2d8c2e-53a4-5c0b-9a5e-0d6d1f6a7b11")
"""Of our own; a document's id is made from what it says, so that the same input gives the same bytes."""
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

    def id(self, kind: str) -> uuid.UUID:
        """Return the id of a document of this kind."""
        return uuid.uuid5(_NAMESPACE, f"{kind} {self.digest}")


def contents(
    inventory: Inventory, *, name: str, revision: str, digest: str, created: str, scan: Scan | None
) -> Contents:
    """Return what a document tells of an inventory and, where one is given, of a saved scan of the same target."""
    found = tuple(_findings(scan)) if scan else ()
    packages = [*inventory.packages, *(_declared(finding) for finding, _ in found)]
    components = tuple(_components(packages))
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
        vex={one.id: one for one in scan.judgement.waivers if one.vex} if scan and scan.judgement else {},
    )


def _unassessed(components: Iterable[Component], scan: Scan) -> Iterable[Gap]:
    for run in scan.scanners:
        if run.scanner in _OF_PACKAGES and run.status is RunStatus.FAILED:
            yield gap(GapKind.NOT_ASSESSED, run.scanner, f"this scanner of packages failed: {run.reason}")
    unanswered = {one.subject: one.detail for one in scan.gaps if one.kind is GapKind.NOT_ASSESSED}
    looked_up = set(scan.packages)
    for one in components:
        key = f"{one.ecosystem}:{one.name}@{one.version}"
        if key not in looked_up:
            yield gap(GapKind.NOT_ASSESSED, one.purl, "the scan did not look it up")
        elif key in unanswered:
            yield gap(GapKind.NOT_ASSESSED, one.purl, unanswered[key])


def _findings(scan: Scan) -> Iterable[tuple[Finding, Decision | None]]:
    decisions = {one.fingerprint: one for one in scan.judgement.decisions} if scan.judgement else {}
    for one in at_each_place(scan.findings):
        if one.package is not None:
            yield one, decisions.get(one.fingerprint)


def _declared(finding: Finding) -> Declared:
    package, region = finding.package, finding.location.region
    assert package is not None  # noqa: S101 - the caller has looked
    line = region.start_line if region else 0
    return Declared(package.name, package.version, package.ecosystem, finding.location.path, line)


def purl(one: Declared) -> str:
    """Return the package URL of a package."""
    return purl_of(one.ecosystem, one.name, one.version)


def _components(packages: Iterable[Declared]) -> Iterable[Component]:
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
