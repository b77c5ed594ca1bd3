"""`secscan schema`: print the JSON Schema of a document that secscan reads or writes."""

from __future__ import annotations

import json
import sys
from typing import Annotated

import typer


def schema(document: Annotated[str, typer.Argument(metavar="scan", help="Which document: scan.")]) -> None:
    """Print the JSON Schema of the saved scan, generated from the model."""
    from secscan.errors import UsageError
    from secscan.findings import scan

    if document != "scan":
        raise UsageError(f"there is no schema {document!r}", hint="the schemas are: scan")
    sys.stdout.write(json.dumps(scan.schema(), indent=2, sort_keys=True) + "\n")
