"""Every command in the documents is one that the program has: its name, its options, what it must be given."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
import typer.main

from docs.generate import pages
from docs.generate.commands import inside
from secscan.cli.app import build
from secscan.reports.contract import FORMATS
from tests.support.documents import ROOT, Block, blocks, commands, spans

_HISTORY = ROOT / "CHANGELOG.md"
"""It tells of what was, and may name what is no more."""


@cache
def program() -> Any:
    return typer.main.get_command(build())


def leaf(words: list[str]) -> tuple[Any, list[str]]:
    """Return the command that words name, and the rest of them. Raises `KeyError` for one that there is not."""
    found, rest = program(), words
    while hasattr(found, "commands") and rest and not rest[0].startswith("-"):
        found, rest = dict(inside(found))[rest[0]], rest[1:]
    return found, rest


def problem(words: list[str]) -> str:
    """Return what is wrong with a command line; empty for one that the program takes."""
    try:
        command, rest = leaf(words)
    except KeyError as error:
        return f"there is no command {error}"
    if not rest and hasattr(command, "commands"):
        return ""  # it shows its help
    try:
        context = command.make_context("secscan", list(rest))
    except SystemExit as end:
        return "" if end.code == 0 else f"ends with {end.code}"
    except Exception as error:  # noqa: BLE001 - the parser's errors have no common name that can be imported
        return str(error.format_message() if hasattr(error, "format_message") else error)
    named = [text.partition("=")[0] for text in context.params.get("report") or ()]
    unknown = [name for name in named if name not in FORMATS and not name.isupper()]
    return f"there is no format {unknown}" if unknown else ""


def documented() -> Iterator[tuple[Block, list[str]]]:
    for block in blocks():
        if block.document != _HISTORY and pages.MARK not in block.document.read_text(encoding="utf-8"):
            for words in commands(block):
                yield block, words


def test_every_command_in_a_block_is_taken_by_the_parser() -> None:
    found = list(documented())
    assert len(found) > 100
    assert [
        f"{block.place}: secscan {' '.join(words)}: {why}" for block, words in found if (why := problem(words))
    ] == []


def test_every_option_in_a_code_span_exists() -> None:
    wrong = []
    for path, text in spans():
        if path == _HISTORY:
            continue
        try:
            command, rest = leaf(re.sub(r"[(),.;]|\.\.\.", " ", text).split()[1:])
        except KeyError as error:
            wrong.append(f"{path.relative_to(ROOT)}: {text}: no command {error}")
            continue
        options = {name for one in command.params for name in (*one.opts, *one.secondary_opts)} | {"-h", "--help"}
        wrong += [
            f"{path.relative_to(ROOT)}: {text}: no option {word}"
            for word in rest
            if re.match(r"--?[a-z]", word) and word.partition("=")[0] not in options
        ]
    assert wrong == []


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ("scna .", "no command"),
        ("vault audit", ""),
        ("vault adit", "no command"),
        ("scan --report junit .", ""),
        ("scan --report junti .", "no format"),
        ("scan --stagd", "No such option"),
        ("gate", "Missing argument"),
        ("waiver add 1234abcd --owner ana", "Missing option"),
    ],
)
def test_the_check_sees_what_is_wrong(words: str, why: str) -> None:
    assert why in problem(words.split())
    assert bool(why) == bool(problem(words.split()))
