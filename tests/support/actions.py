"""Runs the GitHub Action for real, by act, on this machine: no container, no network. The actions of others that it
calls are stand-ins that write down what they were called with.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import ruamel.yaml

from tests.support.repositories import git
from tests.support.workflow_commands import commands_in

PROJECT = Path(__file__).resolve().parent.parent.parent
_SHIPPED = (
    "action.yml",
    "action",
    "secscan",
    "policies",
    "pipelines",
    "reports",
    "pyproject.toml",
    "README.md",
    "LICENSE",
)
_CHECKOUT = "actions/checkout@v6"

_QUICK = """
import os, runpy, sys
if sys.argv[1] == "key":
    sys.exit(runpy.run_path(os.path.join(os.path.dirname(__file__), "real.py"))["main"]())
with open(os.environ["GITHUB_OUTPUT"], "a") as file:
    file.write("python=PYTHON\\n")
"""
"""In the place of action/install.py, so that not every test installs a hundred packages: that of the tests will do."""

_RECORD = """
runs:
  using: composite
  steps:
    - shell: bash
      env:
        CALL: ${{ toJson(inputs) }}
        FILES: ${{ inputs.path || inputs.sarif_file }}
      run: |
        here="$RECORD/$(printf %02d "$(ls "$RECORD" | wc -l)")-NAME"
        mkdir "$here"
        printf '%s' "$CALL" > "$here/inputs.json"
        if [[ NAME == upload-* ]]; then cp -r "$FILES" "$here/"; fi
        FAIL
"""


@dataclass(frozen=True)
class Call:
    """One call of an action of others."""

    name: str
    inputs: dict[str, str]
    folder: Path
    """Holds a copy of what was uploaded."""


@dataclass(frozen=True)
class Transcript:
    """What one event led to."""

    code: int
    """Of the job: 0 or 1."""
    log: str
    outputs: dict[str, str]
    summary: str
    commands: tuple[tuple[str, dict[str, str], str], ...]
    """Annotations: level, properties, message."""
    calls: tuple[Call, ...] = ()
    failed: tuple[str, ...] = ()
    """Names of the steps that failed."""

    def called(self, name: str) -> list[Call]:
        return [one for one in self.calls if one.name == name]

    def shown(self) -> str:
        """For people."""
        uploads = [f"{one.name}: {', '.join(sorted(path.name for path in one.folder.iterdir()))}" for one in self.calls]
        lines = [f"job: {'success' if self.code == 0 else 'failure'}", "outputs:"]
        lines += [f"  {name}={value}" for name, value in self.outputs.items()]
        lines += [
            "steps that failed: " + (", ".join(self.failed) or "none"),
            "calls:",
            *(f"  {one}" for one in uploads),
        ]
        lines += ["annotations:", *(f"  {level} {said} {text!r}" for level, said, text in self.commands)]
        return "\n".join([*lines, "summary:", *(f"  {line}" for line in self.summary.splitlines())])


@dataclass(frozen=True)
class Action:
    """The action as a runner finds it, with stand-ins for the others, in a folder of its own."""

    folder: Path
    python: Path | None
    """That of an environment with secscan; None: the action's own steps install it."""
    path: Sequence[Path]
    """Where scanners are found."""
    environment: Mapping[str, str] = field(default_factory=dict)

    def run(
        self,
        repo: Path,
        event: str,
        document: Mapping[str, Any],
        *,
        failing: Sequence[str] = (),
        env: Mapping[str, str] | None = None,
        **inputs: str,
    ) -> Transcript:
        """Run a job with the action on a checkout of `repo`, for an event; `failing` names actions that fail."""
        place = Path(tempfile.mkdtemp(dir=self.folder))
        record = place / "record"
        record.mkdir()
        ours = _export(place / "action", self.python)
        stands_in = _stand_ins(place, ours, failing)
        (place / "event.json").write_text(json.dumps(document))
        (place / "workflow.yml").write_text(json.dumps(_workflow(event, inputs)))
        ended = subprocess.run(
            [
                str(Path(sys.executable).parent / "act"),
                *(event, "--json", "-P", "ubuntu-latest=-self-hosted", "-W", str(place / "workflow.yml")),
                *("-e", str(place / "event.json"), "--no-cache-server", "--env", f"RECORD={record}"),
                *(part for one in (env or {}).items() for part in ("--env", "=".join(one))),
                *(part for one in stands_in for part in ("--local-repository", one)),
            ],
            cwd=repo,
            env={
                "PATH": os.pathsep.join([*map(str, self.path), "/usr/local/bin", "/usr/bin", "/bin"]),
                "HOME": str(place),
                "XDG_CACHE_HOME": str(place / "cache"),
                "LANG": "C.UTF-8",
                **self.environment,
            },
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=1800,
            check=False,
        )
        return _transcript(ended, record)


