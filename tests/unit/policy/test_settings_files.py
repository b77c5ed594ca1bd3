"""Files of scanners' settings that a policy lists: read as rules, or refused."""

from __future__ import annotations

import pytest

from secscan.errors import PolicyError
from secscan.policy.load import Reader, load_policy
from secscan.policy.model import Policy
from tests.unit.policy.samples import SQL, at, changed, decide

POLICY = """
format: secscan.policy/1
name: mine
scanner_settings: [../.bandit, ../.semgrepignore]
rules:
  - {id: rest, action: block, reason: because}
"""
BANDIT = "[bandit]\nskips: B101,B602\nexclude: /gen,./tests/data\n"
IGNORE = "# ours\n\nvendor/\n*.min.py\n/top.py\ndocs/old/*.py\n"


def read(policy: str = POLICY, bandit: str = BANDIT, ignore: str = IGNORE, **more: str) -> Policy:
    files = {".secscan/policy.yaml": policy, ".bandit": bandit, ".semgrepignore": ignore, **more}
    reader = Reader(file=lambda path: files[path].encode("utf-8", "surrogateescape"))
    return load_policy(".secscan/policy.yaml", reader=reader)


def decided(policy: Policy, path: str, *scanners: str, rule: str = "B999") -> str:
    source = SQL.sources[0]
    sources = tuple(changed(source, scanner=one, rule=rule) for one in scanners)
    return decide(policy, changed(at(SQL, path), sources=sources)).rule


def test_what_they_ask_for_is_accepted_and_says_by_which_file() -> None:
    policy = read()
    assert policy.scanner_settings == (".bandit", ".semgrepignore")
    assert [one.id for one in policy.rules] == [
        "settings-bandit-skips",
        "settings-bandit-exclude",
        "settings-semgrep-ignore",
        "rest",
    ]
    assert policy.rules[0].reason == "`skips` of .bandit, which the policy lets count"
    assert decided(policy, "a.py", "bandit", rule="B602") == "settings-bandit-skips"
    assert decided(policy, "a.py", "bandit", rule="B603") == "rest"


@pytest.mark.parametrize(
    ("path", "rule"),
    [
        ("vendor/a.py", "settings-semgrep-ignore"),
        ("lib/vendor/b/a.py", "settings-semgrep-ignore"),
        ("vendor", "rest"),
        ("vendored/a.py", "rest"),
        ("a/b.min.py", "settings-semgrep-ignore"),
        ("top.py", "settings-semgrep-ignore"),
        ("a/top.py", "rest"),
        ("docs/old/a.py", "settings-semgrep-ignore"),
        ("x/docs/old/a.py", "rest"),
    ],
)
def test_patterns_of_gitignore(path: str, rule: str) -> None:
    assert decided(read(), path, "semgrep") == rule
    # What another scanner saw as well is no matter of semgrep's settings.
    assert decided(read(), path, "bandit", "semgrep") == "rest"


def test_folders_that_bandit_leaves_out() -> None:
    policy = read()
    assert decided(policy, "gen/a.py", "bandit") == "settings-bandit-exclude"
    assert decided(policy, "src/gen/a.py", "bandit") == "rest"
    assert decided(policy, "tests/data/a.py", "bandit") == "settings-bandit-exclude"


def test_another_file_is_another_policy() -> None:
    assert read().digest != read(bandit=BANDIT.replace("B101", "B102")).digest
    assert read().digest == read(bandit=f"# a comment\n{BANDIT}").digest


def test_a_floor_is_not_softened_by_them() -> None:
    floor = POLICY.replace("name: mine", "name: company\nfloor: true").replace(
        "scanner_settings: [../.bandit, ../.semgrepignore]\n", ""
    )
    policy = read(POLICY + "extends: floor.yaml\n", **{".secscan/floor.yaml": floor})
    assert decided(policy, "a.py", "bandit", rule="B602") == "settings-bandit-skips"
    assert policy.floor is not None
    assert decided(policy.floor, "a.py", "bandit", rule="B602") == "rest"


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"policy": POLICY.replace("../.bandit", "../.snyk"), ".snyk": ""}, "the form of '.snyk' cannot count"),
        ({"bandit": "skips: B101\n"}, "no section [bandit]"),
        ({"bandit": "[bandit]\nskips: B101\nskips: B102\n"}, "no section [bandit] that can be read"),
        ({"bandit": "[bandit]\ntests: B101\n"}, "`tests` of .bandit cannot count"),
        ({"bandit": "[bandit]\nskips: assert_used\n"}, "'assert_used' in .bandit is no test of bandit"),
        ({"bandit": "[bandit]\nexclude: *\n"}, "'*' in .bandit cannot count"),
        ({"bandit": "[bandit]\nexclude: ../x\n"}, "'../x' in .bandit cannot count"),
        ({"bandit": "[bandit]\nskips: \udcff\n"}, "not UTF-8"),
        ({"ignore": "!keep.py\n"}, "'!keep.py' in .semgrepignore cannot count"),
        ({"ignore": ":include .gitignore\n"}, "cannot count"),
        ({"ignore": "[ab].py\n"}, "cannot count"),
        ({"ignore": "**\n"}, "cannot count"),
        ({"ignore": "/\n"}, "cannot count"),
        ({"policy": POLICY.replace("id: rest", "id: settings-bandit-skips")}, "stands for settings of a scanner"),
        ({"policy": POLICY.replace("[../.bandit", "[../.bandit, ../.bandit")}, "in the list twice"),
    ],
)
def test_what_cannot_be_said_as_a_rule_is_refused(changes: dict[str, str], problem: str) -> None:
    with pytest.raises(PolicyError) as caught:
        read(**changes)
    assert problem in caught.value.message
    assert caught.value.message.startswith(".secscan/policy.yaml:")
    assert caught.value.hint


def hadolint(settings: str) -> Policy:
    policy = POLICY.replace("[../.bandit, ../.semgrepignore]", "[../.hadolint.yaml]")
    return read(policy, **{".hadolint.yaml": settings})


def test_rules_that_hadolint_leaves_out() -> None:
    policy = hadolint("ignored: [DL3008, SC2086]\n")
    assert decided(policy, "Dockerfile", "hadolint", rule="DL3008") == "settings-hadolint-ignored"
    assert decided(policy, "Dockerfile", "hadolint", rule="DL3002") == "rest"
    assert decided(policy, "Dockerfile", "hadolint", "dockerfile", rule="DL3008") == "rest"
    assert [one.id for one in hadolint("ignored: []\n").rules] == ["rest"]


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        ("ignored: [DL3008]\nfailure-threshold: none\n", "`failure-threshold` of .hadolint.yaml cannot count"),
        ("ignored: [all]\n", "'all' in .hadolint.yaml is no rule of hadolint"),
        ("ignored: DL3008\n", "cannot be read"),
        ("ignored: &a [DL3008]\n", "cannot be read"),
        ("", "cannot be read"),
    ],
)
def test_settings_of_hadolint_that_are_refused(settings: str, problem: str) -> None:
    with pytest.raises(PolicyError) as caught:
        hadolint(settings)
    assert problem in caught.value.message
    assert caught.value.message.startswith(".secscan/policy.yaml:")
