"""What the image that is shipped runs as, and whether it says how it is."""

from __future__ import annotations

import re
from collections.abc import Iterator

from secscan.dockerfiles.checks.words import short
from secscan.dockerfiles.document import Document, Stage, Step
from secscan.dockerfiles.found import Found
from secscan.dockerfiles.grammar import Part
from secscan.findings.levels import Confidence, Severity

_ROOT = re.compile(r"root|\+?0+|containeradministrator|(?:.*\\)?administrator", re.IGNORECASE)
_SAYS_NOT_ROOT = re.compile(r"non-?root|rootless|unprivileged", re.IGNORECASE)
_REMEDY = "Create a user and end the last stage with it: `USER 10001:10001`."


def check(document: Document) -> Iterator[Found]:
    """Check the last stage, which is what is shipped."""
    if not document.stages:
        return
    last = document.stages[-1]
    user, health, root = None, None, last
    for stage in last.lineage():
        root = stage
        steps = [step for step in stage.steps if not step.instruction.on_build]
        user = user or next((step for step in reversed(steps) if step.instruction.name == "USER"), None)
        health = health or next((step for step in reversed(steps) if step.instruction.name == "HEALTHCHECK"), None)
    yield from _user(user) if user else _no_user(last, root)
    yield from _health(health, last)


def _user(step: Step) -> Iterator[Found]:
    written = step.instruction.arguments.strip()
    value = step.expand(written)
    name = value.text.partition(":")[0].strip()
    whole = step.instruction.whole
    if not value.known:
        message = f"`USER {short(written)}` is known to whoever builds only; without it, or with root, it is root."
        yield _root(whole, message, "Give it a value that is not root in the file.", Severity.LOW, Confidence.LOW)
    elif _ROOT.fullmatch(name):
        message = f"The last USER is `{short(name)}`: what breaks out of the program is root in the container."
        yield _root(whole, message, _REMEDY, Severity.MEDIUM, Confidence.MEDIUM if value.given else Confidence.HIGH)


def _no_user(last: Stage, root: Stage) -> Iterator[Found]:
    base = short(root.base.text)
    severity, confidence = Severity.MEDIUM, Confidence.MEDIUM
    message = f"No USER is given, so it runs as the user of `{base}`, which is root unless that image says otherwise."
    if root.base.text.lower() == "scratch":
        confidence = Confidence.HIGH
        message = "No USER is given, and `scratch` has none: it runs as root."
    elif _SAYS_NOT_ROOT.search(root.base.text) or not root.base.known:
        severity, confidence = Severity.LOW, Confidence.LOW
    yield _root(last.start.whole, message, _REMEDY, severity, confidence)


def _root(place: Part, message: str, remedy: str, severity: Severity, confidence: Confidence) -> Found:
    return Found(
        rule="root-user",
        start=place.start,
        end=place.end,
        message=message,
        remedy=remedy,
        severity=severity,
        confidence=confidence,
    )


def _health(step: Step | None, last: Stage) -> Iterator[Found]:
    switched_off = step is not None and step.instruction.arguments.strip().upper() == "NONE"
    if step is not None and not switched_off:
        return
    whole = step.instruction.whole if step else last.start.whole
    what = "The health check is switched off" if switched_off else "There is no HEALTHCHECK"
    yield Found(
        rule="no-healthcheck",
        start=whole.start,
        end=whole.end,
        message=f"{what}: a container that hangs is not noticed, unless a manifest has probes.",
        remedy="Add `HEALTHCHECK CMD ...` with a command that asks the program itself.",
        severity=Severity.INFO,
    )
