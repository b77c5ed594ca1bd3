from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from secscan.errors import TargetError
from secscan.findings.fingerprint import fingerprint, subject_of
from secscan.findings.levels import Confidence, Kind, Severity
from secscan.findings.model import Finding, Location, Region, Source
from secscan.scanners.enrich import enrich


class FakeTarget:
    """A target that is a few texts, and counts how often each is read."""

    def __init__(self, files: Mapping[str, str | Exception]) -> None:
        self.content = files
        self.reads: Counter[str] = Counter()
        self.files = tuple(
            SimpleNamespace(path=path, language="python" if path.endswith(".py") else "") for path in files
        )

    history = None

    def read(self, path: str) -> bytes:
        self.reads[path] += 1
        content = self.content[path]
        if isinstance(content, Exception):
            raise content
        return content.encode()


def found(
    line: int,
    column: int = 0,
    *,
    rule: str = "B602",
    scanner: str = "bandit",
    kind: Kind = Kind.SAST,
    path: str = "a.py",
) -> Finding:
    region = Region(start_line=line, start_column=column)
    return Finding(
        kind=kind,
        defect="command-injection",
        title="t",
        message="m",
        severity=Severity.HIGH,
        confidence=Confidence.HIGH,
        location=Location(path=path, region=region),
        sources=(Source(scanner=scanner, rule=rule, region=region),),
    )


def one(text: str, finding: Finding) -> Finding:
    target: Any = FakeTarget({finding.location.path: text})
    return enrich([finding], target)[0]


def test_statement_snippet_and_symbol_of_a_call_over_lines() -> None:
    text = "def run(x):\n    call(\n        x,\n        shell=True)\n"
    bandit, semgrep = one(text, found(4)), one(text, found(2, 5))
    assert bandit.location.statement == Region(start_line=2, start_column=5, end_line=4, end_column=20)
    assert bandit.location.statement == semgrep.location.statement
    assert bandit.location.context == semgrep.location.context
    assert bandit.location.snippet == "    call(\n        x,\n        shell=True)"
    assert bandit.location.symbol == "run"


def test_the_snippet_of_a_compound_statement_is_its_header() -> None:
    assert one("if f(x): password = 'x'\n", found(1, 4)).location.snippet == "if f(x):"


def test_snippets_have_bounds() -> None:
    snippet = one("f(\n" + "x,\n" * 50 + ")", found(1)).location.snippet
    assert snippet.count("\n") == 5
    wide = one("a = [" + "1, " * 5000 + "]; os.system(x); " + "y = 2; " * 500, found(1, 15010)).location.snippet
    assert len(wide) <= 240
    assert "os.system(x)" in wide
    assert wide[0] == wide[-1] == "\u2026"


def test_each_file_is_read_once_and_order_is_kept() -> None:
    target: Any = FakeTarget({"a.py": "f()\ng()\n", "b.txt": "x"})
    findings = [found(2), found(1, path="b.txt"), found(1)]
    result = enrich(findings, target)
    assert [item.location.region for item in result] == [item.location.region for item in findings]
    assert target.reads == {"a.py": 1, "b.txt": 1}


def test_findings_without_a_readable_place_stay_as_they_are() -> None:
    target: Any = FakeTarget({"gone.py": TargetError("changed")})
    nowhere = msgspec.structs.replace(found(1), location=Location(path="gone.py"))
    findings = (found(1, path="other.py"), found(1, path="gone.py"), nowhere)
    assert enrich(findings, target) == findings


@pytest.mark.parametrize(
    ("comment", "rule", "text", "reason"),
    [
        ("# nosec", "B602", "nosec", ""),
        ("#nosec B602", "B602", "nosec B602", ""),
        ("# nosec B602, B603 - input is constant", "B603", "nosec B602, B603", "input is constant"),
        ("# noqa # nosec: B602,B101 # more", "B101", "nosec B602,B101", ""),
        ("# nosec assert_used", "B101", "nosec assert_used", ""),
        ("# nosec B101", "B602", None, None),
        ("# nosec assert_used", "B602", None, None),
        ("# nosec: B9999 not a real id", "B602", "nosec B9999", "not a real id"),
        ("# no sec", "B602", None, None),
        ("# nosemgrep", "B602", None, None),
    ],
)
def test_nosec_is_read_as_bandit_reads_it(comment: str, rule: str, text: str | None, reason: str | None) -> None:
    markers = one(f"call(  {comment}\n  x)\n", found(2, rule=rule)).markers
    assert [(marker.tool, marker.text, marker.line, marker.reason) for marker in markers] == (
        [("bandit", text, 1, reason)] if text else []
    )


