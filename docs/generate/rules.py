"""Our own rules for semgrep."""

from __future__ import annotations

import json
from typing import Any

from docs.generate.tables import code, prose, table
from secscan.scanners.semgrep_rules import SHADOW_SUFFIX, load_rules


def page() -> str:
    """Return the page."""
    rules = [one for one in json.loads(load_rules().document)["rules"] if _is_shown(one["id"])]
    return f"""\
# Our own rules for Python

The {len(rules)} rules that secscan gives to semgrep, offline. A waiver or a policy names one by its id
(`rule: [ID]`). How they are written and what the engine cannot follow:
[the embedded semgrep rules](../../policies/semgrep/README.md). What bandit looks for is in bandit's own documentation.

{table(("rule", "class", "severity", "confidence", "CWE", "what is wrong, and what to do"), map(_row, rules))}
"""


def _is_shown(rule_id: str) -> bool:
    return not rule_id.endswith(SHADOW_SUFFIX) and not rule_id.startswith("secscan.control")


def _row(rule: dict[str, Any]) -> tuple[str, ...]:
    ours = rule["metadata"]["secscan"]
    return (
        code(rule["id"]),
        code(ours["class"]),
        ours["severity"],
        ours["confidence"],
        ", ".join(rule["metadata"]["cwe"]),
        prose(rule["message"]),
    )
