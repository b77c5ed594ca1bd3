"""What else is refused, with file, line, field and a hint: expressions, times, waivers, layers, floors, tests."""

from __future__ import annotations

import pytest

from secscan.errors import PolicyError
from secscan.policy.load import Reader, load_policy
from secscan.policy.waivers import read_waivers
from tests.unit.policy.test_document import HEAD, REST, RULES, one_rule

BASE = HEAD.replace("mine", "base") + "required: [bandit]\nrules:\n"
BASE += "  - {id: sql, match: {class: [sql-injection]}, action: block, reason: r}\n" + REST
FLOOR = (
    "format: secscan.policy/1\nname: company\nfloor: true\nrequired: [bandit, semgrep]\n"
    "tolerated_gaps:\n  - {kinds: [unparsable], paths: [tests/**], at_most: 10, reason: r}\n"
    "waivers: {longest_days: 90, approval: [critical], fail_on: [expired]}\n"
    "in_source_markers:\n  - {tool: bandit, reason_required: true}\nmax_advisory_age: 14\n" + RULES
)
BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\nb: &b [*a, *a, *a, *a, *a, *a, *a]\nc: &c [*b, *b, *b, *b, *b, *b]\n"
FILES = {"base.yaml": BASE, "floor.yaml": FLOOR, "again.yaml": HEAD + "extends: again.yaml\nmode: log\n"}
EXTENDS = HEAD + "extends: base.yaml\n"
ON_FLOOR = HEAD + "extends: floor.yaml\n"


def when(text: str) -> str:
    return HEAD + f"rules:\n  - id: a\n    when: {text}\n    action: block\n    reason: r\n" + REST


def rules(*lines: str) -> str:
    return HEAD + "rules:\n" + "".join(f"  - {line}\n" for line in lines) + REST


def with_test(item: str) -> str:
    return HEAD + RULES + f"tests:\n  - {item}\n"


