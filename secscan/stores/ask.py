"""Starts the child process that asks a store, with what logs in; see `stores.worker`."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import msgspec

from secscan.process import Ended, Limits, StartError, run
from secscan.secrets.worker import KEY_VARIABLE
from secscan.stores.answer import Indexed, Refusal, Request, Task
from secscan.stores.contract import StoreError
from secscan.stores.guard import refusal, shows_paths
from secscan.stores.vault.settings import Mode, VaultSettings

CREDENTIALS = (
    "VAULT_TOKEN", "SECSCAN_VAULT_ROLE_ID", "SECSCAN_VAULT_SECRET_ID", "SECSCAN_VAULT_WRAPPED_SECRET_ID",
    "SECSCAN_VAULT_USERNAME", "SECSCAN_VAULT_PASSWORD", "SECSCAN_VAULT_JWT",
    "ACTIONS_ID_TOKEN_REQUEST_URL", "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
)  # fmt: skip
"""The variables that log in, see `stores.vault.settings`."""


def ask(
    task: Task, settings: VaultSettings, limits: Limits, *, files: dict[str, str] | None = None, values_key: str = ""
) -> Ended:
    """Run the child on one task. `files`: absolute paths -> path texts; `values_key`: see `scanners.contract.Setup`.

    Raises `StoreError` where Vault may not be asked.
    """
    settings = settings.completed(os.environ)
    mode = Mode.CRAWL if task is Task.INDEX else settings.mode
    if why := refusal(mode, os.environ):
        raise StoreError(f"Vault was not asked: {why}", hint="see docs/vault.md, on modes and pull requests")
    request = Request(
        task=task,
        settings=settings,
        environment=credentials(settings),
        files=files or {},
        show_paths=shows_paths(settings.paths, os.environ),
        key=os.environ.get(KEY_VARIABLE, ""),
        values_key=values_key,
    )
    return run([sys.executable, "-I", "-m", "secscan.stores.worker"], limits=limits, stdin=msgspec.json.encode(request))


def ask_for_index(settings: VaultSettings, limits: Limits) -> Indexed:
    """Return an index of what Vault holds. Raises `StoreError`."""
    try:
        ended = ask(Task.INDEX, settings, limits)
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
