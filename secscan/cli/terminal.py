"""Prints a scan for a person: width, colour, and how much of it."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from secscan.errors import UsageError

if TYPE_CHECKING:
    from secscan.findings.scan import Scan


_wish = "auto"


def choose_colour(wish: str) -> str:
    """Take the wish of `--color`. Raises `UsageError` for anything but auto, always and never."""
    global _wish
    if wish not in ("auto", "always", "never"):
        raise UsageError(f"--color {wish!r} is none of auto, always, never", hint="give one of them")
    _wish = wish
    return wish


def print_report(scan: Scan, *, quiet: bool = False, everything: bool = False) -> None:
    """Print the report on standard output; with `quiet`, only the verdict and its reasons; with `everything`, also what
    long lists leave out."""
    from secscan.reports.terminal import render_text, render_verdict

    colour = use_colour(sys.stdout.isatty())
    if quiet:
        text = render_verdict(scan, width=columns(), colour=colour)
    else:
        text = render_text(scan, width=columns(), colour=colour, everything=everything)
    write_document(text.encode("utf-8", errors="backslashreplace"), None)


def write_document(data: bytes | Iterable[bytes], output: Path | None) -> None:
    """Write a document, which may come in parts, into a file or, where none is named, on standard output. There a CI
    platform may read it for commands, and finds none. Raises `ReportError`."""
    if output is not None:
        from secscan.files import write_atomic

        write_atomic(output, data)
        return
    from secscan.reports.escape import for_log

    # Printed as a whole: a command must not be hidden by standing in two parts.
    sys.stdout.buffer.write(for_log(data if isinstance(data, bytes) else b"".join(data)))
    sys.stdout.buffer.flush()


def print_for_program(scan: Scan, format_name: str, *, quiet: bool = False) -> None:
    """Print a report for a program on standard output and, unless `quiet`, the verdict for people beside it."""
    from secscan.reports.contract import load_format
    from secscan.reports.present import Presentation
    from secscan.reports.terminal import render_verdict

    write_document(load_format(format_name).parts(Presentation(scan)), None)
    if not quiet:
        sys.stderr.write(render_verdict(scan, width=columns(), colour=use_colour(sys.stderr.isatty())))


def print_lines(lines: Iterable[str]) -> None:
    """Print escaped lines on standard output, each broken to the terminal's width below where its words begin."""
    import textwrap

    width = columns()
    for line in lines:
        indent = " " * (len(line) - len(line.lstrip(" *-")) + 2)
        broken = textwrap.wrap(
            line, width, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False, drop_whitespace=True
        )
        sys.stdout.write("\n".join(broken) + "\n")


def use_colour(is_terminal: bool) -> bool:
    """Whether to colour: what `--color` says; else not with NO_COLOR (https://no-color.org); else always with FORCE_COLOR
    or CLICOLOR_FORCE; else on a terminal that is not dumb."""
    if _wish != "auto":
        return _wish == "always"
    if os.environ.get("NO_COLOR"):
        return False
    if any(os.environ.get(name, "0") not in ("", "0") for name in ("FORCE_COLOR", "CLICOLOR_FORCE")):
        return True
    return is_terminal and os.environ.get("TERM") != "dumb" and os.environ.get("CLICOLOR") != "0"


def columns() -> int:
    """The width of the terminal, but no wider than lines can be read."""
    return min(shutil.get_terminal_size((80, 24)).columns, 120)


def as_typed(place: Path) -> str:
    """Return a path as a person types it here."""
    here = Path.cwd()
    return str(place.relative_to(here)) if place.is_relative_to(here) else os.fspath(place)
