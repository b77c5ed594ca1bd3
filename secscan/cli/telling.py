"""Tells services of the verdict, as the settings say, and says what could not be told. It changes no verdict."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from secscan.cli import log
from secscan.cli.say import say
from secscan.errors import ConfigError, SecscanError, UsageError

if TYPE_CHECKING:
    from secscan.config import Settings
    from secscan.findings.scan import Scan
    from secscan.notify.send import Ended, Reveal
    from secscan.notify.state import Last


def warn(message: str, hint: str = "") -> None:
    """Say on standard error what went wrong and changes no verdict."""
    if log.is_json():
        log.write("warn", "warning", message, hint=hint)
        return
    say(f"secscan: {message}")
    if hint:
        say(f"  hint: {hint}")


def tell_services(scan: Scan, settings: Settings, previous: Last | None, *, quiet: bool = False) -> bool:
    """Tell those who have to know; return whether nobody was missed. Never raises for what services or networks do.

    `previous` is the verdict to compare with; without it, that is what each channel was told last.
    """
    if settings.notify is None:
        return True
    from secscan.ci.proposal import is_for_proposal

    if is_for_proposal(os.environ) and not settings.notify.pull_requests:
        return True
    try:
        return _told(scan, settings, previous, quiet=quiet)
    except SecscanError as error:
        warn(f"nobody was told: {error.message}", error.hint)
    except Exception as error:  # noqa: BLE001 - a bug here must not become a verdict
        warn(f"nobody was told: a bug in secscan ({type(error).__name__})", "please report it")
    return False


def last_of(previous: Path | None) -> Last | None:
    """Return the verdict in a saved scan, to compare with. Raises `SavedScanError`, and `UsageError` for one without."""
    if previous is None:
        return None
    from secscan.findings.scan import load
    from secscan.notify.news import blocking
    from secscan.notify.state import Last

    scan = load(previous)
    if scan.judgement is None:
        raise UsageError(f"nobody has judged the scan {previous}", hint="name the saved scan of an earlier run")
    return Last(verdict=scan.judgement.verdict, blocking=blocking(scan))


def _told(scan: Scan, settings: Settings, previous: Last | None, *, quiet: bool) -> bool:
    from msgspec import structs

    from secscan.ci.run import ci_run
    from secscan.notify import state
    from secscan.notify.news import blocking, news_of
    from secscan.notify.send import send
    from secscan.reports.escape import web_link

    if settings.notify is None or scan.judgement is None:
        return True
    news = news_of(scan, findings=settings.notify.findings)
    # A saved scan may come from a job that somebody else had a hand in: people are sent to the run that tells them.
    news = replace(news, link=web_link(ci_run(os.environ)) or news.link)
    now = state.Last(verdict=news.verdict, blocking=blocking(scan))
    place = _state_folder()
    known = state.read(place, news.key) if place and previous is None else {}
    last = {one.name: previous or known.get(one.name) for one in settings.notify.channels}
    due = tuple(one for one in settings.notify.channels if state.due(one.on, now, last[one.name]))
    each = {one.name: replace(news, before=before.verdict if (before := last[one.name]) else None) for one in due}
    ended = send(each, due, reveal_by(settings))
    missed = say_who(ended, quiet=quiet)
    if place and previous is None:
        channels = {one.name: now for one in settings.notify.channels if one.name not in missed}
        unsure = {name: structs.replace(last[name] or state.FIRST, told=False) for name in missed}
        if problem := state.write(place, news.key, {**unsure, **channels}):
            warn(f"what was told could not be noted: {problem}", "set SECSCAN_STATE to a folder that can be written")
    return not missed


def say_who(ended: tuple[Ended, ...], *, quiet: bool) -> frozenset[str]:
    """Say who was told and who was not; return the names of those who were not."""
    for one in ended:
        log.write(
            "warn" if one.problem else "info",
            "notified",
            f"{one.channel} was not told: {one.problem}" if one.problem else f"{one.channel} was told",
            channel=one.channel,
            outcome="failure" if one.problem else "success",
            hint=one.hint,
        )
        if one.problem and not log.is_json():
            warn(f"{one.channel} was not told: {one.problem}", one.hint)
    told = ", ".join(one.channel for one in ended if not one.problem)
    if told and not quiet and not log.is_json():
        say(f"Told: {told}")
    return frozenset(one.channel for one in ended if one.problem)


def reveal_by(settings: Settings) -> Reveal:
    """Return what gives the secret that a place in the settings names, from the environment or from Vault."""

    def reveal(place: str) -> str:
        kind, _, name = place.partition(":")
        if kind == "env":
            value = os.environ.get(name, "").strip()
            if not value:
                raise UsageError(f"the variable {name} is not set", hint="give this job the secret, or the channel up")
            return value
        from secscan.stores.vault.field import read_field

        return read_field(name, settings=settings.vault).decode().strip()

    return reveal


def _state_folder() -> Path | None:
    from secscan.notify.state import folder

    try:
        return folder(os.environ)
    except ConfigError:
        warn("what was told is not noted: this user has no home", "set SECSCAN_STATE to a folder")
        return None
