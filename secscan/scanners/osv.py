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
from secscan.advisories.aliases import by_vulnerability
from secscan.advisories.control import CONTROL_ID, CONTROL_PACKAGE, CONTROL_VERSION
from secscan.advisories.index import Index
from secscan.advisories.names import package_name
from secscan.errors import AdvisoryError
from secscan.findings.levels import GapKind, Kind
from secscan.findings.model import Finding, Gap, Layer, Notice
from secscan.inventory.contract import Declared
from secscan.inventory.subjects import subject_of
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
    inventory_of,
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
    layers: tuple[Layer, ...] = ()
    """Of the image that the packages are in."""
    updates: tuple[str, ...] = ()
    """Ecosystems of which the index knows only what there is an update for."""

    def asked(self) -> list[list[str]]:
        """Ecosystem, name and version of everything that is asked for, the controls last."""
        pins = [[one.ecosystem, name, version] for one in self.pins for name, version in one.asked]
        return [*pins, *([one.ecosystem, one.name, one.version] for one in self.controls)]


class Osv(Scanner[PackageList]):
    """See the module's description."""

    name = "osv"
    title = "Declared packages of every ecosystem: known vulnerabilities"
    reads_images = True
    kinds = (Kind.DEPENDENCY,)
    needs = Needs(advisories=True)
    piece_type = PackageList

    def plan(self, setup: Setup) -> Plan[PackageList]:
        """Take the inventory; every package that cannot be assessed is a gap."""
        inventory = inventory_of(setup)
        gaps = [msgspec.structs.replace(gap, scanner=self.name) for gap in inventory.gaps]
        gaps += [_reserved(one) for one in inventory.packages if _is_control(one)]
        packages = [one for one in inventory.packages if not _is_control(one)]
        if setup.advisories is None:
            return Plan(gaps=(*gaps, *no_index(self.name, packages)))
        try:
            with Index(setup.advisories) as index:
                pins = pins_of(one for one in packages if _is_known(one, index))
                gaps += not_known(self.name, packages, index)
                layers = setup.image.reading.layers if setup.image else ()
                pieces = tuple(
                    PackageList(
                        pins=part,
                        controls=tuple(_controls(part, index)),
                        layers=layers,
                        updates=tuple(_only_updates(part, index)),
                    )
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
        count = len(document.answers) - len(piece.controls)
        controls = document.answers[count:]
        answers = iter(document.answers[:count])
        found = [(pin, _joined([next(answers) for _ in pin.asked])) for pin in piece.pins]
        gaps = [_unreadable(pin) for pin, answer in found if not answer.readable]
        return Report(
            findings=tuple(finding for pin, answer in found for finding in _findings(pin, answer.advice, piece.layers)),
            gaps=tuple(gaps),
            notices=(
                *(_not_comparable(pin, answer) for pin, answer in found if answer.not_comparable),
                *map(_knows_updates, piece.updates),
            ),
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


def _joined(answers: list[_Answer]) -> _Answer:
    """What is known of a package under all names that it was asked for by, each advisory once."""
    advice = {one.id: one for answer in reversed(answers) for one in answer.advice}
    return _Answer(
        package=answers[0].package,
        advice=[advice[name] for name in sorted(advice)],
        not_comparable=sorted({name for answer in answers for name in answer.not_comparable}),
        readable=all(answer.readable for answer in answers),
    )


class _Document(msgspec.Struct):
    answers: list[_Answer]
    complete: bool


def _is_known(one: Declared, index: Index) -> bool:
    about = subject_of(one)
    return index.knows(about.ecosystem, about.name)


def _is_control(one: Declared) -> bool:
    names = (one.name, *(name for name, _ in subject_of(one).asked))
    return any(package_name(one.ecosystem, name) == CONTROL_PACKAGE for name in names)


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
        probes = (state.probe for state in index.parts_of(ecosystem))
        package, version, expected = next((one for one in probes if one[2]), ("", "", ""))
        if expected:
            yield Control(ecosystem=ecosystem, name=package, version=version, expected=expected)


def _only_updates(pins: tuple[Pin, ...], index: Index) -> Iterator[str]:
    for ecosystem in sorted({pin.ecosystem for pin in pins}):
        if all(state.updates for state in index.parts_of(ecosystem)):
            yield ecosystem


def _knows_updates(ecosystem: str) -> Notice:
    return Notice(
        topic="advisories",
        subject=ecosystem,
        text="the advisory index knows only what there is a security update for: a vulnerability that is not fixed yet "
        f"is not seen; for those, add OSV's advisories: secscan advisories update {ecosystem}",
    )


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


def _findings(pin: Pin, advice: list[Advice], layers: tuple[Layer, ...]) -> Iterator[Finding]:
    """One finding per vulnerability and declaration."""
    for names, members in by_vulnerability({one.id: one for one in advice}):
        yield from findings_of(
            Vulnerable(
                pin=pin,
                identifiers=names,
                advice=members,
                message=next((one.message for one in members if one.message), ""),
                fixed=(),
                sources=tuple(source_of(Osv.name, one) for one in members),
                layers=layers,
            )
        )


SCANNER = Osv()
