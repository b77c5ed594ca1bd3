"""What the formats of the compliance report share: the words, the facts about a subject, and how to do it again."""

from __future__ import annotations

import re
import shlex
from collections import Counter
from collections.abc import Iterable, Iterator

from secscan.compliance.inputs import Timeline
from secscan.compliance.model import ControlState, Found
from secscan.findings.levels import Action, Kind, Verdict, WaiverState
from secscan.findings.scan import Scan
from secscan.reports.compliance.contract import ComplianceReport
from secscan.reports.present import Presentation, counted

_BAD = (
    WaiverState.EXPIRED,
    WaiverState.UNUSED,
    WaiverState.OVER,
    WaiverState.TOO_LONG,
    WaiverState.UNAPPROVED,
    WaiverState.FIXABLE,
    WaiverState.PENDING,
)
_VERDICTS = (Verdict.FAILED, Verdict.INCOMPLETE, Verdict.PASSED)

_OTHER_CODE = re.compile(
    r"\.(?:c|cc|cpp|cs|cxx|dart|exs?|go|h|hpp|java|jsx?|kts?|lua|m|mjs|php|pl|rb|rs|scala|sh|swift|tsx?|vue)"
)


def verdict_of(scan: Scan) -> Verdict:
    """Return the verdict on a scan; incomplete where nobody judged it."""
    return Presentation(scan).judgement.verdict


def worst_verdict(report: ComplianceReport) -> Verdict:
    """Return the worst verdict of the scans that count."""
    return min((verdict_of(one.last.scan) for one in report.inputs.timelines), key=_VERDICTS.index)


def incomplete(scan: Scan) -> tuple[str, ...]:
    """Return why a scan does not show everything that it was to show, whatever its verdict."""
    view = Presentation(scan)
    if scan.judgement is None:
        return ("Nobody has judged this scan, so it is evidence for nothing.",)
    return tuple(one.text for one in view.doubts)


def limits(scan: Scan) -> tuple[str, ...]:
    """Return what the scanners that took part do not read, though it is in scope."""
    if not any(Kind.SAST in run.kinds for run in scan.scanners):
        return ()
    suffixes = Counter(_suffix(one.path) for one in scan.files)
    other = {suffix: count for suffix, count in sorted(suffixes.items()) if _OTHER_CODE.fullmatch(suffix)}
    if not other:
        return ()
    named = ", ".join(f"{count} {suffix}" for suffix, count in other.items())
    return (f"The scanners of code that come with secscan read Python. Other code in scope: {named}",)


def _suffix(path: str) -> str:
    name = path.rpartition("/")[2]
    return "." + name.rpartition(".")[2].lower() if "." in name[1:] else ""


def subject_rows(timeline: Timeline) -> list[tuple[str, str]]:
    """What was looked at, when, where and by which policy: name and value, empty values left out."""
    scan = timeline.last.scan
    target, run, judgement = scan.target, scan.run, scan.judgement
    dirty = {True: "yes", False: "no", None: "not known"}[target.dirty]
    rows = [
        ("Target", f"{target.name} ({target.kind})"),
        ("Repository", target.repository),
        ("Branch", target.branch),
        ("Part of the repository", target.prefix),
        ("Commit", target.revision),
        ("Local changes", dirty if target.revision else ""),
        ("Compared with", target.base),
        ("Image id" if target.image else "Digest of the files", target.digest),
        ("Distribution", target.image.distribution if target.image else ""),
        ("Files in scope", f"{target.files} ({target.bytes} bytes)"),
        ("Packages looked up", str(len(scan.packages)) if scan.packages else ""),
        ("Scanned", run.started if run else ""),
        ("Judged as at", run.judged_at if run else ""),
        ("CI run", run.ci if run else ""),
        ("Python", run.python if run else ""),
        ("Platform", run.platform if run else ""),
        ("secscan", scan.secscan),
        ("Policy", judgement.policy if judgement else "none: nobody has judged this scan"),
        ("Digest of the policy", judgement.policy_digest if judgement else ""),
        ("Saved scan (SHA-256)", timeline.last.digest),
    ]
    return [(name, value) for name, value in rows if value]


def decision_words(found: Found) -> str:
    """What was decided on a finding, and until when, in a few words."""
    if found.action is Action.ACCEPT:
        words = f"accepted by waiver {found.waiver}" if found.waiver else f"accepted by rule {found.rule or 'none'}"
    else:
        words = f"{'blocks' if found.action is Action.BLOCK else 'warned of'}, rule {found.rule or 'none'}"
    parts = [words, found.reason]
    if found.due:
        parts.append(f"blocks from {found.due}")
    if found.first_seen:
        parts.append(f"first seen {found.first_seen[:10]}")
    return "; ".join(part for part in parts if part)


def deadline_sentence(found: Iterable[Found]) -> str:
    """How many open findings have a day from which they block, and the next of those days; empty where none has."""
    days = sorted(one.due for one in found if one.open and one.due)
    if not days:
        return ""
    return f"{counted(len(days), 'open finding')} will block from a day that the policy sets, the first from {days[0]}."


def findings_of(states: Iterable[ControlState], unmapped: Iterable[Found] = ()) -> tuple[Found, ...]:
    """Every finding that belongs to a control, or to none, once; the open ones first."""
    every = {one.fingerprint: one for state in states for one in state.found}
    every |= {one.fingerprint: one for one in unmapped}
    return tuple(sorted(every.values(), key=lambda one: (not one.open, one.severity.order, one.place, one.fingerprint)))


def all_findings(report: ComplianceReport, subject: int) -> tuple[Found, ...]:
    """Every finding of one subject over all frameworks, once."""
    each = [assessment.subjects[subject] for assessment in report.assessments]
    return findings_of(
        [state for one in each for state in one.states], [found for one in each for found in one.unmapped]
    )


def waiver_sentence(scan: Scan) -> str:
    """How many waivers there are, and how many of them do not count."""
    waivers = scan.judgement.waivers if scan.judgement else ()
    if not waivers:
        return "There are no waivers."
    bad = Counter(one.state.value for one in waivers if one.state in _BAD)
    told = "".join(f", {count} {state}" for state, count in sorted(bad.items()))
    return f"{counted(len(waivers), 'waiver')}{told}."


def reproduce(report: ComplianceReport, format_name: str = "html") -> Iterator[str]:
    """Yield the commands that give the same report from the same files, and those that judge and scan again."""
    inputs = [one for timeline in report.inputs.timelines for one in timeline.inputs]
    names = [*inputs, *report.inputs.left_out]
    yield "sha256sum " + " ".join(shlex.quote(one.name) for one in names)
    frameworks = " ".join(f"--framework {shlex.quote(one.framework.origin)}" for one in report.assessments)
    since = f" --since {report.since}" if report.since else ""
    yield f"secscan compliance {' '.join(shlex.quote(one.name) for one in names)} {frameworks}{since} -f {format_name}"
    for timeline in report.inputs.timelines:
        scan = timeline.last.scan
        if scan.judgement and scan.run:
            words = (
                "secscan",
                "gate",
                timeline.last.name,
                "--policy",
                scan.judgement.policy,
                "--at",
                scan.run.judged_at,
            )
            yield f"{shlex.join(words)}  # with the same waivers and baseline"
        if scan.target.revision and not scan.target.image:
            where = shlex.quote(scan.target.prefix or ".")
            yield f"git checkout {shlex.quote(scan.target.revision)} && secscan scan {where}"
