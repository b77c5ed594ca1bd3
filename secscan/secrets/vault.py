"""Reads from HashiCorp Vault, or OpenBao, which speaks the same: one field of one secret, by a path that we were given.

Where Vault is, and who asks, comes from the environment of the caller, never from what is scanned. Traps of hvac that
are met here, each with a test against a real server or one that lies: it follows redirects to other hosts and sends
them the token; it returns whatever is no JSON as if it were an answer; it lets `..` in a path walk to another endpoint.
"""

from __future__ import annotations

import http.client
import os
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from secscan.errors import VaultError

SECONDS = 10.0
"""Most time for one answer."""

_PATH = re.compile(r"[A-Za-z0-9_][\w.-]*(?:/[A-Za-z0-9_][\w.-]*)+")
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_MOST_BYTES = 1_000_000


def read_field(name: str, environment: Mapping[str, str] = os.environ) -> bytes:
    """Return the text of one field of a KV secret, current version. `name` is MOUNT/PATH#FIELD.

    VAULT_ADDR and VAULT_TOKEN are needed; VAULT_NAMESPACE and VAULT_CACERT are heeded. Raises `VaultError` that says
    what could not be read and why, and holds no value.
    """
    path, _, field = name.partition("#")
    if not _PATH.fullmatch(path) or ".." in path or not field.isprintable() or not field:
        raise VaultError(f"{name[:120]!r} names no field of a secret in Vault", hint="write it as MOUNT/PATH#FIELD")
    mount, _, rest = path.partition("/")
    client = _connect(environment)
    try:
        answer = _ask(path, lambda: _read(client, mount, rest))
    finally:
        client.adapter.close()
    value = answer.get(field)
    if not isinstance(value, str):
        raise VaultError(
            f"the secret {path} of Vault has no text in the field {field!r}", hint="check the field's name"
        )
    if len(value) > _MOST_BYTES:
        raise VaultError(f"the field {field!r} of {path} has more than {_MOST_BYTES} characters", hint="split it")
    return value.encode("utf-8")


def _connect(environment: Mapping[str, str]) -> Any:
    import hvac
    import requests

    address, token = environment.get("VAULT_ADDR", ""), environment.get("VAULT_TOKEN", "")
    if not address or not token:
        raise VaultError("Vault is not connected", hint="set VAULT_ADDR and VAULT_TOKEN for the one who calls secscan")
    parts = urlsplit(address)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _LOOPBACK):
        raise VaultError(f"{parts.scheme}://{parts.hostname} is not a safe way to Vault", hint="use https")
    if http.client.HTTPConnection.debuglevel:
        raise VaultError(
            "http.client prints what it sends, and would print the token", hint="switch its debuglevel off"
        )
    session = requests.Session()
    session.trust_env = False  # no proxy, no .netrc
    verify: bool | str = environment.get("VAULT_CACERT") or True
    session.verify = verify
    return hvac.Client(
        url=address,
        token=token,
        verify=verify,
        timeout=SECONDS,
        allow_redirects=False,
        session=session,
        namespace=environment.get("VAULT_NAMESPACE") or None,
    )


def _read(client: Any, mount: str, path: str) -> Any:
    if _is_version_2(client, mount):
        answer = client.secrets.kv.v2.read_secret_version(path, mount_point=mount, raise_on_deleted_version=True)
        return answer["data"]["data"] if isinstance(answer, dict) else answer
    answer = client.secrets.kv.v1.read_secret(path, mount_point=mount)
    return answer["data"] if isinstance(answer, dict) else answer


def _is_version_2(client: Any, mount: str) -> bool:
    answer = client.read(f"sys/internal/ui/mounts/{mount}")
    if not isinstance(answer, dict):
        raise TypeError(type(answer).__name__)
    options = answer["data"].get("options") or {}
    return str(options.get("version", "1")) == "2"


def _ask(path: str, question: Any) -> dict[str, Any]:
    import requests
    from hvac import exceptions

    try:
        answer = question()
    except exceptions.Forbidden as error:
        raise VaultError(
            f"Vault does not let this token read {path}, or the token is no longer valid",
            hint="check its policy and its time",
        ) from error
    except exceptions.InvalidPath as error:
        raise VaultError(f"there is no secret {path} in Vault", hint="check the mount and the path") from error
    except exceptions.VaultDown as error:
        raise VaultError("Vault is sealed or not ready", hint="try again when it is unsealed") from error
    except exceptions.VaultError as error:
        raise VaultError(f"Vault refused to read {path}: {type(error).__name__}", hint="see Vault's own log") from error
    except requests.exceptions.SSLError as error:
        raise VaultError("Vault's certificate is not trusted", hint="name its CA with VAULT_CACERT") from error
    except requests.exceptions.RequestException as error:
        raise VaultError(
            f"Vault cannot be reached: {type(error).__name__}", hint="check VAULT_ADDR and the network"
        ) from error
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise VaultError(
            "what answers at VAULT_ADDR is not Vault", hint="check the address, and proxies on the way"
        ) from error
    if not isinstance(answer, dict):
        raise VaultError("what answers at VAULT_ADDR is not Vault", hint="check the address, and proxies on the way")
    return answer
