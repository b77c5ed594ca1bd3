"""Which weaknesses of the CWE catalogue a finding is about."""

from __future__ import annotations

import functools
import re

from secscan.findings.defects import defect
from secscan.findings.model import Finding

_CWE = re.compile(r"CWE-0*([1-9][0-9]{0,5})")


def cwes_of(finding: Finding) -> tuple[int, ...]:
    """Return the numbers of a finding's CWE ids, in its own order; the first of its class where nobody named one."""
    return _cwes(finding.identifiers, finding.defect)


@functools.lru_cache(maxsize=4_096)
def _cwes(identifiers: tuple[str, ...], about: str) -> tuple[int, ...]:
    named = (int(found[1]) for text in identifiers if (found := _CWE.fullmatch(text)))
    return tuple(dict.fromkeys(named)) or defect(about).cwes[:1]
