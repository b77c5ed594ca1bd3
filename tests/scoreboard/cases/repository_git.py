"""Repositories that are made to run something, or to lead elsewhere: git's settings, links, special files, programs."""

from __future__ import annotations

import os
import shutil
import threading
import time
from collections.abc import Callable, Collection, Mapping
from pathlib import Path

from tests.scoreboard.case import Case, Group, Seen, add, case
from tests.scoreboard.cases.repository_files import nothing_of_outside
from tests.scoreboard.place import Place, Ran
from tests.scoreboard.planted import CODE, LEAK, PIN, SECRET, SHELL, Planted, ended, judged, tree_case
from tests.scoreboard.tools import FOLDER, NOT_HERE, alone_on, program, run_alone, words
from tests.support.repositories import commit, git, repository, write

GROUP = Group.REPOSITORY
APP = (Planted("app.py", CODE),)
OUTSIDE = b"outside-of-the-tree-7f3a"
NOTHING_RUNS = "found; nothing of the repository is run"


def trap(place: Place) -> Path:
    """A program that leaves its mark where it is run."""
    program = place / "trap"
    program.write_text(f'#!/bin/sh\necho "$0 $*" >> {place / "mark"}\nexit 1\n')
    program.chmod(0o755)
    return program


def sprung(place: Place, ran: Ran | None = None) -> str:
    """What was run of the repository, in words."""
    mark = place / "mark"
    return "a program of the repository was run" if mark.exists() else ""


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
                "; **ran a program of it**" if sprung(place) else ""
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


# --- Links, special files, other file systems -----------------------------------------------------------------------------


def _linked(
    name: str,
    fault: str,
    make: Callable[[Place, Path], object],
    expected: str = "found; nothing of outside is read or told",
) -> None:
    def plant(place: Place) -> tuple[Path, Collection[Planted]]:
        tree = place.tree({"app.py": SHELL})
        (place / "outside").mkdir()
        (place / "outside" / "conf.py").write_text(f'password = "{OUTSIDE.decode()}"\n' + SHELL)
        make(place, tree)
        return tree, APP

    tree_case(
        GROUP,
        name,
        fault,
        plant,
        expected=expected,
        after=nothing_of_outside(OUTSIDE),
        tools=("bandit", "semgrep", "shieldctl"),
    )


_linked(
    "link-to-a-file-outside",
    "a link to a file outside of the tree",
    lambda place, tree: (tree / "x.py").symlink_to(place / "outside" / "conf.py"),
)
_linked(
    "link-to-a-folder-outside",
    "a link to a folder outside of the tree",
    lambda place, tree: (tree / "lib").symlink_to(place / "outside"),
)
_linked("link-upwards", "a link to the folder above", lambda place, tree: (tree / "up").symlink_to(".."))
_linked(
    "link-loop",
    "two links that lead to each other",
    lambda place, tree: ((tree / "a.py").symlink_to("b.py"), (tree / "b.py").symlink_to("a.py")),
)
_linked("link-to-zero", "links to a device without an end, one by the name of a settings file", lambda place, tree: ((tree / "z.py").symlink_to("/dev/zero"), (tree / ".semgrepignore").symlink_to("/dev/zero"), (tree / ".gitleaksignore").symlink_to("/dev/zero")), "found; it ends")  # fmt: skip
_linked("link-to-proc", "links to the program's own memory, environment and files", lambda place, tree: [(tree / f"{name}.py").symlink_to(f"/proc/self/{name}") for name in ("environ", "mem", "cmdline", "root", "cwd")])  # fmt: skip
_linked(
    "fifo", "a FIFO by the name of a Python file", lambda place, tree: os.mkfifo(tree / "pipe.py"), "found; it ends"
)
_linked("hard-link-outside", "a settings file that is a hard link to a file outside", lambda place, tree: os.link(place / "outside" / "conf.py", tree / "secscan.txt"), "found")  # fmt: skip
_linked("requirements-outside", "requirements that include a file outside of the tree", lambda place, tree: (tree / "requirements.txt").write_text(f"-r ../outside/conf.py\n-r {place / 'outside' / 'conf.py'}\n"))  # fmt: skip
_linked("git-file-elsewhere", "a `.git` file that names a repository outside", lambda place, tree: (repository(place / "private", {"s.py": f'password = "{OUTSIDE.decode()}"\n'}), (tree / ".git").write_text(f"gitdir: {place / 'private'}/.git\n")))  # fmt: skip
_linked("submodule-outside", "a submodule whose path leads out of the tree", lambda place, tree: (git(tree, "init", "-q"), (tree / ".gitmodules").write_text('[submodule "../../outside"]\n\tpath = ../outside\n\turl = ../outside\n'), commit(tree)))  # fmt: skip
_linked("unreadable-settings", "`secscan.yaml` that is a link to a file outside", lambda place, tree: (tree / "secscan.yaml").symlink_to(place / "outside" / "conf.py"), "found, or refused")  # fmt: skip


