"""Which values of a store occur in a text: fingerprints of both under a key that lives as long as this process.

The store's values are not kept: of each a keyed hash of 16 bytes (BLAKE2b, RFC 7693) and a number for its place remain.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from secscan.secrets.detect import noise
from secscan.secrets.detect.candidate import Candidate
from secscan.secrets.detect.detector import detect
from secscan.secrets.secret import Secret
from secscan.secrets.strength import entropy, is_mixed
from secscan.stores.contract import Held, Missed, MissedKind, Place
from secscan.stores.leaves import TooMuch, bare, is_comparable, leaves
from secscan.stores.tokens import literals, tokens

_BYTES = 16
_ANY_FIELD = ""
_CODE = re.compile(r"[()\[\]{}|\\\"'<>]")
_IDENTIFIER = re.compile(r"[\w$./:-]+[\w=:]")
_RUNS = re.compile(r"[A-Z]?[a-z]{3,}|[A-Z]{3,}|\d{4,}")
_PAIRS = re.compile(r"(?:[0-9A-Fa-f]{2}:){7,}[0-9A-Fa-f]{2}")
_DIGEST_OF = re.compile(r"(?i)(?:sha-?\d{1,3}|md5)[\"']?[=:-]\s?[\"']?\Z")
_SHORTEST, _LONGEST = 12, 500
"""Characters of what is asked about though the detector does not know it."""


class Match(NamedTuple):
    """A value of the store that stands in a text."""

    start: int
    end: int
    form: str
    secret: Secret
    places: tuple[Place, ...]


class Asked(NamedTuple):
    """A value of a text that is worth a question."""

    secret: Secret
    start: int
    end: int
    form: str
    candidate: Candidate | None
    """What the detector says of it; None where no pattern noticed it."""


class ValueIndex:
    """The values of a store, as fingerprints."""

    def __init__(self) -> None:
        self._key = os.urandom(32)
        self._known: dict[bytes, list[int]] = {}
        self._found: dict[bytes, tuple[Place, ...]] = {}
        self._places: list[Place] = []
        self._lengths: set[int] = set()
        self.values = 0
        """How many values, and parts of values, are compared."""
        self.weak: set[tuple[str, str]] = set()
        """Path and field of values that are too ordinary to be compared."""
        self.missed: list[Missed] = []
        """Values that were not opened to the last of their parts."""

    def add(self, held: Held) -> None:
        """Take one value, with its parts."""
        parts = comparable_parts(held)
        for value, place in parts.values:
            if not self._places or self._places[-1] is not place:
                self._places.append(place)
            self._remember(value, len(self._places) - 1)
        if not parts.values:
            self.weak.add((held.place.path, held.place.field))
        self.missed.extend(parts.missed)

    def places(self, value: str) -> tuple[Place, ...]:
        """Return where the store holds exactly this value; empty where it does not. The same value has the same tuple,
        so that what follows from it need not be worked out again."""
        text = bare(value)
        if len(text) not in self._lengths:
            return ()
        digest = self._fingerprint(text)
        if digest not in self._known:
            return ()
        if digest not in self._found:
            self._found[digest] = tuple(self._places[number] for number in self._known[digest])
        return self._found[digest]

    def finds(self, held: Held) -> bool:
        """Whether it finds a value, planted in a text, at its place: the control."""
        text = f"secscan_control = {json.dumps(held.secret.reveal().strip(), ensure_ascii=False)}\n"
        place = (held.place.path, held.place.field, held.place.version)
        return any((one.path, one.field, one.version) == place for match in self.matches(text) for one in match.places)

    def matches(self, text: str) -> Iterator[Match]:
        """Yield every place of a text at which a value of the store stands, each once."""
        known: dict[str, tuple[Place, ...]] = {}
        seen: set[tuple[int, int]] = set()
        lengths = self._lengths
        for token in tokens(text):
            if len(token.value) not in lengths:
                continue
            if token.value not in known:
                known[token.value] = self.places(token.value)
            if known[token.value] and (token.start, token.end) not in seen:
                seen.add((token.start, token.end))
                yield Match(token.start, token.end, token.form, Secret(bare(token.value)), known[token.value])

    def _remember(self, value: str, number: int) -> None:
        digest = self._fingerprint(value)
        there = self._known.setdefault(digest, [])
        self._found.pop(digest, None)
        if not there or there[-1] != number:  # they come in order
            there.append(number)
        self._lengths.add(len(value))
        self.values += 1

    def _fingerprint(self, value: str) -> bytes:
        data = value.encode("utf-8", errors="surrogatepass")
        return hashlib.blake2b(data, digest_size=_BYTES, key=self._key).digest()


@dataclass(frozen=True)
class Parts:
    """What of a stored value is compared."""

    values: list[tuple[str, Place]] = field(default_factory=list, repr=False)
    missed: list[Missed] = field(default_factory=list)
    """That it has more parts, if it has."""


def comparable_parts(held: Held) -> Parts:
    """Return what of a stored value is telling enough to be compared: the value and its parts, each with its place."""
    parts = Parts()
    place = held.place
    try:
        for name, value in leaves(held.secret.reveal()):
            inner = replace(place, field=f"{place.field}.{name}") if name else place
            if is_comparable(value, inner.field):
                parts.values.append((value, inner))
    except TooMuch:
        detail = f"{place.field}: it is too large to be compared part by part"
        parts.missed.append(Missed(place.path, MissedKind.TOO_MUCH, detail, place.version))
    return parts


def worth_asking(text: str, path: str) -> Iterator[Asked]:
    """Yield what is worth a question, where each one counts: what the detector takes for a secret, and texts in quotes
    or behind a name that look generated."""
    seen: set[str] = set()
    for one in detect(text, path):
        seen.add(one.secret.reveal())
        yield Asked(one.secret, one.start, one.end, one.form, one)
    if noise.is_lock_file(path):
        return
    for token in literals(text):
        if (
            token.value not in seen
            and _looks_generated(token.value)
            and not _DIGEST_OF.search(text[max(0, token.start - 12) : token.start])
        ):
            seen.add(token.value)
            yield Asked(Secret(token.value), token.start, token.end, token.form, None)


def _looks_generated(value: str) -> bool:
    """Whether a text, whatever it is assigned to, looks like a value that was made rather than named."""
    if not _SHORTEST <= len(value) <= _LONGEST or " " in value or not is_comparable(value, _ANY_FIELD):
        return False
    if not is_mixed(value) or entropy(value) < 3.0 or noise.is_digest(value) or _PAIRS.fullmatch(value):
        return False
    if len(_CODE.findall(value)) > 1 or (_IDENTIFIER.fullmatch(value) and _is_wordy(value)):
        return False
    return not noise.reason_against_generic(value)


def _is_wordy(value: str) -> bool:
    """Whether most of it stands in words, or in numbers of more than three digits."""
    return sum(map(len, _RUNS.findall(value))) >= 0.4 * len(value)
