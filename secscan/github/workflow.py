"""The ways in which a step speaks to GitHub Actions: commands on standard output, and files that it names.

Whoever could write a command could set outputs and annotations, so text of a scan gets there through `reports.escape`
only, and while others print, commands are stopped.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from secscan.errors import ReportError
from secscan.reports.escape import github_data, github_property

MOST_SUMMARY = 1_048_576
"""Bytes of the summary of a step. GitHub drops a larger one as a whole."""


def command(name: str, message: str, **properties: str) -> str:
    """Return the line of a workflow command; properties without a value are left out."""
    said = ",".join(f"{key}={github_property(value)}" for key, value in properties.items() if value)
    return f"::{name}{f' {said}' if said else ''}::{github_data(message)}\n"


def say(name: str, message: str, **properties: str) -> None:
    """Write a workflow command."""
    sys.stdout.flush()
    sys.stdout.buffer.write(command(name, message, **properties).encode("utf-8", "backslashreplace"))
    sys.stdout.buffer.flush()


@contextlib.contextmanager
def commands_stopped() -> Iterator[None]:
    """While this lasts, GitHub takes nothing that is printed for a command. The word that ends it is random."""
    word = secrets.token_hex(16)
    say("stop-commands", word)
    try:
        yield
    finally:
        sys.stderr.flush()
        say(word, "")


def set_outputs(outputs: Mapping[str, str]) -> None:
    """Set outputs of the step. Raises `ReportError` outside of GitHub Actions."""
    lines = []
    for name, value in outputs.items():
        end = f"end-{secrets.token_hex(16)}"  # that no value can hold
        lines.append(f"{name}<<{end}\n{value}\n{end}\n")
    _append("GITHUB_OUTPUT", "".join(lines).encode("utf-8", "backslashreplace"))


def add_summary(page: bytes, short: bytes) -> None:
    """Add a page to the summary of the step, or a short one where there is no room for it. Raises `ReportError`."""
    try:
        used = Path(os.environ.get("GITHUB_STEP_SUMMARY", "")).stat().st_size
    except OSError:
        used = 0
    _append("GITHUB_STEP_SUMMARY", next((one for one in (page, short) if used + len(one) <= MOST_SUMMARY), b""))


def _append(variable: str, data: bytes) -> None:
    name = os.environ.get(variable, "")
    try:
        with Path(name).open("ab") as file:
            file.write(data)
    except OSError as error:
        raise ReportError(
            f"cannot write to the file that {variable} names: {error.strerror}",
            hint="this command speaks to GitHub Actions; elsewhere use `secscan report`",
        ) from error