def _swapping(place: Place, ran_with: Callable[[], Ran]) -> Ran:
    """Swap a file for a link out of the tree, and back, as fast as it goes."""
    over = threading.Event()
    tree = place / "tree"

    def swap() -> None:
        while not over.is_set():
            for target in ("real.txt", str(place / "outside" / "conf.py")):
                (tree / "next").unlink(missing_ok=True)
                (tree / "next").symlink_to(target)
                (tree / "next").replace(tree / "swapped.py")
            (tree / "copy").write_text("x = 1\n")
            (tree / "copy").replace(tree / "swapped.py")
            time.sleep(0.0005)

    thread = threading.Thread(target=swap)
    thread.start()
    try:
        return ran_with()
    finally:
        over.set()
        thread.join()


@case(
    GROUP,
    "a file is swapped for a link out of the tree, again and again, while it is scanned",
    "nothing of outside is read or told; not passed without a word",
)
def swapped_while_scanned(place: Place) -> Seen:
    tree = place.tree({"app.py": SHELL, "real.txt": "x = 1\n", "swapped.py": "x = 1\n"})
    place.tree({"conf.py": f'password = "{OUTSIDE.decode()}"\n'}, "outside")
    ran = _swapping(place, lambda: place.scan(tree))
    seen = judged(ran, APP)
    more = nothing_of_outside(OUTSIDE)(place, ran)
    return Seen(f"failed, exit {ran.code}; {more or 'nothing of outside is told'}", held=seen.held and not more)


@case(GROUP, "a file is changed while it is scanned", "the change is told, or what is told is of one content")
def changed_while_scanned(place: Place) -> Seen:
    tree = place.tree({"app.py": SHELL, "config.py": LEAK})
    over = threading.Event()

    def change() -> None:
        while not over.is_set():
            for text in (SHELL, "x = 1\n"):
                (tree / "next").write_text(text)
                (tree / "next").replace(tree / "app.py")
            time.sleep(0.001)

    thread = threading.Thread(target=change)
    thread.start()
    try:
        ran = place.scan(tree)
    finally:
        over.set()
        thread.join()
    seen = judged(ran, [Planted("config.py", SECRET)])
    return Seen(f"exit {ran.code}; the secret beside it is found", held=seen.held) if seen.held else seen


@case(GROUP, "the tree vanishes while it is scanned", "not passed; it does not crash")
def tree_vanishes(place: Place) -> Seen:
    tree = place.tree({f"f{n}.py": SHELL for n in range(40)})
    place.shim("semgrep", f'rm -rf {tree}/*.py; exec "$REAL" "$@"')
    ran = place.scan(tree)
    return Seen(
        f"{'not passed' if ran.code in (1, 2, 3) else ran.words}; {ran.trouble or 'no crash'}",
        held=ran.code in (1, 2, 3) and not ran.trouble,
    )


# --- Programs in the tree -------------------------------------------------------------------------------------------------

