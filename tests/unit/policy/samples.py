"""Short forms of findings, rules and policies, and hypothesis strategies for them."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import UTC, datetime
from typing import Any

import msgspec
from hypothesis import strategies as st

from secscan.findings.judgement import Decision
from secscan.findings.levels import Action, Confidence, GapKind, Kind, Severity
from secscan.findings.model import Finding, Gap, Location, Marker, Package, Region, Source
from secscan.policy.decide import Decider
from secscan.policy.decide import decide_all as real_decide_all
from secscan.policy.facts import Facts
from secscan.policy.load import Reader, load_policy
from secscan.policy.model import MarkerTrust, Match, Policy, Rule, Tolerance, Undecided, with_digest

SQL = Finding(
    kind=Kind.SAST,
    defect="sql-injection",
    title="SQL injection",
    message="The query is built from the request.",
    severity=Severity.HIGH,
    confidence=Confidence.HIGH,
    location=Location(path="src/shop/db.py", region=Region(start_line=12)),
    sources=(Source(scanner="semgrep", rule="secscan.python.sql-injection"),),
    identifiers=("CWE-89",),
    remediation="Pass values as query parameters.",
    fingerprint="1sql",
)

FLASK = Finding(
    kind=Kind.DEPENDENCY,
    defect="vulnerable-dependency",
    title="flask 2.2.2: cookie of one client sent to others",
    message="A proxy may cache the session cookie.",
    severity=Severity.HIGH,
    confidence=Confidence.HIGH,
    location=Location(path="requirements.txt"),
    package=Package(
        purl="pkg:pypi/flask@2.2.2", name="Flask", version="2.2.2", ecosystem="PyPI", fixed_versions=("2.2.5",)
    ),
    sources=(Source(scanner="pip-audit", rule="PYSEC-2023-62"),),
    identifiers=("CVE-2023-30861", "GHSA-m2qf-hxjv-5gpq", "PYSEC-2023-62"),
    fingerprint="1flask",
)

FACTS = Facts(at=datetime(2026, 1, 31, 12, tzinfo=UTC))

CATCH_ALL = Rule(id="rest", action=Action.ACCEPT, reason="the rest")


def decide(judged: Policy, finding: Finding, facts: Facts = FACTS) -> Decision:
    return Decider(judged).decide(finding, facts)


def read_policy(data: bytes, *, origin: str = "policy.yaml", scanners: Collection[str] = ()) -> Policy:
    """The policy in these bytes, as if they were a file."""
    return load_policy(origin, scanners=scanners, reader=Reader(file=lambda _: data))


def decide_all(judged: Policy, findings: Iterable[Finding]) -> tuple[Decision, ...]:
    return real_decide_all(judged, findings, lambda _: FACTS)


def at(finding: Finding, path: str) -> Finding:
    """The finding at another path."""
    return msgspec.structs.replace(finding, location=msgspec.structs.replace(finding.location, path=path))


def changed(value: Any, **changes: Any) -> Any:
    return msgspec.structs.replace(value, **changes)


def rule(action: str, /, id: str = "rule", undecided: str = "block", **match: Any) -> Rule:
    """A rule with the given conditions, as a policy file would give them: lists become tuples."""
    given = {name: tuple(value) if isinstance(value, list) else value for name, value in match.items()}
    return Rule(
        id=id,
        action=Action(action),
        reason=f"because of {id}",
        match=Match(**given) if given else None,
        undecided=Undecided(undecided),
    )


def policy(*rules: Rule, **fields: Any) -> Policy:
    """A policy with these rules and a catch-all that accepts."""
    return with_digest(Policy(name="test", rules=(*rules, CATCH_ALL), **fields))


_names = ["bandit", "semgrep", "pip-audit", "other"]
names = st.sampled_from(_names)
_paths = ["db.py", "src/db.py", "tests/db.py", "src/tests/a/x.py", "%20/ü", "src/*"]
_globs = ["src/**", "**/tests/**", "**/*.py", "*/d?.py", "/db.py", "src/t*s/**"]

# Values are drawn as a few changes to a plain one: many times cheaper than drawing each field, and a failing example
# shows what matters.


def _varied(plain: Any, changes: dict[str, list[Any]], most: int) -> st.SearchStrategy[Any]:
    pairs = [(field, value) for field, values in changes.items() for value in values]
    return st.lists(st.sampled_from(pairs), max_size=most).map(lambda some: changed(plain, **dict(some)))


def _tuples(values: Any) -> list[tuple[Any, ...]]:
    """Each value alone, and a few together."""
    several = list(values)
    return [*((value,) for value in several), tuple(several[:3])]


_fingerprints = st.integers(0, 10**9).map(lambda number: f"1{number}")

findings = st.builds(
    changed,
    _varied(
        SQL,
        {
            "kind": list(Kind),
            "defect": ["xss", "weak-hash", "vulnerable-dependency", "other"],
            "severity": list(Severity),
            "confidence": list(Confidence),
            "location": [Location(path=path) for path in _paths],
            "sources": [(), *_tuples(Source(scanner=name, rule="B101") for name in _names)],
            "package": [
                FLASK.package,
                changed(FLASK.package, ecosystem="Debian:12", fixed_versions=()),
                changed(FLASK.package, ecosystem="", name="x", licence="MIT OR GPL-3.0-only"),
            ],
            "identifiers": [(), ("CVE-2024-1",), ("CWE-79", "GHSA-x")],
            "known_exploited": [True, False],
            "markers": [
                (Marker(tool=name, text="nosec", line=1, reason=reason),)
                for name in _names
                for reason in ("", "checked")
            ],
        },
        most=8,
    ),
    fingerprint=_fingerprints,
)

matches = _varied(
    Match(),
    {
        "kind": _tuples(Kind),
        "defect": _tuples(["sql-injection", "xss", "other"]),
        "severity": _tuples(Severity),
        "confidence": _tuples(Confidence),
        "paths": _tuples(_globs),
        "paths_not": _tuples(_globs),
        "package": _tuples(["flask", "x*"]),
        "ecosystem": _tuples(["PyPI", "Debian"]),
        "licence": _tuples(["MIT", "GPL-*"]),
        "licence_not": _tuples(["MIT", "GPL-*"]),
        "cwe": _tuples([89, 79]),
        "identifier": _tuples(["cve-2024-1", "GHSA-x"]),
        "scanner": _tuples(_names),
        "only_scanner": _tuples(_names),
        "rule": _tuples(["B*", "secscan.*"]),
        "fix_available": [True, False],
        "known_exploited": [True, False],
        "marked": [True, False],
    },
    most=3,
)

rules = st.builds(
    Rule,
    id=_fingerprints,
    action=st.sampled_from(Action),
    reason=st.just("reason"),
    match=matches,
    undecided=st.sampled_from(Undecided),
)

tolerances = _varied(
    Tolerance(kinds=(GapKind.UNPARSABLE, GapKind.TIMEOUT), reason="why"),
    {
        "kinds": [(kind,) for kind in GapKind],
        "scanners": _tuples(_names),
        "paths": _tuples(_globs),
        "at_most": [0, 1, 2],
    },
    most=3,
)


def _some(values: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.lists(values, max_size=2).map(tuple)


policies = st.builds(
    lambda some, last, **fields: with_digest(
        Policy(name="random", rules=(*some, changed(CATCH_ALL, action=last)), **fields)
    ),
    st.lists(rules, max_size=3),
    st.sampled_from(Action),
    required=_some(names),
    optional=_some(names),
    tolerated_gaps=_some(tolerances),
    in_source_markers=st.sampled_from(
        [(), (MarkerTrust(tool="bandit"),), (MarkerTrust(tool="semgrep", reason_required=True),)]
    ),
)

gaps = st.builds(
    Gap,
    scanner=names,
    kind=st.sampled_from(GapKind),
    subject=st.sampled_from(_paths),
    remedy=st.sampled_from(["", "do this", "do that"]),
)
