"""pip-audit: declared PyPI packages against the advisory index.

pip-audit never resolves or builds here (`--no-deps --disable-pip`): otherwise it executes the scanned project's code
and expands environment variables into requests. It gets our own flat list of pins, and asks an OSV service of ours
on loopback.

Traps, each with a test against the real tool: exit code 1 also for its own crash; six kinds of wrong answer of the
service end as "no known vulnerabilities"; packages it could not ask about are only marked `skip_reason`. So the control
package must come back vulnerable, and every package that was asked about must come back.
"""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path

import msgspec

from secscan.advisories.advice import advise
from secscan.advisories.aliases import alias_groups
from secscan.advisories.control import CONTROL_ID, CONTROL_PACKAGE, CONTROL_VERSION
from secscan.advisories.index import Index
from secscan.advisories.names import PYPI, normal_name
from secscan.errors import AdvisoryError
from secscan.findings.levels import Confidence, GapKind, Kind, Severity
from secscan.findings.model import Finding, Gap, Notice, Source
from secscan.inventory.contract import Declared
from secscan.inventory.discover import take_inventory
from secscan.inventory.known import may_hold_python
from secscan.process import Ended, run
from secscan.scanners.contract import MalformedOutput, Needs, Plan, Report, Scanner, ScannerError, Setup, refuse_trouble
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
)
from secscan.scanners.toolkit import program_version, strict_json, typed
from secscan.versions.order import PEP440

_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")
_LONGEST_VERSION = 200
_KNOWN_FOR_YEARS = (("pycrypto", "2.6.1"), ("feedparser", "5.1.1"), ("django-piston", "0.2.2"))


class PinList(msgspec.Struct, frozen=True, kw_only=True):
    """A piece of work: pins in which no package name occurs twice, since pip-audit refuses that."""

    pins: tuple[Pin, ...]
    online: str | None = None
    """See `scanners.contract.Setup`."""

    @property
    def control(self) -> tuple[str, str]:
        """Name and version of a package that must come back vulnerable: ours, or, of a public service, one that has
        been known for years and is not among the pins."""
        if self.online is None:
            return (CONTROL_PACKAGE, CONTROL_VERSION)
        names = {normal_name(pin.name) for pin in self.pins}
        return next(one for one in _KNOWN_FOR_YEARS if one[0] not in names)


