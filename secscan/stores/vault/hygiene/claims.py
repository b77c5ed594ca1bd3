"""What the bounds of a JWT role hold fast, of the claims that CI platforms sign.

Sources: https://docs.github.com/en/actions/reference/security/oidc and
https://docs.gitlab.com/ci/secrets/id_token_authentication/ (claims of the tokens).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from secscan.stores.vault.hygiene.asking import texts

WHO = "who"
"""The organisation at most, or something that does not bind at all."""
REPOSITORY = "repository"
REF = "ref"
"""A branch, an environment, or a workflow."""
OTHER = "other"
"""A claim that we do not know: the issuer is no CI platform, or the claim is its own."""

_WHO = frozenset(
    {
        "actor", "actor_id", "aud", "enterprise", "enterprise_id", "event_name", "iss", "namespace_id",
        "namespace_path", "project_visibility", "pipeline_source", "ref_type", "repository_owner",
        "repository_owner_id", "repository_visibility", "runner_environment", "user_id", "user_login", "workflow",
    }
)  # fmt: skip
"""`workflow` is the name that a file gives itself: anybody can give the same."""
_REPOSITORY = frozenset({"repository", "repository_id", "project_id", "project_path"})
_REF = frozenset(
    {
        "ref", "ref_path", "ref_protected", "environment", "environment_protected", "job_workflow_ref",
        "job_workflow_sha", "workflow_ref", "ci_config_ref_uri", "sha",
    }
)  # fmt: skip
_SUBJECTS = ("repo:", "project_path:")


def globs(claims: Mapping[str, Any]) -> tuple[str, ...]:
    """The claims whose values hold a wildcard."""
    return tuple(sorted(name for name, value in claims.items() if any("*" in one for one in texts(value))))


def bounds(subject: str, claims: Mapping[str, Any], *, glob: bool) -> frozenset[str]:
    """Return what is held fast. A claim with several values holds what each of them holds."""
    found = set(_of_subject(subject, glob=False)) if subject else set()
    for name, value in claims.items():
        kinds = [set(_of_claim(name, one, glob=glob)) for one in texts(value)] or [{OTHER}]
        found |= set.intersection(*kinds)
    return frozenset(found)


def _of_claim(name: str, value: str, *, glob: bool) -> Iterator[str]:
    wild = glob and "*" in value
    if name.lstrip("/") == "sub":
        yield from _of_subject(value, glob=glob)
    elif value.strip("*") == "" and glob:
        return
    elif name.lstrip("/") in _REPOSITORY:
        yield WHO if wild else REPOSITORY
    elif name.lstrip("/") in _REF:
        if not (wild and value.endswith("*")):
            yield REF
    else:
        yield WHO if name.lstrip("/") in _WHO else OTHER


def _of_subject(subject: str, *, glob: bool) -> Iterator[str]:
    """`repo:acme/app:ref:refs/heads/main`, `project_path:acme/app:ref_type:branch:ref:main`, or a name of its own."""
    if not subject.startswith(_SUBJECTS):
        yield WHO if glob and "*" in subject else OTHER
        return
    _, _, rest = subject.partition(":")
    repository, _, ref = rest.partition(":")
    yield WHO
    if glob and "*" in repository:
        return
    yield REPOSITORY
    if ref and not (glob and "*" in ref):
        yield REF
