"""licences: which licence each declared package has, as far as its metadata says; an unknown one stays unknown.

Each package is a finding that a policy judges by `licence` and `licence_not`, so this scanner is part of a scan only
where the caller wants it (`--licences`). It runs no program: what it reports is read from manifests and lock files.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

import msgspec

from secscan import __version__
from secscan.findings.levels import Confidence, Kind, Severity
from secscan.findings.model import Finding, Location, Package, Region, Source
from secscan.inventory.contract import Declared
from secscan.inventory.licences import normal_licence
from secscan.inventory.names import package_name, purl_of
from secscan.process import Ended
from secscan.scanners.contract import MalformedOutput, Needs, Plan, Report, Scanner, Setup, refuse_trouble
from secscan.scanners.dependencies import inventory_of
from secscan.scanners.toolkit import strict_json, typed

_CONTROL = ("The MIT License (MIT)", "MIT")
"""A licence that must be understood."""


class Licensed(msgspec.Struct, frozen=True, kw_only=True):
    """One package, where it is declared."""

    ecosystem: str
    name: str
    version: str
    path: str
    line: int
    direct: bool | None
    licence: str
    """As its metadata has it; empty where that says nothing."""

    @property
    def key(self) -> str:
        """How the plan counts it."""
        return f"{self.ecosystem}:{self.name}@{self.version} in {self.path}"


class PackageList(msgspec.Struct, frozen=True, kw_only=True):
    """A piece of work."""

    packages: tuple[Licensed, ...]


class Licences(Scanner[PackageList]):
    """See the module's description."""

    name = "licences"
    title = "Declared packages: their licences, as far as metadata says"
    reads_images = True
    kinds = (Kind.LICENCE,)
    needs = Needs(licences=True)
    piece_type = PackageList

    def plan(self, setup: Setup) -> Plan[PackageList]:
        """Take the inventory; what is no package of a known version is a gap."""
        inventory = inventory_of(setup)
        packages = tuple(dict.fromkeys(map(_licensed, inventory.packages)))
        return Plan(
            pieces=(PackageList(packages=packages),) if packages else (),
            selected=frozenset(one.key for one in packages),
            gaps=tuple(msgspec.structs.replace(gap, scanner=self.name) for gap in inventory.gaps),
        )

    def run(self, piece: PackageList, setup: Setup) -> Ended:  # noqa: ARG002 - as the contract has it
        """Bring every licence into its normal form, and that of the control."""
        found = [normal_licence(one.licence) for one in piece.packages]
        answer = {"licences": [*found, normal_licence(_CONTROL[0])], "complete": True}
        return Ended(
            argv=(self.name,),
            exit_code=0,
            stdout=json.dumps(answer).encode(),
            stderr=b"",
            seconds=0,
            peak_megabytes=0,
        )

    def parse(self, ended: Ended, piece: PackageList) -> Report:
        """See `Scanner.parse`."""
        refuse_trouble(ended, exit_codes=(0,))
        answer: _Answer = typed(strict_json(ended.stdout, tool=self.name), _Answer, tool=self.name)
        if not answer.complete or len(answer.licences) != len(piece.packages) + 1:
            raise MalformedOutput("it did not answer on every package")
        *licences, control = answer.licences
        return Report(
            findings=tuple(_findings(piece, licences)),
            looked_at=frozenset(one.key for one in piece.packages),
            control=control == _CONTROL[1],
        )

    def version(self, setup: Setup) -> str:  # noqa: ARG002 - as the contract has it
        """See `Scanner.version`."""
        return __version__


class _Answer(msgspec.Struct):
    licences: list[str]
    complete: bool


def _licensed(one: Declared) -> Licensed:
    return Licensed(
        ecosystem=one.ecosystem,
        name=package_name(one.ecosystem, one.name),
        version=one.version,
        path=one.path,
        line=one.line,
        direct=one.direct,
        licence=one.licence,
    )


def _findings(piece: PackageList, licences: list[str]) -> Iterator[Finding]:
    for one, licence in zip(piece.packages, licences, strict=True):
        said = f"licence {licence}" if licence else "its metadata names no licence"
        yield Finding(
            kind=Kind.LICENCE,
            defect="licence-violation",
            title=f"{one.name} {one.version}: {said}"[:300],
            message=f"The package {one.name} {one.version}: {said}. Whether that is allowed, the policy decides.",
            severity=Severity.INFO,
            confidence=Confidence.HIGH,
            location=Location(path=one.path, region=Region(start_line=one.line) if one.line else None),
            package=Package(
                purl=purl_of(one.ecosystem, one.name, one.version),
                name=one.name,
                version=one.version,
                ecosystem=one.ecosystem,
                direct=one.direct,
                licence=licence,
            ),
            sources=(Source(scanner=Licences.name, rule=licence or "unknown", severity=Severity.INFO),),
        )


SCANNER = Licences()
"""What the registry finds."""
