"""The CWE taxonomy, as far as findings name it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from secscan.findings.defects import defect
from secscan.findings.model import Finding

_CWE = re.compile(r"CWE-[0-9]{1,7}")


def cwes_of(finding: Finding) -> list[str]:
    """CWE ids of a finding: those that a tool or the advisory names, else our class's first."""
    named = [one for one in finding.identifiers if _CWE.fullmatch(one)]
    return named or [f"CWE-{number}" for number in defect(finding.defect).cwes[:1]]


def taxonomy(cwes: Iterable[str]) -> dict[str, Any]:
    """Return the taxonomy that rules refer to."""
    return {
        "name": "CWE",
        "organization": "MITRE",
        "informationUri": "https://cwe.mitre.org/",
        "shortDescription": {"text": "The MITRE Common Weakness Enumeration."},
        "isComprehensive": False,
        "taxa": [{"id": cwe, "helpUri": f"https://cwe.mitre.org/data/definitions/{cwe[4:]}.html"} for cwe in cwes],
    }


def relationship(cwe: str, index: int) -> dict[str, Any]:
    """Return that a rule is about a CWE."""
    return {"target": {"id": cwe, "index": index, "toolComponent": {"name": "CWE", "index": 0}}}


def tag(cwe: str) -> str:
    """A CWE id as platforms look for it."""
    return f"external/cwe/cwe-{int(cwe[4:]):03d}"
