"""Gathers what a scan is judged by: policy, waivers, baseline and settings, each from where it may be trusted.

Whoever starts secscan chooses the judge, never the scanned tree. A policy or waivers of the tree count only where the
caller names their file; in a pull request they come from the commit that it is to be merged into (`--policy-ref`).
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from secscan.config import FILE_NAME, Settings, load_settings, parse_settings
from secscan.errors import PolicyError, SecscanError
from secscan.findings.model import Notice
from secscan.gate.weakening import Terms
from secscan.policy.load import Reader, load_policy
from secscan.policy.waivers import read_waivers

if TYPE_CHECKING:
    from secscan.policy.baseline import Baseline
    from secscan.policy.model import Waiver
    from secscan.targets.git import Repository

POLICY_FILE = ".secscan/policy.yaml"
WAIVERS_FILE = ".secscan/waivers.yaml"


@dataclass(frozen=True)
class Wanted:
    """What the command line says of the judge."""

    policy: str = ""
    environment: str = ""
    floor: str = ""
    waivers: Sequence[Path] = ()
    policy_ref: str = ""


@dataclass(frozen=True)
class Judge:
    """By what a scan is judged, and what the change that is judged would rather be judged by."""

    terms: Terms
    settings: Settings
    notices: tuple[Notice, ...] = ()
    pending: tuple[Waiver, ...] = ()
    """Waivers that the change brings along."""
    brought: Terms | None = None
    """The judge that the change brings along; None where there is none, or it is the same."""
    changed: tuple[str, ...] = field(default=())
    """The files by which it does."""


def gather(target: Path, config: Path | None, wanted: Wanted, *, scanners: Sequence[str]) -> Judge:
    """Return what to judge by. Raises `PolicyError`, `ConfigError` or `TargetError`."""
    ref = wanted.policy_ref or pull_request_base(os.environ)
    repository = _repository(target)
    if ref and repository is not None:
        return _from_commit(target, config, wanted, repository, ref, scanners)
    if wanted.policy_ref:
        raise PolicyError(
            f"cannot read the policy of {ref}: {target} is in no git repository", hint="leave --policy-ref out"
        )
    given = load_settings(target, config)
    settings = given.honoured()
    policy = load_policy(
        wanted.policy or settings.policy or "default",
        scanners=scanners,
        environment=wanted.environment,
        floor=wanted.floor,
        reader=Reader(commit=_reader(repository, "").commit) if repository else None,
    )
    waivers = tuple(waiver for path in wanted.waivers for waiver in read_waivers_file(path))
    return Judge(Terms(policy, waivers), settings, (*given.notices(), *_not_honoured(target, wanted)))


def pull_request_base(environment: os._Environ[str] | dict[str, str]) -> str:
    """Return the commit that the pull request of this CI run is to be merged into; empty where there is none."""
    if environment.get("GITHUB_EVENT_NAME", "").startswith("pull_request") and environment.get("GITHUB_BASE_REF"):
        return f"origin/{environment['GITHUB_BASE_REF']}"
    return environment.get("CI_MERGE_REQUEST_DIFF_BASE_SHA", "")


def read_waivers_file(path: Path) -> tuple[Waiver, ...]:
    """Read a file of waivers. Raises `PolicyError`."""
    return read_waivers(Reader().file(str(path)), origin=str(path))


def with_baseline(judge: Judge, baseline: Baseline | None) -> Judge:
    """Return the judge with a baseline, for both of its terms."""
    brought = replace(judge.brought, baseline=baseline) if judge.brought else None
    return replace(judge, terms=replace(judge.terms, baseline=baseline), brought=brought)


def _from_commit(
    target: Path, config: Path | None, wanted: Wanted, repository: Repository, ref: str, scanners: Sequence[str]
) -> Judge:
    """The judge as it stands in a commit; what the work tree has instead is only compared with it."""
    commit = repository.commit(ref)
    reader = _reader(repository, commit)
    settings = _settings_of(target, config, repository, reader)
    name = wanted.policy or settings.policy or (POLICY_FILE if _has(reader, POLICY_FILE) else "default")
    inside = _inside(repository, name)
    outside = tuple(waiver for path in wanted.waivers for waiver in read_waivers_file(path))

    def terms(where: Reader, chosen: str) -> Terms:
        policy = load_policy(
            chosen, scanners=scanners, environment=wanted.environment, floor=wanted.floor, reader=where
        )
        own = read_waivers(where.file(WAIVERS_FILE), origin=WAIVERS_FILE) if _has(where, WAIVERS_FILE) else ()
        return Terms(policy, (*outside, *own))

    before = terms(reader, inside or name)
    tree = _tree_reader(repository)
    try:
        now_name = inside or (POLICY_FILE if name == "default" and _has(tree, POLICY_FILE) else name)
        after = terms(tree, now_name)
    except SecscanError as error:
        note = Notice(topic="policy", subject=POLICY_FILE, text=f"the change breaks its own judge: {error.message}")
        return Judge(before, settings, (_judged_by(ref, commit), note))
    changed = [one for one in (inside or POLICY_FILE, WAIVERS_FILE) if _differs(reader, tree, one)]
    known = set(before.waivers)
    return Judge(
        before,
        settings,
        (_judged_by(ref, commit),),
        pending=tuple(waiver for waiver in after.waivers if _without_origin(waiver) not in map(_without_origin, known)),
        brought=after if changed else None,
        changed=tuple(changed),
    )


def _without_origin(waiver: Waiver) -> tuple[object, ...]:
    return tuple(getattr(waiver, name) for name in waiver.__struct_fields__ if name != "origin")


def _judged_by(ref: str, commit: str) -> Notice:
    text = f"policy, waivers and settings were read from this commit ({commit[:12]}), not from the scanned tree"
    return Notice(topic="policy", subject=ref, text=text)


def _settings_of(target: Path, config: Path | None, repository: Repository, reader: Reader) -> Settings:
    if config is not None:
        return load_settings(target, config)
    folder = _relative(target.resolve(), repository)
    name = f"{folder}/{FILE_NAME}" if folder else FILE_NAME
    if not _has(reader, name):
        return Settings()
    return parse_settings(reader.file(name), origin=str(repository.root / name), from_tree=False)


def _inside(repository: Repository, name: str) -> str:
    """The path of a policy below the top of the repository; empty for one that lies elsewhere, or a name."""
    if "/" not in name and not name.endswith((".yaml", ".yml")):
        return ""
    return _relative(Path.cwd() / name, repository)


def _relative(path: Path, repository: Repository) -> str:
    root = repository.root.resolve()
    resolved = path.parent.resolve() / path.name
    return "" if not resolved.is_relative_to(root) or resolved == root else resolved.relative_to(root).as_posix()


def _reader(repository: Repository, commit: str) -> Reader:
    """Reads files of a commit; a path that leads out of the repository is read from the file system."""

    def of_commit(ref: str, path: str) -> bytes:
        entry = next((one for one in repository.tree(repository.commit(ref)) if one.path == os.fsencode(path)), None)
        data = dict(repository.blobs([entry.oid])).get(entry.oid) if entry is not None and entry.mode != _LINK else None
        if data is None:
            raise PolicyError(f"{ref} has no file {path}", hint="check the reference and the path")
        return data

    def of_file(path: str) -> bytes:
        return Reader().file(path) if path.startswith(("/", "../")) else of_commit(commit, path)

    return Reader(file=of_file, commit=of_commit)


_LINK = 0o120000


def _tree_reader(repository: Repository) -> Reader:
    root = repository.root
    return Reader(file=lambda path: Reader().file(str(root / path)), commit=_reader(repository, "").commit)


def _has(reader: Reader, path: str) -> bool:
    try:
        reader.file(path)
    except PolicyError:
        return False
    return True


def _differs(one: Reader, other: Reader, path: str) -> bool:
    return _content(one, path) != _content(other, path)


def _content(reader: Reader, path: str) -> bytes | None:
    return reader.file(path) if _has(reader, path) else None


def _repository(target: Path) -> Repository | None:
    from secscan.targets.git import find_repository

    place = target.resolve()
    return find_repository(place if place.is_dir() else place.parent)[0] if place.exists() else None


def _not_honoured(target: Path, wanted: Wanted) -> tuple[Notice, ...]:
    """What lies in the tree and would soften its scan, had the caller named it."""
    named = {str(path.resolve()) for path in (*wanted.waivers, Path(wanted.policy or "."))}
    return tuple(
        Notice(
            topic="policy",
            subject=name,
            text=f"it is not honoured: the scanned tree does not choose its judge; name it with {option} to let it count",
        )
        for name, option in ((POLICY_FILE, "--policy"), (WAIVERS_FILE, "--waivers"))
        if (target / name).is_file() and str((target / name).resolve()) not in named
    )
