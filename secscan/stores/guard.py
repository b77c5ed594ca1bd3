"""When a store is not asked, whoever wants to: for forks never, and secrets are read for protected branches only.

Whoever opens a pull request chooses what is compared with the store, and would learn by trying what it holds.
"""

from __future__ import annotations

from collections.abc import Mapping

from secscan.ci.proposal import from_fork, proposes_change
from secscan.stores.vault.settings import Mode, PathDisplay


def refusal(mode: Mode, environment: Mapping[str, str]) -> str:
    """Return why a store must not be asked in this run; empty where it may be."""
    if from_fork(environment):
        return "the change comes from a fork, or nobody knows from where, and a store is never asked for those"
    if mode is not Mode.CRAWL:
        return ""
    if proposes_change(environment):
        return "secrets are not read for a change that is only proposed"
    protected = {"GITHUB_ACTIONS": "GITHUB_REF_PROTECTED", "GITLAB_CI": "CI_COMMIT_REF_PROTECTED"}
    for platform, variable in protected.items():
        if environment.get(platform) == "true" and environment.get(variable) != "true":
            return "secrets are read for protected branches only, and this branch is none"
    return ""


def shows_paths(display: PathDisplay, environment: Mapping[str, str]) -> bool:
    """Whether findings name the paths of the store, or ids that only those who may list it can resolve."""
    if display is PathDisplay.AUTO:
        return not proposes_change(environment)
    return display is PathDisplay.SHOW
