"""Annotations of a judged scan: what a reader of a change sees beside its lines, worst first.

GitHub shows ten of each level for one step and hides the rest without a word, so the last place says how many there
are beside.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from secscan.findings.defects import defect
from secscan.findings.levels import Action
from secscan.findings.model import Finding
from secscan.findings.paths import os_path
from secscan.findings.scan import Scan
from secscan.findings.visible import is_visible
from secscan.github.workflow import command
from secscan.reports.present import Judged, Presentation, counted, main_identifier, newness

MOST = 10
"""Of one level and step."""
_MOST_DOUBTS = 3
_MOST_TEXT = 1_000
_IN_CHECKOUT = frozenset({"tree", "staged", "diff", "paths", "commit"})


@dataclass(frozen=True, slots=True)
class Annotation:
    """One annotation; without a file it stands at the job."""

    level: str
    """`error`, `warning` or `notice`."""
    title: str
    message: str
    file: str = ""
    """Relative to the top of the repository."""
    line: int = 0
    end_line: int = 0

    def command(self) -> str:
        """The workflow command that makes it."""
        lines = {"line": str(self.line), "endLine": str(self.end_line)} if self.line else {}
        return command(self.level, self.message, file=self.file, **lines, title=self.title)


def annotations_of(scan: Scan) -> Iterator[Annotation]:
    """Yield what GitHub will show: errors for what blocks and what was not looked at, warnings for what warns."""
    view = Presentation(scan)
    doubts = [Annotation("error", f"secscan: {one.verdict}", _cut(one.text, one.hint)) for one in view.doubts]
    if len(doubts) > _MOST_DOUBTS:
        doubts = [*doubts[: _MOST_DOUBTS - 1], _more("error", len(doubts) - _MOST_DOUBTS + 1, "reason")]
    other = [
        Annotation("error", "secscan: failed", _cut(one.text, one.hint))
        for one in view.failures
        if one.about != "finding"
    ]
    yield from fitted([*doubts, *other, *_of(scan, view.with_action(Action.BLOCK), "error")])
    yield from fitted(list(_of(scan, view.with_action(Action.WARN), "warning")))


def fitted(made: Sequence[Annotation]) -> Sequence[Annotation]:
    """Return at most as many of one level as are shown, of which then the last says how many are not."""
    if len(made) <= MOST:
        return made
    return [*made[: MOST - 1], _more(made[0].level, len(made) - MOST + 1, "finding")]


def _of(scan: Scan, found: Iterable[Judged], level: str) -> Iterator[Annotation]:
    # What is new, or may be, is what the reader of a change can do something about.
    for judged in sorted(found, key=lambda one: one.decision.new is False):
        finding, region = judged.finding, judged.finding.location.region
        file = _file(scan, finding)
        place = "" if file else f" in {finding.place}"
        known_as = main_identifier(finding)
        about = ", ".join(part for part in (known_as, newness(judged.decision)) if part)
        yield Annotation(
            level,
            f"{finding.severity}: {finding.title}{f' ({about})' if about else ''}{place}"[:_MOST_TEXT],
            _cut(finding.message, finding.remediation or defect(finding.defect).remedy),
            file=file,
            line=region.start_line if file and region else 0,
            end_line=region.last_line if file and region else 0,
        )


def _file(scan: Scan, finding: Finding) -> str:
    """The file as GitHub knows it; empty for what is none of the repository, or has a name that nobody could read."""
    if scan.target.kind not in _IN_CHECKOUT or (finding.introduced and not finding.introduced.in_head):
        return ""
    name = os_path(scan.target.prefix + finding.location.path)
    return name if is_visible(name) and not name.startswith("/") else ""


def _more(level: str, count: int, what: str) -> Annotation:
    return Annotation(level, "secscan", f"{counted(count, f'more {what}')}: see the summary of this job")


def _cut(text: str, to_do: str) -> str:
    whole = text if len(text) <= _MOST_TEXT else f"{text[: _MOST_TEXT - 3]}..."
    return f"{whole}\nTo do: {to_do[:_MOST_TEXT]}" if to_do else whole
