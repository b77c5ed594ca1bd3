"""Asks Vault for what the checks look at. What may not be looked at is noted for every check that needed it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol

from secscan.stores.contract import AuthenticationFailed, Denied, Malformed, Missing, StoreError
from secscan.stores.vault.hygiene.checks import Unlooked
from secscan.stores.vault.settings import VaultSettings

_LET = "let the role look at it: `secscan vault policy --mode hygiene` prints what it needs"
_LATER = "ask again when Vault answers"


class Reads(Protocol):
    """The part of `connection.Connection` that is used; nothing is ever written with it but questions."""

    settings: VaultSettings

    def get(self, path: str) -> dict[str, Any]:
        """See `Connection.get`."""
        ...

    def list(self, path: str) -> tuple[str, ...]:
        """See `Connection.list`."""
        ...

    def post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """See `Connection.post`."""
        ...


class Asking:
    """Questions for the checks that are named with them. Raises `AuthenticationFailed` once the login has ended."""

    def __init__(self, connection: Reads) -> None:
        self.settings = connection.settings
        self.unlooked: list[Unlooked] = []
        self._connection = connection

    def get(self, path: str, checks: Iterable[str], *, there: bool = False) -> dict[str, Any] | None:
        """Return the data at a path; None where there is nothing, or it was noted as not looked at.

        `there`: something is at this path, on every server or since it was listed, so that nothing is noted, too.
        """
        try:
            found = self._connection.get(path).get("data")
        except StoreError as error:
            self._note(error, path, checks, there=there)
            return None
        if isinstance(found, dict):
            return found
        self.note(f"{path} has no data", checks)
        return None

    def whole(self, path: str, checks: Iterable[str]) -> dict[str, Any] | None:
        """Return the whole answer, where Vault puts no `data` around it. Every server has one."""
        try:
            return self._connection.get(path)
        except StoreError as error:
            self._note(error, path, checks, there=True)
            return None

    def list(self, path: str, checks: Iterable[str], *, there: bool = False) -> tuple[str, ...]:
        """Return the keys below a path, those of folders with a slash at the end.

        `there`: there is something below this path, so that nothing is noted, too.
        """
        try:
            found = self._connection.list(path)
        except StoreError as error:
            self._note(error, path, checks)
            return ()
        if there and not found:
            self.note(f"{path} shows nothing, though there is something below it", checks)
        return found

    def token(self, accessor: str, checks: Iterable[str]) -> dict[str, Any] | None:
        """Return what Vault knows of the token with this accessor; None for one that has ended meanwhile."""
        path = "auth/token/lookup-accessor"
        try:
            found = part(self._connection.post(path, {"accessor": accessor}), "data")
        except (Malformed, Missing):
            return None  # it ended since it was listed: Vault has no other words for that
        except StoreError as error:
            self._note(error, path, checks)
            return None
        if found.get("accessor") == accessor:
            return found
        self.note(f"{path} does not tell of a token that was listed", checks)
        return None

    def each(self, questions: Sequence[Any], ask: Any) -> Iterator[Any]:
        """Yield the answers to many questions, in their order, asked by several workers."""
        with ThreadPoolExecutor(max_workers=self.settings.workers) as pool:
            yield from pool.map(ask, questions)

    def note(self, detail: str, checks: Iterable[str], remedy: str = "") -> None:
        """Note that something could not be looked at."""
        self.unlooked += [Unlooked(check, detail, remedy) for check in checks]

    def _note(self, error: StoreError, path: str, checks: Iterable[str], *, there: bool = False) -> None:
        if isinstance(error, AuthenticationFailed):
            raise error
        if isinstance(error, Missing) and not there:
            return
        denied = isinstance(error, Denied)
        detail = f"Vault does not let this token look at {path}" if denied else f"{path}: {error.message}"
        self.note(detail, checks, _LET if denied else error.hint or _LATER)


def part(answer: object, name: str) -> dict[str, Any]:
    """Return a member of an answer that is itself an object; an empty one where it is not."""
    found = answer.get(name) if isinstance(answer, dict) else None
    return found if isinstance(found, dict) else {}


def whole_number(value: object) -> int:
    """Return a number of an answer; 0 where there is none."""
    return value if isinstance(value, int) and not isinstance(value, bool) else 0


def texts(value: object) -> tuple[str, ...]:
    """Return the texts of an answer's list; a text alone is a list of one."""
    if isinstance(value, str):
        return (value,) if value else ()
    return tuple(one for one in value if isinstance(one, str)) if isinstance(value, list) else ()