class PipAudit(Scanner[PinList]):
    """See the module's description."""

    name = "pip-audit"
    title = "Declared PyPI packages: known vulnerabilities"
    kinds = (Kind.DEPENDENCY,)
    needs = Needs(programs=("pip-audit",), advisories=True)
    install_hint = "pip install pip-audit"
    piece_type = PinList

    def plan(self, setup: Setup) -> Plan[PinList]:
        """Take the inventory; every package that cannot be assessed is a gap."""
        target = setup.target
        inventory = take_inventory([file.path for file in target.files], target.read, wanted=may_hold_python)
        gaps = [msgspec.structs.replace(gap, scanner=self.name) for gap in inventory.gaps]
        packages = [one for one in inventory.packages if one.ecosystem == PYPI]
        gaps += [_not_plain(one) for one in packages if not _is_plain(one)]
        plain = [one for one in packages if _is_plain(one)]
        if setup.advisories is None and setup.online is None:
            return Plan(gaps=(*gaps, *no_index(self.name, packages)))
        if setup.advisories is None:
            pins = pins_of(plain)
        else:
            pins, unknown = self._advised(plain, setup.advisories, everything=setup.online is not None)
            gaps += unknown
        return Plan(pieces=_pieces(pins, setup.online), selected=frozenset(pin.key for pin in pins), gaps=tuple(gaps))

    def _advised(self, plain: list[Declared], path: Path, *, everything: bool) -> tuple[list[Pin], list[Gap]]:
        """The pins with what the index says of them; without `everything` only those that it can speak of."""
        try:
            with Index(path) as index:
                asked = [one for one in plain if everything or index.knows(PYPI, one.name)]
                pins = [
                    msgspec.structs.replace(pin, advice=advise(index, PYPI, pin.name, pin.version))
                    if index.knows(PYPI, pin.name)
                    else pin
                    for pin in pins_of(asked)
                ]
                return pins, [] if everything else list(not_known(self.name, plain, index))
        except AdvisoryError as error:
            raise ScannerError(error.message, hint=error.hint) from error

    def run(self, piece: PinList, setup: Setup) -> Ended:
        """Run pip-audit on a flat list of pins, with the positive control as one more."""
        from secscan.advisories.service import serve  # an HTTP server, which most scans have no need of

        if piece.online is not None:
            return _audit(piece, setup, ("--osv-url", f"{piece.online}/v1/query") if piece.online else ())
        if setup.advisories is None:
            raise ScannerError("there is no advisory index", hint=INDEX_REMEDY)
        with serve(setup.advisories) as url:
            return _audit(piece, setup, ("--osv-url", f"{url}/v1/query"))

    def parse(self, ended: Ended, piece: PinList) -> Report:
        """See `Scanner.parse`."""
        refuse_trouble(ended, exit_codes=(0, 1))
        answer: _Answer = typed(strict_json(ended.stdout, tool="pip-audit"), _Answer, tool="pip-audit")
        if (ended.exit_code == 1) != any(one.vulns for one in answer.dependencies):
            raise MalformedOutput(f"exit code {ended.exit_code} does not fit what it reports")
        answers = {normal_name(one.name): one for one in answer.dependencies}
        control = answers.pop(piece.control[0], None)
        findings: list[Finding] = []
        gaps: list[Gap] = []
        notices: list[Notice] = []
        for pin in piece.pins:
            found = answers.get(normal_name(pin.name))
            trouble = _trouble(pin, found)
            if trouble:
                gaps.append(Gap(scanner=self.name, kind=GapKind.NOT_ASSESSED, subject=pin.key, detail=trouble))
            if found is not None:
                findings += _findings(pin, found)
                alone = _only_pip_audit(pin, found)
                notices += [alone] if alone else []
        return Report(
            findings=tuple(findings),
            gaps=tuple(gaps),
            notices=tuple(notices),
            looked_at=frozenset(pin.key for pin in piece.pins) - {gap.subject for gap in gaps},
            control=control is not None and _is_proof(control, online=piece.online is not None),
        )

    def version(self, setup: Setup) -> str:
        """See `Scanner.version`."""
        return program_version(setup.programs["pip-audit"], "pip-audit")

    def rules_digest(self, setup: Setup) -> str:
        """Digest of the advisory index."""
        return index_digest(setup)


def _audit(piece: PinList, setup: Setup, service: tuple[str, ...]) -> Ended:
    pins = [piece.control, *((pin.name, pin.version) for pin in piece.pins)]
    return run(
        [
            *(str(setup.programs["pip-audit"]), "--format", "json", "--progress-spinner", "off"),
            *("--no-deps", "--disable-pip", "--vulnerability-service", "osv", *service),
            *("--cache-dir", "cache", "--timeout", "30", "--requirement", "requirements.txt"),
        ],
        limits=setup.limits,
        files={"requirements.txt": "".join(f"{name}=={version}\n" for name, version in pins).encode()},
    )


def _is_proof(control: _Dependency, *, online: bool) -> bool:
    ids = {vuln.id for vuln in control.vulns}
    return bool(ids) if online else CONTROL_ID in ids


class _Vuln(msgspec.Struct):
    id: str
    fix_versions: list[str]
    aliases: list[str]
    description: str = ""


class _Dependency(msgspec.Struct):
    name: str
    version: str = ""
    skip_reason: str = ""
    vulns: list[_Vuln] = msgspec.field(default_factory=list)


class _Answer(msgspec.Struct):
    dependencies: list[_Dependency]


