"""Differential test: our subset of CEL against Google's implementation, over random conditions and findings.

Left out are what CEL does not have (`glob`, `date`, the order of severities, words that are checked) and, for values
that are missing, `==`, `!=` and items of lists: there a missing value is null in CEL, and undecided with us.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from secscan.findings.levels import Confidence, Kind, SecretState, Severity
from secscan.findings.model import Cvss, Finding, Introduced, Location, Marker, Package, Region, Source
from secscan.policy.cel.build import build
from secscan.policy.cel.fields import FIELDS
from secscan.policy.cel.syntax import ExpressionError, parse
from secscan.policy.cel.types import Type
from secscan.policy.facts import Facts

pytest.importorskip("cel_expr_python", reason="cel-expr-python has no wheel for this machine")

from tests.support.cel_oracle import MAY_BE_MISSING, Oracle

ORACLE = Oracle()
LONG_RUN = "SECSCAN_CEL_EXAMPLES" in os.environ
"""With a number there, so many other conditions are tried; else always the same few hundred."""
EXAMPLES = int(os.environ.get("SECSCAN_CEL_EXAMPLES", "300"))
AT = datetime(2026, 1, 31, 12, tzinfo=UTC)
WORDS = ("", "a", "shop/app.py", "CVE-2026-1", "é\U0001f600", "a'b\\")
PATTERNS = (r"'^shop'", r"r'\.py$'", r"'[a-c]+'", r"'(?i)CVE'", r"'.'")
TEXT_FIELDS = ("path", "title", "symbol", "package", "version", "ecosystem", "purl", "message")
FIELDS_OF = {
    kind: [name for name, field in FIELDS.items() if field.type == Type(kind)]
    for kind in ("int", "double", "timestamp", "duration")
}
FIELDS_OF["bool"] = ["marked", "fix_available", "known_exploited", "direct", "new"]
FIELDS_OF["string"] = list(TEXT_FIELDS)
LISTS = {"string": ["scanners", "rules", "identifiers", "fixed_versions"], "int": ["cwes"]}


def quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


@st.composite
def values(draw: st.DrawFn, kind: str, depth: int, names: tuple[tuple[str, str], ...] = ()) -> str:
    """A value of a type, as text."""
    simple = [st.sampled_from([f"finding.{name}" for name in FIELDS_OF[kind]])]
    simple += [st.sampled_from([name]) for name, of in names if of == kind]
    match kind:
        case "bool":
            simple.append(st.sampled_from(["true", "false"]))
        case "int":
            simple.append(st.integers(-3, 100).map(str))
            simple.append(st.sampled_from(["9223372036854775807", "-9223372036854775808", "0x1F", "12"]))
        case "double":
            simple.append(st.sampled_from(["0.0", "0.5", "-1.5", "7.5", "1e308", "2.5e-3"]))
        case "string":
            simple.append(st.sampled_from([quoted(word) for word in WORDS]))
        case "timestamp":
            simple.append(
                st.sampled_from(
                    ["now", "timestamp('2025-06-01T00:00:00Z')", "timestamp('2026-01-31T13:00:00.5+01:00')"]
                )
            )
        case "duration":
            simple.append(
                st.sampled_from(["duration('0s')", "duration('168h')", "duration('-1.5h')", "duration('1h30m10.25s')"])
            )
    if depth <= 0:
        return draw(st.one_of(simple))
    deeper = [values(kind, depth - 1, names)]
    if kind in ("int", "double", "duration"):
        deeper.append(joined([values(kind, depth - 1, names), values(kind, depth - 1, names)], [" + ", " - "]))
    if kind == "int":
        deeper.append(values("string", depth - 1, names).map("size({})".format))
        deeper.append(lists(depth - 1, names).map(lambda one: f"({one[0]}).size()"))
        deeper.append(values("int", 0, names).map(lambda one: f"-({one})"))
    if kind == "string":
        deeper.append(joined([values(kind, depth - 1, names), values(kind, depth - 1, names)], [" + "]))
    if kind == "timestamp":
        deeper.append(joined([values(kind, depth - 1, names), values("duration", depth - 1, names)], [" + ", " - "]))
    if kind == "duration":
        deeper.append(joined([values("timestamp", 0, names), values("timestamp", 0, names)], [" - "]))
    if kind == "bool":
        deeper.append(conditions(depth - 1, names))
    else:
        ways = st.tuples(conditions(depth - 1, names), values(kind, depth - 1, names), values(kind, depth - 1, names))
        deeper.append(ways.map(lambda way: f"({way[0]} ? {way[1]} : {way[2]})"))
    return draw(st.one_of([*simple, *deeper]))


def joined(parts: list[st.SearchStrategy[str]], marks: list[str]) -> st.SearchStrategy[str]:
    return st.tuples(parts[0], st.sampled_from(marks), parts[1]).map(lambda three: f"({three[0]}{three[1]}{three[2]})")


@st.composite
def lists(draw: st.DrawFn, depth: int, names: tuple[tuple[str, str], ...] = ()) -> tuple[str, str]:
    """A list, as text, and the type of its items."""
    kind = draw(st.sampled_from(["string", "int"]))
    if draw(st.booleans()):
        return f"finding.{draw(st.sampled_from(LISTS[kind]))}", kind
    items = draw(st.lists(values(kind, depth - 1, names).filter(never_missing), min_size=1, max_size=3))
    return f"[{', '.join(items)}]", kind


@st.composite
def conditions(draw: st.DrawFn, depth: int, names: tuple[tuple[str, str], ...] = ()) -> str:
    """A condition, as text."""
    if depth <= 0:
        return draw(values("bool", 0, names))
    form = draw(st.sampled_from(["logic", "not", "choice", "compare", "compare", "equal", "in", "text", "has", "some"]))
    match form:
        case "logic":
            parts = draw(st.lists(conditions(depth - 1, names), min_size=2, max_size=3))
            return "(" + draw(st.sampled_from([" && ", " || "])).join(parts) + ")"
        case "not":
            return f"!{draw(conditions(depth - 1, names).map('({})'.format))}"
        case "choice":
            one, two, three = (draw(conditions(depth - 1, names)) for _ in range(3))
            return f"({one} ? {two} : {three})"
        case "compare":
            kind = draw(st.sampled_from(["int", "double", "string", "timestamp", "duration"]))
            mark = draw(st.sampled_from(["<", "<=", ">", ">="]))
            return f"({draw(values(kind, depth - 1, names))} {mark} {draw(values(kind, depth - 1, names))})"
        case "equal":
            kind = draw(st.sampled_from(["int", "double", "string", "timestamp", "duration", "bool"]))
            left, right = (draw(values(kind, depth - 1, names).filter(never_missing)) for _ in range(2))
            return f"({left} {draw(st.sampled_from(['==', '!=']))} {right})"
        case "in":
            items, kind = draw(lists(depth, names).filter(lambda one: never_missing(one[0])))
            return f"({draw(values(kind, depth - 1, names).filter(never_missing))} in {items})"
        case "text":
            name = draw(st.sampled_from(["startsWith", "endsWith", "contains", "matches"]))
            text = draw(values("string", depth - 1, names))
            other = draw(st.sampled_from(PATTERNS) if name == "matches" else values("string", depth - 1, names))
            return f"({text}).{name}({other})"
        case "has":
            return f"has(finding.{draw(st.sampled_from([name for name in FIELDS if name not in TIMES]))})"
    items, kind = draw(lists(depth, names))
    name = f"v{len(names)}"
    inner = draw(conditions(depth - 1, (*names, (name, kind))))
    return f"({items}).{draw(st.sampled_from(['exists', 'all']))}({name}, {inner})"


TIMES = frozenset(name for name, field in FIELDS.items() if field.type.name in ("timestamp", "duration"))


def never_missing(text: str) -> bool:
    return not any(f"finding.{name}" in text for name in MAY_BE_MISSING)


@st.composite
def findings(draw: st.DrawFn) -> tuple[Finding, Facts]:
    """A finding and what is known of it. Times are always known: CEL reads a missing one as 1970."""
    text = st.sampled_from(WORDS)
    finding = Finding(
        kind=draw(st.sampled_from(Kind)),
        defect=draw(st.sampled_from(["sql-injection", "vulnerable-dependency"])),
        title=draw(text),
        message=draw(text),
        severity=draw(st.sampled_from([one for one in Severity if one is not Severity.UNKNOWN])),
        confidence=draw(st.sampled_from(Confidence)),
        location=Location(
            path=draw(text), region=draw(st.sampled_from([None, Region(start_line=12)])), symbol=draw(text)
        ),
        sources=tuple(Source(scanner=draw(text), rule=draw(text)) for _ in range(draw(st.integers(0, 2)))),
        package=Package(
            purl=draw(text),
            name=draw(text),
            version=draw(text),
            ecosystem=draw(text),
            fixed_versions=tuple(draw(st.lists(text, max_size=2))),
            direct=draw(st.sampled_from([None, True, False])),
        ),
        identifiers=tuple(draw(st.lists(st.sampled_from(["CWE-12", "CVE-2026-1", "a"]), max_size=2))),
        cvss=draw(st.sampled_from([(), (Cvss(vector="v", score=7.5),)])),
        epss=draw(st.sampled_from([None, 0.0, 0.5, 0.9])),
        known_exploited=draw(st.sampled_from([None, True, False])),
        published=draw(st.sampled_from(["2025-06-01", "2026-01-30"])),
        markers=draw(st.sampled_from([(), (Marker(tool="bandit", text="nosec", line=1),)])),
        secret_state=draw(st.sampled_from([*SecretState])),
        introduced=Introduced(
            commit="c",
            author="a",
            date=draw(st.sampled_from(["2025-06-01T10:00:00Z", "2026-01-30T00:00:00Z"])),
            in_head=draw(st.booleans()),
        ),
    )
    new = draw(st.sampled_from([None, True, False]))
    return finding, Facts(at=AT, new=new, first_seen=AT - timedelta(days=draw(st.integers(0, 400))))


@settings(max_examples=EXAMPLES, derandomize=not LONG_RUN, suppress_health_check=list(HealthCheck))
@given(text=conditions(3), subjects=st.lists(findings(), min_size=4, max_size=4))
def test_what_both_accept_has_the_same_answer(text: str, subjects: list[tuple[Finding, Facts]]) -> None:
    theirs = ORACLE.compile(text)
    assert theirs is not None, f"a condition that CEL refuses: {text}"
    try:
        ours = build(parse(text))
    except ExpressionError as error:
        pytest.fail(f"{text}\n{' ' * error.at}^ {error.problem}")
    for finding, facts in subjects:
        assert ours.value(finding, facts) == ORACLE.evaluate(theirs, finding, facts), text


@settings(max_examples=EXAMPLES, derandomize=not LONG_RUN, suppress_health_check=list(HealthCheck))
@given(
    text=conditions(2),
    at=st.floats(0, 1, exclude_max=True),
    length=st.integers(0, 3),
    other=st.sampled_from(
        ["", "(", ")", "!", "-", " && ", ".", "'", "1", "1.0", " in ", "true", "finding", "[", ",", "x"]
    ),
    subject=findings(),
)
def test_what_we_accept_is_cel_and_means_the_same(
    text: str, at: float, length: int, other: str, subject: tuple[Finding, Facts]
) -> None:
    """Conditions broken at random: we may be stricter than CEL, never laxer."""
    start = int(at * len(text))
    broken = text[:start] + other + text[start + length :]
    refused = None
    try:
        ours = build(parse(broken))
    except ExpressionError as error:
        refused = error
    if refused is not None:
        assert 0 <= refused.at <= len(broken)
        assert refused.problem
        return
    theirs = ORACLE.compile(broken)
    assert theirs is not None, f"CEL refuses what we accept: {broken}"
    if never_missing(broken):
        finding, facts = subject
        assert ours.value(finding, facts) == ORACLE.evaluate(theirs, finding, facts), broken


def test_the_oracle_knows_every_field() -> None:
    whole = msgspec.structs.fields(Finding)
    assert len(whole) > 0
    for name in FIELDS:
        assert ORACLE.compile(f"has(finding.{name})") is not None


@pytest.mark.parametrize(
    "text",
    [
        "-9223372036854775808 < 0",
        "0 - -9223372036854775808 < 0",
        "- -9223372036854775808 < 0",
        "--5 == 5",
        "---5 == -5",
        "-9223372036854775809 < 0",
        "9223372036854775808 > 0",
        "!!true",
        "-1.5 < 0.0",
    ],
)
def test_signs_are_read_as_cel_reads_them(text: str) -> None:
    """Found by a long run: of several signs none belongs to the number."""
    try:
        build(parse(text))
    except ExpressionError:
        ours = False
    else:
        ours = True
    theirs = ORACLE.compile(text) is not None
    assert ours == theirs
