"""`secscan fix`: which versions to change so that vulnerabilities go, and, if wished, the change itself."""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from secscan.cli.say import say

if TYPE_CHECKING:
    from secscan.findings.scan import Scan
    from secscan.gate.upgrades import Upgrade


def fix(
    path: Annotated[Path, typer.Argument(help="The folder that was scanned.", show_default="the working directory")] = Path(),
    scan: Annotated[Path, typer.Option("--scan", help="The saved scan.")] = Path("secscan.json"),
    plan: Annotated[bool, typer.Option("--plan", help="Show the version changes, and change nothing (the default).")] = False,
    write: Annotated[bool, typer.Option("--write", help="Show the changes as a diff, then make them in requirements files, constraints and pyproject.toml.")] = False,
    everything: Annotated[bool, typer.Option("--all", help="Also for findings that do not block.")] = False,
) -> None:  # fmt: skip
    """Plan the fewest version changes that clear what blocks: for each package the smallest upgrade that is known to clear it.

    Lock files are never changed: the command that writes them again is told. With --write the exit code is 3 where one
    of the changes was not made.
    """
    from secscan.cli.terminal import print_lines
    from secscan.errors import ExitCode, UsageError
    from secscan.findings.levels import Action
    from secscan.findings.scan import load
    from secscan.gate.upgrades import upgrades
    from secscan.reports.escape import terminal

    if plan and write:
        raise UsageError("--plan and --write exclude each other", hint="give one of them")
    seen = load(scan)
    if seen.judgement is None and not everything:
        raise UsageError(f"nobody has judged {scan}", hint="judge it with `secscan gate`, or plan for --all")
    blocked = (
        {one.fingerprint for one in seen.judgement.decisions if one.action is Action.BLOCK} if seen.judgement else set()
    )
    steps = upgrades(seen.findings, only=None if everything else blocked)
    print_lines(terminal(line) for line in _plan(seen, steps, everything=everything))
    edits = list(_edits(path, seen, steps))
    for edit in edits:
        sys.stdout.write("\n")
        for line in edit.diff():
            sys.stdout.write(terminal(line) + "\n")
    if not write:
        return
    _write(edits)
    if {one.path for one in steps if one.target} - {one.name for one in edits}:
        raise typer.Exit(ExitCode.INCOMPLETE)


def _plan(seen: Scan, steps: Iterable[Upgrade], *, everything: bool) -> Iterator[str]:
    from secscan.inventory.edit import Change, is_editable, regenerate
    from secscan.reports.present import counted

    steps = list(steps)
    fixable = [one for one in steps if one.target]
    about = "vulnerabilities of packages" if everything else "what blocks"
    if not steps:
        yield f"No package has {'vulnerabilities' if everything else 'findings that block'}: no version to change."
    else:
        cleared = sum(len(one.clears) for one in fixable)
        yield f"{counted(len(fixable), 'version change')} clear {counted(cleared, 'finding')} of {about}:"
    for at, one in enumerate(fixable, start=1):
        place = f"{one.path}:{one.line}" if one.line else one.path
        yield f"{at}. {one.name} {one.version} -> {one.target} in {place} (clears {counted(len(one.clears), 'finding')})"
        if not is_editable(one.path):
            yield f"   not changed here: {regenerate(one.path, [Change(one.name, one.version, one.target)])}"
    for one in steps:
        if one.unfixed:
            yield f"- no fix is known for {counted(len(one.unfixed), 'finding')} of {one.name} {one.version} in {one.path}"
    others = _others(seen, steps) if not everything else 0
    if others:
        yield f"- {counted(others, 'more finding')} that block are none of versions: secscan explain --verdict"


def _others(seen: Scan, steps: Iterable[Upgrade]) -> int:
    from secscan.findings.levels import Action

    told = {name for one in steps for name in (*one.clears, *one.unfixed)}
    decisions = seen.judgement.decisions if seen.judgement else ()
    return sum(1 for one in decisions if one.action is Action.BLOCK and one.fingerprint not in told)


@dataclass(frozen=True)
class _Edit:
    name: str
    """Path text."""
    place: Path
    before: bytes
    after: bytes

    def diff(self) -> Iterator[str]:
        """The change, as a unified diff."""
        import difflib

        from secscan.inventory.documents import decode_text

        old, new = (decode_text(data).splitlines() for data in (self.before, self.after))
        return difflib.unified_diff(old, new, f"a/{self.name}", f"b/{self.name}", lineterm="")


def _edits(root: Path, seen: Scan, steps: Iterable[Upgrade]) -> Iterator[_Edit]:
    """The files that can be changed, changed; what stands in the way of one is told, and the others go on."""
    from secscan.cli.app import tell
    from secscan.errors import SecscanError
    from secscan.inventory.edit import Change, edited, is_editable

    by_path: dict[str, list[Change]] = defaultdict(list)
    for one in steps:
        if one.target and is_editable(one.path):
            by_path[one.path].append(Change(one.name, one.version, one.target))
    for name, changes in by_path.items():
        try:
            place, before = _content(root, seen, name)
            yield _Edit(name, place, before, edited(name, before, changes))
        except SecscanError as error:
            tell(error)


def _content(root: Path, seen: Scan, name: str) -> tuple[Path, bytes]:
    """Place and content of a file of the scan: the very file that was scanned, inside the folder, and no link."""
    import hashlib

    from secscan.errors import TargetError
    from secscan.findings.paths import os_path
    from secscan.targets.content import NotRegularError, read_regular

    place = root / os_path(name)
    hint = "give the folder that was scanned, or scan again"
    if not place.parent.resolve().is_relative_to(root.resolve()) or place.name in ("", ".", ".."):
        raise TargetError(f"{name} lies outside {root}", hint=hint)
    try:
        data = read_regular(place)
    except (OSError, NotRegularError) as error:
        raise TargetError(f"{name} is not there, or no regular file", hint=hint) from error
    digest = next((one.digest for one in seen.files if one.path == name), "")
    if not digest or not hashlib.sha256(data).hexdigest().startswith(digest):
        raise TargetError(f"{name} is not as it was scanned", hint=hint)
    return place, data


def _write(edits: Iterable[_Edit]) -> None:
    """Make the changes, one file after the other. Raises `ReportError` that says which are made already."""
    import stat

    from secscan.errors import ReportError
    from secscan.files import write_atomic

    changed: list[str] = []
    for edit in edits:
        try:
            mode = stat.S_IMODE(edit.place.stat().st_mode)
            write_atomic(edit.place, edit.after)
            edit.place.chmod(mode)
        except (OSError, ReportError) as error:
            done = f"changed already: {', '.join(changed)}" if changed else "no file was changed before it"
            raise ReportError(
                f"{edit.name} cannot be written ({error}); {done}", hint="put it right, and scan again"
            ) from error
        changed.append(edit.name)
    if changed:
        say(f"Changed {len(changed)} file{'' if len(changed) == 1 else 's'}; test the new versions, and scan again.")
