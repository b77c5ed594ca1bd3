"""What was told last: one small file for each target and policy, by which a change is known.

A channel that could not be told keeps its old verdict, and is told by the next scan, whatever that says.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import msgspec

from secscan.errors import ReportError
from secscan.files import write_atomic
from secscan.findings.levels import Verdict
from secscan.findings.model import Value
from secscan.notify.settings import When
from secscan.own_folders import own_folder
from secscan.targets.content import NotRegularError, read_regular

_FORMAT = "secscan.told/1"
_MOST_BYTES = 20_000_000


class Last(Value, frozen=True, kw_only=True):
    """What a channel was told last, or did not have to be."""

    verdict: Verdict
    blocking: tuple[str, ...] = ()
    """Fingerprints of what blocked, sorted."""
    told: bool = True
    """Whether that arrived, as far as we know: what a service took in silence is told again."""


FIRST = Last(verdict=Verdict.PASSED)
"""What a channel is taken to know before it is told anything."""


class _Document(Value, frozen=True, kw_only=True):
    format: str
    channels: dict[str, Last]


def folder(environment: Mapping[str, str]) -> Path:
    """Return where the files lie (`SECSCAN_STATE`, else the XDG folder for state). Raises `ConfigError` for a user
    without a home."""
    named = environment.get("SECSCAN_STATE")
    return Path(named) if named else own_folder("XDG_STATE_HOME", environment) / "told"


def read(place: Path, key: str) -> dict[str, Last]:
    """Return what each channel was told of the target; nothing of a target that is new, or where the file is broken."""
    try:
        document = msgspec.json.decode(read_regular(place / f"{key}.json", most=_MOST_BYTES), type=_Document)
    except (OSError, NotRegularError, msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return {}
    return document.channels if document.format == _FORMAT else {}


def write(place: Path, key: str, channels: Mapping[str, Last]) -> str:
    """Note what the channels were told, and return why that failed; empty where it did not."""
    data = msgspec.json.encode(_Document(format=_FORMAT, channels=dict(sorted(channels.items()))))
    try:
        write_atomic(place / f"{key}.json", data + b"\n", private=True)
    except ReportError as error:
        return error.message
    return ""


def due(on: When, now: Last, last: Last | None) -> bool:
    """Whether a channel is told. A first verdict is a change unless it is `passed`."""
    if on is When.ALWAYS:
        return True
    if on is When.NOT_PASSED:
        return now.verdict is not Verdict.PASSED
    changed = now.verdict is not (last or FIRST).verdict or (last is not None and not last.told)
    return changed or (on is When.NEW and last is not None and bool(set(now.blocking).difference(last.blocking)))