MODULES = (
    "typer",
    "msgspec",
    "sitecustomize",
    "usercustomize",
    "bandit",
    "semgrep",
    "json",
    "re",
    "pip_audit",
    "conftest",
    "setup",
)
PROGRAMS = ("bandit", "semgrep", "semgrep-core", "pysemgrep", "pip-audit", "git", "python", "python3")


def _with_programs(place: Place) -> Path:
    program = trap(place)
    plant = f"open({str(place / 'mark')!r}, 'a').write(__name__)\n"
    tree = place.tree({"app.py": SHELL, **{f"{name}.py": plant for name in MODULES}, "bandit.ini": "[bandit]\n"})
    for folder in (tree / "bin", tree / ".venv" / "bin"):
        folder.mkdir(parents=True)
        for name in PROGRAMS:
            shutil.copy(program, folder / name)
    return tree


def _planted_programs(
    name: str, fault: str, environment: Callable[[Place, Path], dict[str, str]], quick: bool = False
) -> None:
    def look(place: Place) -> Seen:
        tree = _with_programs(place)
        (place / "around-run" / "work").mkdir(parents=True, exist_ok=True)
        ran = place.scan(tree, cwd=tree, env=environment(place, tree))
        seen = judged(ran, APP)
        more = sprung(place)
        return Seen(f"{seen.words}; {more or 'nothing of it was run'}", held=seen.held and not more)

    def others(place: Place) -> Mapping[str, str]:
        tree = _with_programs(place)
        told = {}
        for tool in ("bandit", "semgrep", "auditron", "shieldctl"):
            if not program(tool):
                told[tool] = NOT_HERE
                continue
            (place / "mark").unlink(missing_ok=True)
            place.work = tree
            answer = run_alone(place, tool, tree, lambda place, given: given.update(environment(place, tree)) or [])
            told[tool] = words(answer, 1) + ("; **ran a program of it**" if sprung(place) else "")
        return told

    add(Case(GROUP, f"programs-{name}", fault, NOTHING_RUNS, look, others, quick))


_planted_programs(
    "in-the-tree",
    "modules and programs of the scanners' names in the tree, which is the working directory",
    lambda place, tree: {},
    quick=True,
)
_planted_programs(
    "in-path",
    "the same, and PATH begins with folders of the tree",
    lambda place, tree: {"PATH": f"{tree}/.venv/bin:.:bin:{tree}:{place.path}"},
)
_planted_programs("pythonpath", "the same, and scanners are given PYTHONSTARTUP, VIRTUAL_ENV and PYTHONUSERBASE of the tree", lambda place, tree: {"PYTHONSTARTUP": f"{tree}/setup.py", "VIRTUAL_ENV": f"{tree}/.venv", "PYTHONUSERBASE": str(tree), "PYTHONINSPECT": ""})  # fmt: skip


