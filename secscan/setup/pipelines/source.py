"""Where this secscan was installed from, so that a pipeline installs the same.

A pipeline never asks an index for the bare name `secscan`: whoever takes that name there would be run, and would judge.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution

from secscan.commit_id import is_commit_id

_ADDRESS = re.compile(r"https://(?P<host>[A-Za-z0-9.-]+(?::[0-9]+)?)/(?P<path>[A-Za-z0-9._~/-]+)")
_REPOSITORY = re.compile(r"[A-Za-z0-9-]+/[A-Za-z0-9._-]+")


@dataclass(frozen=True, slots=True)
class Source:
    """What a pipeline gets secscan from; empty where it is not known."""

    package: str = ""
    """A requirement for pip, with an address and a full commit."""
    action: str = ""
    """The GitHub Action, with a full commit; only of a repository at github.com."""


def installed_from() -> Source:
    """Return where the installed secscan came from, as its installer recorded it (PEP 610)."""
    try:
        recorded = distribution("secscan").read_text("direct_url.json")
    except PackageNotFoundError:
        return Source()
    return read_record(recorded or "")


def read_record(recorded: str) -> Source:
    """Return the source that the text of a `direct_url.json` tells of, where others can get it from: a git repository
    reached by HTTPS, at a commit."""
    try:
        origin = json.loads(recorded)
        address, commit = origin["url"], origin["vcs_info"]["commit_id"]
    except (ValueError, KeyError, TypeError):
        return Source()
    if not isinstance(address, str) or not isinstance(commit, str):
        return Source()
    found = _ADDRESS.fullmatch(address)
    if found is None or not is_commit_id(commit):
        return Source()
    repository = found["path"].removesuffix(".git")
    known = found["host"] == "github.com" and _REPOSITORY.fullmatch(repository) is not None
    return Source(package=f"secscan @ git+{address}@{commit}", action=f"{repository}@{commit}" if known else "")
