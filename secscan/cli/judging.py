"""Gathers what a scan is judged by: policy, waivers, baseline and settings, each from where it may be trusted.

Whoever starts secscan chooses the judge, never the scanned tree. A policy or waivers of the tree count only where the
caller names their file, or trusts what is in it (`secscan config trust`, see `cli.trusted`); in CI they come from a
commit that was let in (`--policy-ref`, else see `ci.judge`).
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from secscan.ci.judge import judge_ref
from secscan.cli.reading import below_only, remembering, with_vault
from secscan.cli.repositories import is_there, without_judge
from secscan.config import Settings, load_settings, parse_settings
from secscan.errors import PolicyError, SecscanError, UsageError
from secscan.findings.model import Notice
from secscan.findings.paths import encode_path
from secscan.gate.weakening import Terms
from secscan.policy.baseline import loads as loads_baseline
from secscan.policy.fail_on import failing_on
from secscan.policy.load import Reader, load_policy
from secscan.policy.vex import read_vex
from secscan.policy.waivers import read_waivers
from secscan.settings.places import BASELINE_FILE, POLICY_FILE, SETTINGS_FILE, WAIVERS_FILE
from secscan.targets.find_git import judging_repository, repository_at

if TYPE_CHECKING:
    from secscan.policy.model import Policy, Waiver
    from secscan.targets.git import Repository


@dataclass(frozen=True)
class Wanted:
    """What the command line says of the judge."""

    policy: str = ""
    environment: str = ""
    floor: str = ""
    waivers: Sequence[Path] = ()
    baseline: Path | None = None
    policy_ref: str = ""
    vex: Sequence[Path] = ()
    fail_on: str = ""
    """See `policy.fail_on`; empty: the policy alone decides."""

    baseline_ref: str = ""
    staged: bool = False
    diff: str = ""
    other_policy: bool = False
    """Whether the policy is none that settings know, so that the environment they name is not one of it."""

    def environment_by(self, settings: Settings) -> str:
        """Return the environment to judge by."""
        return self.environment or ("" if self.other_policy else settings.environment)

    def tightened(self, policy: Policy) -> Policy:
        """Return the policy with what the command line demands besides. Raises `PolicyError`."""
        return failing_on(policy, self.fail_on) if self.fail_on else policy


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
    counting: frozenset[str] = frozenset()
    """Files of scanners' settings in the target that count, since the policy lists them."""
    trusted: frozenset[str] = frozenset()
    """Files of the tree that count, since the user trusts them."""
    commit: str = ""
    """The commit that policy, waivers and settings were read from; empty for the work tree."""


def gather(target: Path, config: Path | None, wanted: Wanted, *, scanners: Sequence[str]) -> Judge:
    """Return what to judge by. Raises `PolicyError`, `ConfigError` or `TargetError`."""
    usual = judge_ref(os.environ)
    ref = wanted.policy_ref or usual.ref
    repository = repository_at(target)
    judging = judging_repository(repository, repository_at(Path()), proposed=usual.proposed, in_ci=usual.in_ci)
    if judging and repository and judging.root != repository.root and (wanted.diff or wanted.baseline_ref):
        raise UsageError(
            f"{target} is a submodule: what --diff and --baseline-ref name is not the same commit there",
            hint="leave them out, or, where no CI runs it, change into the submodule",
        )
    if judging is not None and (wanted.policy_ref or usual.proposed or is_there(judging, ref)) and ref:
        return _from_commit(target, config, wanted, judging, ref, scanners)
    if wanted.policy_ref:
        text = f"cannot read the policy of {ref}: {target} is in no git repository"
        raise PolicyError(text, hint="leave --policy-ref out")
    from secscan.cli.trusted import judge_here

    judge = judge_here(target, config, wanted, repository, scanners)
    return replace(judge, notices=(*judge.notices, *without_judge(usual, repository)))


