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
from collections.abc import Iterable

import msgspec

from secscan.advisories.aliases import alias_groups
from secscan.advisories.cvss import base_score, severity_of
from secscan.advisories.index import CONTROL_ID, CONTROL_PACKAGE, CONTROL_VERSION, Index, Match
from secscan.advisories.match import PYPI, fixed_versions, normal_name, parse_version, sort_versions
from secscan.advisories.service import serve
from secscan.errors import AdvisoryError
from secscan.findings.levels import Confidence, GapKind, Kind, Severity
from secscan.findings.model import Cvss, Finding, Gap, Location, Package, Region, Source
from secscan.inventory.contract import Declared, Inventory
from secscan.inventory.discover import take_inventory
from secscan.process import Ended, run
from secscan.scanners.contract import MalformedOutput, Needs, Plan, Report, Scanner, ScannerError, Setup, refuse_trouble
from secscan.scanners.toolkit import program_version, strict_json, typed

_INDEX_REMEDY = "fill the advisory index: secscan advisories import FILE"
_LEVELS = {
    "CRITICAL": Severity.CRITICAL,
    "HIGH": Severity.HIGH,
    "MODERATE": Severity.MEDIUM,
    "MEDIUM": Severity.MEDIUM,
    "LOW": Severity.LOW,
}
"""Words for severity in `database_specific`, as GitHub's advisories have them."""

_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")
_LONGEST_VERSION = 200
_WORST_FIRST = [Severity.CRITICAL, Severity.HIGH, Severity.MEDIUM, Severity.LOW, Severity.INFO, Severity.UNKNOWN]


class Advice(msgspec.Struct, frozen=True, kw_only=True):
    """What the index knows of one advisory for one package, beyond what pip-audit carries."""

    id: str
    aliases: tuple[str, ...]
    title: str
    severity: Severity
    cvss: tuple[Cvss, ...] = ()
    fixed: tuple[str, ...] = ()
    published: str = ""
    references: tuple[str, ...] = ()


class Pin(msgspec.Struct, frozen=True, kw_only=True):
    """One package at one version, and every manifest that declares it."""

    name: str
    version: str
    places: tuple[tuple[str, int], ...]
    """Path text and line of each declaration."""
    advice: tuple[Advice, ...] = ()
    """Every advisory of the index that affects it: pip-audit must not say less."""

    @property
    def key(self) -> str:
        """How the plan counts it."""
        return f"{PYPI}:{normal_name(self.name)}@{self.version}"


class PinList(msgspec.Struct, frozen=True, kw_only=True):
    """A piece of work: pins in which no package name occurs twice, since pip-audit refuses that."""

    pins: tuple[Pin, ...]


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
        inventory = take_inventory([file.path for file in target.files], target.read)
        gaps = [msgspec.structs.replace(gap, scanner=self.name) for gap in inventory.gaps]
        gaps += [_not_plain(one) for one in inventory.packages if one.ecosystem == PYPI and not _is_plain(one)]
        if setup.advisories is None:
            return Plan(gaps=(*gaps, *_no_index(inventory)))
        try:
            with Index(setup.advisories) as index:
                plain = [one for one in inventory.packages if _is_plain(one)]
                pins = [_with_advice(pin, index) for pin in _pins(plain) if index.knows(PYPI, pin.name)]
                gaps += _unknown(plain, index)
        except AdvisoryError as error:
            raise ScannerError(error.message, hint=error.hint) from error
        return Plan(pieces=_pieces(pins), selected=frozenset(pin.key for pin in pins), gaps=tuple(gaps))

    def run(self, piece: PinList, setup: Setup) -> Ended:
        """Run pip-audit on a flat list of pins, with the positive control as one more."""
        if setup.advisories is None:
            raise ScannerError("there is no advisory index", hint=_INDEX_REMEDY)
        lines = [f"{CONTROL_PACKAGE}=={CONTROL_VERSION}", *(f"{pin.name}=={pin.version}" for pin in piece.pins)]
        with serve(setup.advisories) as url:
            return run(
                [
                    *(str(setup.programs["pip-audit"]), "--format", "json", "--progress-spinner", "off"),
                    *("--no-deps", "--disable-pip", "--vulnerability-service", "osv", "--osv-url", f"{url}/v1/query"),
                    *("--cache-dir", "cache", "--timeout", "30", "--requirement", "requirements.txt"),
                ],
                limits=setup.limits,
                files={"requirements.txt": "".join(f"{line}\n" for line in lines).encode()},
            )

    def parse(self, ended: Ended, piece: PinList) -> Report:
        """See `Scanner.parse`."""
        refuse_trouble(ended, exit_codes=(0, 1))
        answer: _Answer = typed(strict_json(ended.stdout, tool="pip-audit"), _Answer, tool="pip-audit")
        if (ended.exit_code == 1) != any(one.vulns for one in answer.dependencies):
            raise MalformedOutput(f"exit code {ended.exit_code} does not fit what it reports")
        answers = {normal_name(one.name): one for one in answer.dependencies}
        control = answers.pop(CONTROL_PACKAGE, None)
        findings: list[Finding] = []
        gaps: list[Gap] = []
        for pin in piece.pins:
            found = answers.get(normal_name(pin.name))
            trouble = _trouble(pin, found)
            if trouble:
                gaps.append(_gap(GapKind.NOT_ASSESSED, pin.key, trouble))
            if found is not None:
                findings += _findings(pin, found)
        return Report(
            findings=tuple(findings),
            gaps=tuple(gaps),
            looked_at=frozenset(pin.key for pin in piece.pins) - {gap.subject for gap in gaps},
            control=control is not None and CONTROL_ID in {vuln.id for vuln in control.vulns},
        )

    def version(self, setup: Setup) -> str:
        """See `Scanner.version`."""
        return program_version(setup.programs["pip-audit"], "pip-audit")

    def rules_digest(self, setup: Setup) -> str:
        """Digest of the advisory index."""
        if setup.advisories is None:
            return ""
        with Index(setup.advisories) as index:
            return index.digest


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


