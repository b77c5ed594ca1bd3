"""`secscan vault policy`: what a role of secscan needs in Vault, and not more."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer


def policy(
    mode: Annotated[str, typer.Option("--mode", "-m", metavar="MODE", help="index, crawl, audit-hash, refs, hygiene or indexer.", show_default="that of the settings, else crawl")] = "",
    mount: Annotated[list[str] | None, typer.Option("--mount", help="A KV mount in scope; may be repeated.", show_default="those of the settings, else secret")] = None,
    old: Annotated[list[str] | None, typer.Option("--kv1", metavar="MOUNT", help="A KV mount of version 1; may be repeated.")] = None,
    not_read: Annotated[list[str] | None, typer.Option("--not-read", metavar="GLOB", help="Paths that the role must not read, such as 'break-glass/**'.")] = None,
    role: Annotated[str, typer.Option("--role", metavar="jwt|approle", help="Print the role instead, as JSON: who may log in.")] = "",
    repository: Annotated[str, typer.Option("--repository", metavar="ID", help="GitHub's number of the repository (github.repository_id).")] = "",
    ref: Annotated[str, typer.Option("--ref", help="The branch, as refs/heads/NAME.")] = "",
    workflow: Annotated[str, typer.Option("--workflow", metavar="REF", help="OWNER/REPOSITORY/.github/workflows/FILE@REF (job_workflow_ref).")] = "",
    audience: Annotated[str, typer.Option("--audience", help="What the job asks its token for; used for this Vault only.")] = "",
    cidr: Annotated[list[str] | None, typer.Option("--cidr", help="Addresses from which it may be used; may be repeated.")] = None,
    config: Annotated[Path | None, typer.Option("--config", help="Settings file: its section `vault` says mode, mounts and keys.")] = None,
) -> None:  # fmt: skip
    """Print the policy with the fewest rights for a mode, or the role to log in with. Nothing is asked of Vault.

    secscan vault policy -m index | vault policy write secscan-index -

    secscan vault policy -m index --role jwt | vault write auth/jwt/role/secscan-index -
    """
    import json
    from dataclasses import replace

    from secscan.cli.vault import vault_settings
    from secscan.errors import UsageError
    from secscan.findings.globs import problem_with
    from secscan.stores.vault import least

    settings = vault_settings(config)
    wanted = mode or settings.mode.value
    if wanted not in list(least.Role):
        raise UsageError(f"there is no mode {wanted!r}", hint=f"the modes are {', '.join(least.Role)}")
    if role not in {"", "jwt", "approle"}:
        raise UsageError(f"there is no role for {role!r}", hint="give jwt or approle")
    for glob in not_read or ():
        if problem := problem_with(glob):
            raise UsageError(f"{glob!r}: {problem[0]}", hint=problem[1])
    settings = replace(
        settings,
        mounts=tuple(one.strip("/") for one in mount or ()) or settings.mounts,
        not_read=tuple(not_read or ()) or settings.not_read,
    )
    asked = least.Asked(audience=audience, repository=repository, ref=ref, workflow=workflow, cidrs=tuple(cidr or ()))
    chosen = least.Role(wanted)
    if role:
        document = least.jwt_role(chosen, asked) if role == "jwt" else least.approle(chosen, asked)
        sys.stdout.write(json.dumps(document, indent=2) + "\n")
    else:
        sys.stdout.write(least.policy(chosen, settings, tuple(one.strip("/") for one in old or ())))
