"""The contract every secret store keeps, the values that cross it, and its exceptions.

A store is a place where secrets should live. It is asked for two things only: what it holds (`SecretStore.read`), each
value with the place that keeps it, and what it could not read. What is not read is said, path by path: a store that
gives less than it has, without a word, would make a live secret look unknown.

A value leaves a store as a `Secret` and goes nowhere but into keyed fingerprints in memory (`stores.matching`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from secscan.errors import VaultError
from secscan.secrets.secret import Secret


class StoreError(VaultError):
    """A store could not be asked, or did not answer what was asked. The message holds no value and no token."""


class Unavailable(StoreError):
    """Unreachable, sealed, too slow, or what answers is not the store. Asking again later may help."""


class Denied(StoreError):
    """The store knows who asks, and refuses."""


class Missing(StoreError):
    """There is nothing at this path."""


class Malformed(StoreError):
    """The store calls the question malformed. Some do that where there is nothing to tell of."""


class AuthenticationFailed(StoreError):
    """Nobody could be logged in, or the login ended in the middle. Whatever was read so far is incomplete."""


def nothing_comparable() -> StoreError:
    """The error of a store that gave no value to compare: whatever is looked up in it would be unknown."""
    return StoreError(
        "the store holds no value that could be compared",
        hint="check the mounts in scope, and what the role may read",
    )


class MissedKind(StrEnum):
    """Why a part of a store was not read."""

    DENIED = "denied"
    DELETED = "deleted"
    """A version that was deleted or destroyed: its value cannot be read."""
    UNAVAILABLE = "unavailable"
    TOO_MUCH = "too-much"
    """More than the limits of the caller."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a store keeps one value."""

    path: str
    """The entry: mount and path, as the store names it."""
    field: str
    """The key within the entry; leaves of structured values are added behind a dot."""
    version: str = ""
    """The version that holds the value; empty where the store keeps none."""
    current: bool = True
    """Whether it is the version that the store gives to those who ask for none."""
    deleted: bool = False
    """Whether the entry as a whole is deleted, so that even its last version is given to nobody."""
    settled: bool = True
    """Whether it is known what the entry gives now. Where its current version was not read, that may hold this value,
    too: then an older version says neither that the value is in use nor that it was replaced."""
    created: str = ""
    """When this version was made, RFC 3339."""
    replaced: str = ""
    """When the next version was made, RFC 3339; empty for the newest, and where it may hold the same value."""


@dataclass(frozen=True, slots=True)
class Held:
    """One value, and the place that keeps it."""

    place: Place
    secret: Secret


@dataclass(frozen=True, slots=True)
class Missed:
    """A part of the store that was not read, and why."""

    path: str
    kind: MissedKind
    detail: str
    version: str = ""


class SecretStore(Protocol):
    """One store, connected and logged in."""

    name: str
    """How findings name it: `Vault`, `AWS Secrets Manager`."""

    @property
    def parts(self) -> Sequence[str]:
        """With what the paths begin of the parts that it has (Vault: its mounts), as far as `read` has come to know
        them; each has a control of its own. Empty for a store that is one."""
        ...

    def read(self) -> Iterator[Held | Missed]:
        """Yield every value in scope, in all versions that can be read, and everything that could not be.

        Raises `StoreError` where reading as a whole cannot go on; what was yielded before is then incomplete.
        """
        ...

    def close(self) -> None:
        """End the login, where it is one that can be ended, and every connection. Never raises."""
        ...
