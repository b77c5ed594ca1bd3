"""`secscan schema`: print the JSON Schema of a document that secscan reads or writes."""

from __future__ import annotations

import json
import sys
from typing import Annotated, Any

import typer

_DOCUMENTS = ("settings", "scan", "policy", "waivers", "baseline", "attestation", "diff", "coverage", "controls", "log")


def schema(
    document: Annotated[
        str,
        typer.Argument(
            metavar="settings|scan|policy|waivers|baseline|attestation|diff|coverage|controls|log",
            help="Which document.",
        ),
    ],
) -> None:
    """Print the JSON Schema of a document, generated from the types that read it."""
    from secscan.errors import UsageError

    if document not in _DOCUMENTS:
        raise UsageError(f"there is no schema {document!r}", hint=f"the schemas are: {', '.join(_DOCUMENTS)}")
    sys.stdout.write(
        json.dumps(_made(document), indent=2, sort_keys=document not in ("settings", "policy", "waivers")) + "\n"
    )


def _made(document: str) -> dict[str, Any]:
    from secscan.attest import statement
    from secscan.cli import log_line
    from secscan.compliance import schema as controls
    from secscan.findings import scan
    from secscan.gate import difference
    from secscan.policy import schema as schemas
    from secscan.reports.covered import document as covered
    from secscan.settings.schema import settings_schema

    makers = {
        "settings": settings_schema,
        "scan": scan.schema,
        "policy": schemas.policy_schema,
        "waivers": schemas.waivers_schema,
        "baseline": schemas.baseline_schema,
        "attestation": statement.schema,
        "diff": difference.schema,
        "coverage": covered.schema,
        "controls": controls.schema,
        "log": log_line.schema,
    }
    return makers[document]()
