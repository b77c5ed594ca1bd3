"""Which weaknesses a finding is about."""

from __future__ import annotations

import msgspec

from secscan.findings.weaknesses import cwes_of
from tests.support.scans import MARKED, TAINTED


def test_cwes_are_those_that_are_named_else_the_first_of_the_class() -> None:
    assert cwes_of(TAINTED) == (89,)
    assert cwes_of(MARKED) == (78,)
    odd = msgspec.structs.replace(TAINTED, identifiers=("CWE-0079", "CWE-0", "CWE-89x", "xCWE-1", "CVE-2020-1"))
    assert cwes_of(odd) == (79,)
    assert cwes_of(msgspec.structs.replace(odd, identifiers=(), defect="unheard-of")) == ()
