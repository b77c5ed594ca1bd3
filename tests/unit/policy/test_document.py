"""What a policy file may not be: each wrong policy is refused with file, line, field and a hint."""

from __future__ import annotations

import pytest

from secscan.errors import PolicyError
from secscan.findings.levels import Action, Cause, GapKind, Kind, SecretState, Severity
from secscan.policy.model import (
    ImageLayer,
    MarkerTrust,
    Match,
    Mode,
    Policy,
    Rule,
    Sla,
    SlaStart,
    Tolerance,
    Undecided,
    with_digest,
)
from tests.unit.policy.samples import read_policy

HEAD = "format: secscan.policy/1\nname: mine\n"
REST = "  - {id: rest, action: accept, reason: the rest}\n"
RULES = "rules:\n" + REST


def read(text: str | bytes, **more: tuple[str, ...]) -> Policy:
    data = text.encode() if isinstance(text, str) else text
    return read_policy(data, origin="mine.yaml", **more)


def test_every_field() -> None:
    text = """
format: secscan.policy/1
name: mine
version: 2026-11
mode: log
required: [bandit, semgrep]
optional: [trivy]
tolerated_gaps:
  - kinds: [unparsable, encoding]
    scanners: [bandit]
    paths: [tests/**]
    at_most: 3
    reason: broken on purpose
in_source_markers:
  - tool: bandit
    reason_required: true
rules:
  - id: one
    match:
      kind: [dependency, secret]
      class: [xss]
      severity: [critical, unknown]
      confidence: [high]
      paths: [src/**]
      paths_not: [src/old/**]
      package: [flask]
      ecosystem: [PyPI]
      cwe: [79]
      identifier: [CVE-2024-1]
      scanner: [bandit]
      only_scanner: [bandit]
      rule: [B7*]
      fix_available: true
      known_exploited: false
      direct: true
      epss_at_least: 0.1
      cvss_at_least: 9
      new: true
      cause: [code]
      older_than_days: 30
      secret_state: [live]
      image_layer: [own]
      marked: false
    when: finding.line > 1
    starts: 2027-01-01
    grace_days: 14
    sla: {from: published, critical: 7, high: 30}
    undecided: next
    action: block
    reason: all conditions
  - id: rest
    action: accept
    reason: the rest
"""
    assert read(text) == with_digest(
        Policy(
            name="mine",
            version="2026-11",
            mode=Mode.LOG,
            required=("bandit", "semgrep"),
            optional=("trivy",),
            tolerated_gaps=(
                Tolerance(
                    kinds=(GapKind.UNPARSABLE, GapKind.ENCODING),
                    scanners=("bandit",),
                    paths=("tests/**",),
                    at_most=3,
                    reason="broken on purpose",
                ),
            ),
            in_source_markers=(MarkerTrust(tool="bandit", reason_required=True),),
            rules=(
                Rule(
                    id="one",
                    action=Action.BLOCK,
                    reason="all conditions",
                    undecided=Undecided.NEXT,
                    match=Match(
                        kind=(Kind.DEPENDENCY, Kind.SECRET),
                        defect=("xss",),
                        severity=(Severity.CRITICAL, Severity.UNKNOWN),
                        confidence=("high",),  # type: ignore[arg-type]
                        paths=("src/**",),
                        paths_not=("src/old/**",),
                        package=("flask",),
                        ecosystem=("PyPI",),
                        cwe=(79,),
                        identifier=("CVE-2024-1",),
                        scanner=("bandit",),
                        only_scanner=("bandit",),
                        rule=("B7*",),
                        fix_available=True,
                        known_exploited=False,
                        direct=True,
                        epss_at_least=0.1,
                        cvss_at_least=9.0,
                        new=True,
                        cause=(Cause.CODE,),
                        older_than_days=30,
                        secret_state=(SecretState.LIVE,),
                        image_layer=(ImageLayer.OWN,),
                        marked=False,
                    ),
                    when="finding.line > 1",
                    starts="2027-01-01",
                    grace_days=14,
                    sla=Sla(days={Severity.CRITICAL: 7, Severity.HIGH: 30}, start=SlaStart.PUBLISHED),
                ),
                Rule(id="rest", action=Action.ACCEPT, reason="the rest"),
            ),
        )
    )


