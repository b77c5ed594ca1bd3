"""Proposes settings for a repository, with the reasons as comments.

What a scan does by itself is not written out: a setting that says what holds anyway would have to be kept up for
nothing. What is found, and softening that somebody may want, stands in comments, to be decided by people.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator
from dataclasses import dataclass

from secscan.findings.globs import problem_with
from secscan.settings.places import BASELINE_FILE, POLICY_FILE, SETTINGS_FILE
from secscan.settings.schema import FILE as SCHEMA_NAME
from secscan.settings.schema import settings_schema
from secscan.setup.backlog import policy_for_backlog
from secscan.setup.facts import Counted, Facts, NewFile

SCHEMA_FILE = f".secscan/{SCHEMA_NAME}"
"""Beside the settings, so that editors find it without a network."""
REPORTS = ("secscan.json", "secscan.terms.json", "secscan.sarif", "secscan.html")
"""What a scan writes into the working directory."""
_FEW = 4

_HEAD = f"""\
# yaml-language-server: $schema={SCHEMA_FILE}
#
# Settings of secscan. `secscan config show --origin` says what holds and why.
# On your machine they count once you trust them (`secscan config trust`; `secscan init` did), until they change.
# In the CI of a pull request they count as they are in the commit that it is to be merged into.
version: 1
"""


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the user has decided."""

    policy: str = "default"
    baseline: bool = False
    """Whether what is there today is known, and only what is new blocks."""


def proposed(facts: Facts, wishes: Wishes) -> tuple[NewFile, ...]:
    """Return the files of a set-up: settings, their schema, and what git should not track."""
    parts = [_HEAD, *_settings(facts, wishes)]
    schema = json.dumps(settings_schema(), separators=(",", ":")) + "\n"
    files = [
        NewFile(SETTINGS_FILE, "\n".join(parts).encode(), "settings, with reasons"),
        NewFile(SCHEMA_FILE, schema.encode(), "their schema, for editors"),
    ]
    if wishes.baseline and POLICY_FILE not in facts.own:
        files.append(
            NewFile(POLICY_FILE, policy_for_backlog(wishes.policy), f"the policy {wishes.policy}, for what is new")
        )
    return (*files, *_ignored(facts))


def why(facts: Facts) -> Iterator[tuple[str, str]]:
    """Yield what was found, and what will look at it."""
    programs = ", ".join(f"{one.name} ({one.files})" for one in facts.languages[:_FEW])
    if programs:
        yield "code", f"{programs}: {'bandit, semgrep, ' if facts.has('python') else ''}secrets"
    if facts.lock_files:
        yield "packages", f"{_some(facts.lock_files)}: osv{', pip-audit' if 'PyPI' in facts.ecosystems else ''}"
    if facts.loose_manifests:
        yield "packages", f"{_some(facts.loose_manifests)}: no lock file that says which versions"
    if facts.dockerfiles:
        yield "Dockerfiles", f"{_some(facts.dockerfiles)}: dockerfile"
    if facts.compose_files or facts.kubernetes_files:
        yield "manifests", f"{_some((*facts.compose_files, *facts.kubernetes_files))}: manifests"
    if facts.images:
        yield "images", f"{_some(facts.images)}: only where named, as in `secscan scan {facts.images[0]}`"
    if facts.vault:
        yield "Vault", f"{_some(facts.vault)}: `secscan scan --vault` tells whether they lead anywhere"
    if facts.ci:
        yield "CI", ", ".join(facts.ci)
    if facts.hooks:
        yield "git hooks", ", ".join(facts.hooks)
    if facts.foreign:
        yield "not honoured", _some([f"{one.path} ({one.tool})" for one in facts.foreign])
    if facts.projects:
        yield "projects", _some([one or "." for one in facts.projects])


