"""What is told of a judged scan: verdict, numbers, and the few findings that a person looks at first."""

from __future__ import annotations

import hashlib
from collections import Counter
from datetime import UTC, datetime

import msgspec

from secscan.findings.levels import Action, Severity, Verdict
from secscan.findings.scan import Scan, timestamp
from secscan.notify.contract import Item, News
from secscan.reports.escape import web_link
from secscan.reports.present import Presentation, not_done

_MOST_DOUBTS = 5


def news_of(scan: Scan, *, findings: int) -> News:
    """Return the news of a judged scan, with at most so many findings by name."""
    view, run = Presentation(scan), scan.run
    blocking = view.with_action(Action.BLOCK)
    counts = Counter(one.finding.severity for one in blocking)
    key, at = key_of(scan), (run.judged_at if run else "") or timestamp(datetime.now(UTC))
    return News(
        id=_digest("verdict", key, scan.target.digest, at, view.judgement.verdict),
        key=key,
        target=scan.target.name,
        kind=scan.target.kind,
        revision=scan.target.revision,
        branch=scan.target.branch,
        repository=scan.target.repository,
        policy=view.judgement.policy,
        verdict=view.judgement.verdict,
        before=None,
        sentence=view.sentence,
        blocked={one: counts[one] for one in sorted(Severity, key=lambda level: level.order) if counts[one]},
        items=tuple(
            Item(one.finding.title, one.finding.severity, one.finding.place) for one in blocking[: max(0, findings)]
        ),
        doubts=not_done(view)[:_MOST_DOUBTS] if findings else (),
        link=web_link(run.ci) if run else "",
        at=at,
    )


def key_of(scan: Scan) -> str:
    """Return what all scans of one target by one policy have in common: a digest, since names can be long and odd."""
    target = scan.target
    policy = scan.judgement.policy if scan.judgement else ""
    return _digest("target", target.kind, target.name, target.repository, target.prefix, target.branch, policy)


def blocking(scan: Scan) -> tuple[str, ...]:
    """Return the fingerprints of what blocks, sorted."""
    decisions = scan.judgement.decisions if scan.judgement else ()
    return tuple(sorted(one.fingerprint for one in decisions if one.action is Action.BLOCK))


def trial(at: str, link: str, verdict: Verdict = Verdict.INCOMPLETE) -> News:
    """Return news of no scan, by which settings are tried."""
    return News(
        id=_digest("trial", at, verdict),
        key=_digest("trial"),
        target="a test of the settings",
        kind="test",
        revision="",
        branch="",
        repository="",
        policy="none",
        verdict=verdict,
        before=None,
        sentence="somebody tries the settings of secscan; nothing was scanned",
        blocked={},
        items=(),
        doubts=(),
        link=link,
        at=at,
        test=True,
    )


def _digest(*parts: str) -> str:
    return hashlib.sha256(msgspec.json.encode(parts)).hexdigest()[:32]
