"""`secscan waiver add|list|prune`: the file of waivers, changed line by line."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from secscan.cli.say import say
from secscan.settings.places import WAIVERS_FILE

if TYPE_CHECKING:
    from secscan.findings.model import Finding
    from secscan.findings.scan import Scan
    from secscan.policy.model import Waiver

_FILE = Path(WAIVERS_FILE)
_SCAN = Path("secscan.json")
_USUAL_DAYS = 90


def add(
    fingerprint: Annotated[str, typer.Argument(metavar="FINGERPRINT", help="Of the finding, as reports show it; its beginning will do.")],
    reason: Annotated[str, typer.Option("--reason", help="Why the risk is acceptable.")],
    owner: Annotated[str, typer.Option("--owner", help="Who answers for it.")],
    expires: Annotated[str, typer.Option("--expires", metavar="DAY|DAYS", help="Last day on which it counts, as 2027-01-31 or 30d.")] = f"{_USUAL_DAYS}d",
    approved_by: Annotated[str, typer.Option("--approved-by", help="Who has approved it.")] = "",
    ticket: Annotated[str, typer.Option("--ticket", help="Where it is followed up.")] = "",
    until_fixable: Annotated[bool, typer.Option("--until-fixable", help="It ends as soon as there is a fix.")] = False,
    vulnerability: Annotated[bool, typer.Option("--vulnerability", help="Waive the vulnerability in this package wherever it is, not one finding.")] = False,
    all_places: Annotated[bool, typer.Option("--all-places", help="Waive a secret in all places that the scan knows, not in this one only.")] = False,
    name: Annotated[str, typer.Option("--id", help="Id of the waiver.", show_default="class and fingerprint")] = "",
    scan: Annotated[Path, typer.Option("--scan", help="The saved scan that has the finding.")] = _SCAN,
    file: Annotated[Path, typer.Option("--file", "-f", help="The file of waivers; made if it is not there.")] = _FILE,
    policy: Annotated[str, typer.Option("--policy", "-p", help="Policy whose terms it must keep.", show_default="the one that judged the scan")] = "",
) -> None:  # fmt: skip
    """Accept a finding for a while. It counts once the file is where the judge reads waivers from."""
    from datetime import UTC, datetime

    from secscan.cli.saved import find_finding, policy_of
    from secscan.errors import UsageError
    from secscan.files import write_atomic
    from secscan.findings.levels import WaiverState
    from secscan.findings.scan import load
    from secscan.gate.again import uses_of
    from secscan.policy.model import Match, Waiver
    from secscan.policy.waiver_file import added
    from secscan.policy.waivers import SHORTEST_REASON, TOO_SHORT, read_waivers
    from secscan.reports.present import counted

    if len(reason.strip()) < SHORTEST_REASON:
        raise UsageError(f"--reason: {TOO_SHORT}", hint="say why the risk is acceptable, and until when")
    seen = load(scan)
    finding = find_finding(seen, fingerprint)
    known = _identifiers(finding) if vulnerability else ()
    covered = finding.each if all_places else finding.each[:1]
    waiver = Waiver(
        id=name or f"{finding.defect}-{finding.fingerprint[:8]}",
        reason=reason,
        owner=owner,
        expires=_last_day(expires),
        fingerprints=() if known else tuple(one.fingerprint for one in covered),
        match=Match(identifier=known, package=(finding.package.name,)) if known and finding.package else None,
        approved_by=approved_by,
        ticket=ticket,
        until_fixable=until_fixable,
    )
    data = _content(file)
    changed = added(data, waiver, origin=str(file))
    write_atomic(file, changed)
    waiver = next(one for one in read_waivers(changed, origin=str(file)) if one.id == waiver.id)
    say(f"{file}: added {waiver.id}, which counts until {waiver.expires}, {_where(file, data)}")
    if len(covered) < len(finding.each):
        others = counted(len(finding.places), "other place")
        say(f"  it is about {finding.place} only; {others} of the secret: --all-places")
    judge = policy_of(seen, policy)
    (use,) = uses_of(seen, (waiver,), judge, datetime.now(UTC)) if judge else (None,)
    if use is not None and use.state not in (WaiverState.USED, WaiverState.EXPIRING):
        say(f"  but it will not count ({use.state}): {use.text}")


def list_(
    file: Annotated[Path, typer.Argument(help="The file of waivers.")] = _FILE,
    scan: Annotated[Path | None, typer.Option("--scan", help="A saved scan, to say what each waiver does to it.")] = None,
    policy: Annotated[str, typer.Option("--policy", "-p", help="Policy whose terms they must keep.", show_default="the one that judged the scan")] = "",
) -> None:  # fmt: skip
    """List the waivers, the one that ends first at the top."""
    from secscan.cli.judging import read_waivers_file
    from secscan.reports.escape import terminal
    from secscan.reports.present import counted

    waivers = read_waivers_file(file)
    uses = _uses(scan, waivers, policy)
    for waiver in sorted(waivers, key=lambda one: (one.expires, one.id)):
        state, text, count = uses[waiver.id]
        findings = f", {counted(count, 'finding')}" if scan else ""
        lines = [
            f"{waiver.expires}  {state:<10}  {waiver.id}  ({waiver.owner}{findings})",
            f"            {waiver.reason}",
        ]
        lines += [f"            {text}"] if text else []
        sys.stdout.write("".join(f"{terminal(line)}\n" for line in lines))
    say(f"{counted(len(waivers), 'waiver')} in {file}")


def prune(
    file: Annotated[Path, typer.Argument(help="The file of waivers.")] = _FILE,
    scan: Annotated[Path | None, typer.Option("--scan", help="A whole scan; waivers that no finding of it needs go, too.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would go, and change nothing.")] = False,
    policy: Annotated[str, typer.Option("--policy", "-p", help="Policy that judges.", show_default="the one that judged the scan")] = "",
) -> None:  # fmt: skip
    """Remove the waivers that have ended, and with --scan those that no finding needs any more."""
    from secscan.cli.judging import read_waivers_file
    from secscan.cli.trust import renew
    from secscan.files import write_atomic
    from secscan.policy.waiver_file import without
    from secscan.reports.escape import terminal

    waivers = read_waivers_file(file)
    uses = _uses(scan, waivers, policy, whole=True)
    gone = [one for one in waivers if uses[one.id][0] in ("expired", "unused")]
    for waiver in gone:
        sys.stdout.write(terminal(f"{waiver.id}: {uses[waiver.id][0]} ({waiver.owner}, until {waiver.expires})") + "\n")
    if gone and not dry_run:
        before = file.read_bytes()
        write_atomic(file, without(before, [one.id for one in gone], origin=str(file)))
        renew(file, before)
    said = "would be removed" if dry_run else "removed"
    say(f"{len(gone)} of {len(waivers)} waivers {said}")


def _content(file: Path) -> bytes | None:
    from secscan.policy.load import Reader

    return Reader().file(str(file)) if file.exists() or file.is_symlink() else None


def _where(file: Path, before: bytes | None) -> str:
    """Where a file that we have changed counts, once the trust in it is renewed; `before` is what it held."""
    import os

    from secscan.cli.trust import renew
    from secscan.hooks.memory import memory_of
    from secscan.targets.find_git import repository_at

    repository = repository_at(Path())
    if repository and os.path.realpath(file) == os.path.realpath(memory_of(repository).waivers):
        return "in your own hooks"
    if renew(file, before):
        return "in this tree, which you trust; for CI and hooks, commit it"
    return f"where a scan names it (--waivers {file}), or once you trust it (secscan config trust)"


def _identifiers(finding: Finding) -> tuple[str, ...]:
    from secscan.errors import UsageError
    from secscan.reports.present import main_identifier

    found = main_identifier(finding)
    if finding.package is None or not found:
        raise UsageError(f"{finding.fingerprint} is no vulnerability of a package", hint="leave --vulnerability out")
    return (found,)


def _last_day(text: str) -> str:
    from datetime import UTC, date, datetime, timedelta

    from secscan.errors import UsageError

    today = datetime.now(UTC).date()
    try:
        if text.endswith("d") and text[:-1].isdecimal():
            return (today + timedelta(days=int(text[:-1]))).isoformat()
        last = date.fromisoformat(text)
    except (ValueError, OverflowError) as error:
        raise UsageError(f"--expires {text!r} is not a day", hint="write it like 2027-01-31, or 30d") from error
    if last < today:
        raise UsageError(f"--expires {text} is over already", hint="give a day that is still to come")
    return last.isoformat()


def _uses(
    scan: Path | None, waivers: tuple[Waiver, ...], policy: str, *, whole: bool = False
) -> dict[str, tuple[str, str, int]]:
    """State, remark and number of findings of each waiver; without a scan, only whether it has ended."""
    from datetime import UTC, datetime

    from secscan.cli.saved import policy_of
    from secscan.errors import UsageError
    from secscan.findings.scan import load
    from secscan.gate.again import uses_of

    now = datetime.now(UTC)
    if scan is None:
        today = now.date().isoformat()
        return {one.id: ("expired" if one.expires < today else "running", "", 0) for one in waivers}
    seen = load(scan)
    if whole:
        _refuse_part(seen, scan)
    judge = policy_of(seen, policy)
    if judge is None:
        raise UsageError(f"it is not known which policy judged {scan}", hint="name its file with --policy")
    return {use.id: (use.state.value, use.text, len(use.fingerprints)) for use in uses_of(seen, waivers, judge, now)}


def _refuse_part(seen: Scan, scan: Path) -> None:
    """What a scan did not look at may still need its waiver."""
    from secscan.errors import UsageError
    from secscan.findings.levels import RunStatus, Verdict
    from secscan.policy.baseline import PARTIAL

    failed = [run.scanner for run in seen.scanners if run.status is RunStatus.FAILED]
    incomplete = (
        [one.text for one in seen.judgement.reasons if one.verdict is Verdict.INCOMPLETE] if seen.judgement else []
    )
    if seen.target.kind in PARTIAL or failed or incomplete:
        why = f"of a part ({seen.target.kind})" if seen.target.kind in PARTIAL else "incomplete"
        raise UsageError(
            f"{scan} is {why}, so it does not show which waivers nobody needs",
            hint="give a complete scan of the whole tree, or leave --scan out to remove expired waivers only",
        )
