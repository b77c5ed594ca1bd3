"""Gaps against the policy's demands: which are tolerated and counted, which make the verdict incomplete."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from secscan.findings.globs import any_glob
from secscan.findings.judgement import Reason, ToleratedGaps
from secscan.findings.levels import GapKind, Verdict
from secscan.findings.model import Gap
from secscan.policy.model import Policy, Tolerance

_EXAMPLES = 3
_MOST_DETAIL = 300


def judge_gaps(gaps: Iterable[Gap], policy: Policy) -> tuple[tuple[Reason, ...], tuple[ToleratedGaps, ...]]:
    """Return the reasons that gaps give for an incomplete verdict, and the gaps that are tolerated, counted."""
    fits = [_Fit.of(tolerance) for tolerance in policy.tolerated_gaps]
    optional = frozenset(policy.optional)
    counted: Counter[tuple[GapKind, str]] = Counter()
    held: defaultdict[tuple[GapKind, str, int | None], list[Gap]] = defaultdict(list)
    by_fit: defaultdict[int, list[Gap]] = defaultdict(list)
    for gap in gaps:
        if gap.scanner in optional:
            counted[gap.kind, f"the policy makes {gap.scanner} optional"] += 1
        elif (index := next((at for at, fit in enumerate(fits) if fit.test(gap)), None)) is not None:
            by_fit[index].append(gap)
        else:
            held[gap.kind, gap.scanner, None].append(gap)
    for index, fitting in by_fit.items():
        tolerance = fits[index].tolerance
        over = tolerance.at_most is not None and len({gap.subject for gap in fitting}) > tolerance.at_most
        for gap in fitting:
            if over:
                held[gap.kind, gap.scanner, tolerance.at_most].append(gap)
            else:
                counted[gap.kind, tolerance.reason] += 1
    reasons = sorted(
        (_reason(kind, scanners, group, limit) for kind, scanners, limit, group in _united(held)),
        key=lambda reason: (reason.subject, reason.text),
    )
    tolerated = (
        ToleratedGaps(kind=kind, count=count, reason=reason) for (kind, reason), count in sorted(counted.items())
    )
    return tuple(reasons), tuple(tolerated)


@dataclass(frozen=True)
class _Fit:
    """A tolerance with its conditions compiled."""

    tolerance: Tolerance
    test: Callable[[Gap], bool]

    @classmethod
    def of(cls, tolerance: Tolerance) -> _Fit:
        kinds, scanners = frozenset(tolerance.kinds), frozenset(tolerance.scanners)
        in_paths = any_glob(tolerance.paths)

        def test(gap: Gap) -> bool:
            return (
                gap.kind in kinds
                and (not scanners or gap.scanner in scanners)
                and (not tolerance.paths or in_paths(gap.subject))
            )

        return cls(tolerance, test)


def _united(
    held: dict[tuple[GapKind, str, int | None], list[Gap]],
) -> Iterator[tuple[GapKind, str, int | None, list[Gap]]]:
    """Gaps by kind and scanner; where several scanners could not look at the very same, once for all of them."""
    groups: defaultdict[tuple[GapKind, int | None, frozenset[str]], list[tuple[str, list[Gap]]]] = defaultdict(list)
    for (kind, scanner, limit), gaps in held.items():
        groups[kind, limit, frozenset(gap.subject for gap in gaps)].append((scanner, gaps))
    for (kind, limit, _), parts in groups.items():
        names = sorted({scanner for scanner, _ in parts})
        yield kind, " and ".join(names), limit, [gap for _, gaps in parts for gap in gaps]


def _reason(kind: GapKind, scanner: str, gaps: list[Gap], limit: int | None) -> Reason:
    subjects = sorted({gap.subject for gap in gaps})
    names = ", ".join(subjects[:_EXAMPLES])
    more = f" and {len(subjects) - _EXAMPLES} more" if len(subjects) > _EXAMPLES else ""
    over = f"; the policy tolerates at most {limit} such" if limit is not None else ""
    remedies = Counter(gap.remedy for gap in gaps if gap.remedy)
    remedy = min(remedies, key=lambda text: (-remedies[text], text)) if remedies else ""
    why = f": {gaps[0].detail[:_MOST_DETAIL]}" if len(subjects) == 1 and gaps[0].detail else ""
    return Reason(
        verdict=Verdict.INCOMPLETE,
        about="gap",
        subject=kind,
        text=f"{scanner} could not look at {len(subjects)} ({kind}): {names}{why}{more}{over}",
        hint=remedy,
    )
