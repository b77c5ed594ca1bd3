"""Where policies are read from, with everything that they may name: files, commits, Vault."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from secscan.config import Settings
from secscan.errors import PolicyError
from secscan.policy.load import Reader


def with_vault(reader: Reader) -> Reader:
    """Return the reader, which can also read from Vault. It is asked only where a policy names it."""

    def read(name: str) -> bytes:
        from secscan.stores.vault.field import read_field  # hvac takes its time, and hardly any policy names Vault

        return read_field(name)

    return replace(reader, vault=read)


def remembering(reader: Reader) -> tuple[Reader, dict[str, bytes]]:
    """Return the reader, and what it has read from Vault so far."""
    known: dict[str, bytes] = {}

    def read(path: str) -> bytes:
        if path not in known:
            known[path] = reader.vault(path)
        return known[path]

    return replace(reader, vault=read), known


def with_known(reader: Reader, known: dict[str, bytes]) -> Reader:
    """Return the reader, which gives of Vault what is known already and asks it nothing: whoever proposes a change must
    not choose what Vault is asked for."""

    def read(path: str) -> bytes:
        if path not in known:
            raise PolicyError(f"Vault is not asked for {path[:120]}, which a change names", hint="merge it first")
        return known[path]

    return replace(reader, vault=read)


def credentials_of(settings: Settings) -> Callable[[str], Mapping[str, str]]:
    """Return what reads a scanner's credentials from Vault, each time anew, when they are needed."""

    def read(scanner: str) -> dict[str, str]:
        named = settings.credentials.get(scanner, {})
        if not named:
            return {}
        from secscan.stores.vault.field import read_field

        return {variable: read_field(field, settings=settings.vault).decode() for variable, field in named.items()}

    return read


def usual_reader() -> Reader:
    """Return a reader of files and of Vault."""
    return with_vault(Reader())
