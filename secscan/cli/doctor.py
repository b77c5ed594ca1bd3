"""`secscan doctor`: which scanners are there, do they find what they must find, and what to do if not."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from secscan.scanners.contract import Scanner
    from secscan.scanners.runner import Outcome

_PROBE = {
    "probe.py": b"print('a file for the scanners to look at')\n",
    "requirements.txt": b"itsdangerous==2.2.0\n",
    "Dockerfile": b"FROM scratch\n",
    "pod.yaml": b"apiVersion: v1\nkind: Pod\nmetadata: {name: probe}\nspec: {containers: [{name: a, image: b}]}\n",
}


def doctor() -> None:
    """Try every scanner on a tiny target with its positive control. Exits 0 if all of them work, else 3.

    Scanners that a scan can do without are listed where they are not installed, and nothing else.
    """
    from secscan.advisories.store import describe
    from secscan.errors import ExitCode
    from secscan.reports.escape import terminal_lines
    from secscan.scanners.programs import is_installed
    from secscan.scanners.registry import all_scanners, choose

    known = all_scanners()
    usual = choose(())
    there = {name: one for name, one in known.items() if name in usual or (one.joins == "named" and is_installed(one))}
    outcomes = _try_scanners(there)
    for outcome in outcomes:
        sys.stdout.write(_words(outcome))
    for name, scanner in known.items():
        if name not in there:
            why, hint = _why_not(scanner)
            sys.stdout.write(f"{name}\n  optional  {why}\n  to do     {hint}\n")
    sys.stdout.write(f"advisory index\n  {terminal_lines(describe())}\n")
    if not all(outcome.run.status == "completed" for outcome in outcomes):
        raise typer.Exit(ExitCode.INCOMPLETE)


def _why_not(scanner: Scanner[Any]) -> tuple[str, str]:
    """Why a scanner is not part of an ordinary scan, and what makes it one."""
    if scanner.needs.vault:
        return "asks Vault, where you say so", "`secscan scan --vault`, `secscan vault audit`; see docs/vault.md"
    if scanner.needs.aws:
        return "asks AWS, where you say so", "`secscan scan --aws`; see docs/secret-stores.md"
    if scanner.needs.licences:
        return "reports licences, where you say so", "`secscan scan --licences`"
    return "not installed", scanner.install_hint


def _try_scanners(scanners: dict[str, Scanner[Any]]) -> tuple[Outcome, ...]:
    from dataclasses import replace

    from secscan.advisories.store import resolve
    from secscan.images.open import opened_image
    from secscan.images.reference import ImageReference
    from secscan.leftovers import private_folder
    from secscan.scanners.contract import Setup
    from secscan.scanners.runner import NOTHING_TO_DO, available_cores, run_scanners
    from secscan.targets.open import TargetRequest, open_target

    with private_folder() as folder, resolve("demo") as advisories:
        for name, content in _PROBE.items():
            (folder / name).write_bytes(content)
        with open_target(TargetRequest(path=folder)) as target:
            setup = Setup(
                target=target,
                advisories=advisories,
                jobs=available_cores(),
                place=lambda path: folder / path,
            )
            outcomes = {one.run.scanner: one for one in run_scanners(scanners, setup)}
            idle = {name: scanners[name] for name, one in outcomes.items() if one.run.reason == NOTHING_TO_DO}
            # What has nothing to do among files is there for images: the same folder as the file system of one.
            with opened_image(ImageReference("rootfs", str(folder)), setup.limits) as image:
                again = run_scanners(idle, replace(setup, image=image))
            outcomes |= {one.run.scanner: one for one in again}
            return tuple(outcomes.values())


def _words(outcome: Outcome) -> str:
    from secscan.reports.escape import terminal

    run = outcome.run
    lines = [f"{run.scanner} {run.version}".rstrip()]
    if outcome.timing.program:
        lines.append(f"  program   {terminal(outcome.timing.program)}")
    lines.append(f"  control   {'found' if run.control else 'NOT found'}")
    if run.reason:
        lines.append(f"  problem   {terminal(run.reason)}")
    if run.hint:
        lines.append(f"  to do     {terminal(run.hint)}")
    return "\n".join(lines) + "\n"
