"""`secscan config show|validate`: who says what, and that a scan does what is shown."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from secscan import pipeline
from secscan.cli.app import build, run
from secscan.errors import ConfigError, PolicyError, UsageError
from secscan.scanners.runner import available_cores
from secscan.settings.places import SETTINGS_FILE, WAIVERS_FILE

FILE = """\
version: 1
scan:
  exclude: ["/docs/**"]
scanners: {timeout: 60, memory: 512}
policy: strict
environment: production
jobs: 3
vault: {address: "https://ana:hunter2@vault.example", mode: index}
"""


class Asked(Exception):
    """What a scan would do."""


@pytest.fixture(autouse=True)
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    folder = tmp_path / "tree"
    folder.mkdir()
    (folder / SETTINGS_FILE).write_text(FILE.replace("environment: production\n", ""))
    monkeypatch.chdir(folder)
    return folder


def command(*words: str) -> str:
    ended = CliRunner().invoke(build(), words)
    if ended.exception is not None:
        raise ended.exception
    return ended.output


def shown(*words: str) -> dict[str, Any]:
    ended = CliRunner().invoke(build(), ["config", "show", "--json", *words])
    if ended.exception is not None:
        raise ended.exception
    settings: dict[str, Any] = json.loads(ended.stdout)["settings"]
    return settings


def asked(monkeypatch: pytest.MonkeyPatch, *words: str) -> pipeline.ScanRequest:
    """What `secscan scan` would do with the same words."""
    caught: list[pipeline.ScanRequest] = []

    def take(request: pipeline.ScanRequest, **_: object) -> None:
        caught.append(request)
        raise Asked

    monkeypatch.setattr(pipeline, "scan_with_terms", take)
    with pytest.raises(Asked):
        command("scan", "--advisories", "demo", *words)
    return caught[0]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "environment", "holds"),
    [
        (
            (),
            {},
            {
                "jobs": (3, "secscan.yaml:7"),
                "scanners.timeout": (60, "secscan.yaml:4"),
                "policy": ("default", "default"),
            },
        ),
        (
            (),
            {"SECSCAN_JOBS": "5", "SECSCAN_TIMEOUT": "70"},
            {"jobs": ("5", "SECSCAN_JOBS"), "scanners.timeout": ("70", "SECSCAN_TIMEOUT")},
        ),
        (
            ("--jobs", "7", "--timeout", "80"),
            {"SECSCAN_JOBS": "5"},
            {"jobs": (7, "--jobs"), "scanners.timeout": (80.0, "--timeout")},
        ),
        (("--policy", "advisory"), {"SECSCAN_POLICY": "strict"}, {"policy": ("advisory", "--policy")}),
        ((), {"SECSCAN_POLICY": "strict"}, {"policy": ("strict", "SECSCAN_POLICY")}),
        (
            ("--config", SETTINGS_FILE),
            {},
            {"policy": ("strict", "secscan.yaml:5"), "scan.exclude": (["/docs/**"], "secscan.yaml:3")},
        ),
        ((), {"SECSCAN_JOBS": ""}, {"jobs": (3, "secscan.yaml:7")}),
    ],
)
def test_a_scan_does_what_is_shown(
    monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], environment: dict[str, str], holds: dict[str, Any]
) -> None:
    (Path(SETTINGS_FILE)).write_text(FILE.replace("environment: production\n", "\n"))
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    rows = shown(*words)
    for name, (value, origin) in holds.items():
        assert (rows[name]["value"], rows[name]["origin"]) == (value, origin), name
    request = asked(monkeypatch, *words)
    assert request.jobs == int(rows["jobs"]["value"])
    assert request.limits.seconds == float(rows["scanners.timeout"]["value"])
    assert request.limits.megabytes == int(rows["scanners.memory"]["value"])
    assert request.terms.policy.name == rows["policy"]["value"]
    assert list(request.target.exclude) == (rows["scan.exclude"]["value"] or [])


def test_defaults_are_those_of_a_scan(monkeypatch: pytest.MonkeyPatch, tree: Path) -> None:
    (tree / SETTINGS_FILE).unlink()
    rows = shown()
    assert {row["origin"] for row in rows.values()} == {"default"}
    request = asked(monkeypatch)
    assert rows["scanners.timeout"]["value"] == request.limits.seconds
    assert rows["scanners.memory"]["value"] == request.limits.megabytes
    assert request.jobs == available_cores()
    assert request.terms.policy.name == rows["policy"]["value"]
    assert command("config", "show").startswith("every setting has its default")


def test_what_does_not_hold_is_shown_with_the_reason() -> None:
    rows = shown("--jobs", "1")
    assert rows["jobs"]["passed_over"] == [{"value": 3, "origin": "secscan.yaml:6", "why_not": "--jobs goes before"}]
    assert rows["scan.exclude"]["passed_over"][0]["why_not"].startswith("not honoured")
    text = command("config", "show", "--origin")
    assert "not /docs/**  (secscan.yaml:3): not honoured" in text
    assert "jobs: 3  (secscan.yaml:6)" in text


def test_files_of_the_tree_that_are_trusted_have_their_origin(tree: Path) -> None:
    (tree / ".secscan").mkdir()
    (tree / SETTINGS_FILE).write_text("version: 1\n")
    (tree / ".secscan/waivers.yaml").write_text("format: secscan.waivers/1\nwaivers: []\n")
    command("config", "trust")
    row = shown()["waivers"]
    assert (row["value"], row["origin"]) == (".secscan/waivers.yaml", "trusted")


def test_no_secret_is_shown() -> None:
    for words in (("--json", "--config", SETTINGS_FILE), ("--origin", "--config", SETTINGS_FILE), ("--origin",)):
        said = command("config", "show", *words)
        assert "hunter2" not in said
        assert "vault.example" in said


def test_a_hostile_value_moves_no_cursor(tree: Path) -> None:
    (tree / SETTINGS_FILE).write_text('version: 1\nenvironment: "\\e[31mred"\n')
    assert "\x1b" not in command("config", "show", "--origin")


@pytest.mark.parametrize(
    ("text", "error", "said"),
    [
        ("version: 1\nscaners: {}\n", ConfigError, r"secscan\.yaml:2:1: scaners: unknown field"),
        ("version: 1\nscanners: {disable: [bandti]}\n", ConfigError, "no scanner 'bandti'"),
        ("version: 1\npolicy: nosuch\n", PolicyError, "nosuch"),
        ("version: 1\nbaseline: nosuch.json\n", PolicyError, r"nosuch\.json"),
        ("version: 1\nenvironment: production\n", PolicyError, "no environment 'production'"),
    ],
)
def test_what_is_wrong_is_found(tree: Path, text: str, error: type[Exception], said: str) -> None:
    (tree / SETTINGS_FILE).write_text(text)
    with pytest.raises(error, match=said):
        command("config", "validate")


def test_what_is_right_is_told(tree: Path) -> None:
    (tree / "other.yaml").write_text("version: 1\npolicy: strict\n")
    assert command("config", "validate") == "secscan.yaml: right\n"
    assert command("config", "validate", "other.yaml") == "other.yaml: right\n"
    with pytest.raises(ConfigError, match="does not exist"):
        command("config", "validate", "nosuch")


def test_without_settings_the_other_files_are_validated(tree: Path) -> None:
    (tree / SETTINGS_FILE).unlink()
    with pytest.raises(UsageError, match="policy, waivers or baseline of its own") as caught:
        command("config", "validate")
    assert caught.value.hint == "write them: secscan init"
    (tree / ".secscan").mkdir()
    (tree / WAIVERS_FILE).write_text("format: secscan.waivers/1\nwaivers: []\n")
    assert command("config", "validate") == f"{WAIVERS_FILE}: right\n"


def test_a_variable_that_is_misspelt_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SECSCAN_POLCY", "strict")
    assert run(["config", "show"]) == 0
    said = capsys.readouterr().err
    assert "there is no variable SECSCAN_POLCY" in said
    assert "did you mean 'SECSCAN_POLICY'?" in said


def test_a_variable_with_a_wrong_value_ends_the_scan(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECSCAN_JOBS", "many")
    assert run(["scan"]) == 2
