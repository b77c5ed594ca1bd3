"""What the child process of a store says: where values stand in files, where the store holds them, never a value."""

from __future__ import annotations

import hmac
import re
import secrets
from collections.abc import Iterator
from pathlib import Path

from secscan.findings.levels import Confidence, SecretState, Severity
from secscan.secrets.texts import LOOKED_AT_MOST, decoded
from secscan.secrets.worker import region_of, secret_id
from secscan.stores.answer import Lost, Request, Told, Where
from secscan.stores.contract import Missed, MissedKind, Place
from secscan.stores.liveness import Spot, Text
from secscan.stores.state import Standing, standing

_NO_END = 1_000_000
"""The column behind a last line that has no end."""
_MOST_SHOWN = 10
"""Places of one value that are named."""


class Files:
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

    def line_end(self, spot: Spot) -> int:
        """The column behind the last of its lines."""
        starts = self._lines[spot.place][0]
        last = self.region(spot)["end_line"]
        return starts[last] - starts[last - 1] if last < len(starts) else _NO_END

    def form(self, spot: Spot) -> str:
        """How the value is written, if not as it is."""
        return spot.form or self._lines[spot.place][1]

    def _lose(self, place: str, kind: str, detail: str) -> None:
        self.lost.append(Lost(subject=place, kind=kind, detail=detail, file=True))


class Shown:
    """Paths of the store, as they may be shown."""

    def __init__(self, request: Request) -> None:
        self.in_full = request.show_paths
        self._key = request.key.encode() or secrets.token_bytes(32)
        self._standings: dict[int, tuple[tuple[Place, ...], Standing]] = {}

    def path(self, path: str) -> str:
        """The path, or its id: HMAC-SHA256 (RFC 2104) under the organisation's key, the first 12 digits."""
        if self.in_full or not path or path.startswith("id-"):
            return path
        return f"id-{hmac.new(self._key, f'path:{path}'.encode(), 'sha256').hexdigest()[:12]}"

    def standing(self, places: tuple[Place, ...]) -> Standing:
        """What the store says of a value, worked out once for all spots that share these very places."""
        if id(places) not in self._standings:  # kept with them, so that the id stays theirs
            self._standings[id(places)] = places, standing(places)
        return self._standings[id(places)][1]

    def where(self, place: Place) -> Where:
        """A place, as it may be shown."""
        return Where(
            path=self.path(place.path),
            field=place.field,
            version=place.version,
            since=place.created[:19],
            replaced=place.replaced[:19],
        )


def told(spot: Spot, files: Files, show: Shown, request: Request) -> Told:
    """Return what is said of one value in a file."""
    word = show.standing(spot.places) if spot.places is not None else None
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
        line_end=files.line_end(spot) if spot.alone else 0,
        same=secret_id(spot.secret.reveal(), request.values_key.encode()),
    )


def missed(one: Missed, show: Shown) -> Lost:
    """Return what is said of a part of the store that was not read."""
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