def names_inside(target: Path, wanted: Wanted, config: Path | None) -> bool:
    """Whether the command line names a file of the repository that is scanned: which content of it counts must then be
    said, by `policy_ref`."""
    repository = repository_at(target)
    named = [*wanted.waivers, *wanted.vex, *filter(None, (wanted.baseline, config))]
    return repository is not None and (
        any(_relative(Path.cwd() / path, repository) for path in named)
        or any(_inside(repository, name) for name in (wanted.policy, wanted.floor))
    )


def read_waivers_file(path: Path) -> tuple[Waiver, ...]:
    """Read a file of waivers. Raises `PolicyError`."""
    return read_waivers(Reader().file(str(path)), origin=str(path))


def read_vex_file(path: Path, policy: Policy) -> tuple[Waiver, ...]:
    """Read a VEX document as waivers that last as long as the policy lets them. Raises `PolicyError`."""
    longest = policy.waiver_terms.longest_days
    return read_vex(Reader().file(str(path)), origin=str(path), longest_days=longest)


def _from_commit(
    target: Path, config: Path | None, wanted: Wanted, repository: Repository, ref: str, scanners: Sequence[str]
) -> Judge:
    """The judge as it stands in a commit; what the work tree has instead is only compared with it."""
    commit = repository.commit(ref)
    reader, known_before = remembering(_reader(repository, commit))
    settings = _settings_of(target, config, repository, reader)
    chosen_policy = wanted.policy or settings.policy
    usual = POLICY_FILE if _has(reader, POLICY_FILE) else ""
    name = chosen_policy or usual or "default"
    inside = _inside(repository, chosen_policy) if chosen_policy else usual
    floor = wanted.floor or settings.floor
    floor_file = _inside(repository, floor)
    environment = wanted.environment_by(settings)
    waiver_files = _all_named(repository, wanted.waivers, settings.waivers, (WAIVERS_FILE,))
    vex_files = _all_named(repository, wanted.vex, settings.vex)
    named = wanted.baseline or (settings.baseline if not wanted.baseline_ref else "")
    baseline_file = _named(repository, Path(named)) if named else ""
    if not named and not wanted.baseline_ref and _has(reader, BASELINE_FILE):
        baseline_file = BASELINE_FILE

    def terms(where: Reader, chosen: str) -> Terms:
        loaded = load_policy(
            chosen, scanners=scanners, environment=environment, floor=floor_file or floor, reader=where
        )
        policy = wanted.tightened(loaded)
        # One that the commit does not have yet is brought along by the change.
        there = [path for path in waiver_files if path.startswith("/") or _has(where, path)]
        waivers = tuple(waiver for path in there for waiver in read_waivers(where.file(path), origin=path))
        longest = policy.waiver_terms.longest_days
        for path in vex_files:
            if path.startswith("/") or _has(where, path):
                waivers += read_vex(where.file(path), origin=path, longest_days=longest)
        known = baseline_file and (named or _has(where, baseline_file))
        baseline = loads_baseline(where.file(baseline_file), origin=baseline_file) if known else None
        return Terms(policy, waivers, baseline)

    before = terms(reader, inside or name)
    counting = below(target, [repository.root / path for path in before.policy.scanner_settings])
    tree = below_only(Reader(commit=reader.commit), repository.root, known_before)
    try:
        now_name = inside or (POLICY_FILE if name == "default" and _has(tree, POLICY_FILE) else name)
        after = terms(tree, now_name)
    except SecscanError as error:
        note = Notice(topic="policy", subject=POLICY_FILE, text=f"the change breaks its own judge: {error.message}")
        return Judge(before, settings, (_judged_by(ref, commit), note), counting=counting, commit=commit)
    judging = (inside or POLICY_FILE, floor_file, *waiver_files, *vex_files, baseline_file)
    changed = [one for one in judging if one and not one.startswith("/") and _differs(reader, tree, one)]
    if not changed and after.policy.digest != before.policy.digest:
        changed = [inside or POLICY_FILE]  # by way of a file that it refers to
    known = set(before.waivers)
    return Judge(
        before,
        settings,
        (_judged_by(ref, commit),),
        pending=tuple(waiver for waiver in after.waivers if _without_origin(waiver) not in map(_without_origin, known)),
        brought=after if changed else None,
        changed=tuple(changed),
        counting=counting,
        commit=commit,
    )


