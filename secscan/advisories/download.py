"""Gets one file over HTTPS: resumable, bounded in time and size, and never half of it taken for the whole.

Plain HTTP is for servers on loopback only, and for files of which something signed tells the digest. Credentials in an
address would stand in reports, and are refused.
"""

from __future__ import annotations

import contextlib
import errno
import http.client
import ipaddress
import re
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit

import msgspec

from secscan.errors import AdvisoryError

_CHUNK = 1 << 16
_TRIES = 4
_AGAIN = frozenset({429, 500, 502, 503, 504})
_LONGEST_WAIT = 60.0
_OF_THE_DISK = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES})
"""Errors that no server causes: what goes wrong on connecting comes as a `URLError`, which has no number."""
_RANGE = re.compile(r"bytes ([0-9]+)-[0-9]+/([0-9]+)")

Watch = Callable[[int, int], None]
"""Takes how many bytes are there, and how many there will be (0 where that is not known)."""


@dataclass(frozen=True)
class Limits:
    """What one download may take."""

    stall: float = 30.0
    """Seconds without a byte."""
    seconds: float = 3600.0
    """Seconds for the whole."""
    size: int = 4_000_000_000
    """Bytes."""
    pause: float = 2.0
    """Seconds before the second try; each further one waits twice as long, or as long as the server asks."""


@dataclass(frozen=True)
class Fetched:
    """What came: `etag` is what the server calls this version of it, `changed` is False where we have that one."""

    etag: str
    modified: str
    """`Last-Modified`, as RFC 3339; empty where the server does not tell."""
    changed: bool = True


class _Part(msgspec.Struct):
    """What is known of a file that has come in part."""

    address: str
    etag: str


def checked_address(address: str, *, signed: bool = False) -> str:
    """Return the address if it may be asked. Raises `AdvisoryError` unless it is HTTPS, or HTTP on loopback; `signed`
    says that a signature tells what should come, so that HTTP will do."""
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
        allowed = host and (parts.scheme == "https" or (parts.scheme == "http" and (signed or _is_loopback(host))))
    except ValueError:
        raise AdvisoryError(f"{address[:200]!r} is not an address", hint="write it like https://host/path") from None
    if parts.username or parts.password:
        raise AdvisoryError(
            f"the address of {host} holds credentials", hint="use a mirror that needs none, or import from disk"
        )
    if not allowed or parts.query or parts.fragment:
        raise AdvisoryError(
            f"{address[:200]!r} cannot be used", hint="give an https:// address; http:// only on loopback"
        )
    return address


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def fetch(
    address: str,
    target: Path,
    *,
    etag: str = "",
    limits: Limits = Limits(),
    watch: Watch | None = None,
    signed: bool = False,
) -> Fetched:
    """Get what lies at `address` into `target`; `etag` is the version that is there already.

    What came before an interruption lies beside `target` and is gone on with, if the server still has that version.
    `signed`: see `checked_address`. Raises `AdvisoryError` that says what went wrong.
    """
    checked_address(address, signed=signed)
    deadline = time.monotonic() + limits.seconds
    for attempt in range(_TRIES):
        try:
            return _try(address, target, etag, limits, deadline, watch, signed)
        except _TryAgain as trouble:
            wait = min(trouble.wait or limits.pause * 2**attempt, _LONGEST_WAIT)
            if attempt == _TRIES - 1 or time.monotonic() + wait > deadline:
                raise AdvisoryError(f"{address}: {trouble}", hint="try again later; the old index stays") from trouble
            time.sleep(wait)
    raise AssertionError  # the last try returns or raises


class _TryAgain(Exception):
    """Something that may be better in a moment."""

    def __init__(self, problem: str, wait: float = 0.0) -> None:
        super().__init__(problem)
        self.wait = wait


