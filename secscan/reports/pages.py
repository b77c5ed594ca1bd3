"""What all pages share: how a template is read and escapes, and how a policy names what may run."""

from __future__ import annotations

import base64
import functools
import hashlib
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup

from secscan.reports.escape import plain


@functools.cache
def template(folder: Path, name: str) -> Template:
    """Return a template. It is compiled once: that takes longer than to show a small scan."""
    environment = Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.finalize = _finalize
    return environment.get_template(name)


def source_hash(text: str) -> str:
    """Return how a content security policy names an inline style or script (CSP Level 3, "hash-source")."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")


def _finalize(value: Any) -> Any:
    """Everything a template shows passes here before it is escaped, so that nothing in it is invisible."""
    return value if isinstance(value, Markup) else plain(value) if isinstance(value, str) else value
