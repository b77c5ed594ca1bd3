"""The child process that asks a secret store: its memory dies with it, and what it says holds no value.

Usage: python -I -m secscan.stores.worker < request > answer

The request (`stores.answer.Request`) holds what logs in, so it comes on standard input: neither arguments nor
environment of a process are private.
"""

from __future__ import annotations

import contextlib
import ctypes
import hmac
import os
import re
import resource
import secrets
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path

import msgspec

from secscan.errors import SecscanError
from secscan.findings.levels import Confidence, SecretState, Severity
from secscan.secrets.worker import LOOKED_AT_MOST, decoded, region_of, secret_id
from secscan.stores.answer import Answer, Indexed, Lost, Refusal, Request, Task, Told, TooMuch, Where
from secscan.stores.contract import AuthenticationFailed, Denied, Missed, MissedKind, Place, StoreError
from secscan.stores.liveness import Seen, Spot, Text, crawl, look_up_audit_log, look_up_index
from secscan.stores.matching import comparable_parts
from secscan.stores.state import Standing, standing
from secscan.stores.vault.connection import Connection
from secscan.stores.vault.index import build, encode
from secscan.stores.vault.kv import VaultStore
from secscan.stores.vault.mounts import mounts_in_scope
from secscan.stores.vault.rights import more_than_needed, who_am_i
from secscan.stores.vault.settings import Mode
from secscan.stores.vault.transit import Transit

_MOST_SHOWN = 10
"""Places of one value that are named."""
_NOT_DUMPABLE = 4  # PR_SET_DUMPABLE, prctl(2)


def main() -> int:
    """Answer one request."""
    harden()
    try:
        request = msgspec.json.decode(sys.stdin.buffer.read(), type=Request)
        reply: Answer | Indexed | Refusal = make_index(request) if request.task is Task.INDEX else answer(request)
    except SecscanError as error:
        reply = Refusal(error=error.message, hint=error.hint)
    sys.stdout.buffer.write(msgspec.json.encode(reply))
    sys.stdout.buffer.flush()
    return 0


def harden() -> None:
    """No core file, no debugger, no traceback with a value in it."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_NOT_DUMPABLE, 0, 0, 0, 0)
    sys.excepthook = _told_without_values


def _told_without_values(kind: type[BaseException], _error: BaseException, trace: object) -> None:
    places = [f"{Path(one.filename).name}:{one.lineno}" for one in traceback.extract_tb(trace)[-6:]]  # type: ignore[arg-type]
    sys.stderr.write(f"{kind.__name__} at {', '.join(places)}\n")


def answer(request: Request) -> Answer:
    """Ask the store of every file. Raises `StoreError`."""
    files = _Files(request.files)
    seen = Seen()
    with Connection(request.settings, request.environment) as connection:
        show = _Shown(request)
        excess = _excess(connection, show, seen)
        told = [_told(spot, files, show, request) for spot in _spots(connection, files, seen) if _matters(spot)]
    return Answer(
        told=told,
        excess=excess,
        lost=[*files.lost, *(_missed(one, show) for one in seen.missed)],
        looked_at=files.looked_at,
        facts=seen.facts,
        control=seen.control,
        complete=True,
    )


def _excess(connection: Connection, show: _Shown, seen: Seen) -> list[TooMuch]:
    """The rights of the token that this mode does not need. What tells is part of Vault's default policy."""
    settings = connection.settings
    try:
        identity = who_am_i(connection)
        seen.facts.append(f"logged in by {settings.auth.method}, with the policies {', '.join(identity.policies)}")
        mounts, _ = mounts_in_scope(connection, settings.mounts)
        found = more_than_needed(connection, settings.mode, mounts)
    except (Denied, AuthenticationFailed):
        seen.facts.append("whether the token may do more than it needs is not known: it may not ask that")
        return []
    return [TooMuch(path=show.path(one.path), capability=one.capability) for one in found]


def make_index(request: Request) -> Indexed:
    """Read the store and return an index of it. Raises `StoreError`."""
    values: list[tuple[str, Place]] = []
    missed: list[Missed] = []
    weak = 0
    with Connection(request.settings, request.environment) as connection:
        for one in VaultStore(connection).read():
            if isinstance(one, Missed):
                missed.append(one)
                continue
            parts = comparable_parts(one)
            values.extend(parts.values)
            missed.extend(parts.missed)
            weak += not parts.values
        document, written = build(values, missed, weak, Transit(connection))
    return Indexed(
        index=encode(document).decode(),
        entries=written.entries,
        values=written.values,
        missed=written.missed,
        weak=written.weak,
        paths=written.paths,
    )


