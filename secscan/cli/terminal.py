"""Prints a scan for a person: width, colour, and how much of it."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from secscan.findings.scan import Scan


def print_report(scan: Scan, *, quiet: bool = False) -> None:
    """Print the report on standard output; with `quiet`, only the verdict and its reasons."""
    from secscan.reports.terminal import render_text, render_verdict

    width = min(shutil.get_terminal_size((80, 24)).columns, 120)
    colour = use_colour(sys.stdout.isatty())
    render = render_verdict if quiet else render_text
    text = render(scan, width=width, colour=colour)
    write_document(text.encode("utf-8", errors="backslashreplace"), None)


def write_document(data: bytes, output: Path | None) -> None:
    """Write a document into a file or, where none is named, on standard output. Raises `ReportError`."""
    if output is not None:
        from secscan.files import write_atomic

        write_atomic(output, data)
        return
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()


def print_for_program(scan: Scan, format_name: str, *, quiet: bool = False) -> None:
    """Print a report for a program on standard output and, unless `quiet`, the verdict for people beside it."""
    from secscan.reports.contract import load_format
    from secscan.reports.terminal import render_verdict

    write_document(load_format(format_name).render(scan), None)
    if not quiet:
        width = min(shutil.get_terminal_size((80, 24)).columns, 120)
        sys.stderr.write(render_verdict(scan, width=width, colour=use_colour(sys.stderr.isatty())))


def print_lines(lines: Iterable[str]) -> None:
    """Print escaped lines on standard output, each broken to the terminal's width below where its words begin."""
    import textwrap

    width = min(shutil.get_terminal_size((80, 24)).columns, 120)
    for line in lines:
        indent = " " * (len(line) - len(line.lstrip(" *-")) + 2)
        broken = textwrap.wrap(
            line, width, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False, drop_whitespace=True
        )
        sys.stdout.write("\n".join(broken) + "\n")


def use_colour(is_terminal: bool) -> bool:
    """Whether to colour: never with NO_COLOR (https://no-color.org) or a dumb terminal."""
    return is_terminal and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
