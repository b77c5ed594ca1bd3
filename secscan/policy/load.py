"""Finds a policy by name or path and reads it."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Collection
from pathlib import Path

from secscan.errors import PolicyError
from secscan.policy.document import read_policy
from secscan.policy.model import Policy
from secscan.resources import data_dir
from secscan.yamlfile import MAX_BYTES, suggestion

_BARE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")


def load_policy(name_or_path: str, *, scanners: Collection[str] = ()) -> Policy:
    """Return the shipped policy of that name (`default`, `strict` ...), or the one in the file at that path.

    A bare word is always the name of a shipped policy, never a file of the working directory. Where `scanners` are
    given, the names of all there are, a policy that names another one is refused. Raises `PolicyError` with file, line,
    field and a hint for a policy that is not there or is wrong in any way.
    """
    if _BARE_NAME.fullmatch(name_or_path):
        path = _shipped(name_or_path)
        return read_policy(path.read_bytes(), origin=f"policies/{path.name}", scanners=scanners)
    return read_policy(_read(Path(name_or_path)), origin=name_or_path, scanners=scanners)


def shipped_policies() -> dict[str, Path]:
    """Return the policies that come with secscan, by name."""
    return {path.stem: path for path in sorted(data_dir("policies").glob("*.yaml"))}


def _shipped(name: str) -> Path:
    known = shipped_policies()
    if name not in known:
        near = suggestion(name, known) or f"the shipped ones are {', '.join(known)}"
        raise PolicyError(f"there is no shipped policy {name!r}", hint=f"{near} (for a file, write ./{name})")
    return known[name]


def _read(path: Path) -> bytes:
    try:
        # A FIFO or a device would keep us for ever.
        if not stat.S_ISREG(path.stat().st_mode):
            raise PolicyError(f"{path} is not a file", hint="give the path of a policy file")
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        why = os.strerror(error.errno) if isinstance(error, OSError) and error.errno else "not a path"
        raise PolicyError(f"cannot read the policy {path}: {why}", hint="check the path of the policy") from error
