"""The commands of every pipeline, run by the shell that would run them, in a clone, with secscan installed by them."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path

import pytest

from secscan.setup.facts import Facts
from tests.support.images import ImageBuilder
from tests.support.pipelines import SHELLS, script, written
from tests.support.repositories import commit, git, repository, write
from tests.support.tars import Entry

FACTS = Facts(root=Path("/repository"), default_branch="main")
WITH_IMAGE = Facts(root=Path("/repository"), default_branch="main", dockerfiles=("Dockerfile", "api/Dockerfile"))
POLICY = """
format: secscan.policy/1
name: house
required: [{required}]
rules:
  - id: before
    match: {{new: false}}
    action: warn
    reason: it was there before
  - id: new
    action: block
    reason: what is new is not let in
"""
SETTINGS = "version: 1\nscanners:\n  enable: [bandit]\n"
BAD = 'import subprocess\n\n\ndef {name}(text: str) -> None:\n    subprocess.call("ls " + text, shell=True)\n'
IMAGE_JOBS = {
    "gitlab": "secscan-images",
    "jenkins": "secscan images",
    "circleci": "secscan-images",
    "azure": "secscan_images",
    "bitbucket": "secscan: images",
}
FOUND_BY_FOLDER = {
    "circleci": ["secscan-reports/secscan.junit.xml"],
    "bitbucket": ["secscan-reports/test-results/secscan.xml"],
}
"""Reports that a system looks for in a folder."""
CHANGES = [name for name in SHELLS if name != "argo"]


@dataclass(frozen=True)
class Machine:
    """What a job finds: a wheel, and a `python3` whose environments have the dependencies of these tests."""

    wheel: Path
    bin: Path


NOTHING = Machine(Path("/nonexistent/secscan.whl"), Path("/nonexistent"))
"""What a job finds that ends before it installs anything."""


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory, project: Path) -> Machine:
    folder = tmp_path_factory.mktemp("machine")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet"]
    subprocess.run([*pip, "wheel", "--no-deps", "--no-build-isolation", "-w", str(folder), str(project)], check=True)
    (wheel,) = folder.glob("secscan-*.whl")
    (folder / "bin").mkdir()
    python = folder / "bin" / "python3"
    # Where pip would get them from, this machine has none.
    python.write_text(
        f'#!/bin/sh\nset -e\n"{sys.executable}" "$@"\n'
        'for place in "$4"/lib/python*/site-packages; do\n'
        f'  echo "{sysconfig.get_path("purelib")}" >"$place/tests.pth"\ndone\n'
    )
    python.chmod(0o755)
    return Machine(wheel, folder / "bin")


@pytest.fixture(scope="module")
def origin(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with a branch that brings something bad, and a softer judge for it."""
    files = {".secscan/policy.yaml": POLICY.format(required="bandit"), "secscan.yaml": SETTINGS}
    folder = repository(
        tmp_path_factory.mktemp("origin") / "shop",
        {**files, "app.py": BAD.format(name="old"), "deploy/a.yaml": "a: 1\n"},
    )
    git(folder, "checkout", "-q", "-b", "change")
    write(folder, {".secscan/policy.yaml": "format: secscan.policy/1\nname: none\nmode: log\nrequired: []\n"})
    write(
        folder,
        {"new.py": BAD.format(name="new"), "pip.py": "raise SystemExit(0)\n", "venv.py": "raise SystemExit(0)\n"},
    )
    commit(folder, "a change")
    git(folder, "checkout", "-q", "main")
    return folder


def environment(name: str, work: Path, machine: Machine, *, change: bool) -> dict[str, str]:
    """What a system tells its jobs."""
    told: dict[str, dict[str, str]] = {
        "gitlab": {"CI_PROJECT_DIR": str(work), "CI_DEFAULT_BRANCH": "main"},
        "azure": {"PIPELINE_WORKSPACE": str(work.parent)},
        "argo": {"REPOSITORY": str(work), "REVISION": "change" if change else "main", "FOLDER": "."},
    }
    target = {
        "gitlab": {"CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main"},
        "jenkins": {"CHANGE_TARGET": "main"},
        "azure": {"SYSTEM_PULLREQUEST_TARGETBRANCH": "refs/heads/main"},
        "bitbucket": {"BITBUCKET_PR_DESTINATION_BRANCH": "main"},
    }
    home = work.parent / "home"
    home.mkdir(exist_ok=True)
    return {
        "PATH": os.pathsep.join([str(machine.bin), str(Path(sys.executable).parent), "/usr/bin", "/bin"]),
        "HOME": str(home),
        "LANG": "C.UTF-8",
        "PIP_NO_INDEX": "1",
        "PIP_NO_DEPS": "1",
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "protocol.file.allow",
        "GIT_CONFIG_VALUE_0": "always",
        "SECSCAN_PACKAGE": f"secscan @ {machine.wheel.as_uri()}",
        **told.get(name, {}),
        **(target.get(name, {}) if change else {}),
    }


