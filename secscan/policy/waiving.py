"""What becomes of waivers when a scan is judged: which findings they accept, and what must be said of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import msgspec

from secscan.findings.fingerprint import purl_without_qualifiers, purl_without_version
from secscan.findings.judgement import Decision, WaiverUse
from secscan.findings.levels import Action, SecretState, WaiverState
from secscan.findings.model import Finding, at_each_place
from secscan.policy.facts import Facts
from secscan.policy.match import Test, all_of, conditions
from secscan.policy.model import Waiver, WaiverTerms


def waive(
    decisions: Iterable[Decision],
    findings: Mapping[str, Finding],
    waivers: Iterable[Waiver],
    terms: WaiverTerms,
    at: datetime,
) -> tuple[tuple[Decision, ...], tuple[WaiverUse, ...]]:
    """Return the decisions with those that a waiver overrules, and what became of each waiver.

    `findings` are those at each place, by fingerprint: a waiver accepts a finding at the places that it matches. Where
    several waivers match, the first that counts holds. A waiver only ever accepts what the policy blocks or warns of;
    one that matches nothing but accepted findings is not needed.
    """
    by_fingerprint = {one.fingerprint: one for one in decisions}
    needing = [findings[one.fingerprint] for one in by_fingerprint.values() if one.action is not Action.ACCEPT]
    uses = []
    for waiver in waivers:
        use = _use(waiver, needing, terms, at.astimezone(UTC).date(), Facts(at=at))
        uses.append(use.shown)
        for fingerprint in use.accepted:
            decision = by_fingerprint[fingerprint]
            if decision.waiver:
                continue
            by_fingerprint[fingerprint] = msgspec.structs.replace(
                decision,
                action=Action.ACCEPT,
                waiver=waiver.id,
                due="",
                reason=f"waived by {waiver.owner} until {waiver.expires}: {waiver.reason}",
            )
    return tuple(by_fingerprint.values()), tuple(uses)


def selects(waiver: Waiver) -> Test:
    """Return the test whether a finding is what the waiver is about; undecided counts as no.

    A secret that is in use is accepted by its own fingerprint only, or where the waiver says `secret_state: [live]`:
    whoever accepted the made-up passwords of a folder has not accepted a real one among them.
    """
    rest = all_of(conditions(waiver.match)) if waiver.match else None
    means_live = bool(waiver.fingerprints) or (
        waiver.match is not None and SecretState.LIVE in waiver.match.secret_state
    )

    def test(finding: Finding, facts: Facts) -> bool:
        if waiver.fingerprints and not finding.fingerprint.startswith(waiver.fingerprints):
            return False
        if finding.secret_state is SecretState.LIVE and not means_live:
            return False
        if waiver.purls and not _is_about(waiver.purls, finding):
            return False
        return rest is None or rest(finding, facts) is True

    return test


def _is_about(purls: tuple[str, ...], finding: Finding) -> bool:
    """Whether a finding is about one of these package URLs; one without a version stands for all versions."""
    if finding.package is None:
        return False
    purl = purl_without_qualifiers(finding.package.purl)
    return purl in purls or purl_without_version(purl) in purls


def pending(waivers: Iterable[Waiver], findings: Iterable[Finding], at: datetime) -> tuple[WaiverUse, ...]:
    """Return waivers that do not count yet, since the change that is judged brings them along."""
    findings = tuple(at_each_place(findings))
    text = "the change that is judged brings it along; it counts once it is merged"
    return tuple(
        _shown(waiver, WaiverState.PENDING, _matching(waiver, findings, Facts(at=at)), text) for waiver in waivers
    )


@dataclass(frozen=True)
class _Use:
    shown: WaiverUse
    accepted: tuple[str, ...] = ()


def _use(waiver: Waiver, needing: list[Finding], terms: WaiverTerms, today: date, facts: Facts) -> _Use:
    matching = _matching(waiver, needing, facts)
    ends = date.fromisoformat(waiver.expires)
    unusable = _unusable(waiver, matching, terms, today)
    if unusable is not None:
        state, text = unusable
        return _Use(_shown(waiver, state, matching, text))
    if not matching:
        return _Use(
            _shown(waiver, WaiverState.UNUSED, matching, "no finding needs it; `secscan waiver prune` removes it")
        )
    standing = [one for one in matching if not (waiver.until_fixable and _fixable(one))]
    if not standing:
        fixed = next((one.remediation for one in matching if one.remediation), "")
        text = f"there is a fix now, and it was to hold until then. {fixed}".strip()
        return _Use(_shown(waiver, WaiverState.FIXABLE, matching, text))
    accepted = tuple(one.fingerprint for one in standing)
    left = (ends - today).days
    if left <= terms.warn_days:
        text = "it ends today" if left == 0 else f"it ends in {left} day{'' if left == 1 else 's'}"
        return _Use(_shown(waiver, WaiverState.EXPIRING, matching, text), accepted)
    return _Use(_shown(waiver, WaiverState.USED, matching, ""), accepted)


def _unusable(
    waiver: Waiver, matching: list[Finding], terms: WaiverTerms, today: date
) -> tuple[WaiverState, str] | None:
    """Why the waiver does not count, whatever it matches."""
    ends = date.fromisoformat(waiver.expires)
    if ends < today:
        return WaiverState.EXPIRED, f"it ended on {waiver.expires}; repair what it accepted, or decide anew"
    latest = today + timedelta(days=terms.longest_days)
    if ends > latest:
        return WaiverState.TOO_LONG, f"the policy allows waivers until {latest.isoformat()} at most"
    worst = sorted({one.severity for one in matching if one.severity in terms.approval}, key=lambda one: one.order)
    if worst and waiver.approved_by.strip().casefold() in ("", waiver.owner.strip().casefold()):
        who = "somebody else than the owner" if waiver.approved_by else "an approver (`approved_by`)"
        return WaiverState.UNAPPROVED, f"it is about a finding of {worst[0]} severity: the policy asks for {who}"
    if waiver.at_most is not None and len(matching) > waiver.at_most:
        return WaiverState.OVER, f"it matches {len(matching)} findings and says at most {waiver.at_most}"
    return None


def _matching(waiver: Waiver, findings: Iterable[Finding], facts: Facts) -> list[Finding]:
    test = selects(waiver)
    return [one for one in findings if test(one, facts)]


def _fixable(finding: Finding) -> bool:
    return finding.package is not None and bool(finding.package.fixed_versions)


def _shown(waiver: Waiver, state: WaiverState, matching: list[Finding], text: str) -> WaiverUse:
    return WaiverUse(
        id=waiver.id,
        state=state,
        owner=waiver.owner,
        expires=waiver.expires,
        reason=waiver.reason,
        origin=waiver.origin,
        ticket=waiver.ticket,
        approved_by=waiver.approved_by,
        vex=waiver.vex,
        fingerprints=tuple(sorted(one.fingerprint for one in matching)),
        text=text,
    )
