"""Events of GitHub, each with a repository as the runner checks it out, and what the workflow asks the action for.

`python -m tests.support.action_events [NAME...]` runs them and prints the transcript of each.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.support.actions import Action, Transcript, default_event
from tests.support.repositories import commit, git, repository, write

CLEAN = '"""Adds."""\n\n\ndef add(a: int, b: int) -> int:\n    return a + b\n'
UNSAFE = '"""Lists."""\nimport subprocess\n\n\ndef show(name):\n    subprocess.call("ls " + name, shell=True)\n'
POLICY = """
format: secscan.policy/1
name: house
required: [bandit, secrets]
rules:
  - id: known-before
    match: {new: false}
    action: warn
    reason: it was there before this change
  - id: serious
    match: {severity: [critical, high]}
    action: block
    reason: nothing serious is let in
  - id: rest
    action: accept
    reason: the rest may wait
"""
LAX = POLICY.replace("action: block", "action: warn")
SCANNERS = "bandit secrets"

HOSTILE = "$(touch /tmp/secscan-was-here)`id`\";'\n::error::forged\n::set-output name=verdict::passed"
"""What a stranger would call his branch and his pull request, were all of it allowed."""
HOSTILE_FILES = {
    "$(touch run).py": UNSAFE,
    "`id`;'\"&.py": UNSAFE,
    "a\n::error::forged\n::set-output name=verdict::passed.py": UNSAFE,
    "b%0A::error::forged,line=1.py": UNSAFE,
}
TRAPS = {
    "sitecustomize.py": "import pathlib; pathlib.Path('/tmp/secscan-was-here').touch()\n",
    "json.py": "raise SystemExit('the json of the workspace')\n",
    "secscan.py": "raise SystemExit('the secscan of the workspace')\n",
    "pip.py": "raise SystemExit('the pip of the workspace')\n",
    "usercustomize.py": "raise SystemExit('the usercustomize of the workspace')\n",
    "pip.conf": "[global]\nindex-url = http://127.0.0.1:9/\nno-index = true\n",
    "pyvenv.cfg": "home = /nowhere\n",
    ".bandit": "[bandit]\nskips: B602,B404\n",
    "secscan.yaml": "version: 1\nscanners:\n  enable: [secrets]\nreports:\n  json: off\n",
    ".secscan/policy.yaml": LAX,
}


@dataclass(frozen=True)
class Case:
    """One event."""

    event: str
    document: Callable[[Path], dict[str, Any]]
    prepare: Callable[[Path], Path]
    """Makes the repository in an empty folder."""
    inputs: Mapping[str, str] = field(default_factory=lambda: {"scanners": SCANNERS})

    def run(self, action: Action, folder: Path, **more: Any) -> Transcript:
        """Run it, in an empty folder."""
        repo = self.prepare(folder)
        return action.run(repo, self.event, self.document(repo), **{**self.inputs, **more})


def push(branch: str) -> Callable[[Path], dict[str, Any]]:
    return lambda repo: {"ref": f"refs/heads/{branch}", **default_event(repo)}


def pull_request(head: str = "house/shop", title: str = "A change", ref: str = "change") -> Callable[[Path], dict]:
    def document(repo: Path) -> dict[str, Any]:
        sides = {
            "head": {"ref": ref, "sha": git(repo, "rev-parse", "HEAD"), "repo": {"full_name": head}},
            "base": {"ref": "main", "sha": git(repo, "rev-parse", "main"), "repo": {"full_name": "house/shop"}},
        }
        return {"action": "synchronize", "pull_request": {"number": 7, "title": title, **sides}, **default_event(repo)}

    return document


def merge_group(repo: Path) -> dict[str, Any]:
    group = {"base_sha": git(repo, "rev-parse", "main"), "base_ref": "refs/heads/main"}
    return {"merge_group": group, **default_event(repo)}


def one_commit(files: Mapping[str, bytes | str]) -> Callable[[Path], Path]:
    return lambda folder: repository(folder / "repo", dict(files))


def change(files: Mapping[str, bytes | str], *, base: bool = True) -> Callable[[Path], Path]:
    """A repository with something unsafe on main, and a branch that adds files; `base`: whether main is fetched."""

    def prepare(folder: Path) -> Path:
        repo = repository(folder / "repo", {".secscan/policy.yaml": POLICY, "old.py": UNSAFE})
        git(repo, "checkout", "-q", "-b", "change")
        write(repo, dict(files))
        commit(repo)
        if base:
            git(repo, "update-ref", "refs/remotes/origin/main", "main")
        return repo

    return prepare


def monorepo(folder: Path) -> Path:
    shop = {f"services/shop/{name}": text for name, text in {"app.py": UNSAFE}.items()}
    return repository(folder / "repo", {".secscan/policy.yaml": POLICY, "services/blog/app.py": CLEAN, **shop})


CASES = {
    "push": Case("push", push("main"), one_commit({"app.py": CLEAN, ".secscan/policy.yaml": POLICY})),
    "push-with-findings": Case("push", push("main"), one_commit({"app.py": UNSAFE, ".secscan/policy.yaml": POLICY})),
    "push-to-a-branch": Case("push", push("change"), change({"new.py": UNSAFE, ".secscan/policy.yaml": LAX})),
    "pull-request": Case("pull_request", pull_request(), change({"new.py": UNSAFE})),
    "pull-request-without-findings": Case("pull_request", pull_request(), change({"new.py": CLEAN})),
    "fork": Case("pull_request", pull_request("stranger/shop"), change({"new.py": UNSAFE})),
    "hostile": Case(
        "pull_request", pull_request("stranger/shop", HOSTILE, HOSTILE), change({**HOSTILE_FILES, **TRAPS})
    ),
    "merge-queue": Case("merge_group", merge_group, change({"new.py": UNSAFE, ".secscan/policy.yaml": LAX})),
    "pull-request-target": Case("pull_request_target", pull_request("stranger/shop"), change({"new.py": CLEAN})),
    "monorepo": Case("push", push("main"), monorepo, {"scanners": SCANNERS, "path": "services/shop"}),
    "advisories": Case(
        "push",
        push("main"),
        one_commit({"requirements.txt": "flask==1.0\n", ".secscan/policy.yaml": POLICY.replace("bandit", "osv")}),
        {"scanners": "osv secrets"},
    ),
    "usage": Case("push", push("main"), one_commit({"app.py": CLEAN}), {"policy": "nowhere"}),
}
"""By name."""


def main(names: list[str]) -> None:
    """Run events in the environment of this Python, and print what each led to."""
    for name in names or CASES:
        with tempfile.TemporaryDirectory() as folder:
            place = Path(folder)
            (place / "runner").mkdir()
            action = Action(place / "runner", Path(sys.executable), [Path(sys.executable).parent])
            sys.stdout.write(f"=== {name}\n{CASES[name].run(action, place).shown()}\n\n")


if __name__ == "__main__":
    main(sys.argv[1:])
