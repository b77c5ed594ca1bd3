"""Groups that import a command when it is asked for, and help that is arranged for reading."""

from __future__ import annotations

import difflib
import importlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import typer
import typer.core
import typer.main

from secscan.cli.commands import COMMANDS, Command, Group

_HELP = {"help_option_names": ["-h", "--help"]}
_HEADING = "Options"


class OneCommand(typer.core.TyperCommand):
    """A command whose options stand under headings, and whose help ends with examples."""

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Arguments, then options by heading, in the order in which headings come up."""
        panels: dict[str, list[tuple[str, str]]] = {}
        for param in self.get_params(ctx):
            record = param.get_help_record(ctx)
            if record is not None:
                usual = "Arguments" if param.param_type_name == "argument" else _HEADING
                panels.setdefault(getattr(param, "rich_help_panel", None) or usual, []).append(record)
        usual_last = sorted(panels.items(), key=lambda one: one[0] == _HEADING)
        for heading, rows in usual_last:
            with formatter.section(heading):
                formatter.write_dl(rows)


class LazyGroup(typer.core.TyperGroup):
    """A group of commands of which each is imported when it is run, or its own help is shown."""

    table: Mapping[str, Command | Group] = {}

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 - the framework's signature
        """Return the names, in the order of the table."""
        return list(self.table)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002 - the framework's signature
        """Return a command, or None if there is none of that name."""
        entry = self.table.get(cmd_name)
        return None if entry is None else built(cmd_name, entry)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Find the command; one that is mistyped is told with what was likely meant."""
        if args and args[0] not in self.table and not args[0].startswith("-"):
            close = difflib.get_close_matches(args[0], self.table)
            meant = f" Did you mean {' or '.join(map(repr, close))}?" if close else ""
            ctx.fail(f"No such command {args[0]!r}.{meant}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002 - the framework's signature
        """Summaries under their headings."""
        panels: dict[str, list[tuple[str, str]]] = {}
        for name, entry in self.table.items():
            panels.setdefault(entry.panel or "Commands", []).append((name, entry.summary))
        width = max(map(len, self.table))
        for heading, rows in panels.items():
            with formatter.section(heading):
                formatter.write_dl([(f"{name:<{width}}", summary) for name, summary in rows])


_Refusal: type[Exception] = next(one for one in typer.BadParameter.__mro__ if one.__name__ == "ClickException")
"""What the framework raises for a wrong command line. Its own name for it is not public."""


@contextmanager
def _escaped() -> Iterator[None]:
    """Escape what is said of a wrong command line: pre-commit writes names of files into it, and a platform may take
    `##vso[...]` in one for a command."""
    try:
        yield
    except _Refusal as error:
        from secscan.reports.escape import terminal

        if isinstance(said := getattr(error, "message", None), str):
            error.message = terminal(said)  # type: ignore[attr-defined]  # every such error has one
        raise


class _Root(LazyGroup):
    table = COMMANDS

    def make_context(self, *args: Any, **named: Any) -> Any:
        """Read the options before the command."""
        with _escaped():
            return super().make_context(*args, **named)

    def invoke(self, ctx: Any) -> Any:
        """Read the rest, and run the command."""
        with _escaped():
            return super().invoke(ctx)


def built(name: str, entry: Command | Group) -> Any:
    """Import and build one command, or one group, whose commands stay unimported."""
    if isinstance(entry, Group):
        kind = type("Group", (LazyGroup,), {"table": entry.commands})
        group = typer.Typer(
            cls=kind, no_args_is_help=True, help=entry.summary, add_completion=False, rich_markup_mode=None
        )
        group.callback()(lambda: None)
        made: Any = typer.main.get_command(group)
        made.name = name
        return made
    one = typer.Typer(
        add_completion=False, rich_markup_mode=None, context_settings=_HELP, pretty_exceptions_enable=False
    )
    one.command(name, cls=OneCommand, epilog=_epilog(entry.examples))(_function(entry.place))
    return typer.main.get_command(one)


def built_root(callback: Callable[..., None]) -> typer.Typer:
    """Return the program itself, with its own options those of `callback`."""
    app = typer.Typer(
        name="secscan",
        cls=_Root,
        help="Scan with real scanners, judge by a policy, gate the build.",
        epilog="Exit codes: 0 passed, 1 failed, 2 usage or configuration, 3 incomplete, 4 a bug in secscan, 130 interrupted.",
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        add_completion=False,
        context_settings=_HELP,
    )
    app.callback()(callback)
    return app


def _epilog(examples: tuple[str, ...]) -> str | None:
    # \b keeps the lines of a paragraph as they are.
    return "\b\nExamples:\n" + "\n".join(f"  {one}" for one in examples) if examples else None


def _function(place: str) -> Callable[..., None]:
    module, _, name = place.partition(".")
    found: Callable[..., None] = getattr(importlib.import_module(f"secscan.cli.{module}"), name)
    return found
