"""Secrets that stay in the image, and variables that turn protection off: ENV, ARG, LABEL, passwords of accounts."""

from __future__ import annotations

import re
from collections.abc import Iterator

from secscan.dockerfiles.checks.words import short
from secscan.dockerfiles.commands import Run
from secscan.dockerfiles.document import Document, Step
from secscan.dockerfiles.expand import expand, pairs
from secscan.dockerfiles.found import Found
from secscan.findings.levels import Confidence, Severity
from secscan.secrets.detect import noise
from secscan.secrets.detect.detector import detect
from secscan.secrets.strength import is_placeholder

_TELLING = re.compile(
    r"(?:^|_)(?:PASSWORD|PASSWD|PASSPHRASE|PASS|PWD|TOKEN|SECRETS?|CREDENTIALS?|API_?KEY|APIKEY|ACCESS_?KEY|SECRET_?KEY"
    r"|PRIVATE_?KEY|AUTH_?KEY|ENCRYPTION_?KEY|SIGNING_?KEY|MASTER_?KEY|DEPLOY_?KEY|SSH_?KEY|LICENSE_?KEY)(?:_?\d)?$"
    r"|PASSWORD$|TOKEN$|SECRET$",
    re.IGNORECASE,
)
_NONE = re.compile(
    r"(?:true|false|yes|no|on|off|none|null|\d{1,3}|/\S*|\.{1,2}/\S*|file:\S*|https?://[^@\s]*)?", re.IGNORECASE
)
_SWITCHES = {
    "NODE_TLS_REJECT_UNAUTHORIZED": re.compile(r"0"),
    "PYTHONHTTPSVERIFY": re.compile(r"0"),
    "GIT_SSL_NO_VERIFY": re.compile(r"1|true|yes|on", re.IGNORECASE),
    "NPM_CONFIG_STRICT_SSL": re.compile(r"false|0", re.IGNORECASE),
    "YARN_STRICT_SSL": re.compile(r"false|0", re.IGNORECASE),
    "YARN_ENABLE_STRICT_SSL": re.compile(r"false|0", re.IGNORECASE),
    "PIP_TRUSTED_HOST": re.compile(r"\S.*"),
    "UV_INSECURE_HOST": re.compile(r"\S.*"),
    "GOINSECURE": re.compile(r"\S.*"),
    "CURL_INSECURE": re.compile(r"1|true|yes|on", re.IGNORECASE),
    "BUNDLE_SSL_VERIFY_MODE": re.compile(r"0|none", re.IGNORECASE),
    "CONDA_SSL_VERIFY": re.compile(r"false|0|no", re.IGNORECASE),
}
_UNSIGNED = {"GONOSUMDB": re.compile(r"\*"), "GONOSUMCHECK": re.compile(r"1"), "GOFLAGS": re.compile(r".*-insecure.*")}
_HISTORY = "It stays in the image's history for whoever can pull it"
_MOUNT = "RUN --mount=type=secret,id=NAME"


def check(document: Document, path: str) -> Iterator[Found]:
    """Check what the file sets, in every stage."""
    steps = [*document.arguments, *(step for stage in document.stages for step in stage.steps)]
    wanted = [step for step in steps if step.instruction.name in ("ARG", "ENV", "LABEL")]
    taken: list[tuple[int, int]] = []
    spans = [(step.instruction.start, step.instruction.end) for step in wanted]
    for found in _detected(document, path, spans):
        taken.append((found.start, found.end))
        yield found
    known = _Taken(taken)
    for step in wanted:
        yield from _named(step, known)


def check_passwords(run: Run) -> Iterator[Found]:
    """Passwords of accounts that a RUN sets: `echo user:password | chpasswd`."""
    for call in run.calls:
        if call.name not in ("chpasswd", "passwd") or (call.name == "passwd" and "--stdin" not in call.texts):
            continue
        for one in run.upstream(call):
            for word in one.arguments if one.name in ("echo", "printf") else ():
                value = word.text.partition(":")[2] if call.name == "chpasswd" else word.text
                if value.strip("\\n") and not value.startswith(("$", "-", "%")) and not word.inner:
                    start, end = run.place(one, word)
                    yield Found(
                        rule="secret",
                        start=start,
                        end=end,
                        message=f"The password of an account stands in the Dockerfile. {_HISTORY}.",
                        remedy="Lock the account (`passwd -l`), or set its password when the container starts.",
                        confidence=Confidence.MEDIUM,
                        severity=Severity.HIGH,
                    )


