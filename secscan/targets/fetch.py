"""Brings one commit from a repository's platform into a checkout that does not have it, such as the base of a pull
request into the shallow checkout of a CI job.

Nothing of the checkout's own settings is heeded (`.git/config` may lead addresses elsewhere, and with them the token):
git works in an empty repository of ours that only puts what it gets among the objects of the checkout. No ref there is
made or moved, and no file of the work tree is touched.
"""

from __future__ import annotations

import base64
import os
from collections.abc import Mapping
from urllib.parse import urlsplit

from secscan import process
from secscan.commit_id import is_commit_id
from secscan.errors import TargetError
from secscan.files import write_atomic
from secscan.http.line import is_loopback
from secscan.leftovers import private_folder
from secscan.targets.git import CONFIG, ENVIRONMENT, Repository

_LIMITS = process.Limits(seconds=600, megabytes=4096)
_HERE = "refs/secscan/fetched"
_OF_THE_NETWORK = ("HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy", "SSL_CERT_FILE", "GIT_SSL_CAINFO")
"""Variables of the runner by which its network is reached."""


def fetch_commit(repository: Repository, address: str, name: str, *, token: str = "") -> str:
    """Get a branch's tip, or a commit by its id, from the repository at `address`, and return the commit's id.

    `token` is one of GitHub. Raises `TargetError`.
    """
    parts = urlsplit(address)
    if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(parts.hostname or "")):
        raise TargetError(f"nothing is fetched from {address}", hint="the address must begin with https://")
    objects = repository.git_dir / "objects"
    if not objects.is_dir():
        raise TargetError(f"{repository.git_dir} keeps no objects of its own", hint="fetch the commit there with git")
    source = name if is_commit_id(name) else f"refs/heads/{name}"
    with private_folder() as folder:
        ours = folder / "fetch.git"
        _git(repository, {"GIT_DIR": str(ours)}, "init", "--quiet", "--bare", "--template=")
        into = {"GIT_DIR": str(ours), "GIT_OBJECT_DIRECTORY": str(objects)}
        options = ("--quiet", "--depth=1", "--no-tags", "--no-auto-maintenance", "--no-write-fetch-head")
        reached = {**into, **_network(parts.scheme, token)}
        _git(repository, reached, "fetch", *options, "--", address, f"+{source}:{_HERE}")
        commit = _git(repository, into, "rev-parse", "--verify", f"{_HERE}^{{commit}}").strip().decode("ascii")
        head, _, _ = _git(repository, into, "cat-file", "commit", commit).partition(b"\n\n")
        parents = b"\n".join(line.split()[1] for line in head.splitlines() if line.startswith(b"parent "))
        known = _git(repository, into, "cat-file", "--batch-check", stdin=parents + b"\n") if parents else b""
    if b" missing\n" in known:
        _end_history_at(repository, commit)
    return repository.commit(commit)


def _network(scheme: str, token: str) -> dict[str, str]:
    """What lets git, for once, reach one server, without being led to another."""
    config = {**CONFIG, "http.followRedirects": "false"}
    if token:
        login = base64.b64encode(f"x-access-token:{token}".encode()).decode("ascii")
        config["http.extraHeader"] = f"Authorization: Basic {login}"
    return {
        **{name: os.environ[name] for name in _OF_THE_NETWORK if name in os.environ},
        "GIT_ALLOW_PROTOCOL": scheme,
        "GIT_CONFIG_COUNT": str(len(config)),
        **{f"GIT_CONFIG_KEY_{number}": key for number, key in enumerate(config)},
        **{f"GIT_CONFIG_VALUE_{number}": value for number, value in enumerate(config.values())},
    }


def _git(repository: Repository, environment: Mapping[str, str], *arguments: str, stdin: bytes | None = None) -> bytes:
    """Run git outside of the checkout. What the server says is not repeated: it could hold what we sent."""
    argv = [str(repository.program), *arguments]
    try:
        ended = process.run(argv, limits=_LIMITS, env={**ENVIRONMENT, **environment}, stdin=stdin)
    except process.StartError as error:
        raise TargetError(f"git cannot be started: {error}", hint="install git 2.30 or newer") from error
    if ended.trouble or ended.exit_code:
        raise TargetError(
            f"git {arguments[0]} got no commit to judge by: {ended.trouble or f'exit code {ended.exit_code}'}",
            hint="let the checkout bring it (`fetch-depth: 0`), or give a token that may read the repository",
        )
    return ended.stdout


def _end_history_at(repository: Repository, commit: str) -> None:
    """Note that the parents of a commit are not here, as git itself does in a shallow clone."""
    path = repository.git_dir / "shallow"
    try:
        known = path.read_text("ascii").split()
    except FileNotFoundError:
        known = []
    if commit not in known:
        write_atomic(path, "".join(f"{one}\n" for one in (*known, commit)).encode("ascii"))
