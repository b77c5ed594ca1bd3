from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from secscan.errors import PolicyError
from secscan.findings.defects import DEFECTS
from secscan.findings.levels import Action, Cause, Confidence, GapKind, Kind, SecretState, Severity
from secscan.findings.model import Finding, Source
from secscan.gate.rehearsal import rehearse
from secscan.policy.cel.fields import FIELDS
from secscan.policy.document import FIELDS as DOCUMENT_FIELDS
from secscan.policy.document import RULE_FIELDS, TERMS
from secscan.policy.load import Reader, load_policy, shipped_policies
from secscan.policy.model import ImageLayer, Match, Mode
from secscan.policy.waivers import ABOUT as WAIVER_FIELDS
from secscan.policy.words import READERS
from secscan.resources import data_dir
from tests.unit.policy.samples import FLASK, SQL, at, changed, decide

SCANNERS = ("bandit", "dockerfile", "image", "manifests", "osv", "pip-audit", "secrets", "semgrep", "vault")


def test_a_path_is_read_as_a_file(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_bytes((data_dir("policies") / "default.yaml").read_bytes())
    assert load_policy(str(path)).digest == load_policy("default").digest


def test_a_bare_word_is_never_a_file_of_the_working_directory(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("default", "mine"):
        (tmp_path / name).write_text("format: secscan.policy/1\nname: planted\nrules: []\n")
    assert load_policy("default").name == "default"
    with pytest.raises(PolicyError, match="no shipped policy 'mine'") as caught:
        load_policy("mine")
    assert "./mine" in caught.value.hint


def test_a_name_that_is_nearly_right(tmp_path: Path) -> None:
    with pytest.raises(PolicyError) as caught:
        load_policy("strcit")
    assert "did you mean 'strict'?" in caught.value.hint


@pytest.mark.parametrize("name", ["nowhere.yaml", "./nowhere", "a\0b.yaml", "folder.yaml", "fifo.yaml", ""])
def test_what_is_no_readable_file(name: str, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder.yaml").mkdir()
    os.mkfifo(tmp_path / "fifo.yaml")
    with pytest.raises(PolicyError) as caught:
        load_policy(name)
    assert caught.value.hint


def test_errors_name_the_file_as_it_was_given(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.yaml").write_text("format: secscan.policy/1\nname: mine\nrules: []\n")
    with pytest.raises(PolicyError, match=r"^\./mine\.yaml:3:\d+: rules: "):
        load_policy("./mine.yaml")


@pytest.mark.parametrize("name", shipped_policies())
def test_shipped_policies_are_whole_and_named_as_their_files(name: str) -> None:
    policy = load_policy(name, scanners=SCANNERS)
    assert policy.name == name
    everything = ("bandit", "semgrep", "osv", "pip-audit", "secrets", "dockerfile", "manifests", "image")
    assert policy.required == (("secrets",) if name == "secrets-only" else everything)
    assert policy.in_source_markers == ()


def test_advisory_is_default_as_advice() -> None:
    default, advisory = load_policy("default"), load_policy("advisory")
    assert changed(advisory, name="", digest="", mode=Mode.ENFORCE) == changed(default, name="", digest="")
    assert advisory.mode is Mode.LOG


def test_strict_tolerates_nothing() -> None:
    assert load_policy("strict").tolerated_gaps == ()


BANDIT = (Source(scanner="bandit", rule="B105"),)


def sast(severity: str, confidence: str = "high", path: str = "src/app.py", **more: Any) -> Finding:
    return changed(at(SQL, path), severity=Severity(severity), confidence=Confidence(confidence), **more)


def vulnerable(severity: str, *, fix: bool = True, **more: Any) -> Finding:
    package = changed(FLASK.package, fixed_versions=("2.2.5",) if fix else ())
    return changed(FLASK, severity=Severity(severity), package=package, **more)


def credential(severity: str, confidence: str, **more: Any) -> Finding:
    return sast(severity, confidence, defect="hardcoded-credential", **more)


def secret(confidence: str, path: str = "src/app.py") -> Finding:
    return sast("high", confidence, path, kind=Kind.SECRET, defect="hardcoded-credential")


@pytest.mark.parametrize(
    ("finding", "default", "strict"),
    [
        (vulnerable("low", defect="malicious-package"), "block", "block"),
        (vulnerable("low", known_exploited=True, fix=False), "block", "block"),
        (vulnerable("critical", fix=False), "block", "block"),
        (vulnerable("high"), "block", "block"),
        (vulnerable("high", fix=False), "warn", "block"),
        (vulnerable("unknown"), "block", "block"),
        (vulnerable("unknown", fix=False), "warn", "block"),
        (vulnerable("medium"), "warn", "block"),
        (vulnerable("medium", known_exploited=False), "warn", "block"),
        (vulnerable("low"), "accept", "warn"),
        (sast("critical"), "block", "block"),
        (sast("high", "medium"), "block", "block"),
        (sast("high", "low"), "warn", "block"),
        (sast("unknown"), "block", "block"),
        (sast("unknown", "low"), "warn", "block"),
        (sast("medium"), "warn", "block"),
        (sast("medium", "low"), "warn", "warn"),
        (sast("low"), "accept", "warn"),
        (sast("low", "low"), "accept", "accept"),
        (sast("info"), "accept", "accept"),
        (secret("high"), "block", "block"),
        (secret("low"), "warn", "block"),
        (secret("high", "tests/keys.py"), "warn", "block"),
        (credential("medium", "high"), "block", "block"),
        (credential("low", "high"), "block", "block"),
        (credential("low", "medium", sources=BANDIT), "warn", "warn"),
        (credential("low", "medium", sources=BANDIT + SQL.sources), "block", "block"),
        (credential("medium", "high", path="tests/a.py"), "warn", "block"),
        (sast("high", defect="weak-hash", sources=BANDIT), "warn", "block"),
        (sast("high", defect="weak-hash"), "block", "block"),
        (sast("critical", path="tests/a.py"), "block", "block"),  # traced, wherever it is
        (sast("critical", path="tests/a.py", sources=BANDIT), "warn", "block"),
        (sast("critical", "medium", path="src/shop/tests/deep/a.py"), "warn", "block"),
        (sast("critical", path="src/test_client.py", defect="xss"), "warn", "block"),
        (sast("critical", path="src/testing/client.py"), "block", "block"),
        (sast("low", path="tests/a.py", defect="assert-used"), "accept", "warn"),
        (sast("low", "low", path="tests/a.py", defect="assert-used"), "accept", "accept"),
        (sast("medium", path="tests/a.py", defect="weak-randomness"), "accept", "block"),
        (sast("low", "low", defect="assert-used"), "accept", "accept"),
        (sast("high", kind=Kind.MISCONFIGURATION, path="tests/Dockerfile"), "block", "block"),
    ],
)
def test_what_the_shipped_policies_think(finding: Finding, default: str, strict: str) -> None:
    assert decide(load_policy("default"), finding).action == Action(default)
    assert decide(load_policy("advisory"), finding).action == Action(default)
    assert decide(load_policy("strict"), finding).action == Action(strict)


README = (data_dir("policies") / "README.md").read_text()


def test_the_readme_explains_every_condition_kind_of_gap_and_class() -> None:
    assert [attribute for attribute, _ in READERS.values()] == list(Match.__struct_fields__)
    assert [name for name in READERS if f"| `{name}` |" not in README] == []
    assert [word for word in (*DEFECTS, *GapKind, *Cause, *SecretState, *ImageLayer) if f"`{word}`" not in README] == []
    assert [name for name, field in FIELDS.items() if f"| `{name}` | " not in README or field.about not in README] == []
    assert [name for name in RULE_FIELDS if f"| `{name}` |" not in README] == []


def test_the_example_in_the_readme_is_a_policy_with_everything_and_passes_its_tests() -> None:
    example, waivers = (part.split("```")[0] for part in (README.split("```yaml\n")[at] for at in (1, 3)))
    assert waivers.startswith("format: secscan.waivers/1")
    files = {"policy.yaml": example, "waivers.yaml": waivers, ".bandit": "[bandit]\nskips: B101\n"}
    done = rehearse("policy.yaml", scanners=SCANNERS, reader=Reader(file=lambda path: files[path].encode()))
    assert [(one.case.name, one.problems) for one in done.tried if not one.passed] == []
    for name in (*DOCUMENT_FIELDS, *RULE_FIELDS, *TERMS, *WAIVER_FIELDS):
        assert f"{name}:" in example or name == "floor", name
