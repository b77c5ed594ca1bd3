"""`secscan hook run`: the scan of a hook. Short words on standard error, and no file in the work tree."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from secscan.cli.judging import Wanted
    from secscan.findings.scan import Scan
    from secscan.hooks.looks import Look
    from secscan.hooks.memory import Memory
    from secscan.hooks.words import Commands
    from secscan.targets.git import Repository

_KIND_HELP = "secrets, staged: what is about to be committed; push: what is about to be pushed; full: the whole tree."
_FILES_HELP = (
    "Files to look at, as pre-commit gives them; before a push, the name and address of the remote, as git does."
)


def run(
    context: typer.Context,
    kind: Annotated[str, typer.Argument(metavar="secrets|staged|push|full", help=_KIND_HELP)],
    files: Annotated[list[str] | None, typer.Argument(metavar="[FILES]...", help=_FILES_HELP, show_default=False)] = None,
    policy: Annotated[str, typer.Option("--policy", "-p", help="Policy file, or a shipped policy.", show_default="hook; secrets-only for secrets, default for full")] = "",
    environment: Annotated[str, typer.Option("--environment", "-e", metavar="NAME", help="Judge by this environment of the policy.")] = "",
    floor: Annotated[str, typer.Option("--floor", metavar="POLICY", help="A policy below which the other may not go.")] = "",
    waivers: Annotated[list[Path] | None, typer.Option("--waivers", metavar="FILE", help="Waivers that count, beside your own in .git/secscan/waivers.yaml; may be repeated.")] = None,
    config: Annotated[Path | None, typer.Option("--config", help="Settings file instead of the target's secscan.yaml.")] = None,
    advisories: Annotated[str, typer.Option("--advisories", metavar="demo|FILE", help="Advisory index to use instead of your own.")] = "",
    jobs: Annotated[int, typer.Option("--jobs", "-j", min=0, help="Processor cores to use; 0 for all.")] = 0,
) -> None:  # fmt: skip
    """Look at a change and say, in few words, whether it may go on. Git runs this, or pre-commit, or prek.

    Files of the repository that are named with --policy, --floor, --waivers or --config are read from the commit that
    the change is built upon. Exits 0 passed, 1 failed, 2 usage or configuration, 3 incomplete.
    """
    from secscan.advisories.store import resolve
    from secscan.cli.judging import Wanted
    from secscan.cli.repositories import repository_here
    from secscan.errors import ExitCode, UsageError
    from secscan.gate.exit import exit_code, worst
    from secscan.hooks.looks import KINDS, Told, looks_of
    from secscan.hooks.memory import memory_of

    chosen = next((one for one in KINDS if one == kind), None)
    if chosen is None:
        raise UsageError(f"there is no hook {kind!r}", hint=f"the hooks are: {', '.join(KINDS)}")
    repository = repository_here()
    _refuse_files_as_options(context.obj or (), repository)
    memory = memory_of(repository)
    wanted = Wanted(policy, environment, floor, tuple(waivers or ()))
    codes = []
    with resolve(advisories) as index:
        for look in looks_of(chosen, repository, Told(tuple(files or ()), os.environ, _lines(kind, files))):
            memory.forget(look.name)
            result = _scan(look, repository, memory, wanted, config, index, jobs)
            codes.append(exit_code(result.judgement) if result.judgement else ExitCode.BUG)
            _say(look, result, memory)
            if codes[-1] is not ExitCode.PASSED:
                _keep(look, result, memory)
    raise typer.Exit(worst(codes))


def _refuse_files_as_options(words: Sequence[str], repository: Repository) -> None:
    """Raise `UsageError` where an option is the name of a file, too: pre-commit writes the names of files behind the
    options, and whoever called one `--policy=advisory` would choose the judge."""
    from secscan.errors import UsageError

    options = [word for word in (words[: words.index("--")] if "--" in words else words) if word.startswith("-")]
    here = Path(os.path.realpath(Path.cwd()))
    places = {os.fsencode((here / word).relative_to(repository.root)): word for word in options}
    tracked = repository.tracked(tuple(places)) if places else ()
    for place, word in places.items():
        if place in tracked or os.path.lexists(here / word):
            raise UsageError(
                f"{word} is an option, and a file is called so", hint="end the options with -- (`args: [..., --]`)"
            )


def _lines(kind: str, files: Sequence[str] | None) -> tuple[str, ...]:
    """What git writes to a hook before a push; nothing where it is not git that calls."""
    if kind != "push" or not files or "PRE_COMMIT_TO_REF" in os.environ:
        return ()
    return tuple(sys.stdin.buffer.read().decode("utf-8", "surrogateescape").splitlines())


def _scan(
    look: Look,
    repository: Repository,
    memory: Memory,
    wanted: Wanted,
    config: Path | None,
    index: Path | None,
    jobs: int,
) -> Scan:
    """Scan and judge."""
    from dataclasses import replace

    from secscan import pipeline
    from secscan.ci.judge import judge_ref
    from secscan.cli.cache import cache_for
    from secscan.cli.judging import gather, names_inside
    from secscan.cli.progress import show_progress
    from secscan.findings.levels import Kind
    from secscan.process import Limits
    from secscan.scanners.registry import SECRETS, all_scanners, choose
    from secscan.scanners.runner import available_cores

    inside = names_inside(repository.root, wanted, config)
    own = (memory.waivers,) if memory.waivers.is_file() else ()
    asked = replace(
        wanted,
        policy=look.policy if look.own_policy else wanted.policy or look.policy,
        environment="" if look.own_policy else wanted.environment,
        floor="" if look.own_policy else wanted.floor,
        waivers=(*own, *wanted.waivers),
        # In CI the commit that the change is built upon may be the change's own; `gather` knows a better one.
        policy_ref=look.base if inside and not judge_ref(os.environ).ref else "",
        other_policy=look.own_policy or not wanted.policy,
        staged=look.target.staged,
        diff=look.target.span.last if look.target.span else "",
    )
    judge = gather(repository.root, config, asked, scanners=tuple(all_scanners()))
    settings = judge.settings
    kept = cache_for(repository.root, None, wanted=True, verify=False, setting=settings.cache)
    with kept as cache, show_progress(quiet=False) as progress:
        request = pipeline.ScanRequest(
            target=replace(look.target, include=settings.include, exclude=settings.exclude),
            scanners=choose(
                (SECRETS,) if look.secrets_only else settings.enable,
                without=settings.disable,
                kind=Kind.SECRET if look.secrets_only else None,
            ),
            terms=judge.terms,
            known_in=look.known_in,
            pending=judge.pending,
            brought=judge.brought,
            changed=judge.changed,
            counting=judge.counting,
            notices=judge.notices,
            advisories=index,
            limits=Limits(seconds=settings.timeout or 900, megabytes=settings.memory or 4096),
            jobs=jobs or settings.jobs or available_cores(),
            cache=cache,
        )
        return pipeline.scan(request, progress=progress)


def _say(look: Look, result: Scan, memory: Memory) -> None:
    from secscan.cli.terminal import columns
    from secscan.hooks.words import said

    sys.stderr.write(said(result, look.about, _commands(look, memory), width=columns()))


def _keep(look: Look, result: Scan, memory: Memory) -> None:
    """Keep the scan, if that can be done: what was found has been said."""
    from secscan.cli.app import tell
    from secscan.errors import ReportError

    try:
        memory.keep(look.name, result)
    except ReportError as error:
        tell(error)


def _commands(look: Look, memory: Memory) -> Commands:
    """How to go on. Where secscan is in nobody's PATH, as with pre-commit, the Python that runs it now can: what
    pre-commit puts into PATH for its hooks the user does not have."""
    import shlex
    import shutil

    from secscan.cli.terminal import as_typed
    from secscan.hooks.words import Commands

    own = os.path.dirname(sys.executable) if "PRE_COMMIT" in os.environ else ""  # noqa: PTH120 - as PATH has it
    entries = [entry for entry in os.environ.get("PATH", "").split(os.pathsep) if entry != own]
    there = shutil.which("secscan", path=os.pathsep.join(entries))
    program = "secscan" if there else f"{shlex.quote(sys.executable)} -I -m secscan"
    scan, file = shlex.quote(as_typed(memory.place(look.name))), shlex.quote(as_typed(memory.waivers))
    return Commands(look.mend, program, scan, file)
