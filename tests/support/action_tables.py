"""The tables of docs/github-action.md, made of action.yml: `python -m tests.support.action_tables` writes them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import ruamel.yaml

PROJECT = Path(__file__).resolve().parent.parent.parent
PAGE = PROJECT / "docs" / "github-action.md"


def definition() -> dict[str, Any]:
    """What action.yml says."""
    document: dict[str, Any] = ruamel.yaml.YAML(typ="safe").load((PROJECT / "action.yml").read_text())
    return document


def rows_of_inputs() -> Iterator[str]:
    for name, given in definition()["inputs"].items():
        default = str(given.get("default", ""))
        shown = "the job's" if "github.token" in default else f"`{default}`" if default else ""
        yield f"| `{name}` | {shown} | {given['description']} |"


def rows_of_outputs() -> Iterator[str]:
    for name, given in definition()["outputs"].items():
        yield f"| `{name}` | {given['description']} |"


def page_with_tables(page: str) -> str:
    """Return the page with its tables as they must be."""
    for title, rows in (("Inputs", rows_of_inputs()), ("Outputs", rows_of_outputs())):
        pattern = re.compile(rf"(## {title}\n\n\|[^\n]*\n\|[-|]+\|\n)(?:[^\n]+\n)*")
        made = "".join(f"{row}\n" for row in rows)
        page = pattern.sub(lambda found, made=made: found[1] + made, page)
    return page


if __name__ == "__main__":
    PAGE.write_text(page_with_tables(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
