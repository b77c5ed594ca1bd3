"""What is asked of Vault, and what its answers mean: a refusal or a lost login, a value or an error, now or later.

hvac speaks through it as well (`adapter.py`), so that there is one safe way to Vault.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, NoReturn
from urllib.parse import urlencode

import msgspec

from secscan.http.line import Answer, Failure
from secscan.stores.contract import AuthenticationFailed, Denied, Malformed, Missing, StoreError, Unavailable
from secscan.stores.line import StoreLine
from secscan.stores.vault.paths import quoted
from secscan.stores.vault.patience import MOST_TRIES, Patience

_AGAIN = frozenset({412, 429, 472, 473, *range(500, 600)})
"""Busy, standby, sealed, not yet replicated: it may be over soon."""
_PROOF_SECONDS = 1.0
"""How long a look-up of the token proves that a refusal is about the path."""
LOOK_UP = "auth/token/lookup-self"
LIST = {"list": "true"}
"""The query that lists, for servers and proxies that know no method LIST."""
_decode = msgspec.json.Decoder(float_hook=Decimal).decode  # a number that is a secret keeps all its digits


def not_vault() -> Unavailable:
    """The error for an answer that Vault would not give."""
    return Unavailable("what answers at VAULT_ADDR is not Vault", hint="check the address, and proxies on the way")


class Transport:
    """Questions to one server, from any number of threads."""

    def __init__(self, line: StoreLine, patience: Patience, namespace: str = "") -> None:
        self.asked = 0
        """Requests that were sent."""
        self.logged_in = False
        """Whether a refusal is about the path rather than about who asks."""
        self._line = line
        self._patience = patience
        self._namespace = namespace
        self._token = ""
        self._headers = self._common()
        self._lost: StoreError | None = None
        self._counting, self._checking = threading.Lock(), threading.Lock()
        self._proved = float("-inf")
        self._listed = ""

    @property
    def token(self) -> str:
        """What is sent as the token."""
        return self._token

    @token.setter
    def token(self, token: str) -> None:
        if not token.isascii() or not token.isprintable() or " " in token:
            raise AuthenticationFailed("the token for Vault has characters that no token has", hint="check VAULT_TOKEN")
        self._token = token
        self._headers = self._common() | ({"X-Vault-Token": token} if token else {})

    @property
    def lost(self) -> bool:
        """Whether nothing more can be asked."""
        return self._lost is not None

    def ask(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> tuple[int, dict[str, Any]]:
        """Return status and answer: 200, 204 with nothing, or 404 with what Vault still says. All else is an error."""
        target = f"/v1/{quoted(path)}" + (f"?{urlencode(query)}" if query else "")
        data = None if body is None else msgspec.json.encode(body)
        answer = self._persist(method, target, data, headers)
        status = answer.status
        if status == 204:
            return status, {}
        if status not in {200, 400, 401, 403, 404}:
            self._refuse_status(status)
        told = _object(answer.body)
        if told is None:
            self._lose(not_vault())
        if status == 200 and query == LIST:
            self._listed = target
        if status in {200, 404}:
            return status, told
        if status == 400:
            said = "" if self.logged_in else _words(told, body)
            raise Malformed(f"Vault refused a question as malformed{said}", hint="see Vault's own log")
        self._check_login()
        raise Denied(f"Vault does not let this token use {path}", hint="check its policies")

    def get(self, path: str, **query: str) -> dict[str, Any]:
        """Read a path. Raises `Missing` where there is nothing."""
        return found(path, self.ask("GET", path, query=query or None))

    def list(self, path: str) -> tuple[str, ...]:
        """The keys below a path."""
        status, told = self.ask("GET", path, query=LIST)
        if status == 404:
            return ()
        data = told.get("data")
        keys = data.get("keys") if isinstance(data, dict) else None
        if not isinstance(keys, list) or not all(isinstance(key, str) for key in keys):
            self._lose(not_vault())
        return tuple(keys)

    def post(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Write to a path."""
        return found(path, self.ask("POST", path, body=body))

    def attempt(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> dict[str, Any] | None:
        """Ask for what a token may well be refused; None for any refusal, from which nothing else is concluded."""
        data = None if body is None else msgspec.json.encode(body)
        answer = self._persist(method, f"/v1/{quoted(path)}", data)
        if answer.status == 204:
            return {}
        return _object(answer.body) if answer.status == 200 else None

    def check_login(self) -> None:
        """Raise `AuthenticationFailed` unless the login still holds; the answer is not older than the question."""
        self._proved = float("-inf")
        self._check_login()

    def close(self) -> None:
        """Close everything; whoever waits gives up."""
        self._patience.give_up()
        self._line.close()

    def _common(self) -> dict[str, str]:
        namespace = {"X-Vault-Namespace": self._namespace} if self._namespace else {}
        return {"X-Vault-Request": "true"} | namespace

    def _persist(
        self, method: str, target: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Ask, and ask again what may be answered later. Raises `Unavailable`."""
        self._raise_lost()
        started = time.monotonic()
        outcome = self._once(method, target, body, headers)
        if not _troubled(outcome):
            return self._sound(outcome)
        self._patience.begin(started)
        try:
            tries = 1
            while _troubled(outcome) and tries < MOST_TRIES:
                after = outcome.retry_after if isinstance(outcome, Answer) else 0.0
                if not self._patience.wait(tries, after):
                    self._lose(_unavailable(outcome))
                outcome = self._once(method, target, body, headers)
                tries += 1
        finally:
            self._patience.end()
        if _troubled(outcome):
            raise _unavailable(outcome)
        return self._sound(outcome)

    def _once(
        self, method: str, target: str, body: bytes | None, headers: Mapping[str, str] | None
    ) -> Answer | Failure:
        with self._counting:
            self.asked += 1
        sent = self._headers
        if headers or body is not None:
            sent = {**sent, **({"Content-Type": "application/json"} if body is not None else {}), **(headers or {})}
        return self._line.send(method, target, sent, body)

    def _sound(self, outcome: Answer | Failure) -> Answer:
        if isinstance(outcome, Answer):
            return outcome
        raise _unavailable(outcome)

    def _refuse_status(self, status: int) -> NoReturn:
        if 300 <= status < 400:
            self._lose(
                Unavailable(
                    f"Vault's address answers with a redirect ({status}), which is not followed",
                    hint="name the address that answers itself",
                )
            )
        if 200 <= status < 300:
            self._lose(not_vault())
        raise StoreError(f"Vault refused a question with status {status}", hint="see Vault's own log")

    def _check_login(self) -> None:
        """After a refusal: is it the path, or did the login end? Raises `AuthenticationFailed` for the latter."""
        if not self.logged_in:
            return
        with self._checking:
            self._raise_lost()
            if time.monotonic() - self._proved < _PROOF_SECONDS:
                return
            # A token that may not look itself up is refused as one that ended is; but what it could list, it still can.
            if self.attempt("GET", LOOK_UP) is None and not (self._listed and self._holds(self._listed)):
                self._lose(
                    AuthenticationFailed(
                        "the login to Vault has ended, or its token may not look itself up",
                        hint="log in for longer, and allow read on auth/token/lookup-self",
                    )
                )
            self._proved = time.monotonic()

    def _holds(self, target: str) -> bool:
        return self._persist("GET", target).status in {200, 404}

    def _lose(self, error: StoreError) -> NoReturn:
        """Fail now, and at every further question without asking it."""
        self._lost = error
        raise error

    def _raise_lost(self) -> None:
        if self._lost is not None:
            raise type(self._lost)(self._lost.message, hint=self._lost.hint)


def found(path: str, answer: tuple[int, dict[str, Any]]) -> dict[str, Any]:
    """What `Transport.ask` returned for a path, if there is something."""
    if answer[0] == 404:
        raise Missing(f"there is nothing at {path} in Vault", hint="check the mount and the path")
    return answer[1]


def _object(body: bytes) -> dict[str, Any] | None:
    # msgspec's error names a position; json's would hold the whole text.
    try:
        told = _decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return told if isinstance(told, dict) else None


def _words(told: Mapping[str, Any], body: Mapping[str, Any] | None) -> str:
    """What Vault says of a refused login, unless it repeats something that was sent."""
    errors = told.get("errors")
    said = " ".join(one for one in errors if isinstance(one, str)) if isinstance(errors, list) else ""
    if not said or any(isinstance(value, str) and value and value in said for value in (body or {}).values()):
        return ""
    return f": {''.join(char for char in said if char.isprintable())[:200]}"


def _troubled(outcome: Answer | Failure) -> bool:
    return outcome.again if isinstance(outcome, Failure) else outcome.status in _AGAIN


def _unavailable(outcome: Answer | Failure) -> Unavailable:
    if isinstance(outcome, Failure):
        return Unavailable(f"Vault cannot be reached: {outcome.what}", hint=outcome.hint)
    if outcome.status == 503:
        return Unavailable("Vault is sealed or not ready", hint="try again when it is unsealed")
    if outcome.status == 429:
        return Unavailable("Vault allows no more questions for now", hint="raise its quota, or ask with fewer workers")
    return Unavailable(f"Vault is not able to answer: status {outcome.status}", hint="see Vault's own log")