def _settings(facts: Facts, wishes: Wishes) -> Iterator[str]:
    found = [f"#   {name}: {text}" for name, text in why(facts) if name not in _PASSING]
    if found:
        yield "\n".join(["# What was found here, and what looks at it by itself:", *found, ""])
    own = wishes.baseline or (POLICY_FILE in facts.own and wishes.policy == "default")
    chosen = POLICY_FILE if own else wishes.policy
    yield (
        "# What blocks a build: `default` what a reviewer would stop, `strict` more, `advisory` nothing; or a file of\n"
        f"# your own, such as {POLICY_FILE}.\npolicy: {chosen}\n"
    )
    if wishes.baseline:
        yield (
            "# What was there when secscan came: the policy above warns of it, and blocks what is new. Renew it with\n"
            f"# `secscan baseline write`, after a scan of the whole tree.\nbaseline: {BASELINE_FILE}\n"
        )
    yield from _left_out(facts)
    if facts.foreign:
        yield (
            "# Settings of other tools are not honoured, whoever wrote them: "
            f"{_some([one.path for one in facts.foreign])}.\n"
            "# What of them should hold goes into a policy (`scanner_settings`) or into waivers.\n"
        )
    if facts.vault:
        yield (
            "# Where Vault is, for `secscan scan --vault`; the token comes from VAULT_TOKEN or a login.\n"
            "# vault:\n#   address: https://vault.example:8200\n#   mode: index\n"
        )


_PASSING = ("CI", "git hooks", "not honoured")
"""What is found and has no place in the settings, or one of its own."""


def _left_out(facts: Facts) -> Iterator[str]:
    """Folders that somebody may want to leave out. They ship, so they are scanned."""
    folders = [(one, glob) for one in (*facts.generated, *facts.vendored) if (glob := _glob(one))]
    if folders:
        lines = [f"#     - {glob}  # {one.files} files: {one.why}" for one, glob in folders]
        yield "\n".join(
            [
                "# Folders that may not be yours. What ships should be scanned; reports list what is left out.",
                "# scan:",
                "#   exclude:",
                *lines,
                "",
            ]
        )


def _glob(folder: Counted) -> str:
    """A glob for what is below a folder, as YAML; empty where its name cannot stand in one."""
    glob = f"/{folder.name}/**"
    return "" if problem_with(glob) or set("*?[{\\") & set(folder.name) else json.dumps(glob)


def _ignored(facts: Facts) -> Iterator[NewFile]:
    """Reports are no source: a `.gitignore` that has them, too."""
    if not facts.in_git:
        return
    before = facts.gitignore
    missing = [name for name in REPORTS if f"/{name}".encode() not in before.split(b"\n")]
    if missing:
        start = before if before.endswith(b"\n") or not before else before + b"\n"
        lines = "".join(f"/{name}\n" for name in missing).encode()
        yield NewFile(".gitignore", start + b"# Reports of secscan\n" + lines, "reports are not tracked")


def _some(names: list[str] | tuple[str, ...]) -> str:
    more = f" and {len(names) - _FEW} more" if len(names) > _FEW else ""
    return ", ".join(names[:_FEW]) + more


def first_commands(facts: Facts, *, has_index: bool, address: str) -> tuple[tuple[str, str], ...]:
    """Return the three commands to go on with, and what each is for. `address` is where OSV's archives lie."""
    commands = [
        ("secscan scan", "look, judge, and write the reports"),
        ("secscan explain --verdict", "the fewest steps that turn the gate green"),
        ("secscan config show --origin", "what holds, and who says so"),
    ]
    names = [shlex.quote(one) for one in facts.ecosystems if ":" not in one]
    if names and not has_index:
        update = f"secscan advisories update {' '.join(names)} --from {address}"
        commands = [(update, _NETWORK), *commands[:2]]
    return tuple(commands)


_NETWORK = (
    "once, over the network: without an index of advisories packages cannot be judged, and the verdict is incomplete. "
    "Offline: `secscan advisories import` of OSV's archives, or of what `export` wrote on another machine"
)
