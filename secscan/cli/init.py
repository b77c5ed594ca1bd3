"""`secscan init`: sets a repository up."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from secscan.cli.say import say
from secscan.setup.facts import CI_SYSTEMS

if TYPE_CHECKING:
    from secscan.setup.facts import Facts, NewFile
    from secscan.setup.write import Step

_POLICIES = ("default", "strict", "advisory")


def init(
    path: Annotated[Path, typer.Argument(help="Top of the repository.", show_default="the working directory")] = Path(),
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Ask nothing; keep files that are there and differ.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Overwrite files that are there and differ.")] = False,
    policy: Annotated[str, typer.Option("--policy", "-p", help="Policy to write down.", show_default="default")] = "",
    baseline: Annotated[bool | None, typer.Option("--baseline/--no-baseline", help="Scan now, and block only what is new from now on.", show_default=False)] = None,
    ci: Annotated[list[str] | None, typer.Option("--ci", metavar="NAME", help=f"Write a pipeline, too; may be repeated. One of {', '.join(CI_SYSTEMS)}.")] = None,
    hooks: Annotated[bool | None, typer.Option("--hooks/--no-hooks", help="Install the hooks of git, too: see secscan hook install.", show_default=False)] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be written, and write nothing.")] = False,
) -> None:  # fmt: skip
    """Look at a repository, propose settings with reasons, and write them. What was written is trusted.

    It asks at most four questions, and one before it overwrites a file; none where standard input is no terminal.
    """
    import functools
    import textwrap

    from secscan.advisories.names import PUBLIC_ADVISORIES
    from secscan.advisories.store import own_index
    from secscan.cli.terminal import columns
    from secscan.errors import UsageError
    from secscan.policy.load import load_policy
    from secscan.reports.escape import terminal
    from secscan.setup.detect import look_at
    from secscan.setup.propose import Wishes, first_commands, proposed, why
    from secscan.setup.write import steps, write

    fill = functools.partial(textwrap.fill, break_long_words=False, break_on_hyphens=False)
    if not path.is_dir():
        raise UsageError(f"{path} is no folder", hint="name the top of the repository")
    ask = is_terminal() and not yes and not dry_run
    facts = look_at(path)
    _say(f"{facts.root}: {facts.files} files" + ("" if facts.in_git else ", in no git repository"))
    for name, text in why(facts):
        _say(fill(f"  {name:<12}  {terminal(text)}", columns(), subsequent_indent=" " * 16))
    wishes = Wishes(
        policy=policy or (_choose("Policy", _POLICIES) if ask else "default"),
        baseline=_ask("Is there a backlog? Then block only what is new", usual=False) if ask and baseline is None else bool(baseline),
    )  # fmt: skip
    load_policy(wishes.policy)
    systems = tuple(ci or ()) or (_systems(facts) if ask else ())
    if hooks is None and ask and facts.in_git:
        hooks = _ask("Look at every commit and push, by hooks of git", usual=False)
    planned = steps(facts.root, [*proposed(facts, wishes), *_pipelines(systems, facts)])
    chosen = [step for step in planned if _is_wanted(step, ask=ask, force=force, show=dry_run)]
    if dry_run:
        return
    for step in chosen:
        write(facts.root, step)
        _say(f"  wrote {step.file.path}: {step.file.about}")
    ours = [step.file for step in planned if step in chosen or step.state == "same"]
    if wishes.baseline:
        ours.append(_baseline(facts.root))
    _trust(facts.root, ours)
    if hooks:
        _install_hooks(facts.root)
    _say("Next:")
    for command, about in first_commands(facts, has_index=own_index() is not None, address=PUBLIC_ADVISORIES):
        _say(f"  {command}")  # whole, so that it can be copied
        _say(fill(terminal(about), columns(), initial_indent=" " * 6, subsequent_indent=" " * 6))


def is_terminal() -> bool:
    """Whether somebody is there who can be asked."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def _say(text: str) -> None:
    for line in text.split("\n"):
        say(line)


def _ask(question: str, *, usual: bool) -> bool:
    with _stopping():
        return bool(typer.confirm(question, default=usual, err=True))


def _choose(what: str, words: Sequence[str]) -> str:
    answer = ""
    while answer not in words:
        with _stopping():
            answer = str(typer.prompt(f"{what} ({', '.join(words)})", default=words[0], err=True))
    return answer


@contextlib.contextmanager
def _stopping() -> Iterator[None]:
    """Whoever ends a question with Ctrl-C or Ctrl-D is no gate that failed."""
    try:
        yield
    except typer.Abort:
        from secscan.errors import Interrupted

        raise Interrupted("stopped; nothing was written") from None