_VARIABLES = {
    "semgrep": {"SEMGREP_RULES": "/nonexistent", "SEMGREP_BASELINE_COMMIT": "HEAD", "SEMGREP_TIMEOUT": "0"},
    "pip": {"PIP_INDEX_URL": "http://127.0.0.1:1/", "PIP_AUDIT_OSV_URL": "http://127.0.0.1:1/", "PIP_AUDIT_IGNORE_VULNS": "PYSEC-2019-217"},
    "git": {"GIT_DIR": "/nonexistent", "GIT_INDEX_FILE": "/nonexistent", "GIT_EXTERNAL_DIFF": "/bin/false", "GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "core.bare", "GIT_CONFIG_VALUE_0": "true"},
    "proxies": {"HTTP_PROXY": "http://127.0.0.1:1", "HTTPS_PROXY": "http://127.0.0.1:1", "ALL_PROXY": "http://127.0.0.1:1", "NO_PROXY": ""},
    "gitleaks and trivy": {"GITLEAKS_CONFIG": "/nonexistent", "BETTERLEAKS_CONFIG": "/nonexistent", "TRIVY_SEVERITY": "CRITICAL"},
    "Python": {"PYTHONOPTIMIZE": "2", "PYTHONWARNINGS": "error", "PYTHONIOENCODING": "ascii", "PYTHONHASHSEED": "1", "PYTHONMALLOC": "debug", "PYTHONDEVMODE": ""},
    "the locale C": {"LANG": "C", "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    "the locale of Turkey": {"LANG": "tr_TR.UTF-8", "LC_ALL": "tr_TR.UTF-8"},
    "a terminal of no size": {"COLUMNS": "0", "LINES": "0", "TERM": "dumb", "FORCE_COLOR": "1"},
}  # fmt: skip


def _environment(what: str, variables: dict[str, str]) -> None:
    files = {"app.py": SHELL, "config.py": LEAK, "requirements.txt": PIN, os.fsdecode("caf\u00e9.py".encode()): SHELL}

    def look(place: Place) -> Seen:
        tree = place.tree(files)
        planted = (
            *APP,
            Planted("config.py", SECRET),
            Planted("requirements.txt", "package"),
            Planted("caf\u00e9.py", CODE),
        )
        ran = place.scan(tree, env=variables)
        colour = ran.trouble.startswith("sent") and "FORCE_COLOR" in variables
        return judged(ran if not colour else _without_colour(ran), planted)

    def others(place: Place) -> Mapping[str, str]:
        wanted = {"bandit": 2, "semgrep": 2, "pip-audit": 1, "gitleaks": 1, "trivy": 2}
        return alone_on(place, place.tree(files), wanted, lambda place, given: given.update(variables) or [])

    name = f"environment-{what.replace(' ', '-').lower()}"
    add(Case(GROUP, name, f"variables of the environment for {what}", "all found, as without them", look, others))


def _without_colour(ran: Ran) -> Ran:
    """Colours were asked for; nothing else may move a cursor."""
    import re
    from dataclasses import replace

    return replace(ran, out=re.sub(rb"\x1b\[[0-9;]*m", b"", ran.out), err=re.sub(rb"\x1b\[[0-9;]*m", b"", ran.err))


for _what, _given in _VARIABLES.items():
    _environment(_what, _given)


# --- Packages that would run something if they were resolved ---------------------------------------------------------------


def _package(place: Place) -> Path:
    """A package that leaves its mark where it is built."""
    trap(place)
    mark = f"open({str(place / 'mark')!r}, 'a').write('built')\n"
    return place.tree({
        "requirements.txt": "-e .\n./evil\n" + PIN,
        "setup.py": mark + "from setuptools import setup\nsetup(name='x', version='1')\n",
        "evil/setup.py": mark + "from setuptools import setup\nsetup(name='evil', version='1')\n",
        "pyproject.toml": '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n',
        "backend.py": mark,
    })  # fmt: skip


@case(
    GROUP,
    "requirements that name folders with a `setup.py`",
    "nothing is built; what cannot be assessed is told",
    alone=lambda place: _built_by_others(place),
)
def requirements_that_are_built(place: Place) -> Seen:
    ran = place.scan(_package(place))
    more = sprung(place)
    return ended(
        ran,
        1,
        said="jinja2",
        more=more or ("" if any(gap["kind"] == "unsupported-requirement" for gap in ran.gaps) else "no gap"),
    )


def _built_by_others(place: Place) -> Mapping[str, str]:
    """pip-audit as it is used by default: it resolves what it is given."""
    from tests.scoreboard.place import run_tool

    tree, told = _package(place), {}
    for tool, arguments in {
        "pip-audit": ["-r", str(tree / "requirements.txt")],
        "auditron": ["scan", str(tree), "--only=pip-audit"],
    }.items():
        found = program(tool)
        if not found:
            told[tool] = NOT_HERE
            continue
        (place / "mark").unlink(missing_ok=True)
        given = {**place.environment(tool), "PIP_NO_INDEX": "1", "PATH": f"{found.parent}:{FOLDER}/bin:{place.path}"}
        run_tool([found, *arguments], given, place / f"around-{tool}" / "work", 120)
        told[tool] = "**built it: code of the tree ran**" if sprung(place) else "built nothing"
    return told
