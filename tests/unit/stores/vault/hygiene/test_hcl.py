from __future__ import annotations

import contextlib
import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from secscan.stores.vault.hygiene.hcl import CAPABILITIES, Rule, Unreadable, read_policy
from tests.support.policies_of_vault import POLICIES

PATHS = st.text(st.characters(codec="utf-8", exclude_characters="\n\r$"), min_size=1, max_size=20)
RULES = st.dictionaries(
    PATHS.map(lambda path: path.removeprefix("/") or "x"), st.sets(st.sampled_from(sorted(CAPABILITIES)))
)
BETWEEN = st.sampled_from([" ", "\n", ' # "{}\n', ' // path "*" {\n', " /* } */ "])


def hcl_text(text: str) -> str:
    return '"' + "".join(char if char not in '"\\' else f"\\{char}" for char in text) + '"'


def test_a_policy_says_what_it_allows() -> None:
    text = """
        # of the team
        path "secret/data/team/*" { capabilities = ["read", "list"] }
        path "sys/audit" {
          capabilities = ["sudo",]   // trailing comma
          allowed_parameters = { "*" = [] }
        }
    """
    assert read_policy(text) == (
        Rule("secret/data/team/*", frozenset({"read", "list"})),
        Rule("sys/audit", frozenset({"sudo"})),
    )


def test_what_is_said_twice_adds_up() -> None:
    twice = 'path "a" { capabilities = ["read"] } path "/a" { policy = "sudo" capabilities = ["deny"] }'
    (rule,) = read_policy(twice)
    assert {"read", "sudo", "deny", "update"} <= rule.capabilities


@pytest.mark.parametrize(
    "text",
    [
        'path "a" { capabilities = ["read"',
        'path "a" "b" { capabilities = ["read"] }',
        'path "a" { capabilities = ["fly"] }',
        'path "a" { capabilities = "read" }',
        'path "a" { policy = "all" }',
        'path "${"} path "*" {"}" { capabilities = ["read"] }',
        'PATH "*" { capabilities = ["sudo"] }',
        'path "*" { Capabilities = ["sudo"] }',
        'path "a" { capabilities = [<<X\nread\nX\n] }',
        'path "a" = 3',
        "/* never closed",
        '{"path": 3}',
        '{"path": {"a": NaN}}',
        "[1]",
        "{" * 5000,
        'path "a" ' + "{ x " * 5000,
        "x = " + "[" * 5000,
        '{"path": ' * 5000,
        'path "a" { capabilities = ["\\q"] }',
        'path "\\ud800" { capabilities = ["read"] }',
        "x" * 1_000_001,
    ],
)
def test_what_is_not_understood_whole_is_refused(text: str) -> None:
    with pytest.raises(Unreadable):
        read_policy(text)


@given(RULES, BETWEEN)
def test_whatever_is_written_is_read(rules: dict[str, set[str]], between: str) -> None:
    wanted = tuple(Rule(path, frozenset(one)) for path, one in sorted(rules.items()))
    text = between.join(
        f"path{between}{hcl_text(path)}{between}{{ capabilities = [{', '.join(map(hcl_text, sorted(one)))}]{between}}}"
        for path, one in rules.items()
    )
    assert read_policy(text) == wanted
    assert read_policy(json.dumps({"path": {path: {"capabilities": sorted(one)} for path, one in rules.items()}})) == (
        wanted
    )


PARTS = ["path", '"*"', "{", "}", "[", "]", "=", ",", '"a"', "/*", "#", "\n", "${", "\\", "capabilities", '"sudo"']


@given(st.text() | st.lists(st.sampled_from(PARTS), max_size=40).map(" ".join))
@example(POLICIES[0])
def test_nothing_but_a_policy_or_a_refusal_comes_out(text: str) -> None:
    with contextlib.suppress(Unreadable):
        assert all(rule.capabilities <= CAPABILITIES for rule in read_policy(text))
