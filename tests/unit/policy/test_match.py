from __future__ import annotations

from typing import Any

import pytest

from secscan.findings.levels import Severity
from secscan.findings.model import Finding, Marker, Source
from secscan.policy.match import all_of, conditions, undecided_fields
from secscan.policy.model import Match
from tests.unit.policy.samples import FACTS, FLASK, SQL, at, changed

UNKNOWN = changed(FLASK, severity=Severity.UNKNOWN)
EXPLOITED = changed(FLASK, known_exploited=True)
NOT_EXPLOITED = changed(FLASK, known_exploited=False)
NO_FIX = changed(FLASK, package=changed(FLASK.package, fixed_versions=()))
DEBIAN = changed(FLASK, package=changed(FLASK.package, ecosystem="Debian:12", name="libssl3"))
NAMELESS = changed(FLASK, package=changed(FLASK.package, ecosystem=""))
NPM = changed(FLASK, package=changed(FLASK.package, ecosystem="npm", name="@acme/Tool"))
BOTH = changed(SQL, sources=(*SQL.sources, Source(scanner="bandit", rule="B608")))
MARKED = changed(SQL, markers=(Marker(tool="bandit", text="nosec", line=12),))
SOURCELESS = changed(SQL, sources=())


def matched(finding: Finding, **fields: Any) -> bool | None:
    return all_of(conditions(Match(**{k: tuple(v) if isinstance(v, list) else v for k, v in fields.items()})))(
        finding, FACTS
    )


@pytest.mark.parametrize(
    ("field", "value", "finding", "expected"),
    [
        ("kind", ["sast", "secret"], SQL, True),
        ("kind", ["dependency"], SQL, False),
        ("defect", ["xss", "sql-injection"], SQL, True),
        ("defect", ["xss"], SQL, False),
        ("severity", ["critical", "high"], SQL, True),
        ("severity", ["critical"], SQL, False),
        ("severity", ["critical"], UNKNOWN, None),
        ("severity", ["critical", "high", "medium", "low", "info"], UNKNOWN, None),
        ("severity", ["critical", "unknown"], UNKNOWN, True),
        ("severity", ["unknown"], SQL, False),
        ("confidence", ["high"], SQL, True),
        ("confidence", ["medium", "low"], SQL, False),
        ("paths", ["src/**"], SQL, True),
        ("paths", ["tests/**", "**/db.py"], SQL, True),
        ("paths", ["tests/**"], SQL, False),
        ("paths_not", ["tests/**", "docs/**"], SQL, True),
        ("paths_not", ["tests/**", "src/**"], SQL, False),
        ("paths_not", ["tests/**"], at(SQL, "tests/x.py"), False),
        ("package", ["flask"], FLASK, True),
        ("package", ["FLASK"], FLASK, True),
        ("package", ["fl*"], FLASK, True),
        ("package", ["zope-interface"], changed(FLASK, package=changed(FLASK.package, name="zope.Interface")), True),
        ("package", ["zope"], FLASK, False),
        ("package", ["@acme/*"], NPM, True),
        ("package", ["@acme/tool"], NPM, False),
        ("package", ["*"], SQL, False),
        ("ecosystem", ["PyPI"], FLASK, True),
        ("ecosystem", ["npm"], FLASK, False),
        ("ecosystem", ["Debian"], DEBIAN, True),
        ("ecosystem", ["Debian:12"], DEBIAN, True),
        ("ecosystem", ["Debian:11"], DEBIAN, False),
        ("ecosystem", ["PyPI"], NAMELESS, None),
        ("ecosystem", ["PyPI"], SQL, False),
        ("cwe", [89], SQL, True),
        ("cwe", [89], changed(SQL, identifiers=()), True),
        ("cwe", [79], changed(SQL, identifiers=("CWE-79",)), True),
        ("cwe", [8], SQL, False),
        ("cwe", [89], changed(SQL, defect="other", identifiers=()), False),
        ("identifier", ["cve-2023-30861"], FLASK, True),
        ("identifier", ["CVE-2023-3086"], FLASK, False),
        ("scanner", ["bandit"], BOTH, True),
        ("scanner", ["bandit"], SQL, False),
        ("only_scanner", ["bandit"], BOTH, False),
        ("only_scanner", ["bandit", "semgrep"], BOTH, True),
        ("only_scanner", ["bandit"], SOURCELESS, False),
        ("rule", ["B608"], BOTH, True),
        ("rule", ["secscan.python.*"], SQL, True),
        ("rule", ["B608"], SQL, False),
        ("fix_available", True, FLASK, True),
        ("fix_available", False, FLASK, False),
        ("fix_available", False, NO_FIX, True),
        ("fix_available", True, NO_FIX, False),
        ("fix_available", True, SQL, False),
        ("fix_available", False, SQL, False),
        ("known_exploited", True, EXPLOITED, True),
        ("known_exploited", False, EXPLOITED, False),
        ("known_exploited", True, NOT_EXPLOITED, False),
        ("known_exploited", False, NOT_EXPLOITED, True),
        ("known_exploited", True, FLASK, None),
        ("known_exploited", False, FLASK, None),
        ("known_exploited", True, SQL, False),
        ("marked", True, MARKED, True),
        ("marked", True, SQL, False),
        ("marked", False, SQL, True),
    ],
)
def test_one_condition(field: str, value: Any, finding: Finding, expected: bool | None) -> None:
    assert matched(finding, **{field: value}) is expected


def test_all_conditions_must_hold() -> None:
    assert matched(SQL, kind=["sast"], severity=["high"], paths=["src/**"], marked=False) is True
    assert matched(SQL, kind=["sast"], severity=["high"], paths=["tests/**"]) is False


def test_false_beats_undecided_and_undecided_beats_true() -> None:
    assert matched(UNKNOWN, severity=["high"], kind=["dependency"]) is None
    assert matched(UNKNOWN, severity=["high"], kind=["sast"]) is False
    assert matched(UNKNOWN, severity=["high"], known_exploited=True) is None


VALUES: dict[str, Any] = {
    **dict.fromkeys(("fix_available", "known_exploited", "direct", "new", "marked"), True),
    **dict.fromkeys(("epss_at_least", "cvss_at_least", "older_than_days"), 1),
    "cwe": (1,),
}


def test_every_field_of_a_match_is_compiled() -> None:
    for field in Match.__struct_fields__:
        value = VALUES.get(field, ("x",))
        assert len(conditions(Match(**{field: value}))) == 1, field


def test_it_tells_which_data_the_finding_lacks() -> None:
    parts = conditions(Match(severity=(Severity.HIGH,), known_exploited=True, kind=(UNKNOWN.kind,)))
    assert undecided_fields(parts, UNKNOWN, FACTS) == ("severity", "known_exploited")
    assert undecided_fields(parts, EXPLOITED, FACTS) == ()