def execute(name: str, text: str, work: Path, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Run the commands of a job as its system does."""
    shell = (
        ["bash", "-eo", "pipefail", "-c"]
        if SHELLS[name] == "bash"
        else ["dash", "-xec" if name == "jenkins" else "-ec"]
    )
    return subprocess.run(
        [*shell, text], cwd=work, env=env, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False
    )


def clone(origin: Path, folder: Path, branch: str) -> Path:
    git(folder, "clone", "-q", "--branch", branch, str(origin), "work")
    return folder / "work"


def stored(pipeline: bytes) -> list[str]:
    """The single files that a pipeline hands to its system as reports."""
    return sorted(set(re.findall(r"secscan-reports/secscan\.[a-z.-]*", pipeline.decode())))


@pytest.mark.slow
@pytest.mark.parametrize("name", CHANGES)
def test_a_change_is_judged_by_what_it_is_to_be_merged_into(
    name: str, origin: Path, machine: Machine, tmp_path: Path
) -> None:
    work = clone(origin, tmp_path, "change")
    if name == "gitlab":  # what its cache brings back is not the repository's
        write(work, {".secscan-cache/pip/cached.py": BAD.format(name="cached")})
    pipeline = written(name, FACTS).content
    ended = execute(name, script(name, pipeline, "secscan"), work, environment(name, work, machine, change=True))
    assert ended.returncode == 1, ended.stdout + ended.stderr
    for file in ("secscan-reports/secscan.json", *stored(pipeline), *FOUND_BY_FOLDER.get(name, [])):
        assert (work / file).stat().st_size > 100
    scan = json.loads((work / "secscan-reports" / "secscan.json").read_bytes())
    blocked = {one["fingerprint"] for one in scan["judgement"]["decisions"] if one["action"] == "block"}
    assert {one["location"]["path"] for one in scan["findings"] if one["fingerprint"] in blocked} == {"new.py"}
    assert scan["judgement"]["policy"] == "house"


@pytest.mark.slow
@pytest.mark.parametrize("name", SHELLS)
def test_what_is_merged_is_judged_as_a_whole(name: str, origin: Path, machine: Machine, tmp_path: Path) -> None:
    work = clone(origin, tmp_path, "main")
    env = environment(name, work, machine, change=False)
    if name == "argo":  # the image holds secscan
        secscan = machine.bin / "secscan"
        secscan.write_text(f'#!/bin/sh\nexec "{sys.executable}" -I -m secscan "$@"\n')
        secscan.chmod(0o755)
    ended = execute(name, script(name, written(name, FACTS).content, "secscan"), work, env)
    reports = work.parent / "home" / "reports" if name == "argo" else work / "secscan-reports"
    scan = json.loads((reports / "secscan.json").read_bytes())
    assert {one["location"]["path"] for one in scan["findings"]} == {"app.py"}
    # Without a baseline nobody knows that it is old, and the last rule decides.
    assert (ended.returncode, {one.get("new") for one in scan["judgement"]["decisions"]}) == (1, {None})


@pytest.mark.slow
@pytest.mark.parametrize("name", IMAGE_JOBS)
def test_each_image_is_built_and_judged(name: str, machine: Machine, tmp_path: Path) -> None:
    files = {".secscan/policy.yaml": POLICY.format(required="image"), "Dockerfile": "", "api/Dockerfile": ""}
    work = clone(repository(tmp_path / "shop", files), tmp_path, "main")
    env = environment(name, work, machine, change=False)
    root, other = ImageBuilder(user="root"), ImageBuilder(user="65532", healthcheck=("CMD", "true"))
    images = [one.layer(Entry("app/run", b"run")) for one in (root, other)]
    saved = [image.docker_archive(tmp_path / f"{number}.tar") for number, image in enumerate(images, 1)]
    docker = machine.bin / "docker"
    docker.write_text(f'#!/bin/sh\nif [ "$1" = save ]; then cp "{tmp_path}/${{4##*:}}.tar" "$3"; fi\n')
    docker.chmod(0o755)
    pipeline = written(name, WITH_IMAGE).content
    if name == "gitlab":
        assert execute(name, script(name, pipeline, "secscan-build"), work, env).returncode == 0
    ended = execute(name, script(name, pipeline, IMAGE_JOBS[name]), work, env)
    assert ended.returncode == 1, ended.stdout + ended.stderr
    verdicts = []
    for number in range(1, len(saved) + 1):
        scan = json.loads((work / "secscan-reports" / f"image-{number}" / "secscan.json").read_bytes())
        verdicts.append(scan["judgement"]["verdict"])
    assert verdicts == ["failed", "passed"]


@pytest.mark.slow
def test_the_agent_of_azure_is_given_no_command(origin: Path, machine: Machine, tmp_path: Path) -> None:
    work = clone(origin, tmp_path, "change")
    name = "###vso[task.complete result=Succeeded;]##[section]x.py"
    write(work, {name: BAD.format(name="f")})
    text = script("azure", written("azure", FACTS).content, "secscan")
    ended = execute("azure", text, work, environment("azure", work, machine, change=True))
    assert ended.returncode == 1
    assert "task.complete" in ended.stdout
    assert "##vso[" not in (ended.stdout + ended.stderr).lower()
    assert "##[" not in ended.stdout + ended.stderr


@pytest.mark.parametrize("name", CHANGES)
def test_a_job_ends_before_it_installs_what_nobody_named(name: str, origin: Path, tmp_path: Path) -> None:
    work = clone(origin, tmp_path, "main")
    env = environment(name, work, NOTHING, change=False)
    del env["SECSCAN_PACKAGE"]
    ended = execute(name, script(name, written(name, FACTS).content, "secscan"), work, env)
    assert ended.returncode == 2
    assert "SECSCAN_PACKAGE" in ended.stderr


@pytest.mark.parametrize("name", CHANGES)
def test_a_repository_cannot_bring_what_the_job_writes(name: str, origin: Path, tmp_path: Path) -> None:
    work = clone(origin, tmp_path, "change")
    write(work, {"secscan-reports/hidden.py": BAD.format(name="hidden")})
    commit(work, "hide a file")
    text = script(name, written(name, FACTS).content, "secscan")
    ended = execute(name, text, work, environment(name, work, NOTHING, change=True))
    assert ended.returncode == 2
    assert "rename them" in ended.stderr
    assert (work / "secscan-reports" / "hidden.py").exists()
