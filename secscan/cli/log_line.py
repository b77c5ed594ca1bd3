"""One log line.

The names are those of the Elastic Common Schema, flat, which shippers of logs take without a parser of their own
(https://www.elastic.co/docs/reference/ecs); ours begin with `secscan.`. `secscan schema log` prints their schema.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Literal

import msgspec

from secscan import __version__
from secscan.reports.escape import terminal

_NAMES = {
    "time": "@timestamp",
    "level": "log.level",
    "ecs": "ecs.version",
    "service": "service.name",
    "version": "service.version",
    "action": "event.action",
    "outcome": "event.outcome",
    "duration": "event.duration",
    "error_type": "error.type",
    "error": "error.message",
    "trace": "trace.id",
    "file": "file.path",
    "url": "url.full",
}


class LogLine(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    omit_defaults=True,
    forbid_unknown_fields=True,
    rename=lambda name: _NAMES.get(name, name if name == "message" else f"secscan.{name}"),
):
    """One line. Members that say nothing are left out."""

    time: str
    level: Literal["debug", "info", "warn", "error", "fatal"]
    message: str
    action: Literal[
        "stage-started", "scanner-planned", "scanner-ended", "notice", "report-written", "notified", "warning", "error",
        "message", "stopped", "verdict",
    ]  # fmt: skip
    # By functions, since members that have their default are left out.
    ecs: str = msgspec.field(default_factory=lambda: "8.17.0")
    service: str = msgspec.field(default_factory=lambda: "secscan")
    version: str = msgspec.field(default_factory=lambda: __version__)
    outcome: Literal["", "success", "failure", "unknown"] = ""
    duration: int = 0
    """Nanoseconds."""
    error_type: str = ""
    error: str = ""
    trace: str = ""
    """That of TRACEPARENT."""
    file: str = ""
    url: str = ""
    """Address of the CI run."""
    hint: str = ""
    """What to do about an error."""
    stage: str = ""
    scanner: str = ""
    pieces: int = 0
    channel: str = ""
    topic: str = ""
    verdict: str = ""
    policy: str = ""
    target: str = ""
    exit_code: int | None = None
    blocked: int | None = None
    warned: int | None = None
    accepted: int | None = None
    gaps: int | None = None
    doubts: int | None = None
    places: tuple[str, ...] = ()
    """Lines that show where: of a file that is wrong, or where secscan itself broke."""


def encode(level: Any, action: Any, message: str, fields: Mapping[str, Any]) -> str:
    """Return a line of now. Every text is escaped here: people read logs on terminals, platforms look for commands."""
    shown: dict[str, Any] = {name: _shown(value) for name, value in fields.items()}
    line = LogLine(
        time=datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        level=level,
        message=terminal(message),
        action=action,
        trace=_trace(os.environ.get("TRACEPARENT", "")),
        **shown,
    )
    return msgspec.json.encode(line).decode()


def _shown(value: Any) -> Any:
    if isinstance(value, tuple):
        return tuple(terminal(one) for one in value)
    return terminal(value) if isinstance(value, str) else value


def schema() -> dict[str, Any]:
    """Return the JSON Schema of one line."""
    made = msgspec.json.schema(LogLine)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "A log line of secscan", **made}


def _trace(parent: str) -> str:
    """The trace id of a W3C traceparent; empty where it is none."""
    parts = parent.strip().split("-")
    hexadecimal = len(parts) >= 4 and len(parts[1]) == 32 and all(char in "0123456789abcdef" for char in parts[1])
    return parts[1] if hexadecimal and set(parts[1]) != {"0"} else ""
