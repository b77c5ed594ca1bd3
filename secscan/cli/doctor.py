"""`secscan doctor`: which scanners are there, do they find what they must find, and what to do if not."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from secscan.scanners.runner import Outcome

_PROBE = {
    "probe.py": b"print('a file for the scanners to look at')\n",
    "requirements.txt": b"itsdangerous==2.2.0\n",
}


def doctor() -> None:
    """Try every scanner on a tiny target with its positive control. Exits 0 if all of them work, else 3."""
    from secscan.advisories.store import describe
    from secscan.errors import ExitCode

    outcomes = _try_scanners()
    for outcome in outcomes:
        sys.stdout.write(_words(outcome))
    sys.stdout.write(f"advisory index\n  {describe()}\n")
    if not all(outcome.run.status == "completed" for outcome in outcomes):
        raise typer.Exit(ExitCode.INCOMPLETE)


def _try_scanners() -> tuple[Outcome, ...]:
    from secscan.advisories.store import resolve
    from secscan.process import private_folder
    from secscan.scanners.contract import Setup
    from secscan.scanners.registry import choose
    from secscan.scanners.runner import available_cores, run_scanners
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
            return run_scanners(choose(()), setup)


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
