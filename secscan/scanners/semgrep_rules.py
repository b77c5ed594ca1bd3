"""The embedded semgrep rule packs: found, joined into one document, and given their shadow rules."""

from __future__ import annotations

import contextlib
import functools
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

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

    @functools.cached_property
    def ids(self) -> tuple[str, ...]:
        """The id of every rule of the document, sorted; none of what is no document of rules, as the engine tells."""
        try:
            return tuple(sorted(rule.id for rule in msgspec.json.decode(self.document, type=_Document).rules))
        except msgspec.DecodeError:
            return ()


class _Rule(msgspec.Struct):
    id: str


class _Document(msgspec.Struct):
    rules: list[_Rule]


class _Compiled(msgspec.Struct, frozen=True):
    """The rule files as they were compiled ahead of time: to read YAML takes longer than to look at a small file."""

    digest: str
    rules: int
    document: msgspec.Raw


@functools.cache
def load_rules() -> RulePack:
    """Return every rule file below `policies/semgrep/` as one pack: as it was compiled, where that was made from these
    very files, else compiled now."""
    digest = hashlib.sha256()
    for path in _rule_files():
        digest.update(path.read_bytes())
    with contextlib.suppress(OSError, msgspec.DecodeError):
        compiled = msgspec.json.decode(compiled_place().read_bytes(), type=_Compiled)
        if compiled.digest == digest.hexdigest():
            return RulePack(document=bytes(compiled.document), digest=compiled.digest, rules=compiled.rules)
    return compile_rules()


def compiled_place() -> Path:
    """Return where the compiled pack lies; `make rules` writes it."""
    return data_dir("policies") / "semgrep" / "compiled.json"


def compile_rules() -> RulePack:
    """Read every rule file below `policies/semgrep/`."""
    import yaml

    rules: list[dict[str, Any]] = []
    digest = hashlib.sha256()
    for path in _rule_files():
        data = path.read_bytes()
        digest.update(data)
        rules.extend(yaml.safe_load(data)["rules"])
    everything = [*rules, *(_shadow(rule) for rule in rules if rule.get("pattern-sanitizers"))]
    return RulePack(document=json.dumps({"rules": everything}).encode(), digest=digest.hexdigest(), rules=len(rules))


def compiled(pack: RulePack) -> bytes:
    """Return a pack in the form in which `load_rules` reads it."""
    return msgspec.json.encode(_Compiled(pack.digest, pack.rules, msgspec.Raw(pack.document))) + b"\n"


def _rule_files() -> list[Path]:
    return sorted(data_dir("policies").joinpath("semgrep").rglob("*.yaml"))


def _shadow(rule: dict[str, Any]) -> dict[str, Any]:
    shadow = {name: value for name, value in rule.items() if name != "pattern-sanitizers"}
    return {**shadow, "id": rule["id"] + SHADOW_SUFFIX}


if __name__ == "__main__":
    compiled_place().write_bytes(compiled(compile_rules()))
