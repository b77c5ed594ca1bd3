"""What the shipped control maps promise: ids as frameworks write them, a source, a date, and no text of others."""

from __future__ import annotations

import json
import re
from datetime import date
from pathlib import Path

import jsonschema_rs
import pytest
from ruamel.yaml import YAML

from secscan.compliance.controls import Fact
from secscan.compliance.load import load_framework, read_framework, shipped_frameworks
from secscan.compliance.model import Status
from secscan.compliance.reach import within
from secscan.compliance.schema import schema
from secscan.compliance.tokens import token

ROOT = Path(__file__).resolve().parents[3]
FOLDER = ROOT / "policies" / "controls"
IDS = {
    "asvs-5.0": r"V([1-9]|1[0-7])\.\d",
    "cis-8.1": r"([1-9]|1[0-8])\.\d{1,2}",
    "cwe-top-25-2025": r"CWE-\d{2,4}",
    "eu-cra": r"I-[12]-\d[a-m]?|I-1-2[a-m]|Art-14",
    "iso-27001-2022": r"A\.[5-8]\.\d{1,2}",
    "nist-800-53-r5": r"[A-Z]{2}-\d{1,2}(\(\d{1,2}\))?",
    "nist-ssdf-1.1": r"(PO|PS|PW|RV)\.\d\.\d",
    "owasp-top-10-2021": r"A(0[1-9]|10):2021",
    "owasp-top-10-2025": r"A(0[1-9]|10):2025",
    "pci-dss-4.0.1": r"\d{1,2}(\.\d{1,2}){2,3}",
    "soc-2": r"CC[1-9]\.\d",
}
DECLARED = {
    "owasp-top-10-2021": [34, 30, 33, 40, 20, 0, 22, 10, 4, 1],
    "owasp-top-10-2025": [40, 16, 0, 32, 37, 39, 36, 14, 5, 24],
}
"""How many CWE ids a category has: 0 where it is evidenced by kinds of findings."""

every_map = pytest.mark.parametrize("name", shipped_frameworks())


def test_the_frameworks_are_those_that_are_promised() -> None:
    assert set(shipped_frameworks()) == set(IDS)


@every_map
def test_ids_are_written_as_the_framework_writes_them(name: str) -> None:
    framework = load_framework(name).map
    assert framework.framework == name
    assert [one.id for one in framework.controls if not re.fullmatch(IDS[name], one.id)] == []
    assert len({token(one) for one in framework.controls}) == len(framework.controls)


@every_map
def test_it_says_where_it_comes_from(name: str) -> None:
    framework = load_framework(name).map
    assert date.fromisoformat(framework.date) > date(2026, 1, 1)
    assert framework.version
    assert framework.unverified
    assert len(framework.source) > 20
    assert len(framework.licence) > 20


@every_map
def test_no_text_of_others_fits_in_it(name: str) -> None:
    lines = (FOLDER / f"{name}.yaml").read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if len(line) > 120] == []
    assert lines[0] == "# yaml-language-server: $schema=../schema/controls-1.json"
    for control in load_framework(name).map.controls:
        assert len(control.title) < 110
        assert not re.search(r"\b(shall|must be|ensure)\b", control.title)


@every_map
def test_what_no_scanner_has_a_rule_for_says_what_a_person_has_to_do(name: str) -> None:
    for control in load_framework(name).map.controls:
        assert control.manual or any(one.facts or within(one) for one in control.evidence), control.id


@every_map
def test_it_is_valid_by_the_schema(name: str) -> None:
    document = YAML(typ="safe").load(FOLDER / f"{name}.yaml")
    jsonschema_rs.validator_for(schema()).validate(document)


@pytest.mark.parametrize("name", DECLARED)
def test_the_top_ten_have_as_many_cwes_as_their_pages_declare(name: str) -> None:
    counts = [
        len({cwe for one in control.evidence for cwe in one.cwes}) for control in load_framework(name).map.controls
    ]
    assert counts == DECLARED[name]


def test_the_top_25_are_25() -> None:
    assert [len(one.evidence[0].cwes) for one in load_framework("cwe-top-25-2025").map.controls] == [1] * 25


def test_the_file_that_editors_are_pointed_to_is_the_schema() -> None:
    file = ROOT / "policies" / "schema" / "controls-1.json"
    assert json.loads(file.read_text()) == schema(), f"secscan schema controls > {file}"


def test_the_page_about_it_names_every_framework_and_its_example_can_be_read() -> None:
    page = (ROOT / "docs" / "compliance.md").read_text(encoding="utf-8")
    assert [name for name in shipped_frameworks() if f"`{name}`" not in page] == []
    assert [fact.value for fact in Fact if f"`{fact.value}`" not in page] == []
    assert [status.value for status in Status if f"| `{status.value}` |" not in page] == []
    (example,) = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    assert read_framework(example.encode(), origin="docs/compliance.md").map.controls[0].manual
    jsonschema_rs.validator_for(schema()).validate(YAML(typ="safe").load(example))
