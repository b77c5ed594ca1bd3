"""Images that a build starts from or copies from: can they change without notice?"""

from __future__ import annotations

import re
from collections.abc import Iterator

from secscan.dockerfiles.checks.words import short
from secscan.dockerfiles.document import Document
from secscan.dockerfiles.expand import Expanded
from secscan.dockerfiles.found import Found
from secscan.dockerfiles.grammar import Part
from secscan.findings.levels import Confidence, Severity

_DIGEST = re.compile(r"@[a-z0-9+._-]+:[0-9a-fA-F]{32,}$")
_MOVING = frozenset(("", "latest"))
_FROM_OPTION = re.compile(r"(?:^|,)from=([^,]+)")


def check(document: Document) -> Iterator[Found]:
    """Check every image that the build names."""
    if document.syntax:
        yield from _frontend(document)
    for stage in document.stages:
        if stage.parent is None:
            yield from _image(stage.image, stage.base)
        for step in stage.steps:
            named = [*step.instruction.flags_named("from")] if step.instruction.name in ("COPY", "ADD") else []
            for mount in step.instruction.flags_named("mount") if step.instruction.name == "RUN" else ():
                found = _FROM_OPTION.search(mount.text)
                if found:
                    named.append(Part(found.group(1), mount.start + found.start(1), mount.start + found.end(1)))
            for part in named:
                image = step.expand(part.text)
                if image.text.lower() not in document.names and not image.text.isdigit():
                    yield from _image(part, image)


def _image(part: Part, image: Expanded) -> Iterator[Found]:
    """What is wrong with the name of one image."""
    if image.text.lower() == "scratch" or _DIGEST.search(image.text):
        return
    rest = image.text.rpartition("/")[2]
    tag = rest.partition(":")[2].partition("@")[0]
    written = short(image.text)
    confidence = Confidence.MEDIUM if image.given else Confidence.HIGH
    if not image.known and ("$" in tag or "$" in rest.partition(":")[0] or not tag):
        message = f"Nobody can tell from the file what `{written}` is: it is given to the build."
        severity, confidence = Severity.LOW, Confidence.LOW
        remedy = f"Give the ARG a default with tag and digest, and check what replaces it: `{written}`."
    elif tag in _MOVING:
        what = "has the tag `latest`" if tag else "has no tag, which means `latest`"
        message = f"`{written}` {what}: each build may get another image, also one that was tampered with."
        severity, remedy = Severity.MEDIUM, f"Name a version and its digest: `{_bare(written)}:VERSION@sha256:...`."
    else:
        message = f"`{written}` has a tag and no digest: whoever may push to its repository decides what is built on."
        severity, remedy = Severity.LOW, f"Add the digest: `{written.partition('@')[0]}@sha256:...`."
    yield Found(
        rule="unpinned-base",
        start=part.start,
        end=part.end,
        message=message,
        remedy=remedy,
        severity=severity,
        confidence=confidence,
    )


def _bare(name: str) -> str:
    return name.removesuffix(":latest").partition("@")[0]


def _frontend(document: Document) -> Iterator[Found]:
    at = document.text.find(document.syntax)
    tag = document.syntax.rpartition("/")[2].partition(":")[2]
    if at >= 0 and not _DIGEST.search(document.syntax) and tag in _MOVING:
        yield Found(
            rule="unpinned-frontend",
            start=at,
            end=at + len(document.syntax),
            message=f"`{short(document.syntax)}` is an image that runs the build, and it has no version.",
            remedy="Name a version, such as `docker/dockerfile:1`, or leave the line out.",
            severity=Severity.LOW,
        )
