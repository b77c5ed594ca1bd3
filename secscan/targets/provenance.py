"""Where a target comes from: the address of its repository, the branch, and its place below the top."""

from __future__ import annotations

import msgspec

from secscan.findings.model import TargetInfo
from secscan.findings.paths import encode_path
from secscan.targets.git import Repository

_MOST = 2_000
"""Characters of an address; a longer one is none."""


def with_provenance(info: TargetInfo, repository: Repository, prefix: bytes) -> TargetInfo:
    """Return what is known of a target, with where it comes from. `prefix` is its path below the top of the
    repository: empty, or with a slash at its end. Raises `TargetError` where git fails."""
    return msgspec.structs.replace(
        info,
        repository=public_address(repository.remote()),
        branch=repository.branch(),
        prefix=encode_path(prefix),
    )


def public_address(url: str) -> str:
    """Return the address of a remote without what signs in: no user, password, query or fragment.

    `git@host:path`, as ssh is often written, becomes `ssh://host/path`; a folder on this machine is nobody's address,
    and gives an empty text.
    """
    if len(url) > _MOST or not url.isprintable() or any(char.isspace() for char in url):
        return ""
    scheme, separator, rest = url.partition("://")
    if not separator:
        host, colon, path = url.partition(":")
        if not colon or "/" in host or len(host) < 2:  # a folder; a single letter is a drive of Windows
            return ""
        scheme, rest = "ssh", f"{host}/{path.lstrip('/')}"
    if scheme not in ("https", "http", "ssh", "git"):
        return ""
    place = rest.partition("#")[0].partition("?")[0]
    host, slash, path = place.partition("/")
    return f"{scheme}://{host.rpartition('@')[2]}{slash}{path}"