def _pins(packages: Iterable[Declared]) -> list[Pin]:
    places: dict[tuple[str, str], dict[tuple[str, int], str]] = defaultdict(dict)
    for one in packages:
        if one.ecosystem == PYPI:
            places[normal_name(one.name), one.version][one.path, one.line] = one.name
    return [
        Pin(name=name, version=version, places=tuple(sorted(where)))
        for (name, version), where in sorted(places.items())
    ]


def _is_plain(one: Declared) -> bool:
    """Whether name and version are such as one line for pip-audit can hold.

    Lock files are hostile text: what else a line may say is an option, a path, or a second line. And a single
    version that PEP 440 does not know ends pip-audit for all.
    """
    named = _NAME.fullmatch(one.name) and normal_name(one.name) != CONTROL_PACKAGE
    whole = len(one.version) <= _LONGEST_VERSION and not re.search(r"\s", one.version)
    return bool(named) and whole and parse_version(one.version) is not None


def _not_plain(one: Declared) -> Gap:
    subject = f"{one.name[:100]}=={one.version[:100]} in {one.path}"
    why = "its name or version is none that the Python packaging standards allow"
    return _gap(GapKind.NOT_ASSESSED, subject, why, "depend on a released version, or check it by hand", one.line)


def _pieces(pins: list[Pin]) -> tuple[PinList, ...]:
    """The first version of each name in one piece, the second in another, and so on."""
    layers: list[list[Pin]] = []
    depth: dict[str, int] = defaultdict(int)
    for pin in pins:
        name = normal_name(pin.name)
        if depth[name] == len(layers):
            layers.append([])
        layers[depth[name]].append(pin)
        depth[name] += 1
    return tuple(PinList(pins=tuple(layer)) for layer in layers)


def _with_advice(pin: Pin, index: Index) -> Pin:
    advice = tuple(_advice(match, pin.version) for match in index.affecting(pin.name, pin.version))
    return msgspec.structs.replace(pin, advice=advice)


def _advice(match: Match, version: str) -> Advice:
    record = match.record
    scores = tuple(
        Cvss(vector=one.score, score=base_score(one.score), source=record.id)
        for one in (*record.severity, *match.affected.severity)
    )
    levels = [severity_of(one.score) for one in scores if one.score is not None]
    word = str((record.database_specific or {}).get("severity", "")).upper()
    levels += [_LEVELS[word]] if word in _LEVELS else []
    return Advice(
        id=record.id,
        aliases=record.aliases,
        title=record.title,
        severity=_worst(levels),
        cvss=scores,
        fixed=fixed_versions(match.affected, version),
        published=record.published[:10],
        references=tuple(dict.fromkeys(one.url for one in record.references if one.url))[:10],
    )


def _worst(levels: list[Severity]) -> Severity:
    return min(levels, key=_WORST_FIRST.index, default=Severity.UNKNOWN)


