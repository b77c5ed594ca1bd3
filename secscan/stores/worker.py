"""The child process that asks a secret store: its memory dies with it, and what it says holds no value.

Usage: python -I -m secscan.stores.worker < request > answer

The request (`stores.answer.Request`) holds what logs in, so it comes on standard input: neither arguments nor
environment of a process are private.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path

import msgspec

from secscan.errors import SecscanError
from secscan.stores.answer import Answer, Indexed, Refusal, Request, Task, Told, TooMuch
from secscan.stores.aws.store import AwsStore
from secscan.stores.contract import AuthenticationFailed, Denied, Missed, Place, StoreError, nothing_comparable
from secscan.stores.liveness import Seen, Spot, crawl, look_up_audit_log, look_up_index
from secscan.stores.matching import comparable_parts
from secscan.stores.telling import Files, Shown, missed, told
from secscan.stores.vault.connection import Connection
from secscan.stores.vault.index import build, encode
from secscan.stores.vault.kv import VaultStore
from secscan.stores.vault.mounts import mounts_in_scope
from secscan.stores.vault.rights import more_than_needed, who_am_i
from secscan.stores.vault.settings import Mode
from secscan.stores.vault.transit import Transit

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
    files, seen, show = Files(request.files), Seen(), Shown(request)
    if request.aws is not None:
        store = AwsStore(request.aws)
        with contextlib.closing(store):
            said = [told(spot, files, show, request) for spot in crawl(store, files.texts(), seen) if _matters(spot)]
        seen.facts.append(f"entries read: {store.counts.total()}")
        return _whole(said, [], files, seen, show)
    with Connection(request.settings, request.environment) as connection:
        excess = _excess(connection, show, seen)
        said = [told(spot, files, show, request) for spot in _spots(connection, files, seen) if _matters(spot)]
    return _whole(said, excess, files, seen, show)


def _whole(said: list[Told], excess: list[TooMuch], files: Files, seen: Seen, show: Shown) -> Answer:
    return Answer(
        told=said,
        excess=excess,
        lost=[*files.lost, *(missed(one, show) for one in seen.missed)],
        looked_at=files.looked_at,
        facts=seen.facts,
        control=seen.control,
        complete=True,
    )


def _excess(connection: Connection, show: Shown, seen: Seen) -> list[TooMuch]:
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
    """Read the store and return an index of it. Raises `StoreError`, also where there is nothing to compare with."""
    values: list[tuple[str, Place]] = []
    lost: list[Missed] = []
    weak = 0
    with Connection(request.settings, request.environment) as connection:
        for one in VaultStore(connection).read():
            if isinstance(one, Missed):
                lost.append(one)
                continue
            parts = comparable_parts(one)
            values.extend(parts.values)
            lost.extend(parts.missed)
            weak += not parts.values
        if not values:
            raise nothing_comparable()
        document, written = build(values, lost, weak, Transit(connection))
    return Indexed(
        index=encode(document).decode(),
        entries=written.entries,
        values=written.values,
        missed=written.missed,
        weak=written.weak,
        paths=written.paths,
    )


def _spots(connection: Connection, files: Files, seen: Seen) -> Iterator[Spot]:
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


if __name__ == "__main__":
    code = main()
    os._exit(code)  # nothing of this process runs on, and no handler sees its memory
