"""Makes one finding of several that report the same defect."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from secscan.correlate.order import united, united_sources
from secscan.findings.model import Finding


def combine(primary: Finding, others: Sequence[Finding]) -> Finding:
    """Return `primary` with what the others add to it.

    Title, message, remediation, location and severity stay those of `primary`; the caller weighs severity and
    confidence. Sources, markers, identifiers, scores, references and notes are united.
    """
    everyone = (primary, *others)
    known = [one.known_exploited for one in everyone if one.known_exploited is not None]
    return msgspec.structs.replace(
        primary,
        sources=united_sources([one.sources for one in everyone]),
        identifiers=united(one.identifiers for one in everyone),
        cvss=united(one.cvss for one in everyone),
        epss=max((one.epss for one in everyone if one.epss is not None), default=None),
        known_exploited=any(known) if known else None,
        published=min((one.published for one in everyone if one.published), default=""),
        remediation=next((one.remediation for one in everyone if one.remediation), ""),
        references=united(one.references for one in everyone),
        trace=next((one.trace for one in everyone if one.trace), ()),
        markers=united(one.markers for one in everyone),
        notes=united(one.notes for one in everyone),
        secret_id=next((one.secret_id for one in everyone if one.secret_id), ""),
        same=next((one.same for one in everyone if one.same), ""),
    )
