"""The CI systems there are pipelines for: where each looks for its file, and what has to be said there by hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from secscan.setup.facts import Facts

Files = Callable[[Facts], tuple[tuple[str, str], ...]]
"""From what was found to pairs: the name of a template, and the path of the file that is made of it."""

_PACKAGE = "set the variable SECSCAN_PACKAGE before its first run"


@dataclass(frozen=True, slots=True)
class System:
    """One CI system."""

    title: str
    files: Files
    asks: str = _PACKAGE
    """What somebody has to say by hand where it is not known where secscan comes from."""
    by_action: bool = False
    """Whether secscan comes as a GitHub Action."""


def _one(name: str, usual: str, beside: str) -> Files:
    """One file; where the system has a file already that is not ours, another one, to be taken over from."""

    def files(facts: Facts) -> tuple[tuple[str, str], ...]:
        return ((name, beside if name in facts.ci and usual not in facts.own else usual),)

    return files


def _gitlab(facts: Facts) -> tuple[tuple[str, str], ...]:
    ours = (("gitlab", ".gitlab/secscan.yml"),)
    included = "gitlab" not in facts.ci or ".gitlab-ci.yml" in facts.own
    return (*ours, ("gitlab-include", ".gitlab-ci.yml")) if included else ours


def _argo(facts: Facts) -> tuple[tuple[str, str], ...]:
    from secscan.setup.pipelines.make import manifest_folder

    folder = manifest_folder(facts)
    return (("argo", f"{folder}/secscan-presync.yaml" if folder else "secscan-presync.yaml"),)


SYSTEMS = {
    "github": System(
        "GitHub Actions",
        lambda _: (("github", ".github/workflows/secscan.yml"),),
        asks="put the commit of the action into it before its first run",
        by_action=True,
    ),
    "gitlab": System("GitLab CI", _gitlab),
    "jenkins": System("Jenkins", _one("jenkins", "Jenkinsfile", "Jenkinsfile.secscan")),
    "circleci": System("CircleCI", _one("circleci", ".circleci/config.yml", ".circleci/secscan.yml")),
    "azure": System("Azure Pipelines", _one("azure", "azure-pipelines.yml", "azure-pipelines.secscan.yml")),
    "bitbucket": System(
        "Bitbucket Pipelines", _one("bitbucket", "bitbucket-pipelines.yml", "bitbucket-pipelines.secscan.yml")
    ),
    "argo": System("Argo CD", _argo, asks="fill in what says CHANGE"),
}
"""By the name that `secscan init --ci` takes."""
