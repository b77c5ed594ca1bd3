"""Secrets that are known by their own structure, wherever they stand: tokens, keys, passwords in addresses."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import unquote

from secscan.findings.levels import Confidence, Severity
from secscan.secrets.detect import checksums, noise
from secscan.secrets.detect.candidate import Candidate, Judged, Rejected
from secscan.secrets.detect.providers import PROVIDERS, Provider
from secscan.secrets.secret import Secret
from secscan.secrets.strength import entropy, is_mixed

_PEM = re.compile(
    r"-----BEGIN (?P<label>[A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?)-----(?P<v>(?:[^-]++|-(?!----END))*+)(?:-----END)?"
)
_PEM_HEAD = re.compile(r"^(?:Proc-Type|DEK-Info|Version|Comment)[^=]*?(?=[A-Za-z0-9+/]{40})")
_NO_BASE64 = re.compile(r"\\[nrt]|\s|[\"'+,\\|>]")
_URL = re.compile(
    r"(?P<scheme>[A-Za-z][\w+.-]{1,30})://(?P<user>[^\s/:@\"'<>`]{0,200}):(?P<v>[^\s@/\"'<>`]{1,300}+)"
    r"@(?P<host>[\w.\[\]:{}$%-]{1,253})"
)
_NO_HOST = re.compile(
    r"(?:^|\.)example(?:\.(?:com|org|net))?$|\.(?:example|invalid|test)$"
    r"|^(?:host|hostname|server|domain|address|ip)(?:$|[.:\]])"
)
_LOCAL = frozenset(
    ("localhost", "127.0.0.1", "[::1]", "::1", "db", "postgres", "mysql", "redis", "rabbitmq", "mongo", "mongodb")
)
_AWS_SECRET = re.compile(r"(?<![A-Za-z0-9+/=])(?P<v>[A-Za-z0-9+/]{40})(?![A-Za-z0-9+/=])")
_AWS_NEAR = re.compile(r"(?i)AKIA[A-Z2-7]{16}|ASIA[A-Z2-7]{16}|aws.{0,20}secret|secret.{0,10}access.{0,10}key")
_NEAR = 400
"""Characters around an AWS secret in which its key id, or its name, is looked for."""
_FILL_IN = "its words say that it is to be filled in, or an example"
_ELSEWHERE = "it stands for a value that comes from elsewhere"


def structures(text: str) -> Iterator[Judged]:
    """Yield every secret of a text that its own structure tells, and what only looked like one."""
    yield from _tokens(text)
    if "PRIVATE KEY" in text:
        yield from _private_keys(text)
    if "://" in text:
        yield from _addresses(text)
    if "AKIA" in text or "ASIA" in text or "aws" in text or "AWS" in text or "ecret" in text:
        yield from _aws_secrets(text)


def _tokens(text: str) -> Iterator[Judged]:
    for provider in PROVIDERS:
        if not any(needle in text for needle in provider.needles):
            continue
        for found in provider.regex.finditer(text):
            value, (start, end) = found["v"], found.span("v")
            reason = noise.reason_against_token(value) or _documented(provider, value)
            if not reason and provider.check is not None and not provider.check(value):
                reason = "its checksum or structure is wrong"
            if reason:
                yield Rejected(rule=provider.id, start=start, end=end, reason=reason)
                continue
            yield Candidate(
                rule=provider.id,
                title=provider.title,
                secret=Secret(value, "token"),
                start=start,
                end=end,
                severity=provider.severity,
                confidence=provider.confidence,
                revoke=provider.revoke,
            )


def _documented(provider: Provider, value: str) -> str:
    claims = checksums.jwt_claims(value) if provider.id == "jwt" else None
    return "it is the example of jwt.io" if claims and claims.get("sub") == "1234567890" else ""


def _private_keys(text: str) -> Iterator[Judged]:
    for found in _PEM.finditer(text):
        body = _PEM_HEAD.sub("", _NO_BASE64.sub("", found["v"]))
        reason = ""
        if len(body) < 40 or not re.fullmatch(r"[A-Za-z0-9+/=_.:,-]*", body[:200]):
            reason = "there is no key between its lines"
        elif noise.reason_against_token(body[:200]) or entropy(body[:400]) < 4.0:
            reason = "what stands between its lines is no key"
        if reason:
            yield Rejected(rule="private-key", start=found.start(), end=found.end(), reason=reason)
            continue
        locked = "ENCRYPTED" in found["label"] or "ENCRYPTED" in found["v"][:200]
        yield Candidate(
            rule="private-key",
            title="Private key",
            secret=Secret(found["v"], "private key"),
            start=found.start(),
            end=found.end(),
            severity=Severity.MEDIUM if locked else Severity.CRITICAL,
            revoke="make a new pair, replace the public key wherever it is trusted, revoke the certificate",
            why="it is locked with a passphrase" if locked else "",
        )


def _addresses(text: str) -> Iterator[Judged]:
    for found in _URL.finditer(text):
        value, (start, end) = unquote(found["v"]), found.span("v")
        reason = noise.reason_against(value) or _no_address(found)
        if reason:
            yield Rejected(rule="credentials-in-url", start=start, end=end, reason=reason)
            continue
        weak, local = noise.is_weak(value), _host(found) in _LOCAL
        doubts = (Confidence.HIGH, Confidence.MEDIUM, Confidence.LOW)
        yield Candidate(
            rule="credentials-in-url",
            title="Password in an address",
            secret=Secret(value, "password"),
            start=start,
            end=end,
            confidence=doubts[weak + local],
            revoke=f"change the password of the user at the {found['scheme'].lower()} service",
            why="the service is on the same machine" if local else "",
        )


def _host(found: re.Match[str]) -> str:
    host = found["host"].lower()
    return host.rpartition(":")[0] if re.search(r":\d+$", host) else host


def _no_address(found: re.Match[str]) -> str:
    if _NO_HOST.search(_host(found)):
        return "its host is one of documentation"
    words = ("pass", "password", "passwd", "pw", "pwd", "secret")
    if found["user"].lower() in ("user", "username", "login") and found["v"].lower() in words:
        return _FILL_IN
    return _ELSEWHERE if re.search(r"[{<(]|%s|\$[A-Za-z_{(]", found["v"]) else ""


def _aws_secrets(text: str) -> Iterator[Judged]:
    for found in _AWS_SECRET.finditer(text):
        value, (start, end) = found["v"], found.span("v")
        if not is_mixed(value) or noise.is_digest(value) or entropy(value) < 4.2:
            continue
        if not _AWS_NEAR.search(text, max(0, start - _NEAR), min(len(text), end + _NEAR)):
            continue
        if reason := noise.reason_against_token(value):
            yield Rejected(rule="aws-secret-access-key", start=start, end=end, reason=reason)
            continue
        yield Candidate(
            rule="aws-secret-access-key",
            title="AWS secret access key",
            secret=Secret(value, "key"),
            start=start,
            end=end,
            severity=Severity.CRITICAL,
            revoke="in IAM: deactivate, then delete the key",
        )
