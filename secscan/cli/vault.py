"""`secscan vault`: what Vault knows of the secrets in code, and how it is asked with the least rights."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from secscan.cli.say import say

if TYPE_CHECKING:
    from secscan.stores.vault.settings import VaultSettings

CONFIG = Annotated[
    Path | None, typer.Option("--config", help="Settings file; a section `vault` in it says how Vault is asked.")
]


def check(
    path: Annotated[Path, typer.Argument(help="Folder or file to look at.", show_default="the working directory")] = Path(),
    staged: Annotated[bool, typer.Option("--staged", help="Look at what is staged in git, as it is staged.")] = False,
    diff: Annotated[str, typer.Option("--diff", metavar="BASE...HEAD", help="Look at what a range of commits changed.")] = "",
    policy: Annotated[str, typer.Option("--policy", "-p", help="Policy file, or a shipped policy.")] = "secrets-only",
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder for the reports.")] = Path(),
    config: CONFIG = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print the verdict only.")] = False,
) -> None:  # fmt: skip
    """Look only for secrets, and say of each whether it is in use: a scan with the scanners that are about secrets and Vault."""
    from secscan.cli.scan import scan
    from secscan.scanners.registry import SECRETS

    scan(
        path, policy=policy, output=output, staged=staged, diff=diff, config=config, scanner=[SECRETS], vault=True, quiet=quiet
    )  # fmt: skip


def unreferenced(
    path: Annotated[Path, typer.Argument(help="Folder with the references.", show_default="the working directory")] = Path(),
    config: CONFIG = None,
) -> None:  # fmt: skip
    """List the entries of Vault that no reference in a tree names. Exits 3 where not all of Vault could be listed."""
    import os

    from secscan.errors import ExitCode, VaultError
    from secscan.findings.paths import os_path
    from secscan.reports.escape import terminal
    from secscan.stores.ask import credentials
    from secscan.stores.follow import unreferenced as find
    from secscan.stores.guard import refusal, shows_paths
    from secscan.stores.vault.connection import Connection
    from secscan.stores.vault.settings import Mode
    from secscan.targets.open import TargetRequest, open_target

    settings = vault_settings(config).completed(os.environ)
    if why := refusal(Mode.INDEX, os.environ):
        raise VaultError(f"Vault was not asked: {why}", hint="see docs/vault.md, on modes and pull requests")
    if not shows_paths(settings.paths, os.environ):
        raise VaultError(
            "paths of Vault are not shown here", hint="run it where they may be, or set `vault.paths: show`"
        )
    with open_target(TargetRequest(path=path)) as target, Connection(settings, credentials(settings)) as connection:
        found = find(connection, {str(target.root / os_path(file.path)): file.path for file in target.files})
        unseen = [(gap.subject, gap.detail) for gap in target.gaps]
    for entry in found.entries:
        sys.stdout.write(f"{terminal(entry)}\n")
    unseen += [(one.path, one.detail) for one in found.missed]
    for subject, detail in unseen:
        say(f"not looked at: {subject}: {detail}")
    if unseen:
        raise typer.Exit(ExitCode.INCOMPLETE)


def index(
    output: Annotated[Path, typer.Option("--output", "-o", help="The index.")] = Path("vault-index.json"),
    paths: Annotated[Path | None, typer.Option("--paths", metavar="FILE", help="Write there which id stands for which path; for those who may know.")] = None,
    config: CONFIG = None,
) -> None:  # fmt: skip
    """Write an index of what Vault holds, for jobs that may read no secret: HMACs by Transit, no value and no path.

    For a trusted job: it reads every secret in scope, in a child process that ends after it.
    """
    import msgspec

    from secscan.files import write_atomic
    from secscan.process import Limits
    from secscan.reports.present import counted
    from secscan.stores.ask import ask_for_index

    made = ask_for_index(vault_settings(config), Limits())
    write_atomic(output, made.index.encode())
    if paths is not None:
        write_atomic(paths, msgspec.json.format(msgspec.json.encode(made.paths, order="sorted")) + b"\n", private=True)
    say(
        f"{output}: {counted(made.values, 'value')} of {made.entries} entries; {made.missed} parts of Vault were not read, "
        f"{counted(made.weak, 'value')} too ordinary to be compared"
    )


def vault_settings(config: Path | None) -> VaultSettings:
    """Return what the settings file, if one is given, says of Vault."""
    from secscan.config import load_settings
    from secscan.stores.vault.settings import VaultSettings

    return (load_settings(config.parent, config).vault if config else None) or VaultSettings()