# name: (text, line and field, a part of the problem, a part of the hint)
WRONG: dict[str, tuple[str, str, str, str]] = {
    # --- YAML
    "a bomb of anchors": (HEAD + BOMB + RULES, "3: ", "anchors and aliases", "write the value out"),
    "nested too deep": (HEAD + "rules: " + "[" * 60 + "]" * 60 + "\n", "3: ", "nested more than", "right file"),
    "a million lines": ("# " + "x" * 1_000_000 + "\n" + HEAD + RULES, "1: ", "larger than", "right file"),
    # --- Expressions
    "a field of the finding that is misspelt": (
        when("finding.sevrity == 'high'"),
        "5: rules[0].when: ",
        "no field 'sevrity'",
        "'severity'",
    ),
    "a word that the field can never be": (when("finding.severity == 'hihg'"), "5: ", "'hihg'", "'high'"),
    "a text compared with a number": (when("finding.path > 3"), "5: ", "string", ""),
    "a condition that is no yes or no": (when("finding.severity"), "5: ", "must be true or false", "compare"),
    "a function that CEL does not have": (when("finding.path.lower() == 'x'"), "5: ", "lower", ""),
    "Python in an expression": (when("__import__('os').system('id')"), "5: ", "__import__", ""),
    "a parenthesis that is left open": (when("(finding.line > 3"), "5: ", "", "when"),
    "a regular expression that takes for ever": (when("finding.path.matches('(a+)+\\\\1$')"), "5: ", "", ""),
    "a glob in an expression that means nothing": (when("finding.path.glob('*.py')"), "5: ", "`**/*.py`", ""),
    # --- Rules that can never decide
    "a rule that a wider one above takes all of": (
        rules(
            "{id: wide, match: {severity: [critical, high]}, action: block, reason: r}",
            "{id: narrow, match: {severity: [high], kind: [sast]}, action: block, reason: r}",
        ),
        "5: rules[1]: ",
        "the rule 'wide' above it (line 4) takes all",
        "move it above",
    ),
    "the same conditions twice": (
        rules(
            "{id: one, when: finding.line > 3, action: warn, reason: r}",
            "{id: two, when: finding.line > 3, action: accept, reason: r}",
        ),
        "5: rules[1]: ",
        "can never decide",
        "move it above",
    ),
    "a package of a code finding": (
        one_rule("{kind: [sast], package: [flask]}"),
        "4: rules[0].match: ",
        "`package` is about packages",
        "remove one",
    ),
    "the state of what is no secret": (one_rule("{kind: [sast], secret_state: [live]}"), "4: ", "about secrets", ""),
    "paths that are ruled out again": (
        one_rule("{paths: [src/**], paths_not: [src/**]}"),
        "4: ",
        "rules out everything",
        "",
    ),
    "scanners that rule each other out": (
        one_rule("{scanner: [bandit], only_scanner: [semgrep]}"),
        "4: ",
        "none in common",
        "",
    ),
    "why something is new that is not": (one_rule("{cause: [code], new: false}"), "4: ", "`cause`", ""),
    # --- Time
    "a day that does not exist": (
        one_rule("{kind: [sast]}", "action: block, reason: r, starts: 2026-02-30"),
        "4: ",
        "not a day",
        "2026-12-31",
    ),
    "a rule that warns and starts later": (
        one_rule("{kind: [sast]}", "action: warn, reason: r, starts: 2026-12-31"),
        "4: rules[0].starts: ",
        "only a rule that blocks",
        "action: block",
    ),
    "an SLA without a severity": (
        one_rule("{kind: [sast]}", "action: block, reason: r, sla: {from: published}"),
        "4: rules[0].sla: ",
        "no severity has a time",
        "critical: 7",
    ),
    "an SLA from nowhere": (
        one_rule("{kind: [sast]}", "action: block, reason: r, sla: {from: detected, high: 3}"),
        "4: ",
        "'detected' is not one of",
        "",
    ),
    "an SLA in words": (
        one_rule("{kind: [sast]}", "action: block, reason: r, sla: {high: 3d}"),
        "4: ",
        "whole number",
        "",
    ),
    # --- Layers
    "a policy that extends nothing there is": (
        HEAD + "extends: defualt\nmode: log\n",
        "3: extends: ",
        "no shipped policy 'defualt'",
        "'default'",
    ),
    "a policy that extends itself": (FILES["again.yaml"], "3: extends: ", "extend each other", "its own base"),
    "a policy that extends and changes nothing": (EXTENDS, "1: ", "changes nothing", "that policy itself"),
    "a rule left out that is not there": (
        EXTENDS + "without: [sqli]\n",
        "4: without[0]: ",
        "no rule 'sqli'",
        "sql, rest",
    ),
    "a rule that is there already": (
        EXTENDS + "rules:\n  - {id: sql, match: {kind: [sast]}, action: warn, reason: r}\n",
        "5: rules[0]: ",
        "there already (base.yaml:5)",
        "without: [sql]",
    ),
    "a catch-all above the rules of the base": (
        EXTENDS + "rules:\n  - {id: all, action: accept, reason: r}\n",
        "5: rules[0]: ",
        "never tried (base.yaml:5)",
        "remove it",
    ),
    "leaving out without a base": (HEAD + "without: [a]\n" + RULES, "3: without[0]: ", "nothing below", "remove"),
    "an environment that changes nothing": (
        HEAD + "environments:\n  dev: {}\n" + RULES,
        "4: environments.dev: ",
        "changes nothing",
        "remove it",
    ),
    "an environment with a field of a policy": (
        HEAD + "environments:\n  dev: {extends: default}\n" + RULES,
        "4: environments.dev.extends: ",
        "unknown field",
        "",
    ),
    # --- Floors
    "a floor loosened: a scanner": (
        ON_FLOOR + "required: [bandit]\n",
        "4: required[0]: ",
        "it requires semgrep (floor.yaml:4)",
        "stricter",
    ),
    "a floor loosened: an optional scanner": (ON_FLOOR + "optional: [semgrep]\n", "4: ", "(floor.yaml:4)", "stricter"),
    "a floor loosened: it only logs": (ON_FLOOR + "mode: log\n", "4: mode: ", "loosens the floor", "stricter"),
    "a floor loosened: older advisories": (
        ON_FLOOR + "max_advisory_age: 15\n",
        "4: max_advisory_age: ",
        "it says 14 days (floor.yaml:10)",
        "stricter",
    ),
    "no age of advisories": (HEAD + "max_advisory_age: 0\n" + RULES, "3: max_advisory_age: ", "", ""),
    "a floor loosened: a gap": (
        ON_FLOOR + "tolerated_gaps:\n  - {kinds: [timeout], reason: r}\n",
        "5: tolerated_gaps[0]: ",
        "loosens the floor",
        "stricter",
    ),
    "a floor loosened: more of a gap": (
        ON_FLOOR + "tolerated_gaps:\n  - {kinds: [unparsable], paths: [tests/**], at_most: 11, reason: r}\n",
        "5: ",
        "(floor.yaml:6)",
        "stricter",
    ),
    "a floor loosened: a gap in two halves": (
        ON_FLOOR
        + "tolerated_gaps:\n  - {kinds: [unparsable], paths: [tests/**], scanners: [bandit], at_most: 9, reason: r}\n"
        + "  - {kinds: [unparsable], paths: [tests/**], scanners: [semgrep], at_most: 9, reason: r}\n",
        "6: tolerated_gaps[1]: ",
        "this allows 18, and that loosens the floor: it allows 10 (floor.yaml:6)",
        "stricter",
    ),
    "a floor loosened: markers without a reason": (
        ON_FLOOR + "in_source_markers:\n  - {tool: bandit}\n",
        "5: in_source_markers[0]: ",
        "loosens the floor",
        "stricter",
    ),
    "a floor loosened: longer waivers": (
        ON_FLOOR + "waivers: {longest_days: 365}\n",
        "4: waivers.longest_days: ",
        "it says 90 (floor.yaml:7)",
        "stricter",
    ),
    "a floor loosened: nobody approves": (ON_FLOOR + "waivers: {approval: [high]}\n", "4: ", "it says critical", ""),
    "a floor loosened: nothing fails": (ON_FLOOR + "waivers: {fail_on: [unused]}\n", "4: ", "it says expired", ""),
    "a floor loosened in one environment only": (
        ON_FLOOR + "environments:\n  dev: {mode: log}\n",
        "5: environments.dev.mode: ",
        "loosens the floor",
        "stricter",
    ),
    # --- Waivers of a policy
    "waivers from a file that is not there": (HEAD + "waivers: {from: [gone.yaml]}\n" + RULES, "", "gone.yaml", ""),
    "waivers from half a commit": (
        HEAD + "waivers: {from: ['git:main']}\n" + RULES,
        "3: waivers.from[0]: ",
        "no commit and file",
        "git:REFERENCE:PATH",
    ),
    "a state of waivers that there is not": (
        HEAD + "waivers: {fail_on: [old]}\n" + RULES,
        "3: ",
        "'old' is not one of",
        "",
    ),
    "the longest time in words": (HEAD + "waivers: {longest_days: 90d}\n" + RULES, "3: ", "whole number", ""),
    # --- Tests of a policy
    "a test that expects nothing": (
        with_test("{name: a, expect: {}}"),
        "6: tests[0].expect: ",
        "expects nothing",
        "`action`",
    ),
    "a test of a finding that cannot be": (
        with_test("{name: a, finding: {severity: hihg}, expect: {action: block}}"),
        "6: tests[0].finding.severity: ",
        "'hihg' is not one of",
        "'high'",
    ),
    "a decision on no finding": (with_test("{name: a, expect: {action: block}}"), "6: ", "no finding", "add `finding`"),
    "a test twice": (
        with_test("{name: a, expect: {verdict: passed}}\n  - {name: a, expect: {verdict: failed}}"),
        "7: tests[1]: ",
        "there already",
        "its own name",
    ),
    "a test of an environment that is not there": (
        with_test("{name: a, environment: prod, expect: {verdict: passed}}"),
        "6: tests[0].environment: ",
        "no environment 'prod'",
        "",
    ),
    "a test of a rule that is not there": (
        with_test("{name: a, finding: {}, expect: {rule: rset}}"),
        "6: tests[0].expect.rule: ",
        "no rule 'rset'",
        "'rest'",
    ),
}


