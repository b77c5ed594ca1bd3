"""The judge where no commit is named: what the caller names, and the files of the tree that he trusts.

The same function reads the tree's files to judge by them (only those with the content that was trusted) and to trust
them (whatever is there, remembering what was read), so that neither knows a file that the other does not.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from secscan.cli.judging import (
    Judge,
    Wanted,
    below,
    read_vex_file,
    read_waivers_file,
    reader_of,
)
from secscan.config import Settings, load_settings, parse_settings
from secscan.errors import ConfigError, UsageError
from secscan.findings.model import Notice
from secscan.gate.weakening import Terms
from secscan.policy.baseline import load as load_baseline
from secscan.policy.baseline import loads as loads_baseline
from secscan.policy.load import Reader, load_policy
from secscan.policy.vex import read_vex
from secscan.policy.waivers import read_waivers
from secscan.settings.places import BASELINE_FILE, POLICY_FILE, SETTINGS_FILE, WAIVERS_FILE
from secscan.targets.find_git import repository_at
from secscan.trust.tree import Look, NotTrusted, Tree, guarded, open_tree

if TYPE_CHECKING:
    from secscan.policy.baseline import Baseline
    from secscan.policy.model import Policy, Waiver
    from secscan.targets.git import Repository

_OPTIONS = {POLICY_FILE: "--policy", WAIVERS_FILE: "--waivers", BASELINE_FILE: "--baseline"}
_HOW = {
    "gone": "is gone",
    "changed": "is not what was trusted",
    "built": "names a file that is gone or is not what was trusted",
}


def judge_here(
    target: Path, config: Path | None, wanted: Wanted, repository: Repository | None, scanners: Sequence[str]
) -> Judge:
    """Return what to judge by. Raises `PolicyError` or `ConfigError`."""
    tree = open_tree(target, repository, staged=wanted.staged, committed=bool(wanted.diff))
    given = settings_here(target, config, tree)
    used: set[str] = set()

    def look(path: str) -> bytes | None:
        data = tree.counting(path)
        used.update([path] if data is not None else [])
        return data

    settings = given.honoured()
    if config is None and not all(look(path) is not None for path in _of_vault(settings, tree)):
        tree.changed.setdefault(tree.inside(target / SETTINGS_FILE), "built")
        settings = replace(settings, vault=None)
    files = _Files(tree, look, reader_of(repository), named=config is not None)
    try:
        policy = files.policy(settings, wanted, scanners)
    except NotTrusted:
        if wanted.environment:  # no other policy has it, and to be told that would explain nothing
            raise
        used.clear()
        tree.changed.setdefault(tree.inside(Path(settings.policy)) if settings.policy else POLICY_FILE, "built")
        policy = files.policy(replace(settings, policy="default", floor="", environment=""), wanted, scanners)
    policy = wanted.tightened(policy)
    terms = Terms(policy, files.waivers(settings, wanted, policy), files.baseline(settings, wanted))
    if given.origin and not given.from_tree and config is None:
        used.add(tree.inside(target / SETTINGS_FILE))
    notices = (*given.notices(), *_notices(tree, wanted, used))
    counting = below(target, [Path(path) for path in policy.scanner_settings])
    return Judge(terms, settings, notices, counting=counting, trusted=frozenset(used))


def settings_here(target: Path, config: Path | None, tree: Tree) -> Settings:
    """Return the settings file that the user names, else that of the target: of the tree's, whether it is trusted."""
    path = tree.inside(target / SETTINGS_FILE)
    if config is not None or not path:
        return load_settings(target, config)
    counts = tree.counting(path)
    if not tree.source:
        settings = load_settings(target, None, trusted=lambda data: data == counts)
    else:
        data = tree.read(path)
        if data is None:
            return Settings()
        settings = parse_settings(data, origin=str(tree.place(path)), from_tree=counts is None)
    if not settings.from_tree and not Path(os.path.realpath(settings.output or tree.base)).is_relative_to(tree.base):
        raise ConfigError(f"{path}: output leads out of the tree, through a link", hint="remove the link")
    return settings


def _of_vault(settings: Settings, tree: Tree) -> tuple[str, ...]:
    """Files of the tree by which Vault is asked: who could change one would choose what is known of secrets."""
    vault = settings.vault
    if vault is None:
        return ()
    named = (vault.index, vault.ca, vault.certificate, vault.key, vault.audit_log, vault.auth.token_file)
    return tuple(inside for one in named if one and (inside := tree.inside(Path(one))))


def speaking(target: Path, scanners: Sequence[str]) -> tuple[Tree, dict[str, bytes]]:
    """Return the tree of a target, and every file of it that would count if it were trusted, each of which is read as it
    would be then. Raises `ConfigError` or `PolicyError` for one that is wrong, `UsageError` where there is none."""
    repository = repository_at(target)
    tree = open_tree(target, repository)
    found: dict[str, bytes] = {}

    def look(path: str) -> bytes | None:
        data = tree.read(path)
        if data is not None:
            found[path] = data
        return data

    path = tree.inside(target / SETTINGS_FILE)
    data = look(path) if path else None
    settings = parse_settings(data, origin=str(tree.place(path)), from_tree=False) if data is not None else Settings()
    for name in _of_vault(settings, tree):
        look(name)
    files = _Files(tree, look, reader_of(repository), strict=True)
    policy = files.policy(settings, Wanted(), scanners)
    files.waivers(settings, Wanted(), policy)
    files.baseline(settings, Wanted())
    if not found:
        raise UsageError(
            f"{target} has no {SETTINGS_FILE}, policy, waivers or baseline of its own", hint="write them: secscan init"
        )
    return tree, found


