"""Which values of a store occur in a text: fingerprints of both under a key that lives as long as this process.

The store's values are not kept: of each a keyed hash of 16 bytes (BLAKE2b, RFC 7693) and a number for its place remain.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

from secscan.secrets.detect import noise
from secscan.secrets.detect.candidate import Candidate
from secscan.secrets.detect.detector import detect
from secscan.secrets.secret import Secret
from secscan.secrets.strength import entropy, is_mixed, is_strong
from secscan.stores.contract import Held, Place
from secscan.stores.leaves import bare, is_comparable, leaves
from secscan.stores.tokens import Token, literals, tokens

_BYTES = 16
_ANY_FIELD = ""
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
        self._places: list[Place] = []
        self._lengths: set[int] = set()
        self.values = 0
        """How many values, and parts of values, are compared."""
        self.weak: set[tuple[str, str]] = set()
        """Path and field of values that are too ordinary to be compared."""

    def add(self, held: Held) -> None:
        """Take one value, with its parts."""
        parts = comparable_parts(held)
        for value, place in parts:
            if not self._places or self._places[-1] is not place:
                self._places.append(place)
            self._remember(value, len(self._places) - 1)
        if not parts:
            self.weak.add((held.place.path, held.place.field))

    def places(self, value: str) -> tuple[Place, ...]:
        """Return where the store holds exactly this value; empty where it does not."""
        text = bare(value)
        if len(text) not in self._lengths:
            return ()
        return tuple(self._places[number] for number in self._known.get(self._fingerprint(text), ()))

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
        there = self._known.setdefault(self._fingerprint(value), [])
        if number not in there:
            there.append(number)
        self._lengths.add(len(value))
        self.values += 1

    def _fingerprint(self, value: str) -> bytes:
        data = value.encode("utf-8", errors="surrogatepass")
        return hashlib.blake2b(data, digest_size=_BYTES, key=self._key).digest()


def comparable_parts(held: Held) -> list[tuple[str, Place]]:
    """Return what of a stored value is telling enough to be compared: the value and its parts, each with its place."""
    parts = []
    for name, value in leaves(held.secret.reveal()):
        field = f"{held.place.field}.{name}" if name else held.place.field
        if is_comparable(value, field):
            parts.append((value, replace(held.place, field=field) if name else held.place))
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
        if token.value not in seen and _looks_generated(token):
            seen.add(token.value)
            yield Asked(Secret(token.value), token.start, token.end, token.form, None)


def _looks_generated(token: Token) -> bool:
    value = token.value
    if (
        not _SHORTEST <= len(value) <= _LONGEST
        or " " in value
        or not is_strong(value)
        or not is_comparable(value, _ANY_FIELD)
    ):
        return False
    if not is_mixed(value) or entropy(value) < 3.0 or noise.is_digest(value):
        return False
    return not noise.reason_against_generic(value)
