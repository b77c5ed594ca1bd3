"""The CWE taxonomy, as far as findings name it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from secscan.findings.model import Finding
from secscan.findings.weaknesses import cwes_of


def cwe_ids(findings: Iterable[Finding]) -> list[str]:
    """Return the CWE ids of all the findings, each once, by their numbers."""
    return [f"CWE-{number}" for number in sorted({number for one in findings for number in cwes_of(one)})]


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
