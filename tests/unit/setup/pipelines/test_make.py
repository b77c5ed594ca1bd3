"""What is found in a repository decides what its pipeline does, and nothing in a name does."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from secscan.errors import UsageError
from secscan.setup.facts import CI_SYSTEMS, Facts
from secscan.setup.pipelines import pipeline_files
from secscan.setup.pipelines.make import is_plain, manifest_folder
from secscan.setup.pipelines.source import Source
from secscan.setup.pipelines.systems import SYSTEMS
from tests.support.pipelines import KNOWN, LARGE, SHELLS, SMALL, parsed, scripts, written

EMPTY = Facts(root=Path("/repository"))
BUILDERS = [name for name in CI_SYSTEMS if name != "argo"]
HOSTILE = (
    'Dockerfile"; touch /tmp/x; "',
    "$(id)/Dockerfile",
    "`id`/Dockerfile",
    "a b/Dockerfile",
    "'''/Dockerfile",
    "<< x >>/Dockerfile",
    "${{ secrets.X }}/Dockerfile",
    "-x/Dockerfile",
    "a\n- b/Dockerfile",
    "../Dockerfile",
    "%0A/Dockerfile",
)


def test_there_is_a_pipeline_for_each_system_that_init_takes() -> None:
    assert set(SYSTEMS) == set(CI_SYSTEMS)


def test_another_system_is_refused_with_those_there_are() -> None:
    with pytest.raises(UsageError, match="travis") as error:
        pipeline_files("travis", EMPTY)
    assert "gitlab" in error.value.hint


@pytest.mark.parametrize("name", CI_SYSTEMS)
def test_the_same_facts_give_the_same_bytes(name: str) -> None:
    assert pipeline_files(name, LARGE, KNOWN) == pipeline_files(name, LARGE, KNOWN)


@pytest.mark.parametrize("name", BUILDERS)
def test_images_are_built_only_of_a_repository_that_has_some(name: str) -> None:
    assert b"docker build" in written(name, LARGE).content
    assert b"docker build" not in written(name, SMALL).content


@pytest.mark.parametrize("name", BUILDERS)
def test_advisories_are_got_of_what_the_repository_uses(name: str) -> None:
    text = written(name, LARGE).content.decode()
    assert "PyPI crates.io" in text
    assert "advisories-" not in written(name, SMALL).content.decode()
    assert "advisories update" not in written(name, SMALL).content.decode()


def test_gitlab_is_given_a_dependency_report_only_of_what_has_dependencies() -> None:
    assert b"dependency_scanning" in written("gitlab", LARGE).content
    assert b"dependency_scanning" not in written("gitlab", SMALL).content


@pytest.mark.parametrize("name", CI_SYSTEMS)
@pytest.mark.parametrize("hostile", HOSTILE)
def test_a_name_that_means_something_in_any_language_is_left_out(name: str, hostile: str) -> None:
    facts = replace(
        LARGE,
        dockerfiles=("Dockerfile", hostile),
        default_branch=hostile,
        ecosystems=("PyPI", hostile),
        kubernetes_files=(f"{hostile}/a.yaml",),
    )
    quiet = replace(LARGE, dockerfiles=("Dockerfile",), ecosystems=("PyPI",), kubernetes_files=())
    said = [
        one for one in pipeline_files(name, facts)[0].content.decode().splitlines() if " more are not built" not in one
    ]
    assert said == pipeline_files(name, quiet)[0].content.decode().splitlines()
    assert ".." not in pipeline_files(name, facts)[0].path


@pytest.mark.parametrize("name", BUILDERS)
def test_what_is_not_built_is_said(name: str) -> None:
    assert b"# 1 more are not built here" in written(name, LARGE).content
    many = replace(LARGE, dockerfiles=tuple(f"s{number}/Dockerfile" for number in range(30)))
    assert b"# 10 more are not built here" in written(name, many).content


@pytest.mark.parametrize("name", SHELLS)
def test_nobody_is_asked_for_the_bare_name(name: str) -> None:
    """Whoever takes the name in an index would be run."""
    for one in scripts(name, written(name, LARGE).content):
        for line in one.text.splitlines():
            assert "pip install" not in line or line.rstrip().endswith(('"$SECSCAN_PACKAGE"', '-r "$SECSCAN_LOCK"'))


@pytest.mark.parametrize("name", [one for one in SHELLS if one != "argo"])
def test_where_this_one_comes_from_stands_in_the_pipeline(name: str) -> None:
    assert KNOWN.package in written(name, SMALL, KNOWN).content.decode()
    assert "SECSCAN_PACKAGE" not in pipeline_files(name, SMALL, KNOWN)[0].about
    assert "SECSCAN_PACKAGE" in pipeline_files(name, SMALL, Source())[0].about


@pytest.mark.parametrize(
    ("name", "usual", "beside"),
    [
        ("jenkins", "Jenkinsfile", "Jenkinsfile.secscan"),
        ("circleci", ".circleci/config.yml", ".circleci/secscan.yml"),
        ("azure", "azure-pipelines.yml", "azure-pipelines.secscan.yml"),
        ("bitbucket", "bitbucket-pipelines.yml", "bitbucket-pipelines.secscan.yml"),
    ],
)
def test_a_pipeline_of_the_repository_is_not_in_the_way(name: str, usual: str, beside: str) -> None:
    assert [one.path for one in pipeline_files(name, EMPTY)] == [usual]
    assert [one.path for one in pipeline_files(name, replace(EMPTY, ci=(name,)))] == [beside]
    assert [one.path for one in pipeline_files(name, replace(EMPTY, ci=(name,), own=(usual,)))] == [usual]


def test_gitlab_includes_ours() -> None:
    ours, including = pipeline_files("gitlab", EMPTY)
    assert parsed(including.content) == [{"include": [{"local": ours.path}]}]
    assert [one.path for one in pipeline_files("gitlab", replace(EMPTY, ci=("gitlab",)))] == [ours.path]


def test_the_job_of_argo_cd_lies_where_the_manifests_do() -> None:
    assert manifest_folder(LARGE) == "deploy"
    assert pipeline_files("argo", LARGE)[0].path == "deploy/secscan-presync.yaml"
    assert manifest_folder(replace(LARGE, kubernetes_files=("web.yaml", "deploy/a.yaml"))) == ""


@pytest.mark.parametrize("name", ["main", "release/2.0", "_x", ".hidden/a"])
def test_plain_names(name: str) -> None:
    assert is_plain(name)
