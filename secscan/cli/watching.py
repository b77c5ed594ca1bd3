"""Who watches a scan: the display for people, log lines for programs, and the record that telemetry is made of."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from secscan.cli import log
from secscan.cli.progress import show_progress
from secscan.cli.telling import warn
from secscan.errors import Interrupted, SecscanError
from secscan.progress import Progress, Stage, Watcher

if TYPE_CHECKING:
    from secscan.findings.scan import Scan
    from secscan.telemetry.record import Record
    from secscan.telemetry.settings import TelemetrySettings


@dataclass
class Watch:
    """Takes what happens in a scan and, at the end, what came of it."""

    watchers: list[Watcher] = field(default_factory=list)
    result: Scan | None = None
    """The judged scan; None until there is one."""

    def take(self, event: Progress | Stage) -> None:
        """Tell all who watch."""
        for watcher in self.watchers:
            watcher(event)


@contextlib.contextmanager
def watched(telemetry: TelemetrySettings | None, *, quiet: bool) -> Iterator[Watch]:
    """Give what takes the events of a scan. Telemetry is sent at the end, also where an error ends the scan."""
    watch = Watch()
    record = _record(telemetry)
    if record:
        watch.watchers.append(record.take)
    if log.is_json():
        watch.watchers.append(log.watcher())
    try:
        with show_progress(quiet=quiet or log.is_json()) as show:
            watch.watchers.append(show)
            yield watch
    except (KeyboardInterrupt, Interrupted):
        record = None  # whoever stops a scan does not wait for a collector
        raise
    finally:
        if record and telemetry:
            _export(record, watch.result, telemetry)


def _record(telemetry: TelemetrySettings | None) -> Record | None:
    if telemetry is None or not (telemetry.traces or telemetry.metrics):
        return None
    from secscan.telemetry.record import Record

    return Record()


def _export(record: Record, result: Scan | None, telemetry: TelemetrySettings) -> None:
    """Send what was recorded. What goes wrong is said, and changes nothing."""
    from secscan.telemetry.otlp import export

    record.end()
    try:
        problems = export(record, result, telemetry, os.environ)
    except SecscanError as error:
        warn(error.message, error.hint)
    except Exception as error:  # noqa: BLE001 - of others' code; a verdict does not depend on it
        warn(f"telemetry could not be sent: {type(error).__name__}", "check the variables OTEL_*")
    else:
        for problem in problems:
            warn(problem, "check OTEL_EXPORTER_OTLP_ENDPOINT and the collector; it takes http/protobuf")
