"""What `secscan init --ci` writes, held against each system's own schema or linter, its shell against shellcheck."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from secscan import pipeline
from secscan.findings.levels import RunStatus
from secscan.gate.weakening import Terms
from secscan.policy.load import load_policy
from secscan.scanners.registry import choose
from secscan.setup.facts import Facts
from secscan.setup.pipelines import pipeline_files
from secscan.setup.pipelines.source import Source
from secscan.setup.pipelines.systems import SYSTEMS
from secscan.targets.open import TargetRequest
from tests.support.pipelines import KNOWN, LARGE, SHELLS, SMALL, parsed, scripts, written

SCHEMAS = {
    "github": "github-workflows",
    "gitlab": "gitlab-ci",
    "circleci": "circle-ci",
    "azure": "azure-pipelines",
    "bitbucket": "bitbucket-pipelines",
}
REPOSITORIES = {"large": (LARGE, None), "small": (SMALL, KNOWN)}


@pytest.fixture(params=REPOSITORIES)
def repository(request: pytest.FixtureRequest) -> tuple[Facts, Source | None]:
    return REPOSITORIES[request.param]


def tool(*command: str, cwd: Path, stdin: str | None = None) -> str:
    """Run a linter of the environment, or of the machine; what it complains of, empty where it is content."""
    folder = Path(sys.executable).parent
    ended = subprocess.run(
        list(command),
        cwd=cwd,
        env={"PATH": os.pathsep.join([str(folder), "/usr/bin", "/bin"]), "HOME": str(cwd)},
        capture_output=True,
        input=stdin,
        text=True,
        check=False,
    )
    return "" if ended.returncode == 0 else ended.stdout + ended.stderr


@pytest.fixture(scope="module", params=SCHEMAS)
def schema(request: pytest.FixtureRequest) -> tuple[str, Any]:
    """A system, and what is a file of it, as `check-jsonschema` ships it."""
    text = (
        files("check_jsonschema").joinpath("builtin_schemas", "vendor", f"{SCHEMAS[request.param]}.json").read_bytes()
    )
    return request.param, jsonschema_rs.validator_for(json.loads(text))


def test_each_file_keeps_the_schema_of_its_system(
    schema: tuple[str, Any], repository: tuple[Facts, Source | None]
) -> None:
    name, validator = schema
    for one in pipeline_files(name, *repository):
        (document,) = parsed(one.content)
        assert validator.is_valid(document)
        # A misspelt key at the top is found, so that the schema does judge.
        assert not validator.is_valid({**document, "jobs": 5, "secscan": 5, "pipelines": 5})


@pytest.mark.parametrize("name", SHELLS)
def test_shellcheck_has_nothing_to_say(name: str, repository: tuple[Facts, Source | None], tmp_path: Path) -> None:
    if not shutil.which("shellcheck"):
        pytest.skip("no shellcheck here")
    found = scripts(name, written(name, *repository).content)
    assert found
    for one in found:
        shell = "bash" if SHELLS[name] == "bash" else "dash"
        assert not tool("shellcheck", f"--shell={shell}", "--enable=all", EXEMPT, "-", cwd=tmp_path, stdin=one.text)


EXEMPT = "--exclude=SC2250,SC2292,SC2310,SC2311,SC2312,SC2154"
"""Braces around every name, and `[[` in bash: matters of style, and the same lines run in dash. Functions whose failure
is asked for by `||`: it is meant. Names that a shell cannot know: the system of the pipeline sets them."""


def test_the_workflow_is_clean_for_those_who_look_at_workflows(
    repository: tuple[Facts, Source | None], tmp_path: Path
) -> None:
    (tmp_path / ".github" / "workflows").mkdir(parents=True)
    file = tmp_path / ".github" / "workflows" / "secscan.yml"
    file.write_bytes(written("github", *repository).content)
    assert not tool("actionlint", "-no-color", str(file), cwd=tmp_path)
    assert not tool("zizmor", "--offline", "--persona=auditor", "--no-progress", str(file), cwd=tmp_path)


@pytest.mark.slow
def test_the_job_of_argo_cd_is_what_kubernetes_takes(repository: tuple[Facts, Source | None], tmp_path: Path) -> None:
    (tmp_path / "job.yaml").write_bytes(written("argo", *repository).content)
    assert not tool("kubernetes-validate", "--strict", "job.yaml", cwd=tmp_path)


def test_our_own_scanner_finds_nothing_in_the_job_of_argo_cd(tmp_path: Path) -> None:
    (tmp_path / "job.yaml").write_bytes(written("argo", LARGE).content)
    request = pipeline.ScanRequest(
        target=TargetRequest(path=tmp_path),
        scanners=choose(("manifests",)),
        terms=Terms(load_policy("secrets-only")),
        advisories=None,
        jobs=1,
    )
    scan = pipeline.scan(request, progress=lambda _: None)
    (run,) = scan.scanners
    assert (run.status, run.looked_at) == (RunStatus.COMPLETED, 1)
    assert not scan.findings


@pytest.mark.slow
@pytest.mark.parametrize("kind", REPOSITORIES)
def test_the_pipeline_of_jenkins_is_groovy(kind: str) -> None:
    """Only its syntax: the linter for what a declarative pipeline may hold is a part of the server."""
    from groovy_parser.parser import parse_groovy_content

    text = written("jenkins", *REPOSITORIES[kind]).content.decode()
    assert parse_groovy_content(text).data == "compilation_unit"


def test_there_is_a_judge_for_every_system() -> None:
    assert set(SCHEMAS) | {"argo", "jenkins"} == set(SYSTEMS)
    assert {*SHELLS, "github"} == set(SYSTEMS)