def _try(
    address: str, target: Path, etag: str, limits: Limits, deadline: float, watch: Watch | None, signed: bool
) -> Fetched:
    part, about = target.with_name(f"{target.name}.part"), target.with_name(f"{target.name}.part.json")
    have = _resumable(part, about, address)
    headers = {"User-Agent": "secscan", "Accept-Encoding": "identity"}
    if have:
        headers |= {"Range": f"bytes={part.stat().st_size}-", "If-Range": have}
    elif etag:
        headers["If-None-Match"] = etag
    try:
        request = urllib.request.Request(address, headers=headers)  # noqa: S310 - checked
        with _open(request, limits.stall, signed) as answer:
            start = _start(answer, part, bool(have))
            found = answer.headers.get("ETag", "")
            if not start:
                part.unlink(missing_ok=True)  # before its version is written down anew: it may be of another one
            about.write_bytes(msgspec.json.encode(_Part(address, found if not found.startswith("W/") else "")))
            _save(answer, part, start, limits, deadline, watch)
            modified = _time(answer.headers.get("Last-Modified", ""))
    except urllib.error.HTTPError as error:
        with error:
            if error.code == 304:
                return Fetched(etag, "", changed=False)
            if error.code == 416:  # there is no more of it, or it is another one: begin anew
                part.unlink(missing_ok=True)
                raise _TryAgain("the server has no such part of it", limits.pause) from error
            if error.code in _AGAIN:
                raise _TryAgain(f"the server says {error.code}", _seconds(error.headers.get("Retry-After"))) from error
            raise AdvisoryError(f"{address}: the server says {error.code}", hint="is the address right?") from error
    except (OSError, http.client.HTTPException) as error:
        if isinstance(error, OSError) and error.errno in _OF_THE_DISK:
            raise AdvisoryError(
                f"cannot write {part}: {error.strerror}", hint="check the folder and the disk"
            ) from error
        reason = getattr(error, "reason", None) or error
        if isinstance(reason, ssl.SSLCertVerificationError):
            raise AdvisoryError(
                f"{address}: the certificate of the server is not trusted ({reason.verify_message})",
                hint="name the certificate of its authority in SSL_CERT_FILE, if you trust it",
            ) from error
        raise _TryAgain(f"the connection failed: {reason}") from error
    part.replace(target)
    about.unlink(missing_ok=True)
    return Fetched(found, modified)


def _open(request: urllib.request.Request, stall: float, signed: bool) -> Any:
    handlers: list[Any] = [_SafeRedirects(signed and request.type == "http")]
    if _is_loopback(urlsplit(request.full_url).hostname or ""):
        handlers.append(urllib.request.ProxyHandler({}))
    return urllib.request.build_opener(*handlers).open(request, timeout=stall)


class _SafeRedirects(urllib.request.HTTPRedirectHandler):
    """Follows only to where we would have gone ourselves."""

    def __init__(self, signed: bool) -> None:
        self._signed = signed

    def redirect_request(self, req: Any, fp: Any, code: int, msg: str, headers: Any, newurl: str) -> Any:
        try:
            checked_address(
                newurl.partition("?")[0], signed=self._signed
            )  # stores of objects sign their addresses in a query
        except AdvisoryError:
            fp.close()
            raise
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _resumable(part: Path, about: Path, address: str) -> str:
    """The version of which a part is there; empty where there is none that can be gone on with."""
    try:
        known = msgspec.json.decode(about.read_bytes(), type=_Part)
    except (OSError, msgspec.DecodeError):
        return ""
    return known.etag if known.address == address and part.is_file() and part.stat().st_size else ""


def _start(answer: Any, part: Path, resumed: bool) -> int:
    """Where the answer goes on. A server may answer a question for a part with the whole."""
    if answer.headers.get("Content-Encoding", "identity") != "identity":
        raise _TryAgain("the server packs what it sends")
    if answer.status == 200:
        return 0
    found = _RANGE.fullmatch(answer.headers.get("Content-Range", ""))
    if answer.status != 206 or not resumed or not found or int(found[1]) != part.stat().st_size:
        part.unlink(missing_ok=True)
        raise _TryAgain(f"the server answers with another part than was asked for ({answer.status})")
    return int(found[1])


def _save(answer: Any, part: Path, start: int, limits: Limits, deadline: float, watch: Watch | None) -> None:
    said = answer.headers.get("Content-Length", "")
    if not said.isdecimal() and not answer.chunked:
        raise AdvisoryError("the server does not tell how long its answer is", hint="use another mirror")
    total = start + int(said) if said.isdecimal() else 0
    with part.open("r+b" if start else "wb") as out:
        out.seek(start)
        out.truncate()
        have = start
        for chunk in _chunks(answer):
            have += len(chunk)
            if have > limits.size or total > limits.size:
                _give_up(out, part)
                raise AdvisoryError(f"the server sends more than {limits.size} bytes", hint="is the address right?")
            out.write(chunk)
            if watch:
                watch(have, total)
            if time.monotonic() > deadline:
                raise AdvisoryError(
                    f"it was not whole after {limits.seconds:g} s", hint="call it again: it goes on where it stopped"
                )
    if total and have < total:
        raise _TryAgain(f"the connection ended after {have} of {total} bytes")


def _chunks(answer: Any) -> Iterator[bytes]:
    """What comes, as soon as it comes: a server that sends a byte a second must not hold us to the end."""
    while chunk := answer.read1(_CHUNK):
        yield chunk


def _give_up(out: IO[bytes], part: Path) -> None:
    out.close()
    part.unlink(missing_ok=True)


def _seconds(text: str | None) -> float:
    return float(text) if text and text.isdecimal() and len(text) < 6 else 0.0


def _time(text: str) -> str:
    from email.utils import parsedate_to_datetime

    with contextlib.suppress(ValueError):
        return parsedate_to_datetime(text).strftime("%Y-%m-%dT%H:%M:%SZ")
    return ""