def _export(folder: Path, python: Path | None) -> Path:
    for name in _SHIPPED:
        source = PROJECT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            folder.mkdir(exist_ok=True)
            shutil.copy(source, folder / name)
    if python is not None:
        (folder / "action" / "install.py").rename(folder / "action" / "real.py")
        (folder / "action" / "install.py").write_text(_QUICK.replace("PYTHON", str(python)))
    return folder


def used_actions() -> dict[str, str]:
    """The actions of others that action.yml calls: reference by name."""
    document = ruamel.yaml.YAML(typ="safe").load((PROJECT / "action.yml").read_text())
    return dict(one["uses"].split("@") for one in document["runs"]["steps"] if "uses" in one)


def _stand_ins(place: Path, ours: Path, failing: Sequence[str]) -> list[str]:
    """Write the stand-ins and return the options by which act takes them."""
    repositories = {"secscan/secscan@v1": ours}
    for used, reference in used_actions().items():
        owner, name, *inside = used.split("/")
        folder = place / "others" / name
        repositories[f"{owner}/{name}@{reference}"] = folder
        folder = folder.joinpath(*inside)
        folder.mkdir(parents=True)
        known = {"path", "key", "restore-keys", "sarif_file", "name", "python-version", "update-environment"}
        known |= {"retention-days", "if-no-files-found"}
        outputs = {"python-path": {"description": "-", "value": sys.executable}} if name == "setup-python" else {}
        head = {"name": name, "description": "-", "inputs": {one: {"description": "-"} for one in sorted(known)}}
        said = "-".join([name, *inside]).replace("codeql-action-upload-sarif", "upload-sarif")
        body = _RECORD.replace("NAME", said).replace("FAIL", "exit 1" if said in failing else "")
        (folder / "action.yml").write_text(f"{json.dumps({**head, 'outputs': outputs})[:-1]}, {_as_json(body)}}}")
    return [f"{name}={folder}" for name, folder in repositories.items()]


def _as_json(text: str) -> str:
    return json.dumps(ruamel.yaml.YAML(typ="safe").load(text))[1:-1]


def _workflow(event: str, inputs: Mapping[str, str]) -> dict[str, Any]:
    """A workflow as its users write it; the last step writes down what the action said."""
    given = {name.replace("_", "-"): value for name, value in inputs.items()}
    steps: list[dict[str, Any]] = [
        {"uses": _CHECKOUT},
        {"id": "secscan", "uses": "secscan/secscan@v1", "with": given},
        {
            "if": "always()",
            "shell": "bash",
            "env": {"OUTPUTS": "${{ toJson(steps.secscan.outputs) }}"},
            "run": 'printf %s "$OUTPUTS" > "$RECORD/outputs.json"',
        },
    ]
    return {"on": event, "jobs": {"gate": {"runs-on": "ubuntu-latest", "steps": steps}}}


def _transcript(ended: subprocess.CompletedProcess[str], record: Path) -> Transcript:
    rows = [json.loads(line) for line in ended.stdout.splitlines() if line.startswith("{")]
    outputs = record / "outputs.json"
    calls = [
        Call(folder.name.partition("-")[2], json.loads((folder / "inputs.json").read_text()), folder)
        for folder in sorted(record.iterdir())
        if folder.is_dir()
    ]
    return Transcript(
        code=ended.returncode,
        log=ended.stderr + "".join(f"{one.get('msg', '')}\n" for one in rows),
        outputs=json.loads(outputs.read_text()) if outputs.is_file() else {},
        summary="".join(one["content"] for one in rows if one.get("command") == "summary"),
        # By the rules of GitHub's runner: act takes no property for one that holds a further `=`.
        commands=tuple(
            (one.name, one.properties, one.message)
            for row in rows
            if row.get("command") in ("error", "warning", "notice")
            for one in commands_in(row["raw"])
        ),
        calls=tuple(calls),
        failed=tuple(one["step"] for one in rows if one.get("stepResult") == "failure"),
    )


def default_event(repo: Path) -> dict[str, Any]:
    """What the documents of all events have."""
    return {
        "repository": {"full_name": "house/shop", "default_branch": "main"},
        "after": git(repo, "rev-parse", "HEAD"),
    }
