"""Repositories that are made to run something, or to lead elsewhere: git's settings, links, special files, programs."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Collection, Mapping
from pathlib import Path

from tests.scoreboard.case import Case, Group, Seen, add
from tests.scoreboard.place import Place
from tests.scoreboard.planted import CODE, LEAK, SECRET, SHELL, Planted, judged, tree_case
from tests.scoreboard.tools import NOT_HERE, UNSAFE, program, run_alone, words
from tests.scoreboard.traps import NOTHING_RUNS, sprung, trap
from tests.support.repositories import commit, git, repository, write

GROUP = Group.REPOSITORY
APP = (Planted("app.py", CODE),)


def running(name: str, fault: str, spoil: Callable[[Place, Path], object], *options: str, code: str = SHELL) -> None:
    """A repository with a defect, in which something names a trap. `spoil` gets the trap with the repository."""

    def made(place: Place) -> Path:
        tree = repository(place / "tree", {"first.py": "x = 1\n"})
        write(tree, {"app.py": code, "config.py": LEAK})
        commit(tree)
        trap(place)
        spoil(place, tree)
        return tree

    def look(place: Place) -> Seen:
        tree = made(place)
        planted = [] if "--history" in options else [*APP]
        planted += [Planted("config.py", SECRET)]
        seen = judged(place.scan(tree, *options), planted)
        more = sprung(place)
        return Seen(f"{seen.words}; {more or 'nothing of it was run'}", held=seen.held and not more)

    def others(place: Place) -> Mapping[str, str]:
        tree, told = made(place), {}
        for tool, most in {"semgrep": 1, "gitleaks": 1, "trivy": 1}.items():
            if not program(tool):
                told[tool] = NOT_HERE
                continue
            (place / "mark").unlink(missing_ok=True)
            told[tool] = words(run_alone(place, tool, tree), most) + (
                f"; ran a program of it{UNSAFE}" if sprung(place) else ""
            )
        return told

    add(Case(GROUP, f"git-{name}", fault, NOTHING_RUNS, look, others))


def _set(*keys: str) -> Callable[[Place, Path], None]:
    def spoil(place: Place, tree: Path) -> None:
        for key in keys:
            name, _, value = key.partition("=")
            git(tree, "config", name, value or str(place / "trap"))

    return spoil


def _hooks(place: Place, tree: Path) -> None:
    for name in ("post-index-change", "reference-transaction", "pre-commit", "post-checkout", "fsmonitor-watchman"):
        shutil.copy(place / "trap", tree / ".git" / "hooks" / name)


def _attributes(place: Place, tree: Path) -> None:
    _set("filter.evil.clean", "filter.evil.smudge", "filter.evil.process", "diff.evil.textconv", "diff.evil.command",
         "merge.evil.driver", "diff.external", "filter.evil.required=true")(place, tree)  # fmt: skip
    (tree / ".git" / "info" / "attributes").write_text("* filter=evil diff=evil merge=evil\n")
    (tree / ".gitattributes").write_text("* filter=evil diff=evil merge=evil\n")


def _include(place: Place, tree: Path) -> None:
    (place / "more").write_text(f"[core]\n\tfsmonitor = {place / 'trap'}\n\tpager = {place / 'trap'}\n")
    git(tree, "config", "include.path", str(place / "more"))
    git(tree, "config", "extensions.worktreeConfig", "true")
    shutil.copy(place / "more", tree / ".git" / "config.worktree")


def _partial(place: Place, tree: Path) -> None:
    """An object is missing, and a remote would give it through the trap."""
    oid = git(tree, "rev-parse", "HEAD~1:first.py")
    (tree / ".git" / "objects" / oid[:2] / oid[2:]).unlink()
    _set("core.repositoryFormatVersion=1", "extensions.partialClone=origin", "remote.origin.promisor=true",
         f"remote.origin.url=ext::{place / 'trap'}", "protocol.ext.allow=always", "core.sshCommand")(place, tree)  # fmt: skip


running("fsmonitor", "`core.fsmonitor` names a program", _set("core.fsmonitor"))
running("fsmonitor-staged", "`core.fsmonitor`, and what is staged is looked at", lambda place, tree: (
    _set("core.fsmonitor")(place, tree), write(tree, {"app.py": SHELL + "# more\n", "config.py": LEAK + "# more\n"}),
    git(tree, "-c", "core.fsmonitor=", "add", "--all")), "--staged")  # fmt: skip
running("hooks", "hooks that run when an index or a ref changes", _hooks)
running("hooks-path", "`core.hooksPath` names a folder of programs", lambda place, tree: (
    (place / "hooks").mkdir(), shutil.copy(place / "trap", place / "hooks" / "post-index-change"),
    _set(f"core.hooksPath={place / 'hooks'}")(place, tree)))  # fmt: skip
running("filters", "filters, text conversion and diff drivers for all files", _attributes)
running("filters-history", "the same, and the history is looked at", _attributes, "--history")
running("filters-range", "the same, and a range of commits is looked at", _attributes, "--diff", "HEAD~1...HEAD")
running("commands", "pager, editor, credential helper, ssh and proxy commands", _set("core.pager", "core.editor", "credential.helper", "core.sshCommand", "core.askPass", "core.gitProxy", "core.alternateRefsCommand", "gpg.program", "pager.ls-files", "pager.cat-file", "pager.rev-parse"))  # fmt: skip
running("aliases", "aliases with the names of git's commands", lambda place, tree: _set(*(f"alias.{name}=!{place / 'trap'}" for name in ("ls-files", "cat-file", "rev-parse", "status", "diff-tree")))(place, tree))  # fmt: skip
running("include", "`include.path` and settings of the work tree", _include)
running(
    "missing-object", "a missing object that a remote would give through a program", _partial, "--diff", "HEAD~1...HEAD"
)
running("worktree-setting", "`core.worktree` leads to another folder", lambda place, tree: (
    place.tree({"other.py": "x = 1\n"}, "elsewhere"), _set(f"core.worktree={place / 'elsewhere'}")(place, tree)))  # fmt: skip
running("excludes", "`core.excludesFile` and `info/exclude` for everything", lambda place, tree: (
    (place / "all").write_text("*\n"), (tree / ".git" / "info" / "exclude").write_text("*\n"),
    _set(f"core.excludesFile={place / 'all'}")(place, tree)))  # fmt: skip
running("no-diff", "`.gitattributes`: no file has a diff, none is exported; the history is looked at", lambda place, tree: (
    write(tree, {".gitattributes": "* -diff -text export-ignore binary linguist-generated\n"}), commit(tree)), "--history")  # fmt: skip
running(
    "unknown-format",
    "a repository of a format that git does not know",
    _set("core.repositoryFormatVersion=0", "core.bigFileThreshold=1"),
)
running("replaced-objects", "an object that another one replaces", lambda place, tree: git(
    tree, "replace", git(tree, "rev-parse", "HEAD:config.py"), git(tree, "rev-parse", "HEAD~1:first.py")), "--history")  # fmt: skip
running("grafts", "`info/grafts` and `shallow` that cut the history off", lambda place, tree: (
    write(tree, {"config.py": "x = 1\n"}), commit(tree),
    (tree / ".git" / "info" / "grafts").write_text(git(tree, "rev-parse", "HEAD") + "\n")), "--history")  # fmt: skip


def _bare(place: Place) -> tuple[Path, Collection[Planted]]:
    """Tracked as ordinary files, so that it comes with a clone."""
    tree = place.tree({"app.py": SHELL, "vendor/x/HEAD": "ref: refs/heads/main\n", "vendor/x/app.py": SHELL})
    trap(place)
    for name in ("objects", "refs/heads"):
        (tree / "vendor" / "x" / name).mkdir(parents=True)
    (tree / "vendor" / "x" / "config").write_text(
        f"[core]\n\trepositoryformatversion = 0\n\tbare = false\n\tworktree = .\n\tfsmonitor = {place / 'trap'}\n"
    )
    return tree / "vendor" / "x", APP


tree_case(GROUP, "bare-repository-inside", "the target is a bare repository that lies among the files of another", _bare, expected=NOTHING_RUNS, after=sprung)  # fmt: skip
