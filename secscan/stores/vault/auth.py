"""Who asks: the ways to log in to Vault. Credentials come from the environment of the caller, or from a file that its
platform mounts, never from settings and never from what is scanned.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import msgspec

from secscan.http.line import Answer, is_loopback
from secscan.stores.contract import AuthenticationFailed, Denied, Missing, StoreError, Unavailable
from secscan.stores.line import StoreLine, endpoint, origin
from secscan.stores.vault.settings import Auth, VaultSettings
from secscan.stores.vault.transport import not_vault

_SERVICE_ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount/token"
_MOST_TOKEN = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """How this connection came to its token, and what is known of it. The token itself is not here."""

    own: bool = False
    """Whether this connection logged in for it, and so ends it. One that the caller gave is not ended."""
    revocable: bool = True
    """Whether it can be ended: a batch token lives until its time is over."""
    seconds: float = 0.0
    """How long it lives, counted from the login; 0 for one that does not end, or where that is not known."""
    renewable: bool = False
    accessor: str = ""
    policies: tuple[str, ...] = ()


def log_in(client: Any, settings: VaultSettings, environment: Mapping[str, str]) -> Login:
    """Give hvac's client a token. Raises `AuthenticationFailed`, or `Unavailable` where nobody answers."""
    way = _WAYS[settings.auth.method]
    try:
        answer = way(_Caller(client, settings, environment))
    except (Denied, Missing) as error:
        raise AuthenticationFailed(
            f"Vault refused the login by {settings.auth.method}", hint="check method, mount, role and credentials"
        ) from error
    except (Unavailable, AuthenticationFailed):
        raise
    except StoreError as error:
        raise AuthenticationFailed(
            error.message.replace("Vault refused a question as malformed", "Vault refused the login"), hint=error.hint
        ) from error
    return login_of(answer) if answer is not None else Login()


def login_of(answer: Mapping[str, Any]) -> Login:
    """Read the part `auth` of Vault's answer to a login or a renewal."""
    granted = answer.get("auth")
    if not isinstance(granted, dict):
        raise not_vault()
    seconds = granted.get("lease_duration")
    return Login(
        own=True,
        revocable=granted.get("token_type") != "batch",
        seconds=float(seconds) if isinstance(seconds, int) else 0.0,
        renewable=granted.get("renewable") is True,
        accessor=str(granted.get("accessor") or ""),
        policies=tuple(str(one) for one in granted.get("policies") or ()),
    )


@dataclass(frozen=True, slots=True)
class _Caller:
    client: Any
    settings: VaultSettings
    environment: Mapping[str, str]


def _token(caller: _Caller) -> None:
    token = caller.environment.get("VAULT_TOKEN", "")
    if not token:
        raise AuthenticationFailed(
            "Vault is not connected", hint="set VAULT_ADDR and VAULT_TOKEN for the one who calls secscan"
        )
    caller.client.token = token


def _agent(caller: _Caller) -> None:
    """The agent logs in, and adds its token to what goes through it."""


def _approle(caller: _Caller) -> Any:
    mount = caller.settings.auth.mount or "approle"
    role = caller.environment.get("SECSCAN_VAULT_ROLE_ID", "") or caller.settings.auth.role
    secret = caller.environment.get("SECSCAN_VAULT_SECRET_ID", "")
    wrapped = caller.environment.get("SECSCAN_VAULT_WRAPPED_SECRET_ID", "")
    if not role or not (secret or wrapped):
        raise _incomplete("SECSCAN_VAULT_ROLE_ID, and SECSCAN_VAULT_SECRET_ID or SECSCAN_VAULT_WRAPPED_SECRET_ID")
    return caller.client.auth.approle.login(
        role, secret or _unwrapped(caller.client, wrapped, mount), mount_point=mount
    )


def _unwrapped(client: Any, wrapping: str, mount: str) -> str:
    """Return the secret id in a wrapping token, once it is sure that Vault wrapped it for this very method."""
    made = client.adapter.post("/v1/sys/wrapping/lookup", json={"token": wrapping})
    path = str((made.get("data") or {}).get("creation_path", ""))
    if not (path.startswith(f"auth/{mount}/role/") and path.endswith("/secret-id")):
        raise AuthenticationFailed("the wrapped secret id was not made as one", hint="somebody may have replaced it")
    client.token = wrapping  # what opens itself
    try:
        answer = client.sys.unwrap()
    finally:
        client.token = ""
    secret = (answer.get("data") or {}).get("secret_id")
    if not isinstance(secret, str):
        raise AuthenticationFailed("the wrapping token holds no secret id", hint="wrap the answer of .../secret-id")
    return secret


