"""Logs in: token, AppRole, JWT (GitHub Actions' id token too), Kubernetes, userpass, and an agent that does it itself.

Credentials come from the environment of the caller, see `stores.vault.settings`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import hvac
import msgspec
import urllib3

from secscan.stores.contract import AuthenticationFailed, StoreError, Unavailable
from secscan.stores.vault.settings import Auth, VaultSettings
from secscan.stores.vault.transport import safe_address

SERVICE_ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount/token"
CREDENTIALS = (
    "VAULT_TOKEN", "SECSCAN_VAULT_ROLE_ID", "SECSCAN_VAULT_SECRET_ID", "SECSCAN_VAULT_WRAPPED_SECRET_ID",
    "SECSCAN_VAULT_USERNAME", "SECSCAN_VAULT_PASSWORD", "SECSCAN_VAULT_JWT",
    "ACTIONS_ID_TOKEN_REQUEST_URL", "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
)  # fmt: skip
"""The variables that log in."""
_MOST_BYTES = 100_000


@dataclass(frozen=True)
class Login:
    """How somebody is logged in."""

    ours: bool
    """Whether the token was made for this run, and is to be revoked after it."""
    renewable: bool = False
    seconds: float = 0.0
    """How long it holds; 0 where nobody knows."""
    batch: bool = False
    """A batch token: it cannot be revoked, and ends by itself."""


def log_in(client: hvac.Client, settings: VaultSettings, environment: Mapping[str, str]) -> Login:
    """Log the client in. Raises `AuthenticationFailed` with what is missing or was refused, or another `StoreError`."""
    auth = settings.auth
    if auth.method == "agent":
        return Login(ours=False)
    if auth.method == "token":
        client.token = _needed(environment, "VAULT_TOKEN")
        return Login(ours=False)
    answer = _refused(auth, lambda: _METHODS[auth.method](client, settings, environment))
    told = answer.get("auth") or {}
    return Login(
        ours=True,
        renewable=told.get("renewable") is True,
        seconds=float(told.get("lease_duration") or 0),
        batch=told.get("token_type") == "batch",
    )


def _approle(client: hvac.Client, settings: VaultSettings, environment: Mapping[str, str]) -> Any:
    wrapped = environment.get("SECSCAN_VAULT_WRAPPED_SECRET_ID", "")
    secret_id = _unwrapped(client, wrapped) if wrapped else environment.get("SECSCAN_VAULT_SECRET_ID", "")
    return client.auth.approle.login(
        role_id=_needed(environment, "SECSCAN_VAULT_ROLE_ID"),
        secret_id=secret_id or None,
        mount_point=settings.auth.mount or "approle",
    )


def _unwrapped(client: hvac.Client, token: str) -> str:
    """The secret id that a wrapping token stands for. One that was opened before, by whomever, is refused by Vault."""
    try:
        answer = client.adapter.post("/v1/sys/wrapping/unwrap", headers={"X-Vault-Token": token})
    except StoreError as error:
        raise AuthenticationFailed(
            "the wrapped secret id cannot be opened: it was opened before, or is too old",
            hint="if nobody of yours has opened it, somebody else has: revoke the role's secret ids",
        ) from error
    found = (answer.get("data") or {}).get("secret_id")
    if not isinstance(found, str):
        raise AuthenticationFailed("the wrapped token holds no secret id", hint="wrap one: `-wrap-ttl=60s`")
    return found


def _jwt(client: hvac.Client, settings: VaultSettings, environment: Mapping[str, str]) -> Any:
    return client.auth.jwt.jwt_login(
        role=settings.auth.role or None,
        jwt=_own_jwt(settings, environment),
        path=settings.auth.mount or "jwt",
    )


def _own_jwt(settings: VaultSettings, environment: Mapping[str, str]) -> str:
    if settings.auth.token_file:
        return _of_file(settings.auth.token_file)
    if given := environment.get("SECSCAN_VAULT_JWT"):
        return given
    if "ACTIONS_ID_TOKEN_REQUEST_URL" not in environment:
        raise AuthenticationFailed(
            "there is no JWT to log in with",
            hint="set SECSCAN_VAULT_JWT; in GitHub Actions the job needs `permissions: id-token: write`",
        )
    return _id_token(settings, environment)


def _id_token(settings: VaultSettings, environment: Mapping[str, str]) -> str:
    """The id token of a job of GitHub Actions (GitHub's documentation, "OpenID Connect")."""
    address = safe_address(environment["ACTIONS_ID_TOKEN_REQUEST_URL"])
    audience = settings.auth.audience or settings.address
    address += f"{'&' if urlsplit(address).query else '?'}audience={quote(audience, safe='')}"
    bearer = _needed(environment, "ACTIONS_ID_TOKEN_REQUEST_TOKEN")
    try:
        with urllib3.PoolManager() as pool:
            answer = pool.request(
                "GET", address, headers={"Authorization": f"bearer {bearer}", "Accept": "application/json"},
                redirect=False, retries=False, timeout=settings.seconds, preload_content=False,
            )  # fmt: skip
            data = answer.read(_MOST_BYTES)
        document = msgspec.json.decode(data) if answer.status == 200 else None
    except (urllib3.exceptions.HTTPError, OSError, msgspec.DecodeError) as error:
        raise AuthenticationFailed(
            f"GitHub gave no id token: {type(error).__name__}", hint="see the job's permissions"
        ) from None
    value = document.get("value") if isinstance(document, dict) else None
    if not isinstance(value, str):
        raise AuthenticationFailed(
            f"GitHub gave no id token (status {answer.status})", hint="the job needs `permissions: id-token: write`"
        )
    return value


def _kubernetes(client: hvac.Client, settings: VaultSettings, _environment: Mapping[str, str]) -> Any:
    return client.auth.kubernetes.login(
        role=settings.auth.role,
        jwt=_of_file(settings.auth.token_file or SERVICE_ACCOUNT),
        mount_point=settings.auth.mount or "kubernetes",
    )


def _userpass(client: hvac.Client, settings: VaultSettings, environment: Mapping[str, str]) -> Any:
    return client.auth.userpass.login(
        username=_needed(environment, "SECSCAN_VAULT_USERNAME"),
        password=_needed(environment, "SECSCAN_VAULT_PASSWORD"),
        mount_point=settings.auth.mount or "userpass",
    )


_METHODS: dict[str, Callable[[hvac.Client, VaultSettings, Mapping[str, str]], Any]] = {
    "approle": _approle,
    "jwt": _jwt,
    "kubernetes": _kubernetes,
    "userpass": _userpass,
}


def _refused(auth: Auth, login: Callable[[], Any]) -> Mapping[str, Any]:
    try:
        answer: Mapping[str, Any] = login()
    except (AuthenticationFailed, Unavailable):
        raise
    except StoreError as error:
        role = f" as {auth.role}" if auth.role else ""
        raise AuthenticationFailed(
            f"Vault refuses the login by {auth.method}{role}",
            hint="check mount, role, and what the role is bound to; Vault's own log says why",
        ) from error
    return answer


def _needed(environment: Mapping[str, str], name: str) -> str:
    if not environment.get(name):
        raise AuthenticationFailed(f"Vault is not connected: {name} is not set", hint=f"set {name} for the caller")
    return environment[name]


def _of_file(path: str) -> str:
    try:
        with Path(path).open(encoding="ascii") as file:
            return file.read(_MOST_BYTES).strip()
    except (OSError, UnicodeDecodeError) as error:
        raise AuthenticationFailed(
            f"cannot read the token file {path}", hint="check `vault.auth.token_file`"
        ) from error
