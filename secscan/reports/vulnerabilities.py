"""Vulnerabilities of packages as a judged scan tells them, for the formats that tell nothing else; and its time."""

from __future__ import annotations

from secscan.findings.model import at_each_place
from secscan.findings.scan import Scan
from secscan.reports.present import Presentation
from secscan.vex.document import Told, affected, is_vulnerability, statements_of

_NO_TIME = "1970-01-01T00:00:00Z"


def judged_at(scan: Scan) -> str:
    """Return the time of judgement, else the time of the scan (RFC 3339). A scan that knows neither says 1970, so that
    nothing is taken for newer than it is."""
    return (scan.run.judged_at or scan.run.started if scan.run else "") or _NO_TIME


def vulnerabilities(view: Presentation) -> tuple[Told, ...]:
    """Return every vulnerability at each of its places, with the decision there."""
    decisions = {one.fingerprint: one for one in view.judgement.decisions}
    statements = statements_of(view.judgement.waivers)
    found = []
    for one in at_each_place(view.scan.findings):
        if is_vulnerability(one) and one.package is not None:
            decision = decisions.get(one.fingerprint)
            statement = statements.get(decision.waiver) if decision else None
            found.append(Told(one, decision, affects=affected(one.package), statement=statement))
    return tuple(found)