def _jwt(caller: _Caller) -> Any:
    auth = caller.settings.auth
    token = caller.environment.get("SECSCAN_VAULT_JWT", "").strip()
    if not token and auth.token_file:
        token = _text_of(auth.token_file)
    if not token:
        token = _id_token(caller)
    _need_role(auth)
    return caller.client.auth.jwt.jwt_login(auth.role, token, path=auth.mount or "jwt")


def _id_token(caller: _Caller) -> str:
    """The token that GitHub Actions signs for this job.

    Source: https://docs.github.com/en/actions/reference/security/oidc ("Methods for requesting the OIDC token").
    """
    url = caller.environment.get("ACTIONS_ID_TOKEN_REQUEST_URL", "")
    bearer = caller.environment.get("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "")
    if not url or not bearer or not bearer.isascii() or not bearer.isprintable():
        raise _incomplete("SECSCAN_VAULT_JWT, or token_file, or a job of GitHub Actions with `id-token: write`")
    end, target = endpoint(url, "GitHub's id tokens")
    audience = quote(caller.settings.auth.audience or caller.settings.address, safe="")
    line = StoreLine(end, seconds=caller.settings.seconds)
    try:
        answer = line.send("GET", f"{target}&audience={audience}", {"Authorization": f"bearer {bearer}"})
    finally:
        line.close()
    if not isinstance(answer, Answer) or answer.status != 200:
        why = f"status {answer.status}" if isinstance(answer, Answer) else answer.what
        raise AuthenticationFailed(f"GitHub gave no id token: {why}", hint="give the job `id-token: write`")
    try:
        return msgspec.json.decode(answer.body, type=_IdToken).value
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise AuthenticationFailed("GitHub gave no id token: its answer has none", hint="try again") from None


class _IdToken(msgspec.Struct):
    value: str


def _kubernetes(caller: _Caller) -> Any:
    auth = caller.settings.auth
    _need_role(auth)
    token = _text_of(auth.token_file or _SERVICE_ACCOUNT)
    return caller.client.auth.kubernetes.login(auth.role, token, mount_point=auth.mount or "kubernetes")


def _userpass(caller: _Caller) -> Any:
    name, password = (
        caller.environment.get("SECSCAN_VAULT_USERNAME", ""),
        caller.environment.get("SECSCAN_VAULT_PASSWORD", ""),
    )
    if not name or not password:
        raise _incomplete("SECSCAN_VAULT_USERNAME and SECSCAN_VAULT_PASSWORD")
    return caller.client.auth.userpass.login(
        quote(name, safe=""), password, mount_point=caller.settings.auth.mount or "userpass"
    )


def _text_of(path: str) -> str:
    try:
        with Path(path).open("rb") as file:
            text = file.read(_MOST_TOKEN).strip()
    except OSError as error:
        raise AuthenticationFailed(f"the token file cannot be read: {error.strerror}", hint=f"look at {path}") from None
    if not text.isascii():
        raise AuthenticationFailed("the token file holds no token", hint=f"look at {path}")
    return text.decode("ascii")


def _need_role(auth: Auth) -> None:
    if not auth.role:
        raise _incomplete("role in the section auth")


def _incomplete(what: str) -> AuthenticationFailed:
    return AuthenticationFailed("nobody can be logged in to Vault", hint=f"needed: {what}")


_WAYS: Mapping[str, Callable[[_Caller], Any]] = {
    "token": _token,
    "approle": _approle,
    "jwt": _jwt,
    "kubernetes": _kubernetes,
    "userpass": _userpass,
    "agent": _agent,
}


def agent_address(auth: Auth) -> str:
    """Return the address of the agent: a Unix socket, or one on this machine. Raises `StoreError` for any other."""
    end = origin(auth.socket, "the agent") if auth.socket else None
    if end is None or not (end.unix or is_loopback(end.host)):
        raise StoreError("the agent is not on this machine", hint="name its Unix socket, or its address on loopback")
    return auth.socket
