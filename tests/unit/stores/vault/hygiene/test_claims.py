from __future__ import annotations

from typing import Any

import pytest

from secscan.stores.vault.hygiene.claims import OTHER, REF, REPOSITORY, WHO, bounds, globs


@pytest.mark.parametrize(
    ("subject", "claims", "glob", "held"),
    [
        ("", {"repository_owner": "acme"}, False, {WHO}),
        ("", {"repository_owner_id": "1", "event_name": "push"}, False, {WHO}),
        ("", {"workflow": "release"}, False, {WHO}),
        ("", {"repository_id": "1"}, False, {REPOSITORY}),
        ("", {"repository": "acme/*"}, True, {WHO}),
        ("", {"repository": "acme/*"}, False, {REPOSITORY}),
        ("", {"repository_id": "1", "ref": "refs/heads/main"}, False, {REPOSITORY, REF}),
        ("", {"repository_id": "1", "ref": "*"}, True, {REPOSITORY}),
        ("", {"repository_id": "1", "ref": "refs/heads/*"}, True, {REPOSITORY}),
        ("", {"repository_id": ["1", "2"], "ref": ["refs/heads/main", "*"]}, True, {REPOSITORY}),
        ("", {"job_workflow_ref": "acme/ci/.github/workflows/a.yml@*"}, True, set()),
        ("", {"sub": "*"}, True, {WHO}),
        ("", {"sub": "repo:acme/*"}, True, {WHO}),
        ("", {"sub": "repo:acme/app:*"}, True, {WHO, REPOSITORY}),
        ("", {"sub": "repo:acme/app:ref:refs/heads/main"}, True, {WHO, REPOSITORY, REF}),
        ("", {"/sub": "repo:acme/app:ref:refs/heads/main"}, False, {WHO, REPOSITORY, REF}),
        ("project_path:acme/app:ref_type:branch:ref:main", {}, False, {WHO, REPOSITORY, REF}),
        ("alice@corp.example", {}, False, {OTHER}),
        ("", {"groups": ["admins"]}, False, {OTHER}),
        ("", {"groups": "*"}, True, set()),
    ],
)
def test_what_the_bounds_hold(subject: str, claims: dict[str, Any], glob: bool, held: set[str]) -> None:
    assert bounds(subject, claims, glob=glob) == held


def test_claims_with_wildcards() -> None:
    assert globs({"sub": "repo:acme/*", "ref": ["refs/heads/main", "refs/tags/*"], "repository_id": "1"}) == (
        "ref",
        "sub",
    )
