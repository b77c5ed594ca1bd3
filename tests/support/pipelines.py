"""Pipelines as they are written for a repository, and the shell that is in them, taken out by parsers of their own."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from secscan.setup.facts import Facts, NewFile
from secscan.setup.pipelines import pipeline_files
from secscan.setup.pipelines.source import Source

KNOWN = Source(
    package="secscan @ git+https://github.com/example/secscan@" + "a" * 40, action="example/secscan@" + "a" * 40
)
LARGE = Facts(
    root=Path("/repository"),
    default_branch="main",
    ecosystems=("PyPI", "crates.io", "GitHub Actions"),
    dockerfiles=("Dockerfile", "services/api/Dockerfile", "a b/Dockerfile"),
    kubernetes_files=("deploy/prod/web.yaml", "deploy/base.yaml"),
)
SMALL = Facts(root=Path("/repository"), default_branch="release/2.0")
SHELLS = {"gitlab": "sh", "jenkins": "sh", "circleci": "bash", "azure": "bash", "bitbucket": "sh", "argo": "sh"}
"""What runs the commands of each system: dash, where it may be."""


@dataclass(frozen=True)
class Script:
    """The commands of one job."""

    job: str
    text: str


def written(name: str, facts: Facts, source: Source | None = None) -> NewFile:
    """The pipeline of a system for a repository."""
    return pipeline_files(name, facts, source or Source())[0]


def parsed(content: bytes) -> list[Any]:
    """The documents of a YAML file."""
    return list(YAML(typ="safe").load_all(content))


def scripts(name: str, content: bytes) -> list[Script]:
    """The commands of each job of a pipeline, as the system gives them to a shell."""
    return list(_READERS[name](content))


def script(name: str, content: bytes, job: str) -> str:
    """The commands of one job."""
    (found,) = (one.text for one in scripts(name, content) if one.job == job)
    return found


def _jenkins(content: bytes) -> Iterator[Script]:
    stages = re.split(r"stage\('([^']+)'\)", content.decode())[1:]
    for job, stage in zip(stages[::2], stages[1::2], strict=True):
        (text,) = re.findall(r"sh '''\n(.*?)'''", stage, re.DOTALL)
        assert "\\" not in text, "Groovy would take it for an escape"
        yield Script(job, textwrap.dedent(text))


def _gitlab(content: bytes) -> Iterator[Script]:
    for job, value in parsed(content)[0].items():
        if "script" in value:
            yield Script(job, "\n".join(value["script"]))


def _circleci(content: bytes) -> Iterator[Script]:
    for job, value in parsed(content)[0]["jobs"].items():
        for step in value["steps"]:
            if isinstance(step, dict) and "run" in step:
                assert "<<" not in step["run"]["command"], "CircleCI would take it for a parameter"
                yield Script(job, step["run"]["command"])


def _azure(content: bytes) -> Iterator[Script]:
    for job in parsed(content)[0]["jobs"]:
        for step in job["steps"]:
            if "bash" in step:
                yield Script(job["job"], step["bash"])


def _bitbucket(content: bytes) -> Iterator[Script]:
    for one in parsed(content)[0]["definitions"]["steps"]:
        yield Script(one["step"]["name"], "\n".join(one["step"]["script"]))


def _argo(content: bytes) -> Iterator[Script]:
    job = parsed(content)[1]
    (container,) = job["spec"]["template"]["spec"]["containers"]
    assert container["command"] == ["/bin/sh", "-c"]
    yield Script("secscan", container["args"][0])


_READERS = {
    "jenkins": _jenkins,
    "gitlab": _gitlab,
    "circleci": _circleci,
    "azure": _azure,
    "bitbucket": _bitbucket,
    "argo": _argo,
}
