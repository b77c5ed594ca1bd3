"""A Vault server as a target: it has no files. What is counted there, the scanner for it counts itself."""

from __future__ import annotations

import hashlib
from pathlib import Path
from urllib.parse import urlsplit

from secscan.errors import TargetError
from secscan.findings.model import TargetInfo
from secscan.targets.opened import OpenedTarget

KIND = "vault"


def open_server(address: str, folder: Path) -> OpenedTarget:
    """Return the server at an address; `folder` is an empty one. Nothing is asked of it here.

    Raises `TargetError` for an address that is none.
    """
    try:
        parts = urlsplit(address)
        name = f"{parts.hostname or ''}{f':{parts.port}' if parts.port else ''}" or Path(parts.path).name
    except ValueError:
        name = ""
    if not name:
        raise TargetError("the address of Vault is none", hint="set VAULT_ADDR to https://HOST:PORT")
    info = TargetInfo(kind=KIND, name=name, digest=hashlib.sha256(name.encode()).hexdigest(), files=0, bytes=0)
    return OpenedTarget(info=info, root=folder, origin=folder, files=(), gaps=(), notices=(), _digests={})
