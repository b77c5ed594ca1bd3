"""The one place where commands speak to people, on standard error. Documents go to standard output."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator

from secscan.cli import log

_QUIET, _USUAL, _VERBOSE = range(3)
_loudness = _USUAL


def _write(text: str) -> None:
    sys.stderr.write(text)


_writer: Callable[[str], None] = _write


def set_loudness(*, quiet: bool = False, verbose: bool = False) -> None:
    """Choose how much is said. Raises `UsageError` where both are wanted."""
    global _loudness
    if quiet and verbose:
        from secscan.errors import UsageError

        raise UsageError("--quiet and --verbose exclude each other", hint="give one of them")
    _loudness = _QUIET if quiet else _VERBOSE if verbose else _USUAL


def say(text: str) -> None:
    """Say what must be heard: an error, or why something was not done."""
    _line(text, "warn")


def note(text: str) -> None:
    """Say what is good to know; not with `--quiet`."""
    if _loudness >= _USUAL:
        _line(text, "info")


def detail(text: str) -> None:
    """Say what only helps whoever asks for more: with `--verbose`."""
    if _loudness >= _VERBOSE:
        _line(text, "debug")


def is_verbose() -> bool:
    """Whether details are wanted."""
    return _loudness >= _VERBOSE


@contextlib.contextmanager
def spoken_by(writer: Callable[[str], None]) -> Iterator[None]:
    """Within, lines are written by `writer`, which knows where the live display stands."""
    global _writer
    before, _writer = _writer, writer
    try:
        yield
    finally:
        _writer = before


def _line(text: str, level: str) -> None:
    if log.is_json():
        log.write(level, "message", text.strip())
        return
    from secscan.reports.escape import terminal

    indent = text[: len(text) - len(text.lstrip(" "))]
    _writer(f"{indent}{terminal(text[len(indent) :])}\n")
