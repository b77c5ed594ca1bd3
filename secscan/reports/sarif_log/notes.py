"""How a scan went, as the notifications of a SARIF invocation."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from secscan.findings.levels import RunStatus
from secscan.findings.model import Gap, Notice, ScannerRun
from secscan.reports.escape import sarif_text
from secscan.reports.present import Presentation, gap_sentence, ran_as
from secscan.reports.sarif_log.words import ended, pascal

_DESCRIPTORS = {
    "incomplete": "Something that the policy demands was not looked at.",
    "scanner-failed": "A scanner did not do its work.",
    "scanner-skipped": "A scanner had nothing to do or was not able to start.",
    "gap": "Something that should have been looked at was not.",
    "notice": "Something the reader should know.",
    "scanner-completed": "A scanner did its work.",
    "not-uploaded": "Something is not in the file for code scanning.",
}
_AT = {name: at for at, name in enumerate(_DESCRIPTORS)}


def descriptors() -> list[dict[str, Any]]:
    """Return what the notifications mean, for `tool.driver.notifications`."""
    return [
        {
            "id": f"secscan/{name}",
            "name": pascal(name),
            "shortDescription": {"text": text},
            "fullDescription": {"text": text},
            "help": {"text": "See the coverage part of the HTML report."},
        }
        for name, text in _DESCRIPTORS.items()
    ]


def build_invocation(view: Presentation, more: Iterable[dict[str, Any]] = ()) -> dict[str, Any]:
    """Return how the scan went: unsuccessful as soon as anything that the policy demands was not looked at."""
    notes = [
        *(note("incomplete", "error", ". ".join(filter(None, (one.text, one.hint)))) for one in view.doubts),
        *more,
        *(_run_note(run) for run in view.scan.scanners),
        *(_gap_note(gap) for gap in view.scan.gaps),
        *(_notice_note(one) for one in view.scan.notices),
    ]
    invocation: dict[str, Any] = {"executionSuccessful": not view.doubts and view.scan.judgement is not None}
    if notes:
        invocation["toolExecutionNotifications"] = notes
    return invocation


def not_uploaded(texts: Iterable[str]) -> Iterator[dict[str, Any]]:
    """Yield a notification for each thing that is not in the file for code scanning."""
    return (note("not-uploaded", "warning", text) for text in texts)


def note(name: str, level: str, text: str, *, properties: dict[str, str] | None = None) -> dict[str, Any]:
    """Return one notification."""
    value: dict[str, Any] = {
        "descriptor": {"id": f"secscan/{name}", "index": _AT[name]},
        "level": level,
        "message": {"text": ended(sarif_text(text))},
    }
    if properties:
        value["properties"] = properties
    return value


def _run_note(run: ScannerRun) -> dict[str, Any]:
    properties = {"scanner": run.scanner, "status": run.status.value}
    if run.status is RunStatus.COMPLETED:
        text = f"{run.scanner} completed: {ran_as(run)}"
        return note("scanner-completed", "none", text, properties=properties)
    failed = run.status is RunStatus.FAILED
    text = ". ".join(part for part in (f"{run.scanner} {run.status}: {run.reason}", run.hint) if part)
    name = "scanner-failed" if failed else "scanner-skipped"
    return note(name, "error" if failed else "note", text, properties=properties)


def _gap_note(gap: Gap) -> dict[str, Any]:
    properties = {"scanner": gap.scanner, "gap": gap.kind.value, "subject": gap.subject}
    return note("gap", "warning", gap_sentence(gap), properties=properties)


def _notice_note(one: Notice) -> dict[str, Any]:
    return note("notice", "note", f"{one.subject}: {one.text}", properties={"topic": one.topic})
