"""What of a scan is uploaded to code scanning: which kinds, which findings, under which category, and what is not."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import quote

from secscan.findings.levels import Action, Kind, Severity
from secscan.findings.model import TargetInfo
from secscan.reports.escape import uri
from secscan.reports.present import Judged, Presentation, counted
from secscan.reports.sarif_log.coverage import kinds_of, not_looked_for
from secscan.reports.sarif_log.places import in_repository

MOST_RESULTS = 25_000
"""Results of one run; GitHub refuses a file with more. Rules are never more than results."""
SHOWN = 5_000
"""Results of one run that GitHub shows."""

_WHOLE = ("tree", "commit")
"""Targets that are everything there is of a repository, or of a folder in it."""


@dataclass(frozen=True)
class Upload:
    """The findings of one kind."""

    kind: Kind
    kept: tuple[Judged, ...]
    """In the order of the report."""
    beyond: tuple[Judged, ...] = ()
    """What no platform would take, the worst first."""

    @property
    def told(self) -> tuple[str, ...]:
        """What a person must know of it."""
        if self.beyond:
            return (
                f"{counted(len(self.beyond), f'{self.kind} finding')} of {len(self.beyond) + len(self.kept)} are not "
                f"uploaded: {self.severities}. Code scanning takes {MOST_RESULTS} results of one kind and 10 MB, "
                "compressed; the worst are there, the complete report has all",
            )
        if len(self.kept) > SHOWN:
            return (
                f"code scanning shows the worst {SHOWN} of these {len(self.kept)} {self.kind} findings; "
                "the complete report has all",
            )
        return ()

    @property
    def severities(self) -> str:
        """How many of each severity are beyond: `3 high, 1 low`."""
        counts = Counter(one.finding.severity for one in self.beyond)
        return ", ".join(f"{counts[one]} {one}" for one in sorted(Severity, key=lambda one: one.order) if counts[one])


def uploads(view: Presentation, most: int | None = None) -> tuple[Upload, ...]:
    """Return what is uploaded, one for each kind that was looked for to the end, also where nothing was found: an empty
    run closes its alerts. At most `most` findings in all, the worst."""
    withheld = not_looked_for(view)
    kinds = [kind for kind in kinds_of(view) if kind not in withheld]
    open_ = [one for one in view.judged if one.finding.kind in kinds and one.decision.action is not Action.ACCEPT]
    kept: set[str] = set()
    room = dict.fromkeys(kinds, MOST_RESULTS - 1)  # one is left for the result that says so
    counts = Counter(one.finding.kind for one in open_)
    all_fit = most is None and all(counts[kind] <= room[kind] for kind in kinds)
    beyond: defaultdict[Kind, list[Judged]] = defaultdict(list)
    for one in open_ if all_fit else sorted(open_, key=_worst_first):
        kind = one.finding.kind
        if room[kind] and (most is None or len(kept) < most):
            room[kind] -= 1
            kept.add(one.finding.fingerprint)
        else:
            beyond[kind].append(one)
    by_kind: defaultdict[Kind, list[Judged]] = defaultdict(list)
    for one in open_:
        if one.finding.fingerprint in kept:
            by_kind[one.finding.kind].append(one)
    return tuple(Upload(kind, tuple(by_kind[kind]), tuple(beyond[kind])) for kind in kinds)


def withheld_texts(view: Presentation) -> Iterator[tuple[Kind, str]]:
    """Yield the kinds that are not uploaded, each with why, and what that means."""
    counts = Counter(one.finding.kind for one in view.judged if one.decision.action is not Action.ACCEPT)
    for kind, reasons in not_looked_for(view).items():
        why = "; ".join(reasons)
        found = (
            f"What was found of it ({counts[kind]}) is in the complete report"
            if counts[kind]
            else "Nothing of it was found"
        )
        yield (
            kind,
            f"{kind} findings are not uploaded, since they were not looked for to the end ({why}). {found}; its alerts "
            "stay as they are",
        )


def left_out(view: Presentation, made: Iterable[Upload] | None = None) -> tuple[str, ...]:
    """Return what is not in the file for code scanning, in a sentence each."""
    made = uploads(view) if made is None else made
    accepted = view.by_action[Action.ACCEPT]
    texts = [text for _, text in withheld_texts(view)]
    texts += [text for one in made for text in one.told]
    if accepted:
        texts.append(
            f"{counted(accepted, 'finding')} that the policy accepts are not uploaded: code scanning would open alerts"
        )
    if view.scan.target.kind not in _WHOLE and in_repository(view.scan.target):
        texts.append(
            f"this scan ({view.scan.target.kind}) is no scan of the whole repository, so it has categories of its own "
            "and touches no alert of a whole scan"
        )
    return tuple(texts)


def category(target: TargetInfo, what: str) -> str:
    """Return the id of a run's category: what it is about, and of what, with a slash at its end.

    An upload replaces the one before of the same category. So scans of different things must not share one: a folder,
    a change and an image each have their own.
    """
    where = "" if target.kind in _WHOLE else f"{quote(target.kind, safe='')}/"
    if not in_repository(target):
        where += f"{quote(target.name, safe=':@', errors='surrogatepass')}/"
    elif target.prefix:
        where = f"{where or 'tree/'}{uri(target.prefix)}"
    return f"secscan/{what}/{where}"


def _worst_first(judged: Judged) -> tuple[object, ...]:
    return (judged.finding.severity.order, *judged.order)