def test_what_may_be_left_out() -> None:
    policy = read(HEAD + RULES)
    assert (policy.version, policy.mode, policy.required, policy.optional) == ("", Mode.ENFORCE, (), ())
    assert (policy.tolerated_gaps, policy.in_source_markers) == ((), ())


def test_the_digest_is_that_of_what_the_policy_says() -> None:
    plain = read(HEAD + RULES)
    assert len(plain.digest) == 64
    assert read("# a comment\n" + HEAD + "\n\n" + RULES).digest == plain.digest
    assert read(HEAD + "mode: enforce\n" + RULES).digest == plain.digest
    assert read(HEAD + "mode: log\n" + RULES).digest != plain.digest
    assert read(HEAD + RULES.replace("accept", "warn")).digest != plain.digest


def one_rule(match: str, more: str = "action: block, reason: r") -> str:
    return HEAD + "rules:\n  - {id: a, match: " + match + ", " + more + "}\n" + REST


def tolerating(item: str) -> str:
    return HEAD + "tolerated_gaps:\n  - " + item + "\n" + RULES


# name: (text, line and field, a part of the problem, a part of the hint)
WRONG: dict[str, tuple[str | bytes, str, str, str]] = {
    "empty file": (b"", "1: ", "empty", "add the fields"),
    "only a comment": ("# nothing\n", "1: ", "empty", "add the fields"),
    "binary file": (b"\x7fELF\x02\x01\x01\x00\xff", "1: ", "not UTF-8", "UTF-8"),
    "a list": ("- a\n", "1: ", "expected a mapping", ""),
    "a word": ("policy\n", "1: ", "expected a mapping", ""),
    "broken YAML": (HEAD + "rules: [\n", "4: ", "not valid YAML", "syntax"),
    "two documents": (HEAD + RULES + "---\n" + HEAD + RULES, "5: ", "second document", "one document"),
    "anchors": (
        HEAD + "required: &all [bandit]\noptional: *all\n" + RULES,
        "3: ",
        "anchors and aliases",
        "write the value out",
    ),
    "a tag": (HEAD + "required: !!python/name:os.system [a]\n" + RULES, "3: ", "tags", ""),
    "no format": ("name: mine\n" + RULES, "1: ", "'format' is missing", "format"),
    "another format": (
        "format: secscan.policy/2\nname: mine\n" + RULES,
        "1: format: ",
        "this secscan reads 'secscan.policy/1'",
        "write `format: secscan.policy/1`",
    ),
    "no name": ("format: secscan.policy/1\n" + RULES, "1: ", "'name' is missing", "name"),
    "a name that is none": (HEAD.replace("mine", "'../../x'") + RULES, "2: name: ", "not a name", "letters"),
    "an unknown field": (HEAD + "requird: [bandit]\n" + RULES, "3: requird: ", "unknown field", "'required'"),
    "a field of another tool": (HEAD + "fail_on: high\n" + RULES, "3: fail_on: ", "unknown field", "known fields"),
    "a duplicate key": (HEAD + "mode: log\nmode: enforce\n" + RULES, "4: ", "given twice", "keep"),
    "an unknown mode": (HEAD + "mode: logs\n" + RULES, "3: mode: ", "'logs' is not one of", "'log'"),
    "a version that is a number": (HEAD + "version: 1.0\n" + RULES, "3: version: ", "expected a text", '"1.0"'),
    "scanners as a text": (HEAD + "required: bandit\n" + RULES, "3: required: ", "expected a list", "[one, two]"),
    "no scanner in the list": (HEAD + "required: []\n" + RULES, "3: required: ", "empty list", "remove the field"),
    "a scanner twice": (HEAD + "required: [a, a]\n" + RULES, "3: required[1]: ", "a is in the list twice", "once"),
    "required and optional": (
        HEAD + "required: [bandit]\noptional: [bandit]\n" + RULES,
        "4: optional[0]: ",
        "required and optional at once",
        "one of the two",
    ),
    "no rules": (HEAD, "1: ", "'rules' is missing", "rules"),
    "empty rules": (HEAD + "rules: []\n", "3: rules: ", "decides nothing", "last rule without `match`"),
    "rules without a value": (HEAD + "rules:\n", "3: rules: ", "expected a list, got nothing", ""),
    "a rule that is a text": (HEAD + "rules: [block]\n", "3: rules[0]: ", "expected a mapping", ""),
    "no catch-all": (
        HEAD + "rules:\n  - {id: a, match: {kind: [sast]}, action: block, reason: r}\n",
        "4: rules[0]: ",
        "must match every finding",
        "add a last rule without `match`",
    ),
    "a rule after the catch-all": (
        HEAD + RULES + "  - {id: late, match: {kind: [sast]}, action: block, reason: r}\n",
        "5: rules[1]: ",
        "can never decide: the rule 'rest'",
        "move it above",
    ),
    "two catch-alls": (
        HEAD + RULES + "  - {id: late, action: block, reason: r}\n",
        "5: rules[1]: ",
        "can never decide",
        "move it above",
    ),
    "a rule id twice": (
        HEAD + "rules:\n  - {id: rest, match: {kind: [sast]}, action: block, reason: r}\n" + REST,
        "5: rules[1].id: ",
        "'rest' is there already (line 4)",
        "its own id",
    ),
    "a reserved rule id": (
        HEAD + "rules:\n  - {id: in-source-marker, action: accept, reason: r}\n",
        "4: rules[0].id: ",
        "names decisions by in-source markers",
        "another id",
    ),
    "a rule id that is a number": (HEAD + "rules:\n  - {id: 7, action: block, reason: r}\n", "4: ", "a text", '"7"'),
    "no id": (HEAD + "rules:\n  - {action: block, reason: r}\n", "4: rules[0]: ", "'id' is missing", "id"),
    "no action": (HEAD + "rules:\n  - {id: a, reason: r}\n", "4: rules[0]: ", "'action' is missing", "action"),
    "no reason": (HEAD + "rules:\n  - {id: a, action: block}\n", "4: rules[0]: ", "'reason' is missing", "reason"),
    "an empty reason": (
        HEAD + "rules:\n  - {id: a, action: block, reason: ' '}\n",
        "4: rules[0].reason: ",
        "expected a text",
        "",
    ),
    "an unknown action": (
        HEAD + "rules:\n  - {id: a, action: blok, reason: r}\n",
        "4: rules[0].action: ",
        "'blok' is not one of block, warn, accept",
        "'block'",
    ),
    "an action of another tool": (HEAD + "rules:\n  - {id: a, action: fail, reason: r}\n", "4: ", "'fail'", ""),
    "an empty match": (one_rule("{}"), "4: rules[0].match: ", "without conditions", "leave `match` out"),
    "an unknown condition": (
        one_rule("{sevrity: [high]}"),
        "4: rules[0].match.sevrity: ",
        "unknown field",
        "'severity'",
    ),
    "a severity that does not exist": (
        one_rule("{severity: [hihg]}"),
        "4: rules[0].match.severity[0]: ",
        "'hihg' is not one of",
        "'high'",
    ),
    "a severity in capitals": (one_rule("{severity: [HIGH]}"), "4: ", "'HIGH' is not one of", ""),
    "a severity without a list": (one_rule("{severity: high}"), "4: ", "expected a list", "[one, two]"),
    "an empty list of severities": (one_rule("{severity: []}"), "4: ", "matches nothing", "remove the field"),
    "a severity twice": (one_rule("{severity: [low, low]}"), "4: ", "low is in the list twice", "once"),
    "a kind that does not exist": (one_rule("{kind: [sca]}"), "4: ", "'sca' is not one of sast", ""),
    "a class that does not exist": (
        one_rule("{class: [sql-injections]}"),
        "4: rules[0].match.class[0]: ",
        "no class of defect 'sql-injections'",
        "'sql-injection'",
    ),
    "a class from nowhere": (one_rule("{class: [B602]}"), "4: ", "no class of defect 'B602'", "`rule`"),
    "a confidence that does not exist": (one_rule("{confidence: [sure]}"), "4: ", "'sure' is not one of", ""),
    "a CWE as a text": (one_rule("{cwe: [CWE-89]}"), "4: ", "expected the number of a CWE", "write 89"),
    "a CWE below 1": (one_rule("{cwe: [0]}"), "4: ", "0 is not from 1", ""),
    "a glob that could mean two things": (
        one_rule("{paths: ['*.py']}"),
        "4: rules[0].match.paths[0]: ",
        "without / could mean",
        "`**/*.py`",
    ),
    "a glob with braces": (one_rule("{paths_not: ['src/{a,b}/**']}"), "4: ", "'{' has no meaning", "several globs"),
    "a folder as a glob": (one_rule("{paths: [tests/]}"), "4: ", "matches nothing", "`tests/**`"),
    "yes for true": (one_rule("{fix_available: yes}"), "4: ", "expected true or false, got 'yes'", "true or false"),
    "a text for true": (one_rule("{known_exploited: 'true'}"), "4: ", "expected true or false", "without quotes"),
    "a comparison": (one_rule("{min_severity: high}"), "4: ", "unknown field", ""),
    "undecided in an accepting rule": (
        one_rule("{kind: [sast]}", "action: accept, reason: r, undecided: block"),
        "4: rules[0].undecided: ",
        "only a blocking rule",
        "never matches where data is missing",
    ),
    "undecided in the catch-all": (
        HEAD + "rules:\n  - {id: a, action: block, reason: r, undecided: next}\n",
        "4: rules[0].undecided: ",
        "only a blocking rule with a `match`",
        "remove it",
    ),
    "an undecided that does not exist": (
        one_rule("{kind: [sast]}", "action: block, reason: r, undecided: accept"),
        "4: ",
        "'accept' is not one of block, next",
        "",
    ),
    "a gap kind that does not exist": (
        tolerating("{kinds: [unparseable], reason: r}"),
        "4: tolerated_gaps[0].kinds[0]: ",
        "'unparseable' is not one of",
        "'unparsable'",
    ),
    "any gap": (tolerating("{reason: r}"), "4: tolerated_gaps[0]: ", "'kinds' is missing", "kinds"),
    "a gap tolerated without a reason": (tolerating("{kinds: [timeout]}"), "4: ", "'reason' is missing", "reason"),
    "at most none": (tolerating("{kinds: [timeout], at_most: 0, reason: r}"), "4: ", "0 is not from 1", ""),
    "at most a share": (tolerating("{kinds: [timeout], at_most: 0.5, reason: r}"), "4: ", "whole number", ""),
    "`path` for `paths`": (
        tolerating("{kinds: [timeout], path: [tests/**], reason: r}"),
        "4: tolerated_gaps[0].path: ",
        "unknown field",
        "'paths'",
    ),
    "markers as a list of tools": (
        HEAD + "in_source_markers: [bandit]\n" + RULES,
        "3: in_source_markers[0]: ",
        "expected a mapping",
        "",
    ),
    "a tool's markers twice": (
        HEAD + "in_source_markers:\n  - tool: bandit\n  - tool: bandit\n" + RULES,
        "5: in_source_markers[1].tool: ",
        "bandit is named twice",
        "keep one",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_policy_is_refused_with_file_line_field_and_hint(name: str) -> None:
    text, place, part, hint = WRONG[name]
    with pytest.raises(PolicyError) as caught:
        read(text)
    file, line, column, rest = caught.value.message.split(":", 3)
    assert (file, column.isdecimal()) == ("mine.yaml", True)
    assert f"{line}:{rest}".startswith(place), caught.value.message
    assert part in caught.value.message
    assert caught.value.hint
    assert hint in caught.value.hint
    assert "\n" not in caught.value.message


SCANNERS = ("bandit", "pip-audit", "semgrep")


@pytest.mark.parametrize(
    ("text", "field"),
    [
        (HEAD + "required: [bandti]\n" + RULES, "required[0]"),
        (HEAD + "optional: [bandti]\n" + RULES, "optional[0]"),
        (one_rule("{scanner: [bandit, bandti]}"), "rules[0].match.scanner[1]"),
        (one_rule("{only_scanner: [bandti]}"), "rules[0].match.only_scanner[0]"),
        (tolerating("{kinds: [timeout], scanners: [bandti], reason: r}"), "tolerated_gaps[0].scanners[0]"),
    ],
)
def test_a_scanner_that_does_not_exist_is_refused_where_all_are_known(text: str, field: str) -> None:
    with pytest.raises(PolicyError, match="there is no scanner 'bandti'") as caught:
        read(text, scanners=SCANNERS)
    assert f"{field}: " in caught.value.message
    assert "'bandit'" in caught.value.hint
    assert read(text)


def test_our_own_inventory_may_be_named_among_the_scanners() -> None:
    assert read(tolerating("{kinds: [link], scanners: [secscan], reason: r}"), scanners=SCANNERS)
