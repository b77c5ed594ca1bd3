"""`secscan config trust|untrust`: whose own settings, policy, waivers and baseline count."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from secscan.cli.say import say

if TYPE_CHECKING:
    from secscan.trust.listed import TrustedFile
    from secscan.trust.tree import Tree

_PATH = Annotated[Path, typer.Argument(help="Folder with secscan.yaml.", show_default="the working directory")]


def trust(
    path: _PATH = Path(),
    show: Annotated[bool, typer.Option("--show", help="Show what has changed since, or what would be trusted; change nothing.")] = False,
    list_: Annotated[bool, typer.Option("--list", help="List the folders that are trusted.")] = False,
) -> None:  # fmt: skip
    """Let the settings, policy, waivers and baseline of a folder count, as they are now: until one of them changes.

    For your own machine. In the CI of a pull request they come from the base, and this list is not read.
    """
    from secscan.cli.trusted import speaking
    from secscan.reports.escape import terminal
    from secscan.reports.present import counted
    from secscan.scanners.registry import all_scanners

    if list_:
        _list()
        return
    tree, found = speaking(path, tuple(all_scanners()))
    if tree.problem:
        raise tree.problem
    lines = list(_changes(tree, found))
    sys.stdout.write("".join(f"{terminal(line)}\n" for line in lines or ["nothing has changed since it was trusted"]))
    if show:
        return
    remember(tree, found)
    say(f"trusted: {counted(len(found), 'file')} of {tree.base}")


def untrust(path: _PATH = Path()) -> None:
    """Trust nothing of a folder any more."""
    from secscan.errors import UsageError
    from secscan.findings.paths import encode_path
    from secscan.targets.find_git import repository_at
    from secscan.trust.listed import changing, list_path

    repository = repository_at(path)
    base = os.path.realpath(repository.root if repository else path)
    with changing(list_path()) as trees:
        if trees.pop(encode_path(os.fsencode(base)), None) is None:
            raise UsageError(f"{base} is not trusted", hint="secscan config trust --list shows what is")
    say(f"no longer trusted: {base}")


def remember(tree: Tree, found: dict[str, bytes]) -> None:
    """Put files of a tree on the list, and take those off that are gone; those of another folder in it stay."""
    from datetime import UTC, datetime

    from secscan.findings.paths import encode_path
    from secscan.findings.scan import timestamp
    from secscan.trust.listed import TrustedTree, changing, list_path, trusted_file

    folder = encode_path(os.fsencode(tree.base))
    with changing(list_path()) as trees:
        before = trees[folder].files if folder in trees else {}
        kept = {path: one for path, one in before.items() if tree.read(path) is not None}
        now = {path: trusted_file(data) for path, data in found.items()}
        trees[folder] = TrustedTree(folder=folder, since=timestamp(datetime.now(UTC)), files={**kept, **now})


def renew(file: Path, before: bytes | None) -> bool:
    """Trust what one of our commands has written into a file of a trusted tree, where what was there `before` was
    trusted, or nothing was there. Returns whether it is trusted."""
    from secscan.targets.find_git import repository_at
    from secscan.trust.tree import open_tree

    tree = open_tree(file.parent, repository_at(file.parent))
    path = tree.inside(file)
    data = tree.read(path) if path else None
    if tree.trusted is None or data is None:
        return False
    if before is None or tree.trusted.holds(path, before):
        remember(tree, {path: data})
        return True
    return False


def _list() -> None:
    from secscan.reports.escape import terminal
    from secscan.reports.present import counted
    from secscan.trust.listed import list_path, read_list

    for one in read_list(list_path()):
        sys.stdout.write(
            f"{terminal(one.folder)}  since {terminal(one.since[:10])}, {counted(len(one.files), 'file')}\n"
        )
        sys.stdout.write("".join(f"  {terminal(path)}\n" for path in sorted(one.files)))


def _changes(tree: Tree, found: dict[str, bytes]) -> Iterator[str]:
    """What is different from what was trusted: a unified diff of each file, from nothing for a new one."""
    known = tree.trusted.files if tree.trusted else {}
    for path, data in sorted(found.items()):
        if path not in known or not tree.trusted or not tree.trusted.holds(path, data):
            yield from _difference(path, known.get(path), data)
    for path in sorted(known):
        if path not in found and tree.read(path) is None:
            yield f"{path}: gone"


def _difference(path: str, known: TrustedFile | None, data: bytes) -> Iterator[str]:
    import difflib

    before = known.content if known else b""
    if before is None or len(data) > _MOST_SHOWN:
        yield f"{path}: {f'was {known.size} bytes, ' if known else ''}is {len(data)} bytes"
        return
    old, new = (text.decode("utf-8", "backslashreplace").split("\n") if text else [] for text in (before, data))
    yield from difflib.unified_diff(old, new, f"{path} as trusted" if known else "nothing", path, lineterm="", n=2)


_MOST_SHOWN = 20_000
"""Bytes of a file whose lines are shown: nobody reads a baseline."""
