"""`secscan hook install|uninstall|status`: the scripts in git's own folder, for those without a manager of hooks."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from secscan.cli.say import say
from secscan.cli.terminal import as_typed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from secscan.targets.git import Repository


def install(
    secrets: Annotated[bool, typer.Option("--secrets", help="Before a commit, look for secrets only: the fastest.")] = False,
    only: Annotated[str, typer.Option("--only", metavar="pre-commit|pre-push", help="Install this hook only.")] = "",
    policy: Annotated[str, typer.Option("--policy", "-p", help="Policy file, or a shipped policy, for the hooks.", show_default="hook; secrets-only with --secrets")] = "",
    waivers: Annotated[list[Path] | None, typer.Option("--waivers", metavar="FILE", help="Waivers that count, beside your own; may be repeated.")] = None,
    anyway: Annotated[bool, typer.Option("--anyway", help="Install it although another tool manages the hooks here.")] = False,
) -> None:  # fmt: skip
    """Write the hooks of git that look at what is committed and pushed. Never touches a hook of somebody else."""
    from secscan.cli.repositories import repository_here

    install_in(repository_here(), secrets=secrets, only=only, policy=policy, waivers=waivers or (), anyway=anyway)


def install_in(
    repository: Repository,
    *,
    secrets: bool = False,
    only: str = "",
    policy: str = "",
    waivers: Sequence[Path] = (),
    anyway: bool = False,
) -> None:
    """Write the hooks of a repository, and say which. Raises `UsageError` where something else is in their place."""
    from secscan.errors import UsageError
    from secscan.hooks.managers import managers_of
    from secscan.hooks.scripts import HOOKS, script_at, text_of, write

    managers = managers_of(repository.root)
    if managers and not anyway:
        one = managers[0]
        raise UsageError(f"{one.name} manages the hooks here ({one.file})", hint=f"{one.advice}; or give --anyway")
    if only and only not in HOOKS:
        raise UsageError(f"there is no hook {only!r} to install", hint=f"the hooks are: {', '.join(HOOKS)}")
    if secrets and policy:
        raise UsageError("--secrets has a policy of its own", hint="leave --policy out")
    folder = _own_folder(repository)
    python = _python()
    options = [*(("--policy", policy) if policy else ())]
    options += [word for file in waivers for word in ("--waivers", str(file))]
    kinds = {"pre-commit": "secrets" if secrets else "staged", "pre-push": "push"}
    wanted = {hook: text_of(python, ["hook", "run", kinds[hook], *options]) for hook in HOOKS if only in ("", hook)}
    foreign = [one.place for one in (script_at(folder, hook) for hook in wanted) if one.state == "foreign"]
    for hook, text in wanted.items():
        if not foreign or script_at(folder, hook).place in foreign:
            written = write(folder, hook, text)
            say(f"{written.place}: {written.command}")


def uninstall() -> None:
    """Remove the hooks that `secscan hook install` wrote, and what they kept."""
    from secscan.cli.repositories import repository_here
    from secscan.errors import TargetError
    from secscan.hooks.memory import memory_of
    from secscan.hooks.scripts import HOOKS, folder_of, remove

    repository = repository_here()
    memory = memory_of(repository)
    folder = folder_of(repository, memory.common)
    removed = [hook for hook in HOOKS if remove(folder, hook)]
    if not removed:
        raise TargetError(f"no hook of ours is in {folder}", hint="see `secscan hook status`")
    say(f"removed {', '.join(removed)} from {folder}")


def status() -> None:
    """Say which hooks are there, whose they are, and whether they can run."""
    from secscan.cli.repositories import repository_here
    from secscan.hooks.managers import managers_of
    from secscan.hooks.memory import memory_of
    from secscan.hooks.scripts import HOOKS, folder_of, script_at
    from secscan.reports.escape import terminal

    repository = repository_here()
    memory = memory_of(repository)
    folder = folder_of(repository, memory.common)
    lines = []
    for one in (script_at(folder, hook) for hook in HOOKS):
        words = {"none": "not installed", "ours": one.command, "foreign": "a hook that is not ours"}[one.state]
        lines.append(f"{one.hook}: {words}" + ("" if one.runs else "  (it cannot run: install it again)"))
    lines += [f"{one.name} manages hooks here ({one.file})" for one in managers_of(repository.root)]
    lines.append(f"hooks lie in {folder}")
    own = as_typed(memory.waivers)
    lines.append(f"your own waivers: {own}" if memory.waivers.is_file() else f"no waivers of your own ({own})")
    sys.stdout.write("".join(f"{terminal(line)}\n" for line in lines))


def _own_folder(repository: Repository) -> Path:
    """The folder of hooks, if it is this repository's own: another may serve many, or be part of the tree."""
    from secscan.errors import UsageError
    from secscan.hooks.memory import memory_of
    from secscan.hooks.scripts import folder_of

    common = memory_of(repository).common
    folder = folder_of(repository, common)
    if Path(os.path.realpath(folder)).is_relative_to(os.path.realpath(common)):
        return folder
    raise UsageError(
        f"core.hooksPath leads git to {folder}, which is not this repository's alone; nothing was changed",
        hint='add `secscan hook run staged` to the pre-commit there, and `secscan hook run push "$@"` to the pre-push; '
        "or: git config --local core.hooksPath .git/hooks",
    )


def _python() -> str:
    """The Python that runs us now, if it finds secscan when it is isolated, as the hooks run it."""
    from secscan import process
    from secscan.errors import UsageError

    try:
        ended = process.run([sys.executable, "-I", "-m", "secscan", "--version"])
    except process.StartError as error:
        raise UsageError(f"{sys.executable} cannot be started", hint="install secscan in an environment") from error
    if ended.trouble or ended.exit_code != 0:
        raise UsageError(
            f"{sys.executable} -I does not find secscan, so a hook could not run it",
            hint="install secscan in a virtual environment, or with pipx, and not with `pip install --user`",
        )
    return sys.executable
