"""`secscan baseline write|show`: what is there today, to tell tomorrow what is new."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from secscan.cli.say import say
from secscan.settings.places import BASELINE_FILE

_FILE = Path(BASELINE_FILE)


def write(
    scan: Annotated[Path, typer.Argument(metavar="SCAN", help="A saved scan of the whole tree.")] = Path("secscan.json"),
    file: Annotated[Path, typer.Option("--file", "-f", help="The baseline. One that is there keeps the days on which findings were first seen.")] = _FILE,
    fresh: Annotated[bool, typer.Option("--fresh", help="Forget what an older baseline knows.")] = False,
) -> None:  # fmt: skip
    """Write what a scan has seen as the baseline for later scans."""
    from datetime import datetime

    from secscan.cli.trust import renew
    from secscan.errors import UsageError
    from secscan.files import write_atomic
    from secscan.findings.levels import RunStatus
    from secscan.findings.scan import load
    from secscan.policy.baseline import PARTIAL, baseline_of, dumps
    from secscan.policy.baseline import load as load_baseline
    from secscan.reports.present import counted

    seen = load(scan)
    if seen.target.kind in PARTIAL:
        raise UsageError(
            f"{scan} looked at a part only ({seen.target.kind})",
            hint="write the baseline from a scan of the whole tree",
        )
    older = load_baseline(file) if file.exists() and not fresh else None
    day = datetime.fromisoformat(seen.run.started) if seen.run and seen.run.started else None
    made = baseline_of(seen, seen=day, older=older)
    before = file.read_bytes() if file.exists() else None
    write_atomic(file, dumps(made))
    renew(file, before)
    known = {one.fingerprint for one in older.findings} if older else set()
    new = sum(one.fingerprint not in known for one in made.findings)
    gone = len(known - {one.fingerprint for one in made.findings})
    change = f" ({new} new, {gone} gone)" if older else ""
    say(f"{file}: {counted(len(made.findings), 'finding')}{change}")
    failed = [run.scanner for run in seen.scanners if run.status is RunStatus.FAILED]
    if failed:
        names = ", ".join(failed)
        say(f"  {names} failed in this scan: what only they see will count as new later")


def show(
    file: Annotated[Path, typer.Argument(help="The baseline.")] = _FILE,
    scan: Annotated[Path | None, typer.Option("--scan", help="A saved scan, to say what is new in it and why, and what is gone.")] = None,
) -> None:  # fmt: skip
    """Show what a baseline knows, or what a scan has that it does not know."""
    from datetime import UTC, datetime

    from secscan.findings.model import at_each_place
    from secscan.findings.scan import load
    from secscan.policy.baseline import facts_from
    from secscan.policy.baseline import load as load_baseline
    from secscan.policy.gone import fixed_since
    from secscan.reports.escape import terminal
    from secscan.reports.present import counted

    baseline = load_baseline(file)
    lines: list[str] = []
    if scan is None:
        for known in sorted(baseline.findings, key=lambda one: (one.first_seen, one.path, one.fingerprint)):
            lines.append(
                f"{known.first_seen[:10] or 'unknown   '}  {known.fingerprint[:12]}  {known.path}: {known.title}"
            )
        summary = f"{counted(len(baseline.findings), 'finding')} of {baseline.target}"
    else:
        seen = load(scan)
        facts_of = facts_from(baseline, seen, datetime.now(UTC))
        places = tuple(at_each_place(seen.findings))
        new = [(one, facts.cause) for one in places if (facts := facts_of(one)).new]
        gone = fixed_since(baseline, seen)
        lines += [f"new ({cause}): {one.place}: {one.title}" for one, cause in new]
        lines += [f"gone: {one.path}: {one.title}" for one in gone]
        summary = f"{len(new)} new, {len(gone)} gone, {len(places) - len(new)} known"
    sys.stdout.write("".join(f"{terminal(line)}\n" for line in lines))
    say(summary)
