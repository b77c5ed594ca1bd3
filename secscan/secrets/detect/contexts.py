"""Secrets that are known by what stands around them: headers, files of credentials, values given to a secret's name."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from secscan.findings.levels import Confidence, Severity
from secscan.secrets.assignments import assignment_spans
from secscan.secrets.collect import is_settings
from secscan.secrets.detect import checksums, kubernetes, noise
from secscan.secrets.detect.candidate import Candidate, Judged, Rejected
from secscan.secrets.detect.forms import FORMS, HASH_FILE, HASH_LINE
from secscan.secrets.secret import Secret
from secscan.secrets.strength import entropy, is_mixed

_BASIC = re.compile(r"(?i)\bbasic\s{1,9}(?P<v>[A-Za-z0-9+/_-]{8,400}+={0,2})")
_DOCKER = re.compile(r"\"auth\"\s{0,9}:\s{0,9}\"(?P<v>[A-Za-z0-9+/]{8,400}={0,2})\"")
_BEARER = re.compile(r"(?i)\bbearer\s{1,9}(?P<v>[A-Za-z0-9._~+/-]{16,400}+={0,2})")
_NETRC = re.compile(r"(?m)\b(?:machine\s+\S{1,253}|default)\s+login\s+\S{1,200}\s+password\s+(?P<v>\S{1,300})")
_PGPASS = re.compile(r"(?m)^[^\s:#]{1,253}:(?:\d{1,5}|\*):[^\s:]{1,100}:[^\s:]{1,100}:(?P<v>\S{1,300})$")
_NPMRC = re.compile(r"(?m)_(?:authToken|password|auth)\s{0,5}=\s{0,5}\"?(?P<v>[^\s\"]{4,300})")
_TELLING = r"(?:passw(?:or)?d|pwd|secret|token|api[._-]?key)"
_XML = re.compile(
    rf"(?i)\b(?:key|name|id)\s{{0,3}}=\s{{0,3}}\"[\w.:-]{{0,60}}{_TELLING}\"\s{{1,20}}"
    r"value\s{0,3}=\s{0,3}\"(?P<v>[^\"\n]{4,300})\""
)
_LINE = re.compile(
    rf"(?im)^[ \t]{{0,40}}(?:export[ \t]{{1,4}})?[\w.-]{{0,80}}{_TELLING}[ \t]{{0,9}}[=:][ \t]{{0,9}}"
    r"(?P<v>[^\s\"'#][^\s\"']{3,300})[ \t]{0,9}\r?$"
)
_NAMES = re.compile(r"pass|pwd|secret|token|credential|key|auth|bearer|salt|(?<![a-z])pw(?![a-z])")
_NAMED_SECRET = re.compile(r"(?i)secret|token|api.?key|access.?key|signing|encrypt|hmac|master|session")
_BEFORE = 120
_LINES_BEHIND = 4


def contexts(text: str, path: str, is_free: Callable[[int, int], bool]) -> Iterator[Judged]:
    """Yield every value that its surroundings call a secret, and those that are none all the same, with the reason.

    `is_free` says whether nothing is decided yet about a place, so that the many values within one another that
    `password=password=...` has are not judged in vain.
    """
    folded = text.lower()
    if "basic" in folded or '"auth"' in text:
        yield from _pairs(text)
    if "bearer" in folded:
        yield from _each("bearer-token", "Bearer token", "token", _BEARER.finditer(text), least=3.2)
    if "login" in folded and "password" in folded:
        yield from _each("netrc-password", "Password of a .netrc", "password", _NETRC.finditer(text))
    name = path.rpartition("/")[2].lower()
    if name in (".pgpass", "pgpass.conf"):
        yield from _each("pgpass-password", "Password of a .pgpass", "password", _PGPASS.finditer(text))
    if name in (".npmrc", ".yarnrc"):
        yield from _each("npmrc-token", "Token of an .npmrc", "token", _NPMRC.finditer(text))
    if HASH_FILE.search(path):
        yield from _hashes(text)
    if noise.is_lock_file(path):
        return
    for form in FORMS:
        if any(needle in folded for needle in form.needles):
            for found in form.regex.finditer(text):
                yield _judged(form.rule, form.title, form.kind, found["v"], *found.span("v"))
    for value in kubernetes.secret_values(text):
        yield _judged("kubernetes-secret", "Value of a Kubernetes Secret", "secret", *value, form="base64")
    yield from _each("generic-password", "Hard-coded password", "password", _XML.finditer(text))
    settings = bool(path) and is_settings(path)
    if settings:
        # Of a settings file's line the whole rest is the value, whatever characters it has.
        yield from _each("generic-password", "Hard-coded password", "password", _LINE.finditer(text))
    for start, end in _telling(folded):
        for span in assignment_spans(text[start:end], folded[start:end], settings=settings):
            if is_free(start + span.start, start + span.end):
                yield _assigned(text, start + span.start, start + span.end, span.kind)


def _pairs(text: str) -> Iterator[Judged]:
    """User and password in base64, as headers and Docker's settings have them."""
    for found in (*_BASIC.finditer(text), *_DOCKER.finditer(text)):
        try:
            user, colon, password = checksums.decode_base64(found["v"]).decode("utf-8").partition(":")
        except ValueError:
            continue
        if not colon or not user or not (user + password).isprintable():
            continue
        start, end = found.span("v")
        if reason := noise.reason_against(password):
            yield Rejected(rule="basic-authorization", start=start, end=end, reason=reason)
            continue
        yield Candidate(
            rule="basic-authorization",
            title="Password in an authorization header",
            secret=Secret(password, "password"),
            start=start,
            end=end,
            confidence=Confidence.MEDIUM if noise.is_weak(password) else Confidence.HIGH,
            form="base64",
        )


