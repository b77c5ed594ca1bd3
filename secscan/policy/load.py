"""Finds a policy by name or path, with everything it refers to, and reads it."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path

from secscan.errors import PolicyError
from secscan.policy.combine import beside, finish, lay_over
from secscan.policy.decide import MARKER_RULE
from secscan.policy.document import Draft, Placed, read_draft
from secscan.policy.model import Policy, Rule, Waiver
from secscan.policy.settings_files import rules_of
from secscan.policy.waivers import read_waivers
from secscan.policy.words import check_scanner_names
from secscan.resources import data_dir
from secscan.yamlfile import MAX_BYTES, Node, suggestion

INVENTORY = "secscan"
"""Who reports gaps of our own inventory; see `findings.model.Gap`."""

_BARE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
_LONGEST_CHAIN = 10


def _read_file(path: str) -> bytes:
    try:
        # A FIFO or a device would keep us for ever.
        if not stat.S_ISREG(Path(path).stat().st_mode):
            raise PolicyError(f"{path} is not a file", hint="give the path of a file")
        with Path(path).open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        why = os.strerror(error.errno) if isinstance(error, OSError) and error.errno else "not a path"
        raise PolicyError(f"cannot read {path}: {why}", hint="check the path") from error


def _no_repository(ref: str, path: str) -> bytes:
    raise PolicyError(
        f"cannot read {path} of {ref}: there is no git repository", hint="run it inside the repository, or name a file"
    )


def _no_vault(path: str) -> bytes:
    raise PolicyError(
        f"cannot read {path} of Vault: it is not connected", hint="name a file, or git:REFERENCE:PATH, for the waivers"
    )


@dataclass(frozen=True)
class Reader:
    """Where policies, and what they refer to, are read from: each path text gives bytes, or `PolicyError`."""

    file: Callable[[str], bytes] = _read_file
    """A file, by the path in which the policy that names it stands."""
    commit: Callable[[str, str], bytes] = _no_repository
    """A file of a commit: reference, path."""
    vault: Callable[[str], bytes] = _no_vault
    """A document of Vault, by its path."""


def load_policy(
    name_or_path: str,
    *,
    scanners: Collection[str] = (),
    environment: str = "",
    floor: str = "",
    reader: Reader | None = None,
) -> Policy:
    """Return the shipped policy of that name (`default`, `strict` ...), or the one in the file at that path.

    A bare word is always the name of a shipped policy, never a file of the working directory. Where `scanners` are
    given, the names of all there are, a policy that names another one is refused. `environment` chooses an overlay of
    the policy; `floor` names a second policy below which it may not go. Raises `PolicyError` with file, line, field and
    a hint for a policy that is not there or is wrong in any way.
    """
    return _Loader(reader or Reader(), scanners).load(name_or_path, environment, floor)


def load_draft(name_or_path: str, *, scanners: Collection[str] = (), reader: Reader | None = None) -> Draft:
    """Return the policy as it was written, with what it extends laid below it; its tests are in it."""
    return _Loader(reader or Reader(), scanners).layered(name_or_path)[0]


def shipped_policies() -> dict[str, Path]:
    """Return the policies that come with secscan, by name."""
    return {path.stem: path for path in sorted(data_dir("policies").glob("*.yaml"))}


class _Loader:
    def __init__(self, reader: Reader, scanners: Collection[str]) -> None:
        self._reader = reader
        self._scanners = scanners

    def load(self, name: str, environment: str, floor_name: str) -> Policy:
        draft, below = self.layered(name)
        if floor_name and below is not None:
            # The one on the command line is what the caller trusts; the policy's own floor still lies below it.
            raise draft.node.fail("it has a floor of its own already", hint="leave --floor out, or `extends`")
        if floor_name:
            below, _ = self.layered(floor_name)
        floor = (below, self._finish(below, "", None)) if below is not None else None
        if environment and environment not in draft.environments:
            known = ", ".join(draft.environments) or "none"
            raise draft.node.fail(
                f"there is no environment {environment[:60]!r}",
                hint=suggestion(environment, draft.environments) or f"the policy has: {known}",
            )
        # All are made, so that a mistake in one is not found on the day of the release only.
        made = {one: self._finish(lay_over(top, draft), one, floor) for one, top in draft.environments.items()}
        plain = self._finish(draft, "", floor)
        _check_cases(draft, {"": plain, **made})
        return made[environment] if environment else plain

    def layered(self, name: str) -> tuple[Draft, Draft | None]:
        """Return the draft with what it extends below it, and its floor where what it extends is one."""
        drafts = [self._read(name, "", None)]
        while (node := drafts[-1].extends) is not None:
            if len(drafts) > _LONGEST_CHAIN:
                raise node.fail(
                    f"more than {_LONGEST_CHAIN} policies extend each other", hint="is one of them its own base?"
                )
            drafts.append(self._read(node.text(), drafts[-1].node.origin, node))
        floor: Draft | None = None
        whole = drafts[-1]
        for at, draft in enumerate(reversed(drafts[:-1]), start=1):
            if drafts[-at].is_floor:
                if floor is not None:
                    raise draft.node.fail("there is a second floor below the first", hint="keep one")
                floor, whole = whole, draft
            else:
                whole = lay_over(draft, whole)
        return whole, floor

    def _finish(self, draft: Draft, environment: str, floor: tuple[Draft, Policy] | None) -> Policy:
        waivers = [waiver for node in draft.waiver_sources for waiver in self._waivers(node)]
        settings = [rule for one in draft.scanner_settings or () for rule in self._settings(one)]
        return finish(draft, environment=environment, floor=floor, waivers=waivers, settings=settings)

    def _read(self, name: str, origin: str, node: Node | None) -> Draft:
        if _BARE_NAME.fullmatch(name):
            path = _shipped(name, node)
            data, origin = path.read_bytes(), f"policies/{path.name}"
        else:
            origin = beside(origin, name)
            data = self._reader.file(origin)
        draft = read_draft(data, origin=origin)
        if self._scanners:
            check_scanner_names(draft.node, {*self._scanners, INVENTORY})
        return draft

    def _settings(self, placed: Placed[str]) -> tuple[Rule, ...]:
        path = beside(placed.node.origin, placed.value)
        return rules_of(path, self._reader.file(path), placed.node)

    def _waivers(self, node: Node) -> tuple[Waiver, ...]:
        text = node.text()
        if text.startswith("vault:"):
            data = self._reader.vault(text.removeprefix("vault:"))
            try:
                return read_waivers(data, origin=text)
            except PolicyError:
                # Not what is wrong with it: where the path is mistaken, that would quote a secret.
                problem = f"what {text[:120]} holds is no file of waivers"
                raise node.fail(problem, hint="check it with `secscan policy lint` before you write it there") from None
        if text.startswith("git:"):
            reference, _, path = text.removeprefix("git:").rpartition(":")
            if not reference or not path:
                raise node.fail(f"{text[:80]!r} names no commit and file", hint="write git:REFERENCE:PATH")
            return read_waivers(self._reader.commit(reference, path), origin=text)
        origin = beside(node.origin, text)
        return read_waivers(self._reader.file(origin), origin=origin)


def _check_cases(draft: Draft, policies: dict[str, Policy]) -> None:
    """Refuse a test that names an environment or a rule that there is not: it could never pass."""
    for case in draft.cases:
        if case.environment not in policies:
            raise case.node.mapping()["environment"].fail(
                f"there is no environment {case.environment[:60]!r}",
                hint=suggestion(case.environment, policies)
                or f"the policy has: {', '.join(draft.environments) or 'none'}",
            )
        policy = policies[case.environment]
        rules = {rule.id for one in (policy, policy.floor) if one for rule in one.rules} | {MARKER_RULE}
        if case.expected.rule and case.expected.rule not in rules:
            raise (
                case.node.mapping()["expect"]
                .mapping()["rule"]
                .fail(
                    f"there is no rule {case.expected.rule[:60]!r}",
                    hint=suggestion(case.expected.rule, rules) or f"the rules are {', '.join(sorted(rules))}",
                )
            )


def _shipped(name: str, node: Node | None) -> Path:
    known = shipped_policies()
    if name not in known:
        near = suggestion(name, known) or f"the shipped ones are {', '.join(known)}"
        hint = f"{near} (for a file, write ./{name})"
        problem = f"there is no shipped policy {name!r}"
        raise node.fail(problem, hint=hint) if node is not None else PolicyError(problem, hint=hint)
    return known[name]
