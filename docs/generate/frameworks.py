"""The control maps of the compliance report."""

from __future__ import annotations

from docs.generate.tables import code, prose, table
from secscan.compliance.load import load_framework, shipped_frameworks


def page() -> str:
    """Return the page."""
    maps = [load_framework(name).map for name in shipped_frameworks()]
    rows = [
        (
            code(one.framework),
            f"{prose(one.title)}, {prose(one.edition)}",
            str(len(one.controls)),
            str(sum(bool(control.evidence) for control in one.controls)),
        )
        for one in maps
    ]
    parts = [
        "# Frameworks",
        "What `secscan compliance --framework` knows. A control with evidence is one that a scan can say something of; "
        "the others are for people. Ids and words of our own only: no text of a framework. What the statuses mean: "
        "[the compliance report](../compliance.md).",
        table(("framework", "edition", "controls listed", "with evidence"), rows),
    ]
    for one in maps:
        parts += [
            f"## {one.framework}",
            f"Source: {prose(one.source)}. Licence: {prose(one.licence)}.",
            "Not verified:\n\n" + "\n".join(f"- {prose(text)}" for text in one.unverified) if one.unverified else "",
        ]
    return "\n\n".join(part for part in parts if part)
