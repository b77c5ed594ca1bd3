"""osv: declared packages of every ecosystem against the advisory index, by our own matcher.

It runs in a child process of ours, within limits as every scanner: records and lock files are hostile text. Every
package rides with the positive control in one list: a record of our own for each ecosystem, and a real record of
each, so that an index that has lost its data, or does not answer, is not taken for a clean bill.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator

import msgspec

from secscan import __version__
from secscan.advisories.advice import Advice
from secscan.advisories.aliases import alias_groups
from secscan.advisories.control import CONTROL_ID, CONTROL_PACKAGE, CONTROL_VERSION
from secscan.advisories.index import Index
from secscan.advisories.names import package_name
from secscan.errors import AdvisoryError
from secscan.findings.levels import GapKind, Kind
from secscan.findings.model import Finding, Gap, Notice
from secscan.inventory.contract import Declared
from secscan.inventory.discover import take_inventory
from secscan.process import Ended, run
from secscan.scanners.contract import (
    MalformedOutput,
    Needs,
    Plan,
    Report,
    Scanner,
    ScannerError,
    Setup,
    refuse_trouble,
)
from secscan.scanners.dependencies import (
    INDEX_REMEDY,
    Pin,
    Vulnerable,
    declared,
    findings_of,
    index_digest,
    no_index,
    not_known,
    pins_of,
    source_of,
)
from secscan.scanners.toolkit import strict_json, typed
from secscan.versions.order import order_of

_PIECE = 20_000
"""Packages for one run of the child."""


class Control(msgspec.Struct, frozen=True, kw_only=True):
    """A package for which the index must name this record."""

    ecosystem: str
    name: str
    version: str
    expected: str


class PackageList(msgspec.Struct, frozen=True, kw_only=True):
    """A piece of work."""

    pins: tuple[Pin, ...]
    controls: tuple[Control, ...]

    def asked(self) -> list[list[str]]:
        """Ecosystem, name and version of every package, the controls last."""
        pins = [[one.ecosystem, one.name, one.version] for one in self.pins]
        return [*pins, *([one.ecosystem, one.name, one.version] for one in self.controls)]


class Osv(Scanner[PackageList]):
    """See the module's description."""

    name = "osv"
    title = "Declared packages of every ecosystem: known vulnerabilities"
    kinds = (Kind.DEPENDENCY,)
    needs = Needs(advisories=True)
    piece_type = PackageList

    def plan(self, setup: Setup) -> Plan[PackageList]:
        """Take the inventory; every package that cannot be assessed is a gap."""
        target = setup.target
        inventory = take_inventory([file.path for file in target.files], target.read)
        gaps = [msgspec.structs.replace(gap, scanner=self.name) for gap in inventory.gaps]
        gaps += [_reserved(one) for one in inventory.packages if _is_control(one)]
        packages = [one for one in inventory.packages if not _is_control(one)]
        if setup.advisories is None:
            return Plan(gaps=(*gaps, *no_index(self.name, packages)))
        try:
            with Index(setup.advisories) as index:
                pins = pins_of(one for one in packages if index.knows(one.ecosystem, one.name))
                gaps += not_known(self.name, packages, index)
                pieces = tuple(
                    PackageList(pins=part, controls=tuple(_controls(part, index)))
                    for part in (tuple(pins[at : at + _PIECE]) for at in range(0, len(pins), _PIECE))
                )
        except AdvisoryError as error:
            raise ScannerError(error.message, hint=error.hint) from error
        return Plan(pieces=pieces, selected=frozenset(pin.key for pin in pins), gaps=tuple(gaps))

    def run(self, piece: PackageList, setup: Setup) -> Ended:
        """Run the matcher on a list of packages, with the controls at its end."""
        if setup.advisories is None:
            raise ScannerError("there is no advisory index", hint=INDEX_REMEDY)
        question = {"index": str(setup.advisories.resolve()), "packages": piece.asked()}
        return run(
            [sys.executable, "-I", "-m", "secscan.advisories.worker", "packages.json"],
            limits=setup.limits,
            files={"packages.json": json.dumps(question).encode()},
        )

    def parse(self, ended: Ended, piece: PackageList) -> Report:
        """See `Scanner.parse`."""
        refuse_trouble(ended, exit_codes=(0,))
        document: _Document = typed(strict_json(ended.stdout, tool=self.name), _Document, tool=self.name)
        if not document.complete or [one.package for one in document.answers] != piece.asked():
            raise MalformedOutput("it did not answer on every package, in order")
        answers = document.answers[: len(piece.pins)]
        controls = document.answers[len(piece.pins) :]
        found = list(zip(piece.pins, answers, strict=True))
        gaps = [_unreadable(pin) for pin, answer in found if not answer.readable]
        return Report(
            findings=tuple(finding for pin, answer in found for finding in _findings(pin, answer.advice)),
            gaps=tuple(gaps),
            notices=tuple(_not_comparable(pin, answer) for pin, answer in found if answer.not_comparable),
            looked_at=frozenset(pin.key for pin in piece.pins) - {gap.subject for gap in gaps},
            control=bool(controls)
            and all(
                control.expected in {one.id for one in answer.advice}
                for control, answer in zip(piece.controls, controls, strict=True)
            ),
        )

    def version(self, setup: Setup) -> str:  # noqa: ARG002 - as the contract has it
        """See `Scanner.version`."""
        return __version__

    def rules_digest(self, setup: Setup) -> str:
        """Digest of the advisory index."""
        return index_digest(setup)


