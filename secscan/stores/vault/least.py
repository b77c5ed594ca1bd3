"""The least that a role of secscan needs in Vault: its policy, and who may have it.

Every policy here is loaded into a real server by its tests, does its work there, and is refused what is more.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from secscan.errors import UsageError
from secscan.stores.vault.paths import problem_with
from secscan.stores.vault.settings import VaultSettings


class Role(StrEnum):
    """What a role is for: the modes in which Vault is asked, and the jobs beside them."""

    INDEX = "index"
    """Looks values up in an index, by HMACs: for pull requests."""
    CRAWL = "crawl"
    """Reads every secret in scope: for protected branches."""
    AUDIT_HASH = "audit-hash"
    """Looks hashes up in the audit log."""
    REFS = "refs"
    """Looks up where references lead: names, versions and names of fields."""
    HYGIENE = "hygiene"
    """`secscan vault audit`."""
    INDEXER = "indexer"
    """Writes the index: a scheduled, trusted job."""


FOR_CHANGES = frozenset({Role.INDEX, Role.REFS, Role.AUDIT_HASH})
"""Roles that read no value, and so may be given to jobs that run for proposed changes of the repository itself."""

_READS = frozenset({Role.CRAWL, Role.INDEXER})
_MINUTES = {Role.CRAWL: 30, Role.INDEXER: 60, Role.HYGIENE: 15}
_USUAL_MINUTES = 10
_SEGMENT = re.compile(r"[^*?+]+")

_ITSELF = (
    ("auth/token/lookup-self", ("read",), "learn how long it lives, and whether a refusal is about a path"),
    ("auth/token/renew-self", ("update",), ""),
    ("auth/token/revoke-self", ("update",), "end itself after the work"),
    ("sys/capabilities-self", ("update",), "notice rights that it should not have"),
)
_HYGIENE = (
    ("sys/mounts", ("read",), ""),
    ("sys/mounts/+/tune", ("read",), ""),
    ("sys/auth", ("read",), ""),
    ("sys/auth/+/tune", ("read", "sudo"), "Vault gives it to nobody without `sudo`; it cannot be changed with `read`"),
    ("sys/policies/acl", ("list",), ""),
    ("sys/policies/acl/*", ("read",), ""),
    ("sys/audit", ("read", "sudo"), ""),
    ("auth/token/accessors", ("list", "sudo"), "accessors name tokens, and give no right without `revoke-accessor`"),
    ("auth/token/accessors/", ("list", "sudo"), ""),
    ("auth/token/lookup-accessor", ("update",), ""),
    # The list must be here: a longer glob without it takes precedence over a shorter path with it.
    ("auth/+/role", ("list",), ""),
    ("auth/+/role/*", ("read", "list"), ""),
)

Grant = tuple[str, tuple[str, ...], str]
"""Path, capabilities, and what for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Who may log in for a role. What is left empty is printed as a word in capitals, to be filled in."""

    audience: str = ""
    repository: str = ""
    """GitHub's number of the repository: names can be taken by others once they are given up."""
    ref: str = ""
    workflow: str = ""
    """`OWNER/REPOSITORY/.github/workflows/FILE@REF`: the workflow that the job is defined in."""
    cidrs: tuple[str, ...] = ()


def policy(role: Role, settings: VaultSettings, old: Sequence[str] = ()) -> str:
    """Return the policy of a role, in HCL; `old` are KV mounts of version 1 beside those of the settings.

    Raises `UsageError` for a path that a policy cannot name exactly.
    """
    lines = [f"# {name(role)}: {_ABOUT[role]}", ""]
    grants = [*_grants(role, settings), *_old(role, old, settings), *_ITSELF]
    width = max(len(path) for path, _, _ in grants) + 2
    for path, capabilities, why in grants:
        given = ", ".join(f'"{one}"' for one in capabilities)
        lines.append(f"path {_quoted(path):<{width}} {{ capabilities = [{given}] }}{f'  # {why}' if why else ''}")
    return "\n".join(lines) + "\n"


def name(role: Role) -> str:
    """How policy and role are called."""
    return f"secscan-{role}"


def jwt_role(role: Role, asked: Asked) -> dict[str, Any]:
    """Return the role for the JWTs of GitHub Actions, for `auth/jwt/role/NAME`.

    It is bound to one repository by its number, to the workflow, and to a branch; for proposed changes, whose
    ref differs each time, to that event and to a workflow that they cannot change.
    """
    claims = {
        "repository_id": asked.repository or "REPOSITORY_ID",
        "job_workflow_ref": asked.workflow or "OWNER/REPOSITORY/.github/workflows/secscan.yml@refs/heads/main",
    }
    if role in FOR_CHANGES and not asked.ref:
        claims["event_name"] = "pull_request"
    else:
        claims["ref"] = asked.ref or "refs/heads/main"
    return {
        "role_type": "jwt",
        "user_claim": "repository_id",
        "bound_audiences": [asked.audience or "AUDIENCE"],
        "bound_claims_type": "string",
        "bound_claims": claims,
        **_token(role, asked),
    }


def approle(role: Role, asked: Asked) -> dict[str, Any]:
    """Return the role for `auth/approle/role/NAME`: each secret id is good for one login, within minutes."""
    return {
        "bind_secret_id": True,
        "secret_id_num_uses": 1,
        "secret_id_ttl": "10m",
        **({"secret_id_bound_cidrs": list(asked.cidrs)} if asked.cidrs else {}),
        **_token(role, asked),
    }