def _no_index(inventory: Inventory) -> list[Gap]:
    return [
        _gap(
            GapKind.NO_INDEX,
            f"{one.name}=={one.version} in {one.path}",
            "there is no advisory index to ask",
            _INDEX_REMEDY,
            one.line,
        )
        for one in inventory.packages
        if one.ecosystem == PYPI
    ]


def _unknown(packages: Iterable[Declared], index: Index) -> list[Gap]:
    gaps = []
    for one in packages:
        if one.ecosystem != PYPI or index.knows(PYPI, one.name):
            continue
        subject = f"{one.name}=={one.version} in {one.path}"
        if PYPI in index.ecosystems:
            why = "the advisory index names the packages it knows, and this is not one of them"
            gaps.append(_gap(GapKind.UNKNOWN_PACKAGE, subject, why, _INDEX_REMEDY, one.line))
        else:
            why = "the advisory index holds nothing of PyPI"
            gaps.append(_gap(GapKind.NO_ADVISORIES, subject, why, _INDEX_REMEDY, one.line))
    return gaps


def _gap(kind: GapKind, subject: str, detail: str, remedy: str = "", line: int = 0) -> Gap:
    return Gap(scanner="pip-audit", kind=kind, subject=subject, detail=detail, remedy=remedy, line=line)


def _trouble(pin: Pin, found: _Dependency | None) -> str:
    """Why the answer on a package does not count in full; empty where it does."""
    if found is None:
        return "pip-audit said nothing of it"
    if found.skip_reason:
        return f"pip-audit skipped it: {found.skip_reason}"
    judged = parse_version(found.version)
    if judged is None or judged != parse_version(pin.version):
        return f"pip-audit judged version {found.version}"
    reported = {name for vuln in found.vulns for name in (vuln.id, *vuln.aliases)}
    missed = [one.id for one in pin.advice if reported.isdisjoint({one.id, *one.aliases})]
    return f"the index knows {', '.join(missed[:3])} for it, and pip-audit did not report that" if missed else ""


def _findings(pin: Pin, found: _Dependency) -> list[Finding]:
    """One finding per alias group and declaration."""
    advice = {one.id: one for one in pin.advice}
    vulns = {vuln.id: vuln for vuln in found.vulns}
    findings = []
    for group in alias_groups({vuln.id: (vuln.id, *vuln.aliases) for vuln in found.vulns}):
        members = [vulns[name] for name in group]
        known = [advice[name] for name in group if name in advice]
        for path, line in pin.places:
            findings.append(_finding(pin, members, known, path, line))
    return findings


def _finding(pin: Pin, members: list[_Vuln], known: list[Advice], path: str, line: int) -> Finding:
    identifiers = tuple(sorted({name for vuln in members for name in (vuln.id, *vuln.aliases)}))
    fixed = sort_versions(
        [version for vuln in members for version in vuln.fix_versions]
        + [version for one in known for version in one.fixed]
    )
    severity = _worst([one.severity for one in known])
    title = next((one.title for one in known if one.title), "") or members[0].id
    upgrade = f"Upgrade {pin.name} to {fixed[0]} or newer." if fixed else f"No fixed version of {pin.name} is known."
    malicious = any(name.startswith("MAL-") for name in identifiers)
    return Finding(
        kind=Kind.DEPENDENCY,
        defect="malicious-package" if malicious else "vulnerable-dependency",
        title=f"{pin.name} {pin.version}: {title}",
        message=members[0].description.strip()[:2000] or title,
        severity=Severity.CRITICAL if malicious else severity,
        confidence=Confidence.HIGH,
        location=Location(path=path, region=Region(start_line=line) if line else None),
        package=Package(
            purl=f"pkg:pypi/{normal_name(pin.name)}@{pin.version}",
            name=normal_name(pin.name),
            version=pin.version,
            ecosystem=PYPI,
            fixed_versions=fixed,
        ),
        identifiers=identifiers,
        cvss=tuple(dict.fromkeys(score for one in known for score in one.cvss)),
        published=min((one.published for one in known if one.published), default=""),
        remediation=upgrade,
        references=tuple(dict.fromkeys(url for one in known for url in one.references)),
        sources=tuple(
            Source(
                scanner="pip-audit",
                rule=vuln.id,
                severity=next((one.severity for one in known if one.id == vuln.id), Severity.UNKNOWN),
                confidence=Confidence.HIGH,
                message=vuln.description.strip()[:500],
            )
            for vuln in sorted(members, key=lambda one: one.id)
        ),
    )


SCANNER = PipAudit()
"""What the registry finds."""
