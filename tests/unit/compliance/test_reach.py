"""What the list of classes says is what scanners of code have rules for."""

from __future__ import annotations

import re
from pathlib import Path

from secscan.compliance.controls import Evidence
from secscan.compliance.reach import CLASSES_OF_CODE, CWES_OF_CODE, within
from secscan.findings.defects import DEFECTS
from secscan.findings.levels import Kind
from secscan.scanners.bandit import CLASSES

RULES = Path(__file__).resolve().parents[3] / "policies" / "semgrep" / "python"


def test_the_classes_are_those_of_bandit_and_of_our_rules_for_semgrep() -> None:
    texts = [path.read_text(encoding="utf-8") for path in RULES.rglob("*.yaml")]
    classes = {name for text in texts for name in re.findall(r"secscan: \{class: ([a-z-]+)", text)}
    assert len(classes) > 20
    assert set(CLASSES.values()) | classes == CLASSES_OF_CODE
    named = {int(cwe) for text in texts for cwe in re.findall(r"CWE-(\d+)", text)}
    assert named <= CWES_OF_CODE
    assert CWES_OF_CODE - named <= {DEFECTS[name].cwes[0] for name in CLASSES_OF_CODE if DEFECTS[name].cwes}


def test_an_evidence_is_within_reach_where_a_rule_is_there_for_a_part_of_it() -> None:
    assert within(Evidence(kinds=(Kind.SAST,)))
    assert within(Evidence(kinds=(Kind.SAST,), cwes=(89, 787)))
    assert within(Evidence(kinds=(Kind.SAST,), cwes=(787,), classes=("xss",)))
    assert not within(Evidence(kinds=(Kind.SAST,), cwes=(787,)))
    assert not within(Evidence(kinds=(Kind.SAST,), classes=("container-root-user",)))
    assert within(Evidence(kinds=(Kind.MISCONFIGURATION,), classes=("container-root-user",)))
