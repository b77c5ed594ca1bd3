"""The command line: which commands there are, and the one place where errors become words and exit codes."""

from __future__ import annotations

import contextlib
import functools
import importlib
import os
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import typer

from secscan.errors import ExitCode, Interrupted, SecscanError

_COMMANDS = {
    "scan": "scan.scan",
    "import": "import_.import_",
    "gate": "gate.gate",
    "report": "report.report",
    "diff": "diff.diff",
    "compliance": "compliance.compliance",
    "attest": "attest.attest",
    "verify": "attest.verify",
    "replay": "attest.replay",
    "sbom": "sbom.sbom",
    "explain": "explain.explain",
    "fix": "fix.fix",
    "doctor": "doctor.doctor",
    "schema": "schema.schema",
}
"""By name: the module and function of each command."""

_GROUPS: dict[str, tuple[str, dict[str, str]]] = {
    "policy": (
        "Policies: test them, check them, and see what another one would have decided.",
        {"test": "policy.run_tests", "lint": "policy.lint", "backtest": "policy.backtest"},
    ),
    "waiver": (
        "Waivers: findings that are accepted for a while.",
        {"add": "waiver.add", "list": "waiver.list_", "prune": "waiver.prune"},
    ),
    "baseline": (
        "Baselines: what was there before, to tell what is new and why.",
        {"write": "baseline.write", "show": "baseline.show"},
    ),
    "vault": (
        "Vault: whether secrets in code are in use, how the server is kept, and with how few rights both can be asked.",
        {
            "check": "vault.check",
            "unreferenced": "vault.unreferenced",
            "index": "vault.index",
            "audit": "vault_audit.audit",
            "policy": "vault_policy.policy",
            "rotate-plan": "vault_rotate.rotate_plan",
        },
    ),
    "cache": (
        "The cache of results: what scanners said of files that did not change since.",
        {"status": "cache.status", "clear": "cache.clear", "verify": "cache.verify"},
    ),
    "advisories": (
        "The advisory index: what is known to be vulnerable.",
        {
            "import": "advisories.import_",
            "update": "advisories.update",
            "export": "advisories.export",
            "status": "advisories.status",
            "show": "advisories.show",
            "lookup": "advisories.lookup",
        },
    ),
}
"""By name: what the group is about, and the module and function of each of its commands."""


def build(first: str = "") -> typer.Typer:
    """Return the command line. Commands import what they need when they run.

    `first` is the first word of the command line: where it names a command or a group, only that is imported and built.
    """
    app = typer.Typer(
        name="secscan",
        help="Scan with real scanners, judge by a policy, gate the build.",
        epilog="Exit codes: 0 passed, 1 failed, 2 usage or configuration, 3 incomplete, 4 a bug in secscan, 130 interrupted.",
        no_args_is_help=True,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_options)
    known = first in _COMMANDS or first in _GROUPS
    for name, place in _COMMANDS.items():
        if not known or name == first:
            app.command(name)(_guarded(_function(place)))
    for name, (about, commands) in _GROUPS.items():
        if not known or name == first:
            group = typer.Typer(help=about, no_args_is_help=True, rich_markup_mode=None)
            for command, place in commands.items():
                group.command(command)(_guarded(_function(place)))
            app.add_typer(group, name=name)
    return app


def _function(place: str) -> Callable[..., None]:
    module, _, name = place.partition(".")
    found: Callable[..., None] = getattr(importlib.import_module(f"secscan.cli.{module}"), name)
    return found


def run(arguments: Sequence[str]) -> int:
    """Run one command line and return the exit code of the process."""
    signal.signal(signal.SIGTERM, _terminate)
    try:
        build(arguments[0] if arguments else "")(list(arguments), prog_name="secscan")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else ExitCode.BUG
    except SecscanError as error:
        tell(error)
        return error.exit_code
    except KeyboardInterrupt:
        tell(Interrupted("stopped"))
        return ExitCode.INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output has gone; the verdict was not delivered.
        with contextlib.suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ExitCode.INCOMPLETE
    except Exception as error:  # noqa: BLE001 - the last resort, which must not end as a verdict
        _tell_bug(error)
        return ExitCode.BUG
    return ExitCode.PASSED


def tell(error: SecscanError) -> None:
    """Say an expected error on standard error: one line, the place where it can be shown, and what to do."""
    from secscan.reports.escape import terminal

    sys.stderr.write(f"secscan: {terminal(error.message)}\n")
    for line in error.excerpt:
        sys.stderr.write(f"    {terminal(line)}\n")
    if error.hint:
        sys.stderr.write(f"  hint: {terminal(error.hint)}\n")


def _options(
    version: bool = typer.Option(False, "--version", help="Show the version and exit.", is_eager=True),
) -> None:
    if version:
        from secscan import __version__

        sys.stdout.write(f"secscan {__version__}\n")
        raise typer.Exit


def _guarded(function: Callable[..., Any]) -> Callable[..., Any]:
    """Keep the framework from turning Ctrl-C into an exit code that means "failed"."""

    @functools.wraps(function)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        try:
            return function(*args, **kwargs)
        except KeyboardInterrupt:
            from secscan import process

            process.stop_all()
            raise Interrupted("stopped; everything that was running has been ended") from None

    return guarded


def _terminate(_number: int, _frame: object) -> None:
    raise KeyboardInterrupt


def _tell_bug(error: Exception) -> None:
    """Say where it broke. Neither the message nor any value is shown: they could hold a secret."""
    import traceback

    from secscan import __version__

    places = [
        f"{Path(frame.filename).name}:{frame.lineno} in {frame.name}"
        for frame in traceback.extract_tb(error.__traceback__)
    ]
    sys.stderr.write(
        f"secscan {__version__}: this is a bug in secscan, not a verdict: {type(error).__name__}\n"
        + "".join(f"  at {place}\n" for place in places[-8:])
        + "  hint: please report it with these lines; set SECSCAN_TRACEBACK=1 to see the whole error (it may hold secrets)\n"
    )
    if os.environ.get("SECSCAN_TRACEBACK") == "1":
        traceback.print_exception(error)
