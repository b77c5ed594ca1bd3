"""The command line: how it is run, and the one place where errors become words and exit codes."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import typer

from secscan.cli import log
from secscan.cli.lazy import built_root
from secscan.cli.say import say
from secscan.errors import ExitCode, SecscanError, of_the_machine
from secscan.stopping import stoppable

_FIRST = """\
secscan looks at a source tree or an image, and says whether the build may go on.

  secscan doctor            are the scanners there, and do they work?
  secscan scan              look at the working directory, judge, report
  secscan explain ID        why was a finding decided so?

All commands: secscan --help
"""
"""What somebody needs who has just installed it."""


def build() -> typer.Typer:
    """Return the command line. Commands are imported when they run."""
    return built_root(_options)


def run(arguments: Sequence[str], *, told: Callable[[SecscanError], None] | None = None) -> int:
    """Run one command line and return the exit code of the process. `told` also gets the error that ended it."""
    log.choose("text")
    if not arguments:
        sys.stderr.write(_FIRST)
        return ExitCode.USAGE
    try:
        with stoppable():
            build()(list(arguments), prog_name="secscan", obj=tuple(arguments))
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else ExitCode.BUG
    except SecscanError as error:
        tell(error)
        if told is not None:
            told(error)
        return error.exit_code
    except BrokenPipeError:
        # Whoever read our output has gone; the verdict was not delivered.
        with contextlib.suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ExitCode.INCOMPLETE
    except Exception as error:  # noqa: BLE001 - the last resort, which must not end as a verdict
        if (machine := of_the_machine(error)) is not None:
            tell(machine)
            return machine.exit_code
        _tell_bug(error)
        return ExitCode.BUG
    return ExitCode.PASSED


def tell(error: SecscanError) -> None:
    """Say an expected error on standard error: one line, the place where it can be shown, and what to do."""
    if log.is_json():
        log.error(error)
        return
    say(f"secscan: {error.message}")
    for line in error.excerpt:
        say(f"    {line}")
    if error.hint:
        say(f"  hint: {error.hint}")


def _options(
    version: bool = typer.Option(False, "--version", help="Show the version and exit.", is_eager=True),
) -> None:
    if version:
        from secscan import __version__

        sys.stdout.write(f"secscan {__version__}\n")
        raise typer.Exit
    _tell_unknown_variables()


def _tell_unknown_variables() -> None:
    """Say which variables look like ours and are none: whoever misspells one believes in a protection that he lacks."""
    from secscan.settings.variables import unknown

    for name, hint in unknown(os.environ):
        say(f"secscan: there is no variable {name}, and it is ignored")
        say(f"  hint: {hint}")


def _tell_bug(error: Exception) -> None:
    """Say where it broke. Neither the message nor any value is shown: they could hold a secret."""
    import traceback

    from secscan import __version__

    places = [
        f"{Path(frame.filename).name}:{frame.lineno} in {frame.name}"
        for frame in traceback.extract_tb(error.__traceback__)
    ]
    if log.is_json():
        kind, shown = type(error).__name__, tuple(places[-8:])
        log.write("fatal", "error", "this is a bug in secscan, not a verdict", error_type=kind, places=shown)
        return
    sys.stderr.write(
        f"secscan {__version__}: this is a bug in secscan, not a verdict: {type(error).__name__}\n"
        + "".join(f"  at {place}\n" for place in places[-8:])
        + "  hint: please report it with these lines; set SECSCAN_TRACEBACK=1 to see the whole error (it may hold secrets)\n"
    )
    if os.environ.get("SECSCAN_TRACEBACK") == "1":
        traceback.print_exception(error)
