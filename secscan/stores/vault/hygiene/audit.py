"""The audit: every check of every section, each proved by its control in the same run."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from secscan.findings.levels import Severity
from secscan.stores.vault.hygiene import engines, methods, policies, server, tokens
from secscan.stores.vault.hygiene.asking import Asking, Reads
from secscan.stores.vault.hygiene.checks import Check, Entry, Problem, Section, Terms, Unlooked
from secscan.stores.vault.settings import AuditSettings

SECTIONS: tuple[Section, ...] = (
    server.SECTION,  # first: a sealed server answers nothing else, until our patience with it is over
    tokens.SECTION,
    policies.SECTION,
    methods.SECTION,
    engines.SECTION,
)
CHECKS: dict[str, Check] = {check.id: check for section in SECTIONS for check in section.checks}
"""Every check, by its id."""

_MOST_SAID = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Audited:
    """What an audit showed."""

    problems: tuple[Problem, ...]
    """Sorted; one for each check and subject."""
    unlooked: tuple[Unlooked, ...]
    done: frozenset[str]
    """Checks that were done on everything they look at, and found their control."""
    proved: frozenset[str]
    """Checks that found their control."""


def audit(connection: Reads, *, now: datetime | None = None) -> Audited:
    """Look at everything, and judge it. Raises `StoreError` where no more can be asked at all."""
    asking = Asking(connection)
    terms = terms_of(asking.settings.audit, now or datetime.now(UTC))
    problems: list[Problem] = []
    unlooked: list[Unlooked] = []
    proved: set[str] = set()
    for section in SECTIONS:
        for entry in [*section.controls, *section.gather(asking)]:
            for said in section.judge(entry, terms):
                if isinstance(said, Unlooked):
                    unlooked.append(said)
                elif _is_control(entry):
                    proved.add(said.check)
                else:
                    problems.append(said)
    unlooked += asking.unlooked
    return Audited(
        problems=_joined(problems),
        unlooked=tuple(dict.fromkeys(unlooked)),
        done=frozenset(proved - {one.check for one in unlooked}),
        proved=frozenset(proved),
    )


def terms_of(settings: AuditSettings, now: datetime) -> Terms:
    """Return what is judged against."""
    return Terms(
        now=now,
        lease_days=settings.lease_days,
        secret_days=settings.secret_days,
        owner=settings.owner,
        oldest_version=settings.oldest_version,
    )


def _is_control(entry: Entry) -> bool:
    return any(entry is control for section in SECTIONS for control in section.controls)


def _joined(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """One problem for each check and subject, of the worst severity, that says what all of them say."""
    by_subject: dict[tuple[str, str], list[Problem]] = defaultdict(list)
    for one in problems:
        by_subject[one.check, one.subject].append(one)
    return tuple(
        Problem(check, subject, _said(several), min((_severity(one) for one in several), key=lambda one: one.order))
        for (check, subject), several in sorted(by_subject.items())
    )


def _said(several: list[Problem]) -> str:
    said = list(dict.fromkeys(one.seen for one in several))
    more = f" And {len(said) - _MOST_SAID} more." if len(said) > _MOST_SAID else ""
    return " ".join(said[:_MOST_SAID]) + more


def _severity(problem: Problem) -> Severity:
    return problem.severity or CHECKS[problem.check].severity