class _Files:
    """Reads policy, waivers and baseline: those that the caller names as they are, those of the tree by `look`.

    `strict`: what settings name must be there.
    """

    def __init__(self, tree: Tree, look: Look, reader: Reader, *, named: bool = False, strict: bool = False) -> None:
        self._tree = tree
        self._strict = strict
        self._look = look
        self._named = reader
        self._own = replace(reader, file=guarded(tree, look, reader.file))
        self._of_settings = self._named if named else self._own
        """What the settings name is the caller's word where he names the settings."""

    def policy(self, settings: Settings, wanted: Wanted, scanners: Sequence[str]) -> Policy:
        reader = self._own
        if wanted.policy or settings.policy:
            reader = self._named if wanted.policy else self._of_settings
        name = wanted.policy or settings.policy
        if not name:
            name = str(self._tree.place(POLICY_FILE)) if self._look(POLICY_FILE) is not None else "default"
        if settings.floor and not wanted.floor and "/" in settings.floor:
            self._of_settings.file(settings.floor)  # it counts, or nothing of what the settings say of the judge does
        if wanted.floor:  # the caller's word, wherever it lies
            by_name, by_tree = self._named.file, reader.file
            reader = replace(reader, file=lambda path: by_name(path) if path == wanted.floor else by_tree(path))
        environment, floor = wanted.environment_by(settings), wanted.floor or settings.floor
        return load_policy(name, scanners=scanners, environment=environment, floor=floor, reader=reader)

    def waivers(self, settings: Settings, wanted: Wanted, policy: Policy) -> tuple[Waiver, ...]:
        named = {str(path.resolve()) for path in wanted.waivers}
        found = [waiver for path in wanted.waivers for waiver in read_waivers_file(path)]
        for path, data in self._each(settings.waivers, WAIVERS_FILE):
            if str(Path(path).resolve()) not in named:
                found += read_waivers(data, origin=path)
        found += [waiver for path in wanted.vex for waiver in read_vex_file(path, policy)]
        longest = policy.waiver_terms.longest_days
        for path, data in self._each(settings.vex):
            found += read_vex(data, origin=path, longest_days=longest)
        return tuple(found)

    def baseline(self, settings: Settings, wanted: Wanted) -> Baseline | None:
        if wanted.baseline or wanted.baseline_ref:
            return load_baseline(wanted.baseline) if wanted.baseline else None
        usual = "" if settings.baseline else BASELINE_FILE
        files = self._each((settings.baseline,) if settings.baseline else (), usual)
        return next((loads_baseline(data, origin=path) for path, data in files), None)

    def _each(self, of_settings: Sequence[str], usual: str = "") -> Iterator[tuple[str, bytes]]:
        """The files that settings name, and a usual one of the tree; of the latter and of trusted ones, what counts."""
        for path in of_settings:
            try:
                yield path, self._of_settings.file(path)
            except NotTrusted:
                if self._strict:
                    raise
        data = self._look(usual) if usual else None
        if data is not None:
            yield str(self._tree.place(usual)), data


def _notices(tree: Tree, wanted: Wanted, used: set[str]) -> Iterator[Notice]:
    """What of the tree counts, what does not count any more, and what never did."""
    if tree.problem:
        yield Notice(topic="settings", subject="trusted.json", text=f"{tree.problem.message}; {tree.problem.hint}")
    for first, *others in [sorted(used)] if used else []:
        more = f"; so does {', '.join(others)}" if others else ""
        yield Notice(topic="settings", subject=first, text=f"it counts, since whoever scans trusts it{more}")
    for path, how in sorted(tree.changed.items()):
        where = f"as it is in {tree.source}, " if tree.source else ""
        text = _HOW[how]
        yield Notice(
            topic="settings",
            subject=path,
            text=f"{where}it {text}, and is not honoured: see `secscan config trust --show`, "
            "then `secscan config trust`",
        )
    named = {os.path.realpath(path) for path in (*wanted.waivers, wanted.policy or ".", wanted.baseline or ".")}
    for path, option in _OPTIONS.items():
        if path in used or path in tree.changed or (tree.trusted and path in tree.trusted.files):
            continue  # told already, or it counts and the caller names another one
        if os.path.realpath(tree.place(path)) in named:
            continue
        if tree.read(path) is not None and not (path == BASELINE_FILE and wanted.baseline_ref):
            yield Notice(
                topic="policy",
                subject=path,
                text="it is not honoured: what lies there does not choose the judge; look at it and run "
                f"`secscan config trust`, or name it with {option}, to let it count",
            )
