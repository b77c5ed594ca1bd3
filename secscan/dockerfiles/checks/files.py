"""ADD and COPY: what comes from elsewhere, what should have stayed outside, and the rights it gets."""

from __future__ import annotations

import re
from collections.abc import Iterator

from secscan.dockerfiles.checks.modes import bad_mode
from secscan.dockerfiles.checks.urls import is_cleartext
from secscan.dockerfiles.checks.words import short
from secscan.dockerfiles.document import Document, Step
from secscan.dockerfiles.found import Found
from secscan.dockerfiles.grammar import Part
from secscan.findings.levels import Confidence, Severity

_REMOTE = re.compile(r"(?:https?|ftp)://|git@|git://|ssh://", re.IGNORECASE)
_GIT = re.compile(r"git@|git://|ssh://|https?://[^#?]+\.git(?:#|\?|$)", re.IGNORECASE)
_COMMIT = re.compile(r"#[0-9a-f]{40,64}(?::|$)|[?&](?:commit|checksum)=[0-9a-f]{40,64}", re.IGNORECASE)
_SURELY = re.compile(
    r"(?:^|/)(?:\.env\*?(?:\.(?!example|sample|template|dist|defaults?\b)[\w.-]+)?|id_(?:rsa|dsa|ecdsa|ed25519)|ssh_host_[\w*]{0,20}key|\.netrc|\.pgpass"
    r"|\.git-credentials|\.aws(?:/.*)?|\.ssh(?:/.*)?|\.kube/config|\.docker/config\.json|\.dockercfg|\.vault-token|\.htpasswd"
    r"|credentials\.json|service[-_]?account[\w-]*\.json|[\w.-]+\.(?:p12|pfx|jks|keystore|kdbx|ppk))$",
    re.IGNORECASE,
)
_PERHAPS = re.compile(
    r"(?:^|/)(?:\.npmrc|\.pypirc|\.yarnrc(?:\.yml)?|\.gnupg(?:/.*)?|[\w.*-]+\.(?:pem|key)|secrets?(?:\.[\w.]+)?)$",
    re.IGNORECASE,
)


def check(document: Document) -> Iterator[Found]:
    """Check ADD and COPY in every stage."""
    for stage in document.stages:
        shipped = stage is document.stages[-1]
        for step in stage.steps:
            if step.instruction.name in ("ADD", "COPY"):
                yield from _sources(step, shipped=shipped)
                yield from _mode(step)


def _sources(step: Step, *, shipped: bool) -> Iterator[Found]:
    one = step.instruction
    parts = one.strings if one.strings is not None else one.words
    for part in parts[:-1]:
        source = part.text if one.strings is not None else step.expand(part.text).text
        if _REMOTE.match(source):
            if one.name == "ADD":
                yield from _remote(step, part, source)
        elif not source.startswith("<<"):
            yield from _secret_file(part, source.rstrip("/"), one.name, shipped=shipped)


def _remote(step: Step, part: Part, url: str) -> Iterator[Found]:
    verified = step.instruction.flag("checksum") is not None or (_GIT.match(url) and _COMMIT.search(url))
    if not verified:
        git = _GIT.match(url) is not None
        how = "Name the commit behind `#`" if git else "Add `--checksum=sha256:...`"
        yield Found(
            rule="remote-add",
            start=part.start,
            end=part.end,
            message=f"ADD takes whatever `{short(url)}` gives when it is built, and nothing checks what that is.",
            remedy=f"{how}, so that the build ends where it is another one.",
            severity=Severity.LOW if git else Severity.MEDIUM,
        )
    if is_cleartext(url) and not verified:
        yield Found(
            rule="cleartext-download",
            start=part.start,
            end=part.end,
            message=f"`{short(url)}` comes over cleartext: whoever is on the way can replace it.",
            remedy="Use https, and add a checksum.",
            severity=Severity.HIGH,
        )


def _secret_file(part: Part, source: str, name: str, *, shipped: bool) -> Iterator[Found]:
    sure = _SURELY.search(source) is not None
    if not sure and not _PERHAPS.search(source):
        return
    stays = "It stays in a layer, also where a later instruction deletes it"
    if not shipped:
        stays = "This stage is not shipped, but the file stays in the cache of the build"
    severity = Severity.HIGH if sure and shipped else Severity.MEDIUM if sure else Severity.LOW
    yield Found(
        rule="secret-file",
        start=part.start,
        end=part.end,
        message=f"{name} of `{short(source)}`, a file in which secrets usually stand. {stays}.",
        remedy="Leave it out, list it in .dockerignore, and mount it where a RUN needs it: RUN --mount=type=secret.",
        severity=severity,
        confidence=Confidence.MEDIUM if sure else Confidence.LOW,
    )


def _mode(step: Step) -> Iterator[Found]:
    flag = step.instruction.flag("chmod")
    if flag is not None:
        mode = step.expand(flag.text).text
        yield from bad_mode(mode, flag.start, flag.end, f"{step.instruction.name} --chmod={short(mode)}")
