"""A policy's own tests, as they stand in its file: findings in short form, and what should become of them.

They are read by the loader that the gate uses, so a case that no scan could ever be is refused there; `gate.trial`
runs them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from secscan.findings.defects import defect
from secscan.findings.levels import (
    Action,
    Cause,
    Confidence,
    GapKind,
    Kind,
    RunStatus,
    SecretState,
    Severity,
    Verdict,
    WaiverState,
)
from secscan.findings.model import Cvss, Finding, Gap, Introduced, Layer, Location, Marker, Package, Region, Source
from secscan.findings.scan import timestamp
from secscan.policy.facts import Facts
from secscan.policy.model import ImageLayer, Waiver
from secscan.policy.waivers import read_list
from secscan.policy.words import day, one_class, unique_texts, word
from secscan.yamlfile import Fields, Node

USUAL_DAY = "2026-01-01"
"""When a case is judged that does not say."""


@dataclass(frozen=True)
class Subject:
    """A finding of a case, with what the baseline knows of it."""

    finding: Finding
    new: bool | None = None
    cause: Cause | None = None
    first_seen: datetime | None = None

    def facts(self, at: datetime) -> Facts:
        """What is known of it at the time of judgement."""
        return Facts(at=at, new=self.new, cause=self.cause, first_seen=self.first_seen)


@dataclass(frozen=True)
class Expected:
    """What a case expects; None and empty: not said."""

    action: Action | None = None
    rule: str = ""
    due: str = ""
    """Day from which a finding that is warned of will block."""
    waiver: str = ""
    """The waiver that accepts the finding."""
    waivers: Mapping[str, WaiverState] = field(default_factory=dict)
    """What becomes of waivers, by their ids."""
    verdict: Verdict | None = None
    stops: bool | None = None
    """Whether the build stops: the verdict is not `passed`, and the policy does more than log."""


@dataclass(frozen=True)
class Case:
    """One test of a policy."""

    name: str
    expected: Expected
    node: Node
    subjects: tuple[Subject, ...] = ()
    gaps: tuple[Gap, ...] = ()
    runs: Mapping[str, RunStatus | None] = field(default_factory=dict)
    """How scanners ended that did not just complete; None: not part of the scan."""
    advisories: Mapping[str, str] = field(default_factory=dict)
    """Ecosystem -> time up to which its advisories know; empty for "nobody knows"."""
    waivers: tuple[Waiver, ...] = ()
    environment: str = ""
    at: datetime = datetime(2026, 1, 1, 12, tzinfo=UTC)


def read_cases(node: Node) -> tuple[Case, ...]:
    """Read the `tests` of a policy. Raises `PolicyError`."""
    cases: dict[str, Case] = {}
    for one in node.items():
        case = _case(one)
        if case.name in cases:
            raise one.fail(f"the test {case.name!r} is there already", hint="give each test its own name")
        cases[case.name] = case
    return tuple(cases.values())


CASE_FIELDS = (
    "name",
    "finding",
    "findings",
    "gaps",
    "scanners",
    "advisories",
    "waivers",
    "environment",
    "at",
    "expect",
)


def _case(node: Node) -> Case:
    fields = Fields(node, known=CASE_FIELDS)
    one, many = fields.optional("finding"), fields.optional("findings")
    if one and many:
        raise many.fail("`finding` and `findings` at once", hint="put all of them into `findings`")
    nodes = [one] if one else many.items() if many else []
    gaps, waivers, runs = fields.optional("gaps"), fields.optional("waivers"), fields.optional("scanners")
    ages = fields.optional("advisories")
    at, environment = fields.optional("at"), fields.optional("environment")
    return Case(
        name=fields.required("name").text(),
        node=node,
        subjects=tuple(read_subject(subject, index) for index, subject in enumerate(nodes)),
        gaps=tuple(one for gap in gaps.items() for one in _gaps(gap)) if gaps else (),
        runs={name: _ended(run) for name, run in runs.mapping().items()} if runs else {},
        advisories={name: _as_of(one) for name, one in ages.mapping().items()} if ages else {},
        waivers=read_list(waivers) if waivers else (),
        environment=environment.text() if environment else "",
        at=moment(at) if at else _noon(USUAL_DAY),
        expected=_expected(fields.required("expect"), len(nodes)),
    )


def _expected(node: Node, findings: int) -> Expected:
    fields = Fields(node, known=EXPECTED_FIELDS)
    given = {name: one for name in EXPECTED_FIELDS if (one := fields.optional(name)) is not None}
    if not given:
        raise node.fail("a test that expects nothing", hint="say at least `action`, `rule` or `verdict`")
    for name in ("action", "rule", "due", "waiver"):
        if name in given and not findings:
            raise given[name].fail("there is no finding that this could be about", hint="add `finding`")
    return Expected(**{name: EXPECTED_FIELDS[name](one) for name, one in given.items()})


def _states(node: Node) -> dict[str, WaiverState]:
    return {name: word(one, WaiverState) for name, one in node.mapping().items()}


EXPECTED_FIELDS: dict[str, Callable[[Node], Any]] = {
    "action": lambda node: word(node, Action),
    "rule": Node.text,
    "due": day,
    "waiver": Node.text,
    "waivers": _states,
    "verdict": lambda node: word(node, Verdict),
    "stops": Node.boolean,
}
"""What a test can expect, and how it is read."""


def _ended(node: Node) -> RunStatus | None:
    said = node.one_of(["completed", "failed", "missing"])
    return None if said == "missing" else RunStatus(said)


GAP_FIELDS = ("kind", "scanner", "subject", "count")


def _gaps(node: Node) -> Iterator[Gap]:
    """A gap, or as many as `count` says, each about a file of its own."""
    fields = Fields(node, known=GAP_FIELDS)
    scanner, subject, count = fields.optional("scanner"), fields.optional("subject"), fields.optional("count")
    kind = word(fields.required("kind"), GapKind)
    folder, slash, name = (subject.text() if subject else "src/app.py").rpartition("/")
    for at in range(count.integer(least=1, most=1_000) if count else 1):
        inner = f"{at}/" if at else ""
        yield Gap(kind=kind, scanner=scanner.text() if scanner else "bandit", subject=f"{folder}{slash}{inner}{name}")


def _as_of(node: Node) -> str:
    return "" if node.text() == "unknown" else moment(node).isoformat()


def moment(node: Node) -> datetime:
    """A day (noon of it, UTC) or an RFC 3339 time."""
    if len(node.text()) == len(USUAL_DAY):
        return _noon(day(node))
    try:
        found = datetime.fromisoformat(node.text())
    except ValueError as error:
        raise node.fail(f"{node.raw[:40]!r} is not a time", hint="write it like 2026-12-31T12:00:00Z") from error
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _noon(iso: str) -> datetime:
    first = date.fromisoformat(iso)
    return datetime(first.year, first.month, first.day, 12, tzinfo=UTC)


_Reader = Callable[[Node], Any]
_PACKAGE: dict[str, _Reader] = {
    "package": Node.text,
    "version": Node.text,
    "ecosystem": Node.text,
    "fixed_versions": lambda node: tuple(one.text() for one in node.items()),
    "direct": Node.boolean,
    "licence": Node.text,
}
_PLAIN: dict[str, _Reader] = {
    "kind": lambda node: word(node, Kind),
    "class": one_class,
    "severity": lambda node: word(node, Severity),
    "confidence": lambda node: word(node, Confidence),
    "title": Node.text,
    "path": Node.text,
    "line": lambda node: node.integer(least=1),
    "symbol": Node.text,
    "scanner": lambda node: unique_texts(node) if isinstance(node.value, list) else (node.text(),),
    "rule": Node.text,
    "identifiers": unique_texts,
    "epss": lambda node: node.number(most=1),
    "cvss": lambda node: node.number(most=10),
    "known_exploited": Node.boolean,
    "published": day,
    "marker": Node.text,
    "marker_reason": Node.text,
    "secret_state": lambda node: word(node, SecretState),
    "image_layer": lambda node: word(node, ImageLayer),
    "in_head": Node.boolean,
    "introduced": moment,
    "fingerprint": Node.text,
    "new": Node.boolean,
    "cause": lambda node: word(node, Cause),
    "first_seen": moment,
}
FINDING_FIELDS = (*_PLAIN, *_PACKAGE)
"""What can be said of a finding in short form."""


def read_subject(node: Node, index: int = 0) -> Subject:
    """Read a finding in short form; what is not said is what is usual for its kind."""
    fields = Fields(node, known=FINDING_FIELDS)
    given = {name: read(one) for name, read in {**_PLAIN, **_PACKAGE}.items() if (one := fields.optional(name))}
    about_package = any(name in given for name in _PACKAGE)
    kind = given.get("kind", Kind.DEPENDENCY if about_package else Kind.SAST)
    name = given.get("class", _USUAL_CLASS[kind])
    finding = Finding(
        kind=kind,
        defect=name,
        title=given.get("title", defect(name).title),
        message="",
        severity=given.get("severity", Severity.HIGH),
        confidence=given.get("confidence", Confidence.HIGH),
        location=Location(
            path=given.get("path", "requirements.txt" if about_package else "src/app.py"),
            region=Region(start_line=given["line"]) if "line" in given else None,
            symbol=given.get("symbol", ""),
        ),
        sources=tuple(
            Source(scanner=one, rule=given.get("rule", "rule")) for one in given.get("scanner", (_USUAL_SCANNER[kind],))
        ),
        package=_package(given) if about_package else None,
        identifiers=tuple(sorted(given.get("identifiers", ()))),
        cvss=(Cvss(vector="", score=given["cvss"]),) if "cvss" in given else (),
        epss=given.get("epss"),
        known_exploited=given.get("known_exploited"),
        published=given.get("published", ""),
        markers=_marker(given),
        layer=_layer(given),
        secret_state=given.get("secret_state"),
        introduced=_introduced(given),
        fingerprint=given.get("fingerprint", f"case{index:08d}"),
    )
    cause = given.get("cause")
    return Subject(finding, given.get("new", True if cause else None), cause, given.get("first_seen"))


_USUAL_CLASS = {
    Kind.SAST: "sql-injection",
    Kind.DEPENDENCY: "vulnerable-dependency",
    Kind.CONTAINER: "vulnerable-dependency",
    Kind.SECRET: "hardcoded-credential",
    Kind.MISCONFIGURATION: "debug-enabled",
    Kind.DAST: "xss",
    Kind.LICENCE: "licence-violation",
}
_USUAL_SCANNER = {
    **dict.fromkeys(Kind, "semgrep"),
    Kind.DEPENDENCY: "pip-audit",
}


def _package(given: Mapping[str, Any]) -> Package:
    name, version = given.get("package", "example"), given.get("version", "1.0")
    ecosystem = given.get("ecosystem", "PyPI")
    return Package(
        purl=f"pkg:{ecosystem.partition(':')[0].lower()}/{name}@{version}",
        name=name,
        version=version,
        ecosystem=ecosystem,
        fixed_versions=given.get("fixed_versions", ()),
        direct=given.get("direct"),
        licence=given.get("licence", ""),
    )


def _marker(given: Mapping[str, Any]) -> tuple[Marker, ...]:
    if "marker" not in given:
        return ()
    return (Marker(tool=given["marker"], text="", line=given.get("line", 1), reason=given.get("marker_reason", "")),)


def _introduced(given: Mapping[str, Any]) -> Introduced | None:
    if "introduced" not in given and "in_head" not in given:
        return None
    when = timestamp(given["introduced"]) if "introduced" in given else ""
    return Introduced(commit="", author="", date=when, in_head=given.get("in_head", True))


def _layer(given: Mapping[str, Any]) -> Layer | None:
    if "image_layer" not in given:
        return None
    return Layer(index=0, digest="", base=given["image_layer"] is ImageLayer.BASE)
