"""The reader of control maps is strict, and says where something is wrong."""

from __future__ import annotations

from pathlib import Path

import jsonschema_rs
import pytest
from ruamel.yaml import YAML

from secscan.compliance.controls import Fact
from secscan.compliance.load import load_framework, read_framework
from secscan.compliance.schema import schema
from secscan.errors import PolicyError
from secscan.findings.levels import Kind
from tests.support.compliance import MAP, house


def test_a_map_is_read_whole() -> None:
    framework = house()
    first, second, *_, fourth, fifth = framework.map.controls
    assert (framework.map.framework, framework.map.edition, framework.map.version) == ("house", "1", "3")
    assert first.evidence[0].cwes == (78, 89)
    assert first.evidence[0].kinds == (Kind.SAST,)
    assert second.evidence[1].facts == (Fact.JUDGED,)
    assert (fourth.evidence, fourth.manual) == ((), "Training")
    assert fifth.id == "5 (b)"
    assert len(framework.digest) == 64


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("secscan.controls/1", "secscan.controls/2", "house.yaml:1:1: format: the format"),
        ("framework: house", "framework: House Rules", "house.yaml:2:1: framework: 'House Rules' does not match"),
        ('"2026-01-01"', '"2026-02-30"', "house.yaml:6:1: date: 2026-02-30 is not a day"),
        ("licence: none\n", "", "the field 'licence' is missing"),
        ("title: No secret", "titel: No secret", "house.yaml:23:5: controls[2].titel: unknown field"),
        ("id: H.3", "id: H.1", "the id H.1 is there twice"),
        ("id: H.3", "id: c-5_b", "the OSCAL id c-5_b is there twice"),
        ("kinds: [secret]", "kinds: [secrets]", "controls[2].evidence[0].kinds[0]: 'secrets' is not one of"),
        ("kinds: [secret]", "kinds: []", "the list is empty"),
        ("kinds: [secret]", "kinds: [secret, secret]", "secret is there twice"),
        ("kinds: [secret]", "kinds: [secret]\n        classes: [sql]", "'sql' is not one of"),
        ("kinds: [secret]", "kinds: [secret]\n        facts: [judged]", "facts stand alone"),
        ("kinds: [secret]", "classes: [xss]", "neither kinds nor facts"),
        ("kinds: [secret]", "kinds: [secret]\n        scanners: [Bad Name]", "does not match"),
        ("cwes: [78, 89]", "cwes: [0]", "0 is not from 1 to 99999"),
        ("cwes: [78, 89]", "cwes: [CWE-78]", "expected a whole number"),
        ("facts: [judged]", "facts: [good]", "'good' is not one of"),
        ("    manual: Training\n", "", "nothing says how it is evidenced"),
        ("manual: Training", "manual: Training\n    evidence: []", "no evidence is in it"),
        ("title: People are trained", 'title: "People\\nare"', "not one line"),
        ("manual: Training", "manual: " + "x" * 401, "not one line of at most 400"),
        ("title: No secret", "title: No secret\n    oscal_id: 9", "expected a text"),
        ("title: No secret", 'title: No secret\n    oscal_id: "9"', "does not match"),
    ],
)
def test_what_is_wrong_is_named_with_its_place(old: str, new: str, said: str) -> None:
    text = MAP.decode()
    assert old in text
    with pytest.raises(PolicyError) as caught:
        house(text.replace(old, new, 1).encode())
    assert caught.value.message.startswith("house.yaml:")
    assert said in caught.value.message
    assert caught.value.hint


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("secscan.controls/1", "secscan.controls/2"),
        ("licence: none\n", ""),
        ("title: No secret", "titel: No secret"),
        ("kinds: [secret]", "kinds: [secrets]"),
        ("kinds: [secret]", "kinds: []"),
        ("kinds: [secret]", "kinds: [secret]\n        facts: [judged]"),
        ("kinds: [secret]", "classes: [xss]"),
        ("cwes: [78, 89]", "cwes: [0]"),
        ("    manual: Training\n", ""),
    ],
)
def test_the_schema_refuses_it_too(old: str, new: str) -> None:
    validator = jsonschema_rs.validator_for(schema())
    validator.validate(YAML(typ="safe").load(MAP.decode()))
    assert not validator.is_valid(YAML(typ="safe").load(MAP.decode().replace(old, new, 1)))


def test_a_map_without_controls_is_refused() -> None:
    head = MAP.decode().partition("controls:\n")[0]
    with pytest.raises(PolicyError, match="there is no control in it"):
        read_framework((head + "controls: []\n").encode(), origin="house.yaml")


def test_a_bare_word_is_never_a_file_of_the_working_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("soc-2").write_bytes(MAP)
    Path("house").write_bytes(MAP)
    assert load_framework("soc-2").map.title.startswith("SOC 2")
    with pytest.raises(PolicyError, match="there is no framework 'house'"):
        load_framework("house")
    with pytest.raises(PolicyError) as caught:
        load_framework("owasp-top-10-2024")
    assert "did you mean" in caught.value.hint


def test_a_file_is_read_and_what_is_none_is_refused(tmp_path: Path) -> None:
    (tmp_path / "house.yaml").write_bytes(MAP)
    read = load_framework(str(tmp_path / "house.yaml"))
    assert read.map == house().map
    assert read.origin == str(tmp_path / "house.yaml")
    for path in (tmp_path, tmp_path / "none.yaml"):
        with pytest.raises(PolicyError):
            load_framework(str(path))
