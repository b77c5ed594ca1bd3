"""Where policies are read from, with everything that they may name: files, commits, Vault."""

from __future__ import annotations

from dataclasses import replace

from secscan.errors import PolicyError
from secscan.policy.load import Reader


def with_vault(reader: Reader) -> Reader:
    """Return the reader, which can also read from Vault. It is asked only where a policy names it."""
    from secscan.stores.vault.field import read_field

    return replace(reader, vault=read_field)


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


def usual_reader() -> Reader:
    """Return a reader of files and of Vault."""
    return with_vault(Reader())