def switched_off(name: str, value: str) -> str:
    """Return the rule that a variable of the environment breaks by its value; empty for none."""
    for rule, switches in (("tls-off", _SWITCHES), ("unsigned-packages", _UNSIGNED)):
        pattern = switches.get(name.upper())
        if pattern and pattern.fullmatch(value):
            return rule
    return ""


def _detected(document: Document, path: str, spans: list[tuple[int, int]]) -> Iterator[Found]:
    """What the detector of secrets sees within these instructions."""
    at = 0
    for one in detect(document.text, path) if spans else ():
        while at < len(spans) and spans[at][1] <= one.start:
            at += 1
        if at < len(spans) and spans[at][0] <= one.start:
            yield Found(
                rule="secret",
                start=one.start,
                end=one.end,
                message=f"{one.title} in the Dockerfile. {_HISTORY}.",
                remedy=f"Revoke it: {one.revoke}. Then use `{_MOUNT}`, or set it when the container starts.",
                severity=one.severity,
                confidence=one.confidence,
            )


class _Taken:
    """Places in order, which the detector has decided on."""

    def __init__(self, spans: list[tuple[int, int]]) -> None:
        self._spans = spans
        self._at = 0

    def __contains__(self, span: tuple[int, int]) -> bool:
        while self._at < len(self._spans) and self._spans[self._at][1] <= span[0]:
            self._at += 1
        return self._at < len(self._spans) and self._spans[self._at][0] < span[1]


def _named(step: Step, known: _Taken) -> Iterator[Found]:
    one = step.instruction
    for name, start, end in pairs(one.arguments, one.escape, old_form=one.name != "ARG"):
        written = one.arguments[start:end]
        value = expand(written, step.variables, one.escape)
        first, last = one.line.place(one.rest + start), one.line.end_place(one.rest + end)
        rule = switched_off(name, value.text) if one.name != "LABEL" else ""
        if rule:
            yield Found(
                rule=rule,
                start=first,
                end=last,
                message=f"`{short(name)}={short(value.text)}` takes the check from every connection of the container.",
                remedy=f"Remove `{short(name)}`; give the certificate of your own authority where you need one.",
                severity=Severity.HIGH if rule == "tls-off" else Severity.MEDIUM,
            )
        if _TELLING.search(name) and not _NONE.fullmatch(value.text.strip()) and (first, last) not in known:
            yield from _telling(name, written, value.text, first, last)
    if one.name == "ARG":
        for word in one.words:
            if "=" not in word.text and _TELLING.search(word.text):
                yield _argument(word.text, word.start, word.end)


def _telling(name: str, written: str, value: str, start: int, end: int) -> Iterator[Found]:
    """A value under a name that calls it a secret, which the detector did not take."""
    if written.lstrip("\"'").startswith("$"):
        yield _argument(name, start, end)
    if "$" in written or is_placeholder(value):
        return
    made_up = bool(noise.reason_against_generic(value)) or noise.is_weak(value)
    quotes = 1 if written[:1] in ("'", '"') and written[-1:] == written[:1] and len(written) > 1 else 0
    yield Found(
        rule="secret",
        start=start + quotes,
        end=end - quotes,
        message=f"`{short(name)}` has its value in the Dockerfile. {_HISTORY}.",
        remedy=f"Take it out, and change it wherever it is used; use `{_MOUNT}`, or set it when the container starts.",
        severity=Severity.LOW if made_up else Severity.HIGH,
        confidence=Confidence.LOW if made_up else Confidence.MEDIUM,
    )


def _argument(name: str, start: int, end: int) -> Found:
    return Found(
        rule="secret-argument",
        start=start,
        end=end,
        message=f"`{short(name)}` is named like a secret and is handed over by ARG or ENV. {_HISTORY}.",
        remedy=f"Use `{_MOUNT}` in the RUN that needs it.",
        severity=Severity.LOW,
        confidence=Confidence.LOW,
    )
