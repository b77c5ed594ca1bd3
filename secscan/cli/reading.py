"""Where policies are read from, with everything that they may name: files, commits, Vault."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from secscan.config import Settings
from secscan.errors import PolicyError
from secscan.policy.load import Reader


def with_vault(reader: Reader) -> Reader:
    """Return the reader, which can also read from Vault. It is asked only where a policy names it."""

    def read(name: str) -> bytes:
        from secscan.stores.vault.field import read_field  # hvac takes its time, and hardly any policy names Vault

        return read_field(name)

    return replace(reader, vault=read)


@dataclass(frozen=True)
class Known:
    """What the judge has read from where no change may lead a reader."""

    vault: dict[str, bytes] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)


def remembering(reader: Reader) -> tuple[Reader, Known]:
    """Return the reader, and what it has read so far."""
    known = Known()

    def from_vault(path: str) -> bytes:
        if path not in known.vault:
            known.vault[path] = reader.vault(path)
        return known.vault[path]

    def file(path: str) -> bytes:
        known.files[path] = reader.file(path)
        return known.files[path]

    return replace(reader, file=file, vault=from_vault), known


def below_only(reader: Reader, root: Path, known: Known) -> Reader:
    """Return what reads files below `root`, by their paths there. Of all else, in Vault, elsewhere on this machine, or in
    git's own folder, it gives what is known already: whoever proposes a change must not choose what is read, and then
    told of, on a machine where there may be tokens."""
    root = Path(os.path.realpath(root))

    def from_vault(path: str) -> bytes:
        if path not in known.vault:
            raise PolicyError(f"Vault is not asked for {path[:120]}, which a change names", hint="merge it first")
        return known.vault[path]

    def file(path: str) -> bytes:
        place = root / path
        real = Path(os.path.realpath(place))
        if real.is_relative_to(root) and ".git" not in real.relative_to(root).parts:
            return reader.file(str(place))
        if path not in known.files:
            raise PolicyError(
                f"{path[:120]}, which a change names, is not read: it lies elsewhere", hint="merge it first"
            )
        return known.files[path]

    return replace(reader, file=file, vault=from_vault)


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
