"""The documents agree with the program."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from secscan.cli.app import build
from secscan.cli.commands import COMMANDS
from secscan.errors import ExitCode
from secscan.reports.contract import FORMATS

ROOT = Path(__file__).resolve().parent.parent.parent
DOCUMENTS = [
    path for path in sorted(ROOT.rglob("*.md")) if not {".venv", ".venv-ci", "build", "node_modules"} & set(path.parts)
]


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def test_the_table_of_exit_codes_is_the_program_s() -> None:
    rows = re.findall(r"^\| (\d+) \| (\w+) \|", read("README.md"), re.MULTILINE)
    assert {name: int(code) for code, name in rows} == {code.name.lower(): code.value for code in ExitCode}


def test_every_command_of_the_readme_exists() -> None:
    commands = set(COMMANDS)
    named = set(re.findall(r"^\$ secscan (\w+)", read("README.md"), re.MULTILINE))
    assert named <= commands
    assert {"scan", "gate", "report", "doctor"} <= named


def test_every_make_target_that_is_named_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", read("Makefile"), re.MULTILINE))
    for document in DOCUMENTS:
        named = set(re.findall(r"(?:`|\$ )make ([a-z-]+)", document.read_text(encoding="utf-8")))
        assert named <= targets, document


def test_ci_runs_the_commands_of_the_readme() -> None:
    for command in re.findall(r"^\$ (make \w+)", read("README.md"), re.MULTILINE):
        assert command in read(".ci/run")


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_local_links_lead_somewhere(document: Path) -> None:
    for link in re.findall(r"\]\(([^)#\s]+)", document.read_text(encoding="utf-8")):
        if "://" not in link:
            assert (document.parent / link).exists(), link


def test_the_formats_that_help_names_are_those_there_are() -> None:
    told = CliRunner().invoke(build(), ["report", "--help"]).output
    words = re.sub(r"\s+", "", told)  # long lists are broken, also at a hyphen
    assert all(name in words for name in FORMATS)


def test_shipped_policies_are_named_where_they_can_be_chosen() -> None:
    names = {path.stem for path in (ROOT / "policies").glob("*.yaml")}
    for place in ("README.md", "secscan/cli/scan_options.py", "secscan/cli/gate.py"):
        assert all(name in read(place) for name in names), place