def refusal(text: str) -> PolicyError:
    files = {**FILES, "mine.yaml": text}

    def read(path: str) -> bytes:
        if path not in files:
            raise PolicyError(f"cannot read {path}", hint="check the path")
        return files[path].encode()

    with pytest.raises(PolicyError) as caught:
        load_policy("mine.yaml", reader=Reader(file=read))
    return caught.value


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_policy_is_refused_with_file_line_field_and_hint(name: str) -> None:
    text, place, part, hint = WRONG[name]
    check(refusal(text), "again.yaml" if name.endswith("extends itself") else "mine.yaml", place, part, hint)


def check(error: PolicyError, file: str, place: str, part: str, hint: str) -> None:
    if place:
        found, line, column, rest = error.message.split(":", 3)
        assert (found, column.isdecimal()) == (file, True), error.message
        assert f"{line}:{rest}".startswith(place), error.message
    assert part in error.message + "\n".join(error.excerpt) + error.hint, error.message
    assert error.hint
    assert hint in error.hint, error.hint
    assert "\n" not in error.message


def test_a_wrong_expression_is_shown_with_a_mark_below_the_place() -> None:
    error = refusal(when("finding.line > 3 && finding.sevrity == 'high'"))
    line, mark = error.excerpt
    assert line[mark.index("^") :].startswith("sevrity")


