"""Links, special files, and files that change while they are read: nothing of outside is read or told."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Collection
from pathlib import Path

from tests.scoreboard.case import Group, Seen, case
from tests.scoreboard.place import Place, Ran
from tests.scoreboard.planted import CODE, LEAK, SECRET, SHELL, Planted, ended, judged, tree_case
from tests.scoreboard.traps import OUTSIDE, nothing_of_outside
from tests.support.repositories import commit, git, repository

GROUP = Group.REPOSITORY
APP = (Planted("app.py", CODE),)


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


@case(
    GROUP,
    "`secscan.yaml` is a link to a file outside of the tree",
    "found, or refused; nothing of outside is read or told",
)
def settings_that_are_a_link(place: Place) -> Seen:
    tree = place.tree({"app.py": SHELL})
    place.tree({"conf.py": f'password = "{OUTSIDE.decode()}"\n'}, "outside")
    (tree / "secscan.yaml").symlink_to(place / "outside" / "conf.py")
    ran = place.scan(tree)
    return ended(ran, 1, 2, more=nothing_of_outside(OUTSIDE)(place, ran))


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
