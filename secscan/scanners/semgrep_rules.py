"""The embedded semgrep rule packs: found, joined into one document, and given their shadow rules."""

from __future__ import annotations

import functools
import hashlib
import json
from dataclasses import dataclass
from typing import Any

from secscan.resources import data_dir

SHADOW_SUFFIX = ".unsanitized"
"""Ends the id of a shadow: a taint rule without its sanitizers, evidence that a sanitizer was seen."""


@dataclass(frozen=True)
class RulePack:
    """All embedded rules as one document."""

    document: bytes
    """JSON, as semgrep reads it."""
    digest: str
    """SHA-256 over the rules, hexadecimal."""
    rules: int


@functools.cache
def load_rules() -> RulePack:
    """Read every rule file below `policies/semgrep/` and return them as one pack."""
    from ruamel.yaml import YAML

    rules: list[dict[str, Any]] = []
    hasher = hashlib.sha256()
    for path in sorted(data_dir("policies").joinpath("semgrep").rglob("*.yaml")):
        data = path.read_bytes()
        hasher.update(data)
        rules.extend(YAML(typ="safe").load(data)["rules"])
    everything = [*rules, *(_shadow(rule) for rule in rules if rule.get("pattern-sanitizers"))]
    return RulePack(
        document=json.dumps({"rules": everything}).encode(),
        digest=hasher.hexdigest(),
        rules=len(rules),
    )


def _shadow(rule: dict[str, Any]) -> dict[str, Any]:
    shadow = {name: value for name, value in rule.items() if name != "pattern-sanitizers"}
    return {**shadow, "id": rule["id"] + SHADOW_SUFFIX}