def _token(role: Role, asked: Asked) -> dict[str, Any]:
    minutes = _MINUTES.get(role, _USUAL_MINUTES)
    return {
        "token_policies": [name(role)],
        "token_no_default_policy": True,
        # No batch token: it could not be revoked after the work.
        "token_type": "service",
        "token_ttl": f"{minutes}m",
        "token_max_ttl": f"{minutes}m",
        **({"token_bound_cidrs": list(asked.cidrs)} if asked.cidrs else {}),
    }


def _grants(role: Role, settings: VaultSettings) -> Iterator[Grant]:
    mounts, key = _mounts(role, settings), settings.transit_key
    match role:
        case Role.INDEX:
            yield f"{settings.transit_mount}/hmac/{key}/sha2-256", ("update",), "ask for HMACs; no value is stored"
            yield f"{settings.transit_mount}/verify/{key}-seal/sha2-256", ("update",), "know an index that was changed"
        case Role.AUDIT_HASH:
            yield f"sys/audit-hash/{settings.audit_device}", ("update",), "ask for hashes as the audit log has them"
        case Role.REFS:
            for mount in mounts:
                yield f"{mount}/metadata/*", ("read", "list"), "names and versions"
                yield f"{mount}/subkeys/*", ("read",), "names of fields; Vault leaves the values out"
        case Role.HYGIENE:
            yield from _hygiene(mounts)
        case _:
            for mount in mounts:
                yield f"{mount}/metadata/*", ("read", "list"), ""
                yield f"{mount}/data/*", ("read",), ""
    if role is Role.INDEXER:
        yield f"{settings.transit_mount}/hmac/{key}/sha2-256", ("update",), ""
        yield f"{settings.transit_mount}/hmac/{key}-seal/sha2-256", ("update",), "seal the index"
    if role in _READS | {Role.REFS}:
        for mount in mounts:
            yield from _denied(mount, settings.not_read, reads=role in _READS)


def _old(role: Role, mounts: Sequence[str], settings: VaultSettings) -> Iterator[Grant]:
    """KV of version 1, where entries lie below the mount itself, and have no metadata."""
    if role not in _READS | {Role.REFS}:
        return
    for mount in _checked(mounts):
        yield f"{mount}/*", ("read", "list") if role in _READS else ("list",), ""
        for glob in settings.not_read:
            yield f"{mount}/{_as_policy_path(_below(mount, glob))}", ("deny",), "not for this role"


def _hygiene(mounts: Sequence[str]) -> Iterator[Grant]:
    yield from _HYGIENE
    for mount in mounts:
        yield f"{mount}/config", ("read",), ""
        yield f"{mount}/metadata/*", ("read", "list"), "age and owner of secrets; no value"
        if "/" in mount:
            yield f"sys/mounts/{mount}/tune", ("read",), ""


def _mounts(role: Role, settings: VaultSettings) -> tuple[str, ...]:
    checked = _checked(settings.mounts)
    return () if role in {Role.INDEX, Role.AUDIT_HASH} else checked or ("secret",)


def _checked(mounts: Sequence[str]) -> tuple[str, ...]:
    for mount in mounts:
        # In a policy `+` and `*` would mean other mounts, too.
        problem = problem_with(mount) or ("it has a wildcard" if set(mount) & {"*", "+"} else "")
        if problem:
            raise UsageError(f"{mount[:80]!r} is no mount: {problem}", hint="write it as in `vault secrets list`")
    return tuple(mounts)


def _denied(mount: str, globs: Sequence[str], *, reads: bool) -> Iterator[Grant]:
    for glob in globs:
        path = _as_policy_path(_below(mount, glob))
        for what in ("metadata", "data" if reads else "subkeys"):
            yield f"{mount}/{what}/{path}", ("deny",), "not for this role"


def _below(mount: str, glob: str) -> str:
    return glob.removeprefix("/").removeprefix(f"{mount}/")


def _as_policy_path(glob: str) -> str:
    """`team/*/db` as `team/+/db`, `break-glass/**` as `break-glass/*`. Nothing else means the same in a policy."""
    parts = glob.split("/")
    last = parts.pop() if parts[-1] == "**" else ""
    if not all(part == "*" or _SEGMENT.fullmatch(part) for part in parts):
        raise UsageError(
            f"a policy of Vault cannot name {glob[:80]!r} exactly",
            hint="use whole names, `*` for one whole name, and `/**` at the end",
        )
    return "/".join(["+" if part == "*" else part for part in parts] + (["*"] if last else []))


def _quoted(path: str) -> str:
    return json.dumps(path, ensure_ascii=False)


_ABOUT = {
    Role.INDEX: "reads no secret; asks Transit for HMACs of what stands in code.",
    Role.CRAWL: "reads every secret in scope. For protected branches only.",
    Role.AUDIT_HASH: "reads no secret; asks for hashes as the audit log has them.",
    Role.REFS: "reads no secret; names, versions and names of fields.",
    Role.HYGIENE: "reads no secret; settings, policies, roles, accessors, metadata.",
    Role.INDEXER: "reads every secret in scope, and makes an index of HMACs. For a scheduled, trusted job.",
}