WAIVERS = "format: secscan.waivers/1\nwaivers:\n"
GIVEN = {
    "id": "w",
    "fingerprint": "['12345678']",
    "reason": "it will do for now",
    "owner": "ana",
    "expires": "2026-12-31",
}


def waiver(**changes: str | None) -> str:
    given = {**GIVEN, **changes}
    return (
        WAIVERS + "  - {" + ", ".join(f"{name}: {value}" for name, value in given.items() if value is not None) + "}\n"
    )


WRONG_WAIVERS: dict[str, tuple[str, str, str, str]] = {
    "an empty file": ("", "1: ", "empty", ""),
    "another format": (waiver().replace("/1", "/9"), "1: format: ", "reads 'secscan.waivers/1'", "format"),
    "a list at the top": ("- {id: w}\n", "1: ", "expected a mapping", ""),
    "`expires_at` for `expires`": (
        waiver(expires=None, expires_at="2026-12-31"),
        "3: waivers[0].expires_at: ",
        "unknown field",
        "'expires'",
    ),
    "`expiration`": (waiver(expires=None, expiration="2026-12-31"), "3: ", "unknown field", "expires"),
    "no expiry": (waiver(expires=None), "3: waivers[0]: ", "'expires' is missing", "expires"),
    "never": (waiver(expires="never"), "3: waivers[0].expires: ", "not a day", "2026-12-31"),
    "a day that does not exist": (waiver(expires="2026-13-01"), "3: ", "not a day", "2026-12-31"),
    "a day as other people write it": (waiver(expires="31.12.2026"), "3: ", "not a day", "2026-12-31"),
    "no owner": (waiver(owner=None), "3: ", "'owner' is missing", "owner"),
    "no reason": (waiver(reason=None), "3: ", "'reason' is missing", "reason"),
    "a reason that is none": (waiver(reason="ok"), "3: waivers[0].reason: ", "explains nothing", "acceptable"),
    "no selector": (waiver(fingerprint=None), "3: waivers[0]: ", "needs a specific selector", "fingerprint"),
    "a whole severity": (waiver(fingerprint=None, severity="[high]"), "3: ", "specific selector", ""),
    "a whole class": (waiver(fingerprint=None, **{"class": "[xss]"}), "3: ", "specific selector", ""),
    "a whole scanner": (waiver(fingerprint=None, scanner="[bandit]"), "3: ", "specific selector", ""),
    "everything, by a path": (waiver(fingerprint=None, paths="['**']"), "3: ", "everything", "a folder"),
    "everything, by a package": (waiver(fingerprint=None, package="['*']"), "3: ", "everything", "a package"),
    "a fingerprint that is too short": (waiver(fingerprint="['1234']"), "3: ", "not a fingerprint", "eight"),
    "a fingerprint with an asterisk": (waiver(fingerprint="['12345678*']"), "3: ", "not a fingerprint", ""),
    "an id twice": (waiver() + waiver().removeprefix(WAIVERS), "4: waivers[1]: ", "there already", "its own id"),
    "a glob that could mean two things": (waiver(paths="['*.py']"), "3: ", "could mean", "`**/*.py`"),
    "more than none": (waiver(at_most="0"), "3: waivers[0].at_most: ", "0 is not from 1", ""),
    "yes for true": (waiver(until_fixable="yes"), "3: ", "true or false", "true or false"),
    "an owner that is a number": (waiver(owner="7"), "3: ", "expected a text", '"7"'),
    "a duplicate key": (waiver().replace("owner: ana", "owner: ana, owner: bo"), "3: ", "given twice", "keep"),
    "an anchor": (waiver(owner="&a ana"), "3: ", "anchors", "write the value out"),
}


@pytest.mark.parametrize("name", WRONG_WAIVERS)
def test_a_wrong_waiver_is_refused_with_file_line_field_and_hint(name: str) -> None:
    text, place, part, hint = WRONG_WAIVERS[name]
    with pytest.raises(PolicyError) as caught:
        read_waivers(text.encode(), origin="waivers.yaml")
    check(caught.value, "waivers.yaml", place, part, hint)


def test_what_they_are_held_against_is_right() -> None:
    for text in (EXTENDS + "mode: log\n", ON_FLOOR + "required: [bandit, semgrep, trivy]\n", when("finding.line > 3")):
        files = {**FILES, "mine.yaml": text}
        assert load_policy("mine.yaml", reader=Reader(file=lambda path, files=files: files[path].encode()))
    assert read_waivers(waiver().encode(), origin="waivers.yaml")
