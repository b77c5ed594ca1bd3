"""`secscan policy test|lint|backtest`: is a policy right, is it well formed, and what would it have done."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from secscan.cli.say import say

if TYPE_CHECKING:
    from datetime import datetime

    from secscan.gate.again import Backtest
    from secscan.gate.rehearsal import Rehearsal

_MOST_MISSED = 20
_MOST_FLIPS = 10


def run_tests(
    policy: Annotated[list[str], typer.Argument(metavar="POLICY...", help="Policy files, or names of shipped policies.")],
    least: Annotated[int, typer.Option("--least", min=0, max=100, metavar="PERCENT", help="Least mutation score; below it the command fails.")] = 0,
    floor: Annotated[str, typer.Option("--floor", metavar="POLICY", help="A policy below which they may not go.")] = "",
) -> None:  # fmt: skip
    """Run the tests that stand in a policy, and say what they would not notice.

    Shows the rules that decided nothing in any test, and the mutation score: of all small changes of the policy (a rule
    removed, a threshold moved ...), how many at least one test notices. Exits 1 if a test fails.
    """
    from secscan.cli.reading import usual_reader
    from secscan.errors import ExitCode
    from secscan.gate.rehearsal import rehearse
    from secscan.reports.escape import terminal
    from secscan.scanners.registry import all_scanners

    good = True
    for name in policy:
        rehearsal = rehearse(name, scanners=tuple(all_scanners()), floor=floor, reader=usual_reader())
        sys.stdout.write("".join(f"{terminal(line)}\n" for line in _rehearsed(name, rehearsal, least)))
        good = good and rehearsal.passed and rehearsal.score.percent >= least
    raise typer.Exit(ExitCode.PASSED if good else ExitCode.FAILED)


def lint(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Policies and files of waivers.")],
) -> None:
    """Check policies and files of waivers with the very reader that the gate uses. Exits 2 if one is wrong."""
    from secscan.cli.app import tell
    from secscan.errors import ExitCode, SecscanError
    from secscan.reports.escape import terminal

    wrong = 0
    for file in files:
        try:
            said = _checked(file)
        except SecscanError as error:
            tell(error)
            wrong += 1
        else:
            sys.stdout.write(terminal(f"{file}: {said}") + "\n")
    if wrong:
        raise typer.Exit(ExitCode.USAGE)


def backtest(
    policy: Annotated[str, typer.Argument(metavar="POLICY", help="Policy file, or the name of a shipped policy.")],
    scans: Annotated[list[Path], typer.Argument(metavar="SCAN...", help="Saved scans that have been judged.")],
    environment: Annotated[str, typer.Option("--environment", "-e", metavar="NAME", help="This environment of the policy.")] = "",
    floor: Annotated[str, typer.Option("--floor", metavar="POLICY", help="A policy below which it may not go.")] = "",
    at: Annotated[str, typer.Option("--at", metavar="TIME", help="Judge as at this time (RFC 3339).", show_default="when each was judged")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object per scan, a line each.")] = False,
) -> None:  # fmt: skip
    """Judge saved scans by another policy, and say which verdicts flip and why. Always exits 0 where that worked."""
    from datetime import UTC, datetime

    from secscan.cli.reading import usual_reader
    from secscan.cli.scan import parse_time
    from secscan.errors import UsageError
    from secscan.findings.scan import load
    from secscan.gate.again import backtest
    from secscan.policy.load import load_policy
    from secscan.reports.escape import terminal
    from secscan.scanners.registry import all_scanners

    other = load_policy(
        policy, scanners=tuple(all_scanners()), environment=environment, floor=floor, reader=usual_reader()
    )
    given: datetime | None = parse_time(at)
    flipped = 0
    for file in scans:
        seen = load(file)
        if seen.judgement is None:
            raise UsageError(f"nobody has judged {file}", hint="judge it with `secscan gate --output FOLDER`")
        saved = seen.run.judged_at if seen.run else ""
        when = given or (datetime.fromisoformat(saved) if saved else datetime.now(UTC))
        result = backtest(seen, other, when)
        flipped += _is_flipped(result)
        lines = [_as_json(file, result)] if as_json else [terminal(line) for line in _backtested(file, result)]
        sys.stdout.write("".join(f"{line}\n" for line in lines))
    say(f"{flipped} of {len(scans)} verdicts flip under {other.name}")


def _rehearsed(name: str, rehearsal: Rehearsal, least: int) -> Iterator[str]:
    tried, score = rehearsal.tried, rehearsal.score
    failed = [one for one in tried if not one.passed]
    yield f"{name}: {len(tried)} tests, {len(tried) - len(failed)} passed"
    for one in failed:
        yield f"  FAILED {one.case.name} ({one.case.node.origin}:{one.case.node.line})"
        yield from (f"         {problem}" for problem in one.problems)
    known = len(rehearsal.rules)
    yield f"  rules: {known - len(rehearsal.never_hit)} of {known} decided in a test"
    for rule in rehearsal.never_hit:
        yield f"    never: {rule}"
    if failed:
        yield "  mutation score: not measured while tests fail"
        return
    short = f", and {least} % are asked for" if score.percent < least else ""
    yield f"  mutation score: {score.percent:.0f} % ({score.noticed} of {score.total} changes noticed){short}"
    for mutant in score.missed[:_MOST_MISSED]:
        yield f"    not noticed: {mutant.about}"
    if len(score.missed) > _MOST_MISSED:
        yield f"    ... and {len(score.missed) - _MOST_MISSED} more"


def _checked(file: Path) -> str:
    from secscan.cli.reading import usual_reader
    from secscan.errors import PolicyError
    from secscan.policy.load import Reader, load_draft, load_policy
    from secscan.policy.waivers import FORMAT, read_waivers
    from secscan.reports.present import counted
    from secscan.scanners.registry import all_scanners
    from secscan.yamlfile import load_mapping

    data = Reader().file(str(file))
    document = load_mapping(data, origin=str(file), error=PolicyError).mapping()
    kind = document["format"].raw if "format" in document else ""
    if kind == FORMAT or ("waivers" in document and "rules" not in document and "extends" not in document):
        return f"{counted(len(read_waivers(data, origin=str(file))), 'waiver')}, well formed"
    # A bare name would be that of a shipped policy.
    path = str(file) if "/" in str(file) or file.suffix else f"./{file}"
    found = load_policy(path, scanners=tuple(all_scanners()), reader=usual_reader())
    tests = len(load_draft(path, scanners=tuple(all_scanners())).cases)
    return f"policy {found.name}, {counted(len(found.rules), 'rule')}, {counted(tests, 'test')}, well formed"


def _is_flipped(result: Backtest) -> bool:
    return result.before.verdict is not result.after.verdict or result.stops_before is not result.stops_after


def _backtested(file: Path, result: Backtest) -> Iterator[str]:
    before, after = result.before, result.after
    logs = " (only logs)" if after.log_only else ""
    if _is_flipped(result):
        yield f"{file}: {before.verdict} -> {after.verdict}{logs}"
    else:
        yield f"{file}: {after.verdict}{logs}, as before"
    for flip in result.flips[:_MOST_FLIPS]:
        one, then, now = flip.finding, flip.before, flip.after
        yield f"  {then.action} -> {now.action}: {one.title} in {one.place} ({then.rule} -> {now.rule})"
    if len(result.flips) > _MOST_FLIPS:
        yield f"  ... and {len(result.flips) - _MOST_FLIPS} more findings"
    yield from (f"  no longer held against it: {text}" for text in result.gone)
    yield from (f"  held against it now: {text}" for text in result.come)


def _as_json(file: Path, result: Backtest) -> str:
    import json

    return json.dumps(
        {
            "scan": str(file),
            "before": {"policy": result.before.policy, "verdict": result.before.verdict, "stops": result.stops_before},
            "after": {"policy": result.after.policy, "verdict": result.after.verdict, "stops": result.stops_after},
            "flips": [
                {
                    "fingerprint": flip.finding.fingerprint,
                    "place": flip.finding.place,
                    "title": flip.finding.title,
                    "before": {"action": flip.before.action, "rule": flip.before.rule},
                    "after": {"action": flip.after.action, "rule": flip.after.rule},
                }
                for flip in result.flips
            ],
            "gone": result.gone,
            "come": result.come,
        }
    )