def below(target: Path, files: Sequence[Path]) -> frozenset[str]:
    """Those of the files that lie in the target, by their paths there."""
    root = target.resolve()
    places = [file.parent.resolve() / file.name for file in files]
    return frozenset(encode_path(os.fsencode(one.relative_to(root))) for one in places if one.is_relative_to(root))


def _without_origin(waiver: Waiver) -> tuple[object, ...]:
    return tuple(getattr(waiver, name) for name in waiver.__struct_fields__ if name != "origin")


def _judged_by(ref: str, commit: str) -> Notice:
    text = f"policy, waivers and settings were read from this commit ({commit[:12]}), not from the scanned tree"
    return Notice(topic="policy", subject=ref, text=text)


def _settings_of(target: Path, config: Path | None, repository: Repository, reader: Reader) -> Settings:
    name = _relative(Path.cwd() / config, repository) if config else ""
    if config is not None and not name:
        return load_settings(target, config)
    folder = _relative(target.resolve(), repository)
    name = name or (f"{folder}/{SETTINGS_FILE}" if folder else SETTINGS_FILE)
    if config is None and not _has(reader, name):
        return Settings()
    return parse_settings(reader.file(name), origin=str(repository.root / name), from_tree=False)


def _inside(repository: Repository, name: str) -> str:
    """The path of a policy below the top of the repository; empty for one that lies elsewhere, or a name."""
    if "/" not in name and not name.endswith((".yaml", ".yml")):
        return ""
    return _relative(Path.cwd() / name, repository)


def _named(repository: Repository, path: Path) -> str:
    """A file that the command line names: below the top of the repository, or by its absolute path."""
    return _relative(Path.cwd() / path, repository) or str(Path.cwd() / path)


def _all_named(repository: Repository, *paths: Sequence[Path | str]) -> tuple[str, ...]:
    """Files by the names that `_named` gives them, each once; one by its path in the repository already stays so."""
    found = (str(one) if one == WAIVERS_FILE else _named(repository, Path(one)) for group in paths for one in group)
    return tuple(dict.fromkeys(found))


def _relative(path: Path, repository: Repository) -> str:
    """The path below the top of the repository; empty for one that lies elsewhere.

    As it is written, first: a change that puts a link in the place of a folder must not lead us out. No commit holds
    what lies in git's own folder.
    """
    for one in (Path(os.path.normpath(path)), path.parent.resolve() / path.name):
        for root in (repository.root, repository.root.resolve()):
            if one.is_relative_to(root) and one != root and one.relative_to(root).parts[0] != ".git":
                return one.relative_to(root).as_posix()
    return ""


def reader_of(repository: Repository | None) -> Reader:
    """Return what reads the files that a policy names, commits of the repository, and Vault."""
    return with_vault(Reader(commit=_reader(repository, "").commit) if repository else Reader())


def _reader(repository: Repository, commit: str) -> Reader:
    """Reads files of a commit; a path that leads out of the repository is read from the file system."""

    def of_commit(ref: str, path: str) -> bytes:
        entry = next((one for one in repository.tree(repository.commit(ref)) if one.path == os.fsencode(path)), None)
        data = dict(repository.blobs([entry.oid])).get(entry.oid) if entry is not None and entry.mode != _LINK else None
        if data is None:
            raise PolicyError(f"{ref} has no file {path}", hint="check the reference and the path")
        return data

    def of_file(path: str) -> bytes:
        if not path.startswith(("/", "../")):
            return of_commit(commit, path)
        inside = _relative(Path(path), repository) if path.startswith("/") else ""
        return of_commit(commit, inside) if inside else Reader().file(path)

    return with_vault(Reader(file=of_file, commit=of_commit))


_LINK = 0o120000


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