def _is_plain(one: Declared) -> bool:
    """Whether name and version are such as one line for pip-audit can hold.

    Lock files are hostile text: what else a line may say is an option, a path, or a second line. And a single
    version that PEP 440 does not know ends pip-audit for all.
    """
    named = _NAME.fullmatch(one.name) and normal_name(one.name) != CONTROL_PACKAGE
    whole = len(one.version) <= _LONGEST_VERSION and not re.search(r"\s", one.version)
    return bool(named) and whole and PEP440.key(one.version) is not None


def _not_plain(one: Declared) -> Gap:
    return Gap(
        scanner=PipAudit.name,
        kind=GapKind.NOT_ASSESSED,
        subject=declared(one),
        detail="its name or version is none that the Python packaging standards allow",
        remedy="depend on a released version, or check it by hand",
        line=one.line,
    )


def _pieces(pins: list[Pin], online: str | None) -> tuple[PinList, ...]:
    """The first version of each name in one piece, the second in another, and so on."""
    layers: list[list[Pin]] = []
    depth: dict[str, int] = defaultdict(int)
    for pin in pins:
        name = normal_name(pin.name)
        if depth[name] == len(layers):
            layers.append([])
        layers[depth[name]].append(pin)
        depth[name] += 1
    return tuple(PinList(pins=tuple(layer), online=online) for layer in layers)


def _trouble(pin: Pin, found: _Dependency | None) -> str:
    """Why the answer on a package does not count in full; empty where it does."""
    if found is None:
        return "pip-audit said nothing of it"
    if found.skip_reason:
        return f"pip-audit skipped it: {found.skip_reason}"
    judged = PEP440.key(found.version)
    if judged is None or judged != PEP440.key(pin.version):
        return f"pip-audit judged version {found.version}"
    reported = {name for vuln in found.vulns for name in (vuln.id, *vuln.aliases)}
    missed = [one.id for one in pin.advice or () if reported.isdisjoint({one.id, *one.aliases})]
    return f"the index knows {', '.join(missed[:3])} for it, and pip-audit did not report that" if missed else ""


def _only_pip_audit(pin: Pin, found: _Dependency) -> Notice | None:
    """What pip-audit reports and our own matcher does not: one of the two is wrong, and a person should look.

    Where the index was not asked, or does not know the package, its silence says nothing.
    """
    if pin.advice is None:
        return None
    known = {name for one in pin.advice for name in one.ids}
    alone = sorted(vuln.id for vuln in found.vulns if known.isdisjoint({vuln.id, *vuln.aliases}))
    if not alone:
        return None
    text = f"only pip-audit reports {', '.join(alone[:5])}; by the advisory index it is not affected"
    return Notice(topic="disagreement", subject=pin.key, text=text)


def _findings(pin: Pin, found: _Dependency) -> list[Finding]:
    """One finding per alias group and declaration."""
    advice = {one.id: one for one in pin.advice or ()}
    vulns = {vuln.id: vuln for vuln in found.vulns}
    findings = []
    for group in alias_groups({vuln.id: (vuln.id, *vuln.aliases) for vuln in found.vulns}):
        members = [vulns[name] for name in group]
        findings += findings_of(
            Vulnerable(
                pin=pin,
                identifiers=tuple(sorted({name for vuln in members for name in (vuln.id, *vuln.aliases)})),
                advice=tuple(advice[name] for name in group if name in advice),
                message=members[0].description.strip()[:2000],
                fixed=tuple(version for vuln in members for version in vuln.fix_versions),
                sources=tuple(
                    Source(
                        scanner=PipAudit.name,
                        rule=vuln.id,
                        severity=advice[vuln.id].severity if vuln.id in advice else Severity.UNKNOWN,
                        confidence=Confidence.HIGH,
                        message=vuln.description.strip()[:500],
                    )
                    for vuln in members
                ),
            )
        )
    return findings


SCANNER = PipAudit()
"""What the registry finds."""