def _each(rule: str, title: str, kind: str, matches: Iterator[re.Match[str]], *, least: float = 0) -> Iterator[Judged]:
    """What an expression found; `least` is the least entropy, for values that no name calls a secret."""
    for found in matches:
        value, (start, end) = found["v"], found.span("v")
        reason = noise.reason_against_generic(value)
        if not reason and least and (entropy(value) < least or not is_mixed(value)):
            reason = "it is made of words"
        if reason:
            yield Rejected(rule=rule, start=start, end=end, reason=reason)
            continue
        yield Candidate(
            rule=rule,
            title=title,
            secret=Secret(value, kind),
            start=start,
            end=end,
            confidence=Confidence.MEDIUM if noise.is_weak(value) else Confidence.HIGH,
        )


def _hashes(text: str) -> Iterator[Judged]:
    """Hashes of passwords where a server reads them: who has one can try passwords as fast as he likes."""
    for found in HASH_LINE.finditer(text):
        start, end = found.span("v")
        yield Candidate(
            rule="password-hash",
            title="Hash of a password",
            secret=Secret(found["v"], "hash of a password"),
            start=start,
            end=end,
            severity=Severity.LOW,
            why="it is a hash, so a password that people choose can be found by trying",
        )


def _assigned(text: str, start: int, end: int, kind: str) -> Judged:
    """A value that is given to a secret's name."""
    value, rule = text[start:end], f"generic-{kind.replace(' ', '-')}"
    reason = noise.reason_against_generic(value)
    if not reason and "\n" in value:
        reason = "it goes over several lines"
    if not reason and kind in ("key", "secret") and noise.is_digest(value):
        named = _NAMED_SECRET.search(text, max(0, start - 60), start)
        reason = "" if named else "it has the form of a digest"
    if not reason and kind != "password" and (noise.is_weak(value) or noise.is_name(value) or len(value) < 8):
        reason = "it is made of words"
    if reason:
        return Rejected(rule=rule, start=start, end=end, reason=reason)
    return _candidate(rule, f"Hard-coded {kind}", kind, value, start, end)


def _judged(rule: str, title: str, kind: str, value: str, start: int, end: int, form: str = "") -> Judged:
    """A value of which only its place says that it is a secret."""
    if reason := noise.reason_against_generic(value):
        return Rejected(rule=rule, start=start, end=end, reason=reason)
    return _candidate(rule, title, kind, value, start, end, form)


def _candidate(rule: str, title: str, kind: str, value: str, start: int, end: int, form: str = "") -> Candidate:
    likely = _likely(value, kind)
    return Candidate(
        rule=rule,
        title=title,
        secret=Secret(value, kind),
        start=start,
        end=end,
        severity=Severity.LOW if likely is Confidence.LOW else Severity.HIGH,
        confidence=likely,
        form=form,
    )


def _likely(value: str, kind: str) -> Confidence:
    """How likely a value without a structure, given to a secret's name, is a secret."""
    if noise.is_weak(value):
        return Confidence.LOW
    if len(value) >= 16 and is_mixed(value) and entropy(value) >= 3.5 and " " not in value:
        return Confidence.HIGH
    if kind == "password" and " " not in value and len(value) >= 8 and _classes(value) >= 3:
        return Confidence.HIGH
    return Confidence.MEDIUM if _classes(value) >= 2 and len(value) >= 8 else Confidence.LOW


def _classes(value: str) -> int:
    """How many of small letters, capitals, digits and other characters a value has."""
    tests = (str.islower, str.isupper, str.isdigit, lambda char: not char.isalnum())
    return sum(any(map(test, value)) for test in tests)


def _telling(folded: str) -> Iterator[tuple[int, int]]:
    """The stretches of a text in which a secret's name stands, with the lines behind it over which a value may go."""
    start = end = -1
    for found in _NAMES.finditer(folded):
        first = folded.rfind("\n", 0, found.start()) + 1
        if first > end:
            if end >= 0:
                yield start, end
            start = max(0, first - _BEFORE)
        at = found.end()
        for _ in range(_LINES_BEHIND):
            at = folded.find("\n", at) + 1
            if at == 0:
                at = len(folded)
                break
        end = max(end, at)
    if end >= 0:
        yield start, end
