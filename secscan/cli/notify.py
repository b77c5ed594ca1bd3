"""`secscan notify`: try the settings by which services are told of verdicts, and tell them of a saved scan."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from secscan.config import Settings

CONFIG = Annotated[Path, typer.Option("--config", help="Settings file with a section `notify`.")]


def try_settings(
    config: CONFIG,
    channel: Annotated[list[str] | None, typer.Option("--channel", help="Try only this channel; may be repeated.")] = None,
) -> None:  # fmt: skip
    """Send a test to every channel of the settings; alerts that it opens are closed at once. Exits 3 where one did not arrive."""
    import os
    from datetime import UTC, datetime

    from secscan.ci.run import ci_run
    from secscan.cli.telling import reveal_by, say_who
    from secscan.errors import ExitCode, UsageError
    from secscan.findings.scan import timestamp
    from secscan.notify.news import trial
    from secscan.notify.send import send

    settings = _settings(config)
    channels = settings.notify.channels if settings.notify else ()
    names = [one.name for one in channels]
    for name in channel or ():
        if name not in names:
            raise UsageError(f"there is no channel {name[:60]!r}", hint=f"the channels are: {', '.join(names)}")
    wanted = tuple(one for one in channels if not channel or one.name in channel)
    news = trial(timestamp(datetime.now(UTC)), ci_run(os.environ))
    if say_who(send({one.name: news for one in wanted}, wanted, reveal_by(settings)), quiet=False):
        raise typer.Exit(ExitCode.INCOMPLETE)


def send(
    saved: Annotated[Path, typer.Argument(metavar="SCAN", help="A saved scan (secscan.json).")],
    config: CONFIG,
    previous: Annotated[Path | None, typer.Option("--previous", metavar="FILE", help="The saved scan to compare with.", show_default="what was told last")] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Say only what went wrong.")] = False,
) -> None:  # fmt: skip
    """Tell services of a saved scan, as a scan does at its end; so the job that scans needs no secret. Exits 3 where one was missed."""
    from secscan.cli.telling import last_of, tell_services
    from secscan.errors import ExitCode, UsageError
    from secscan.findings.scan import load

    settings = _settings(config)
    scan = load(saved)
    if scan.judgement is None:
        raise UsageError(f"nobody has judged the scan {saved}", hint="judge it first: secscan gate SCAN --output DIR")
    if not tell_services(scan, settings, last_of(previous), quiet=quiet):
        raise typer.Exit(ExitCode.INCOMPLETE)


def _settings(config: Path) -> Settings:
    from secscan.config import load_settings
    from secscan.errors import ConfigError

    settings = load_settings(config.parent, config)
    if settings.notify is None:
        raise ConfigError(f"{config}: it tells nobody", hint="add a section `notify`, see docs/notifications.md")
    return settings
