"""The shipped policies, rule by rule, as the gate reads them."""

from __future__ import annotations

from docs.generate.tables import code, codes, prose, table
from secscan.policy.load import load_policy, shipped_policies
from secscan.scanners.registry import all_scanners


def page() -> str:
    """Return the page."""
    parts = [
        "# Shipped policies",
        "Rules are tried from the top; the first that matches decides. What a rule matches stands in the file of the "
        "policy; the language is described in [policies](../../policies/README.md).",
    ]
    for name in shipped_policies():
        policy = load_policy(name, scanners=tuple(all_scanners()))
        rows = [(code(rule.id), rule.action.value, prose(rule.reason)) for rule in policy.rules]
        parts += [
            f"## {name}",
            f"[policies/{name}.yaml](../../policies/{name}.yaml)",
            f"Required: {codes(policy.required) or 'none'}. Optional: {codes(policy.optional) or 'none'}.",
            table(("rule", "action", "reason"), rows),
        ]
    return "\n\n".join(parts)
