"""What a process ends with, from `secscan.errors`."""

from __future__ import annotations

import ast
import inspect
from itertools import pairwise

from docs.generate.tables import code, prose, table
from secscan import errors


def page() -> str:
    """Return the page."""
    rows = [(code(str(one.value)), one.name.lower(), prose(_documented()[one.name])) for one in errors.ExitCode]
    return f"""\
# Exit codes

{table(("code", "name", "meaning"), rows)}

Failed beats incomplete; both kinds of reasons are shown. Reports are written before the process ends with 0, 1 or 3;
one that cannot be written makes it 3. A policy with `mode: log` shows its verdict and ends with 0. Commands that judge
nothing (`report`, `diff`, `compliance`, `sbom` ...) say in their own page what they end with.
"""


def _documented() -> dict[str, str]:
    (body,) = ast.parse(inspect.getsource(errors.ExitCode)).body
    fields = getattr(body, "body", [])
    found = {}
    for one, following in pairwise(fields):
        match one, following:
            case ast.Assign(targets=[ast.Name(id=name)]), ast.Expr(value=ast.Constant(value=str(text))):
                found[name] = text
    return found