@pytest.mark.parametrize(
    ("code", "marked"),
    [
        ("f()\ncall(x)  # nosemgrep", True),
        ("# nosemgrep\ncall(x)", True),
        ("f()  # nosemgrep\ncall(x)", False),
        ("# nosemgrep: secscan.other\ncall(x)", False),
        ("# nosemgrep: secscan.other, secscan.call because\ncall(x)", True),
        ("# nosem: call\ncall(x)", True),
        ("f()\ncall(x)  # nosec", False),
        ("f()\ncall('# nosemgrep')", False),
    ],
)
def test_nosemgrep_holds_for_its_line_and_the_next(code: str, marked: bool) -> None:
    assert bool(one(code, found(2, 1, scanner="semgrep", rule="secscan.call")).markers) == marked


def test_gitleaks_allow_concerns_secrets() -> None:
    code = "key = 'x'  # gitleaks:allow test key\n"
    (marker,) = one(code, found(1, kind=Kind.SECRET, scanner="gitleaks")).markers
    assert (marker.tool, marker.text, marker.reason) == ("gitleaks", "gitleaks:allow", "test key")
    assert one(code, found(1)).markers == ()


def identity(text: str, line: int, column: int = 0, **about: Any) -> str:
    return fingerprint(subject_of(one(text, found(line, column, **about))), 0)


LAYOUT = st.sampled_from([" ", "", "  ", "\t"])
INSIDE = st.sampled_from(["", " ", "\n", "\n\n    ", "  # note\n", "\\\n"])


@given(
    st.lists(st.sampled_from(["", "import os", "# note", "x = 1", '"""\ntext\n"""', "def g():\n    pass"]), max_size=5)
)
def test_lines_inserted_above_keep_the_identity(above: list[str]) -> None:
    lines = "".join(f"{line}\n" for line in above)
    code = "def f(a):\n    os.system(a + 'x')\n"
    assert identity(lines + code, lines.count("\n") + 2) == identity(code, 2)


@given(st.lists(LAYOUT, min_size=3, max_size=3), st.lists(INSIDE, min_size=4, max_size=4))
def test_white_space_within_a_statement_keeps_the_identity(blanks: list[str], inside: list[str]) -> None:
    a, b, c = blanks
    d, e, f, g = inside
    code = f"x{a}={b}os.system({d}cmd{e},{f}env={c}'a'{g})"
    assert identity(code, 1) == identity("x = os.system(cmd, env='a')", 1)


@given(st.text(max_size=20), st.text(alphabet="abc{}%s 0", max_size=10), st.integers(0, 10**9))
def test_a_literals_value_is_not_part_of_the_identity(one_value: str, other: str, number: int) -> None:
    text = other.replace("{", "{{").replace("}", "}}")
    code = f"login({one_value!r}, f'{text}{{user}}', {number})"
    assert identity(code, 1) == identity("login('', f'{user}', 0)", 1)


@given(st.text(min_size=1, max_size=20, alphabet="abcXYZ019/+-_=:'\"."))
def test_a_secret_in_any_other_file_is_not_part_of_the_identity(secret: str) -> None:
    about = {"path": "app.env", "kind": Kind.SECRET, "scanner": "gitleaks"}

    def of(value: str) -> str:
        region = Region(start_line=1, start_column=7, end_line=1, end_column=7 + len(value))
        finding = msgspec.structs.replace(found(1, **about), location=Location(path="app.env", region=region))  # type: ignore[arg-type]
        return subject_of(one(f"login {value} now", finding))[-1]

    assert of(secret) == of("x")


def test_a_tools_version_is_not_part_of_the_identity() -> None:
    old = one("call(x, shell=True)", found(1, 1))
    new = one("call(x, shell=True)", found(1, 9, rule="B602.new", scanner="other"))
    assert subject_of(old) == subject_of(new)


def test_a_snippet_of_a_long_instruction_shows_the_line_that_is_meant() -> None:
    text = "FROM a\nRUN b && \\\n" + "".join(f"  c{number} && \\\n" for number in range(20)) + "  d\n"
    target = FakeTarget({"Dockerfile": text})
    near, far = enrich([found(5, 3, path="Dockerfile"), found(20, 3, path="Dockerfile")], target)
    assert near.location.statement == far.location.statement
    assert near.location.snippet.startswith("RUN b")
    assert (near.location.snippet_line, far.location.snippet_line) == (2, 20)
    assert far.location.snippet.splitlines()[0] == "  c17 && \\"


def test_a_marker_in_an_instruction_speaks_of_its_line_only() -> None:
    target = FakeTarget({"Dockerfile": "ENV A=x \\\n  B=y # gitleaks:allow \\\n  C=z\n"})
    marked = enrich([found(line, 3, kind=Kind.SECRET, path="Dockerfile") for line in (1, 2, 3)], target)
    assert [[marker.tool for marker in one.markers] for one in marked] == [[], ["gitleaks"], []]
