"""Starts the child process that asks a store, with what logs in; see `stores.worker`."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import msgspec

from secscan.process import Ended, Limits, StartError, run
from secscan.secrets.keys import KEY_VARIABLE
from secscan.stores.answer import Indexed, Refusal, Request, Task
from secscan.stores.aws.settings import CREDENTIALS as AWS_CREDENTIALS
from secscan.stores.aws.settings import AwsSettings
from secscan.stores.contract import StoreError
from secscan.stores.guard import refusal, shows_paths
from secscan.stores.vault.settings import Mode, PathDisplay, VaultSettings

CREDENTIALS = (
    "VAULT_TOKEN", "SECSCAN_VAULT_ROLE_ID", "SECSCAN_VAULT_SECRET_ID", "SECSCAN_VAULT_WRAPPED_SECRET_ID",
    "SECSCAN_VAULT_USERNAME", "SECSCAN_VAULT_PASSWORD", "SECSCAN_VAULT_JWT",
    "ACTIONS_ID_TOKEN_REQUEST_URL", "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
)  # fmt: skip
"""The variables that log in, see `stores.vault.settings`."""


def ask_vault(
    settings: VaultSettings, limits: Limits, *, task: Task = Task.LOOK, files: dict[str, str], values_key: str = ""
) -> Ended:
    """Run the child on one task. `files`: absolute paths -> path texts; `values_key`: see `scanners.contract.Setup`.

    Raises `StoreError` where Vault may not be asked.
    """
    settings = settings.completed(os.environ)
    _refuse("Vault", Mode.CRAWL if task is Task.INDEX else settings.mode)
    request = Request(
        task=task,
        settings=settings,
        environment=credentials(settings),
        files=files,
        show_paths=shows_paths(settings.paths, os.environ),
        key=os.environ.get(KEY_VARIABLE, ""),
        values_key=values_key,
    )
    return _started(request, limits, {})


def ask_aws(settings: AwsSettings, limits: Limits, *, files: dict[str, str], values_key: str = "") -> Ended:
    """The same of AWS, which is always read: there is no other way to ask it. What says who asks is boto3's own choice,
    so the child gets its variables and the caller's home."""
    _refuse("AWS", Mode.CRAWL)
    request = Request(
        settings=VaultSettings(),
        aws=settings,
        environment={},
        files=files,
        show_paths=shows_paths(PathDisplay.AUTO, os.environ),
        key=os.environ.get(KEY_VARIABLE, ""),
        values_key=values_key,
    )
    names = (*AWS_CREDENTIALS, "HOME")
    return _started(request, limits, {name: os.environ[name] for name in names if name in os.environ})


def _refuse(store: str, mode: Mode) -> None:
    if why := refusal(mode, os.environ):
        raise StoreError(f"{store} was not asked: {why}", hint="see docs/vault.md, on modes and pull requests")


def _started(request: Request, limits: Limits, environment: dict[str, str]) -> Ended:
    command = [sys.executable, "-I", "-m", "secscan.stores.worker"]
    return run(command, limits=limits, env=environment, stdin=msgspec.json.encode(request))


def ask_for_index(settings: VaultSettings, limits: Limits) -> Indexed:
    """Return an index of what Vault holds. Raises `StoreError`."""
    try:
        ended = ask_vault(settings, limits, task=Task.INDEX, files={})
        reply = msgspec.json.decode(ended.stdout, type=Indexed | Refusal)
    except (StartError, msgspec.DecodeError) as error:
        raise StoreError("the index was not made: the child process did not answer", hint="try again") from error
    if isinstance(reply, Refusal):
        raise StoreError(reply.error, hint=reply.hint)
    if ended.trouble or ended.exit_code:
        raise StoreError(f"the index was not made: the child process {ended.trouble or 'failed'}", hint="try again")
    return reply


def credentials(settings: VaultSettings) -> dict[str, str]:
    """The variables that log in; for a person, the token that `vault login` left, too."""
    given = {name: os.environ[name] for name in CREDENTIALS if name in os.environ}
    if settings.auth.method == "token" and "VAULT_TOKEN" not in given:
        left = Path.home() / ".vault-token"
        if left.is_file():
            given["VAULT_TOKEN"] = left.read_text(encoding="ascii", errors="replace").strip()
    return given