class _Answer(msgspec.Struct):
    package: list[str]
    advice: list[Advice]
    not_comparable: list[str]
    readable: bool


class _Document(msgspec.Struct):
    answers: list[_Answer]
    complete: bool


def _is_control(one: Declared) -> bool:
    return package_name(one.ecosystem, one.name) == CONTROL_PACKAGE


def _reserved(one: Declared) -> Gap:
    return Gap(
        scanner=Osv.name,
        kind=GapKind.NOT_ASSESSED,
        subject=declared(one),
        detail="it has the name of the positive control",
        line=one.line,
    )


def _controls(pins: tuple[Pin, ...], index: Index) -> Iterator[Control]:
    """Our own record, and a real one, for each ecosystem that is asked about."""
    for ecosystem in sorted({pin.ecosystem for pin in pins}):
        yield Control(ecosystem=ecosystem, name=CONTROL_PACKAGE, version=CONTROL_VERSION, expected=CONTROL_ID)
        package, version, expected = index.states[ecosystem].probe
        if expected:
            yield Control(ecosystem=ecosystem, name=package, version=version, expected=expected)


def _unreadable(pin: Pin) -> Gap:
    return Gap(
        scanner=Osv.name,
        kind=GapKind.NOT_ASSESSED,
        subject=pin.key,
        detail=f"its version is none that the rules of its ecosystem know ({order_of(pin.ecosystem).name})",
        remedy="depend on a released version, or check it by hand",
        line=pin.places[0].line,
    )


def _not_comparable(pin: Pin, answer: _Answer) -> Notice:
    ids = ", ".join(answer.not_comparable[:5])
    return Notice(
        topic="advisories",
        subject=pin.key[:200],
        text=f"{ids}: about this package, and names no version that can be compared (git commits at most); look at it",
    )


def _findings(pin: Pin, advice: list[Advice]) -> Iterator[Finding]:
    """One finding per alias group and declaration."""
    by_id = {one.id: one for one in advice}
    for group in alias_groups({one.id: one.ids for one in advice}):
        members = tuple(by_id[name] for name in group)
        yield from findings_of(
            Vulnerable(
                pin=pin,
                identifiers=tuple(sorted({name for one in members for name in one.ids})),
                advice=members,
                message=next((one.message for one in members if one.message), ""),
                fixed=(),
                sources=tuple(source_of(Osv.name, one) for one in members),
            )
        )


SCANNER = Osv()