def _spots(connection: Connection, files: _Files, seen: Seen) -> Iterator[Spot]:
    settings = connection.settings
    if settings.mode is Mode.INDEX:
        if not settings.index:
            raise StoreError("the mode `index` needs an index", hint="name its file with `vault.index`")
        yield from look_up_index(connection, settings.index, files.texts(), seen)
    elif settings.mode is Mode.AUDIT_HASH:
        accessor = str((connection.get("auth/token/lookup-self").get("data") or {}).get("accessor", ""))
        yield from look_up_audit_log(connection, accessor, files.texts(), seen)
    else:
        store = VaultStore(connection)
        yield from crawl(store, files.texts(), seen)
        counts = store.counts
        seen.facts.append(f"entries read: {counts['entries']}, of KV engines: {counts['mounts']}")
        if left_out := counts["not-read"]:
            seen.facts.append(f"entries and folders left out, as the settings say: {left_out}")


def _matters(spot: Spot) -> bool:
    """What neither the detector nor the store knows is no secret to anybody."""
    return spot.candidate is not None or bool(spot.places)


class _Files:
    """The files of a request, read one at a time."""

    def __init__(self, files: dict[str, str]) -> None:
        self._files = files
        self._lines: dict[str, tuple[list[int], str]] = {}
        self.lost: list[Lost] = []
        self.looked_at: list[str] = []

    def texts(self) -> Iterator[Text]:
        """Yield the text of each file; one that cannot be read is lost."""
        for place, path in self._files.items():
            try:
                with Path(place).open("rb") as file:
                    data = file.read(LOOKED_AT_MOST + 1)
            except OSError as error:
                self._lose(place, "unreadable", error.strerror or "it cannot be read")
                continue
            if len(data) > LOOKED_AT_MOST:
                self._lose(place, "too-large", f"more than {LOOKED_AT_MOST} bytes")
                continue
            text, form = decoded(data)
            self._lines[place] = [0, *(found.end() for found in re.finditer("\n", text))], form
            self.looked_at.append(place)
            yield Text(place, path, text)

    def region(self, spot: Spot) -> dict[str, int]:
        """Where a spot stands, in lines and columns."""
        return region_of(self._lines[spot.place][0], spot.start, spot.end)

    def form(self, spot: Spot) -> str:
        """How the value is written, if not as it is."""
        return spot.form or self._lines[spot.place][1]

    def _lose(self, place: str, kind: str, detail: str) -> None:
        self.lost.append(Lost(subject=place, kind=kind, detail=detail, file=True))


class _Shown:
    """Paths of the store, as they may be shown."""

    def __init__(self, request: Request) -> None:
        self.in_full = request.show_paths
        self._key = request.key.encode() or secrets.token_bytes(32)

    def path(self, path: str) -> str:
        """The path, or its id: HMAC-SHA256 (RFC 2104) under the organisation's key, the first 12 digits."""
        if self.in_full or not path or path.startswith("id-"):
            return path
        return f"id-{hmac.new(self._key, f'path:{path}'.encode(), 'sha256').hexdigest()[:12]}"

    def where(self, place: Place) -> Where:
        """A place, as it may be shown."""
        return Where(
            path=self.path(place.path),
            field=place.field,
            version=place.version,
            since=place.created[:19],
            replaced=place.replaced[:19],
        )


def _told(spot: Spot, files: _Files, show: _Shown, request: Request) -> Told:
    word = standing(spot.places) if spot.places is not None else None
    one = spot.candidate
    shown = word or Standing(SecretState.UNKNOWN)
    return Told(
        place=spot.place,
        **files.region(spot),
        form=files.form(spot),
        state=word.state if word else None,
        where=[show.where(place) for place in shown.places[:_MOST_SHOWN]],
        places=len(shown.places),
        why=spot.why,
        rule=one.rule if one else "",
        title=one.title if one else "",
        preview=one.secret.preview() if one else f"secret, {spot.end - spot.start} characters",
        severity=one.severity if one else Severity.HIGH,
        confidence=one.confidence if one else Confidence.HIGH,
        revoke=one.revoke if one else "",
        secret_id=secret_id(spot.secret.reveal(), request.key.encode()),
        same=secret_id(spot.secret.reveal(), request.values_key.encode()),
    )


def _missed(one: Missed, show: _Shown) -> Lost:
    version = f" (version {one.version})" if one.version else ""
    # The store's words name its paths.
    detail = one.detail if show.in_full else _MISSED[one.kind]
    return Lost(subject=show.path(one.path), kind=one.kind, detail=f"{detail}{version}", file=False)


_MISSED = {
    MissedKind.DENIED: "this token may not read it",
    MissedKind.DELETED: "it was deleted",
    MissedKind.UNAVAILABLE: "it was not to be had",
    MissedKind.TOO_MUCH: "it is more than may be asked about in one scan",
}


if __name__ == "__main__":
    code = main()
    os._exit(code)  # nothing of this process runs on, and no handler sees its memory
