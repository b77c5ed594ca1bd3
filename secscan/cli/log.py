"""Log lines for programs: with `--log-format json`, standard error is one JSON object per line and nothing else.

Nothing is imported for them before somebody wants them. What they hold: see `log_line`.
"""

from __future__ import annotations

import sys
import threading
from typing import TYPE_CHECKING, Any

from secscan import stopping

if TYPE_CHECKING:
    from secscan.errors import SecscanError
    from secscan.findings.scan import Scan
    from secscan.progress import Progress, Stage, Watcher

_OUTCOMES = {"completed": "success", "failed": "failure", "skipped": "unknown"}
_VERDICTS = {"passed": "success", "failed": "failure", "incomplete": "unknown"}

_json = False
_lock = threading.Lock()


def choose(name: str) -> None:
    """Choose how standard error speaks: `text` or `json`. Raises `UsageError` for anything else."""
    global _json
    if name not in ("text", "json"):
        from secscan.errors import UsageError

        raise UsageError(f"there is no log format {name!r}", hint="write --log-format text or json")
    _json = name == "json"
    stopping.word_by(_stopped if _json else None)


def _stopped(what: str, noted: str) -> str:
    from secscan.cli.log_line import encode

    return encode("error", "stopped", f"{what}; {noted}", {}) + "\n"


def is_json() -> bool:
    """Whether standard error is for programs."""
    return _json


def write(level: str, action: str, message: str, **fields: Any) -> None:
    """Write one line, if lines are wanted; the fields are those of `log_line.LogLine`."""
    if not _json:
        return
    from secscan.cli.log_line import encode

    data = encode(level, action, message, fields)
    with _lock:
        sys.stderr.write(data + "\n")
        sys.stderr.flush()


def watcher() -> Watcher:
    """Return what writes a line for the events of a scan that somebody would look for in a log."""
    from secscan.progress import Stage

    last: list[Stage] = []

    def take(event: Progress | Stage) -> None:
        if isinstance(event, Stage):
            if not last or (last[-1].name, last[-1].part) != (event.name, event.part):
                last[:] = [event]
                write("info", "stage-started", ", ".join(filter(None, (event.name, event.part))), stage=event.name)
        elif event.state == "planned":
            write("info", "scanner-planned", f"{event.scanner} is planned", scanner=event.scanner, pieces=event.pieces)
        elif event.state in _OUTCOMES:
            why = f": {event.detail}" if event.detail else ""
            write(
                "error" if event.state == "failed" else "info",
                "scanner-ended",
                f"{event.scanner} {event.state}{why}",
                scanner=event.scanner,
                outcome=_OUTCOMES[event.state],
                duration=round(event.seconds * 1e9),
            )

    return take


def error(problem: SecscanError) -> None:
    """Write an expected error."""
    kind = type(problem).__name__
    places, hint = problem.excerpt, problem.hint
    write("error", "error", problem.message, error=problem.message, error_type=kind, hint=hint, places=places)


def verdict(scan: Scan, exit_code: int) -> None:
    """Write what the reader should know besides, and the verdict: the last line."""
    if not _json:
        return
    from secscan.reports.present import Presentation

    for notice in scan.notices:
        write("info", "notice", f"{notice.subject}: {notice.text}", topic=notice.topic)
    view = Presentation(scan)
    counts = view.by_action
    write(
        "info" if exit_code == 0 else "error",
        "verdict",
        f"{view.judgement.verdict}: {view.sentence}",
        outcome=_VERDICTS[view.judgement.verdict],
        duration=round(scan.run.seconds * 1e9) if scan.run else 0,
        verdict=view.judgement.verdict.value,
        policy=view.judgement.policy,
        target=scan.target.name,
        exit_code=int(exit_code),
        blocked=counts["block"],
        warned=counts["warn"],
        accepted=counts["accept"],
        gaps=len(scan.gaps),
        doubts=len(view.doubts),
        url=scan.run.ci if scan.run else "",
    )