def _systems(facts: Facts) -> tuple[str, ...]:
    """The CI systems that are in use and have no pipeline of ours, if the user wants one."""
    from secscan.setup.pipelines import pipeline_files

    open_ones = [
        name for name in facts.ci if not any((facts.root / file.path).exists() for file in pipeline_files(name, facts))
    ]
    wanted = open_ones and _ask(f"Write a pipeline for {', '.join(open_ones)}", usual=True)
    return tuple(open_ones) if wanted else ()


def _pipelines(systems: Sequence[str], facts: Facts) -> list[NewFile]:
    from secscan.setup.pipelines import pipeline_files

    return [file for name in systems for file in pipeline_files(name, facts)]


def _is_wanted(step: Step, *, ask: bool, force: bool, show: bool) -> bool:
    """Whether to write a file. What somebody else wrote is shown beside ours first, and kept unless the user says so."""
    from secscan.reports.escape import terminal
    from secscan.settings.places import SETTINGS_FILE

    name = step.file.path
    if step.state == "same" or (name == SETTINGS_FILE and _says_the_same(step)):
        _say(f"  {name} is as proposed")
        return False
    if step.state == "new" and not show:
        return True
    sys.stdout.write("".join(f"{terminal(line)}\n" for line in step.difference()))
    if step.state != "differs" or force:
        return True
    if ask and _ask(f"Overwrite {name}", usual=False):
        return True
    _say(f"  kept {name}, which differs from what is proposed; --force overwrites it")
    return False


def _says_the_same(step: Step) -> bool:
    """Whether the settings that are there differ in their comments only."""
    from secscan.config import parse_settings

    if step.state != "differs":
        return False
    old, new = (
        parse_settings(data, origin=step.file.path, from_tree=False) for data in (step.before, step.file.content)
    )
    return old.told.keys() == new.told.keys() and all(old.told[name].value == new.told[name].value for name in old.told)


def _baseline(root: Path) -> NewFile:
    """Scan, and write down what is there as known."""
    from datetime import UTC, datetime

    from secscan import pipeline
    from secscan.advisories.store import resolve
    from secscan.cli.judging import Wanted, gather
    from secscan.cli.progress import show_progress
    from secscan.findings.levels import RunStatus
    from secscan.policy.baseline import baseline_of, dumps
    from secscan.reports.present import counted
    from secscan.scanners.registry import all_scanners, choose
    from secscan.scanners.runner import available_cores
    from secscan.settings.places import BASELINE_FILE
    from secscan.setup.facts import NewFile
    from secscan.setup.write import steps, write
    from secscan.targets.open import TargetRequest

    judge = gather(root, None, Wanted(policy="default"), scanners=tuple(all_scanners()))
    with resolve("") as index, show_progress(quiet=False) as progress:
        request = pipeline.ScanRequest(
            target=TargetRequest(path=root),
            scanners=choose(()),
            terms=judge.terms,
            advisories=index,
            jobs=available_cores(),
        )
        seen = pipeline.scan(request, progress=progress)
    made = baseline_of(seen, seen=datetime.now(UTC))
    file = NewFile(BASELINE_FILE, dumps(made), counted(len(made.findings), "finding") + " that are known")
    write(root, steps(root, [file])[0])
    _say(f"  wrote {file.path}: {file.about}")
    failed = ", ".join(run.scanner for run in seen.scanners if run.status is RunStatus.FAILED)
    if failed:
        _say(f"  {failed} could not look: what they find later is new then. Write it again when they can")
    return file


def _install_hooks(root: Path) -> None:
    from secscan.cli.hook_scripts import install_in
    from secscan.errors import UsageError
    from secscan.targets.find_git import repository_at

    repository = repository_at(root)
    if repository is None:
        raise UsageError(
            f"{root} is in no git repository, and has no hooks", hint="git init, then secscan hook install"
        )
    install_in(repository)


def _trust(root: Path, files: Sequence[NewFile]) -> None:
    """Trust what we wrote, and nothing that was there."""
    from secscan.cli.trust import remember
    from secscan.settings.places import BASELINE_FILE, POLICY_FILE, SETTINGS_FILE
    from secscan.targets.find_git import repository_at
    from secscan.trust.tree import open_tree

    tree = open_tree(root, repository_at(root))
    if tree.problem:
        _say(f"  not trusted: {tree.problem.message}; {tree.problem.hint}")
        return
    counting = (SETTINGS_FILE, POLICY_FILE, BASELINE_FILE)
    mine = {tree.inside(root / one.path): one.content for one in files if one.path in counting}
    if mine:
        remember(tree, mine)
        _say(f"  trusted on this machine: {', '.join(sorted(mine))}")
