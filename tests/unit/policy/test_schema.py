"""The schemas say what the readers read."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from ruamel.yaml import YAML

from secscan.policy.load import shipped_policies
from secscan.policy.schema import baseline_schema, policy_schema, waivers_schema

ROOT = Path(__file__).resolve().parents[3]
SCHEMAS = {"policy": policy_schema(), "waivers": waivers_schema()}
POLICIES = [*shipped_policies().values(), *sorted((ROOT / "policies/examples").glob("*/*.yaml"))]

RULE = {"id": "rest", "action": "warn", "reason": "because"}
POLICY = {"format": "secscan.policy/1", "name": "p", "rules": [RULE]}
WAIVER = {"id": "w", "fingerprint": ["12345678"], "reason": "it will do for now", "owner": "a", "expires": "2026-12-31"}


def plain(path: Path) -> Any:
    """The document as an editor reads it, by YAML 1.2: days are texts."""
    return json.loads(json.dumps(YAML(typ="safe", pure=True).load(path.read_text()), default=date.isoformat))


@pytest.mark.parametrize("name", ["policy", "waivers"])
def test_the_file_that_editors_are_pointed_to_is_the_schema(name: str) -> None:
    file = ROOT / "policies" / "schema" / f"{name}-1.json"
    assert json.loads(file.read_text()) == SCHEMAS[name], f"secscan schema {name} > {file}"


@pytest.mark.parametrize("path", POLICIES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_policies_that_are_read_are_valid(path: Path) -> None:
    kind = "waivers" if path.name.startswith("waivers") else "policy"
    jsonschema_rs.validator_for(SCHEMAS[kind]).validate(plain(path))


@pytest.mark.parametrize("path", POLICIES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_they_point_to_it(path: Path) -> None:
    pointer = path.read_text().splitlines()[0].removeprefix("# yaml-language-server: $schema=")
    assert (path.parent / pointer).resolve().parent == ROOT / "policies" / "schema"
    assert (path.parent / pointer).is_file()


@pytest.mark.parametrize(
    "changes",
    [
        {"rulez": []},
        {"rules": []},
        {"rules": [{**RULE, "action": "stop"}]},
        {"rules": [{**RULE, "match": {}}]},
        {"rules": [{**RULE, "match": {"severity": ["hihg"]}}]},
        {"rules": [{**RULE, "match": {"class": ["sql"]}}]},
        {"rules": [{**RULE, "match": {"severity": "high"}}]},
        {"rules": [{**RULE, "starts": "soon"}]},
        {"rules": [{**RULE, "sla": {"critical": -1}}]},
        {"rules": [{"id": "a", "action": "warn"}]},
        {"tolerated_gaps": [{"kinds": ["nothing"], "reason": "r"}]},
        {"waivers": {"list": [{**WAIVER, "expires_at": "2027-01-01"}]}},
        {"waivers": {"list": [{name: value for name, value in WAIVER.items() if name != "fingerprint"}]}},
        {"waivers": {"fail_on": ["gone"]}},
        {"environments": {"dev": {}}},
        {"environments": {"dev": {"name": "x"}}},
        {"tests": [{"name": "n", "expect": {}}]},
        {"tests": [{"name": "n", "finding": {"sevrity": "high"}, "expect": {"action": "block"}}]},
        {"mode": "warn"},
        {"required": "bandit"},
    ],
    ids=str,
)
def test_an_editor_marks_what_is_wrong(changes: dict[str, Any]) -> None:
    validator = jsonschema_rs.validator_for(SCHEMAS["policy"])
    assert validator.is_valid(POLICY)
    assert not validator.is_valid({**POLICY, **changes})


def test_a_waiver_needs_a_selector_there_too() -> None:
    validator = jsonschema_rs.validator_for(SCHEMAS["waivers"])
    assert validator.is_valid({"format": "secscan.waivers/1", "waivers": [WAIVER]})
    bare = {name: value for name, value in WAIVER.items() if name != "fingerprint"}
    assert not validator.is_valid({"format": "secscan.waivers/1", "waivers": [{**bare, "severity": ["high"]}]})


def test_every_field_of_a_rule_is_described() -> None:
    rule = SCHEMAS["policy"]["$defs"]["rule"]["properties"]
    assert [name for name, field in rule.items() if not field.get("description")] == []
    match = SCHEMAS["policy"]["$defs"]["match"]["properties"]
    assert [name for name, field in match.items() if not field.get("description")] == []


def test_the_baseline_has_one() -> None:
    assert baseline_schema()["title"] == "A baseline of secscan"
    jsonschema_rs.meta.validate(baseline_schema())
