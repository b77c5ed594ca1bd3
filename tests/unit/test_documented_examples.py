"""Every YAML example in the documents is read by the reader that it is for."""

from __future__ import annotations

import json
import re
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from ruamel.yaml import YAML
from typer.testing import CliRunner

from secscan.cli.app import build
from secscan.compliance.load import read_framework
from secscan.config import parse_settings
from secscan.policy.waivers import read_waivers
from tests.support.documents import ROOT, Block, blocks

LANGUAGE = ROOT / "policies" / "README.md"
"""Its examples are fragments of rules, and a whole policy that tests/unit/policy/test_load.py reads."""

EXAMPLES = [block for block in blocks() if block.language == "yaml" and block.document != LANGUAGE]


def sort_of(block: Block) -> str:
    """Return what a block is an example of, by what stands in it."""
    document = YAML(typ="safe", pure=True).load(block.text)
    if isinstance(document, dict):
        if "format" in document:
            return str(document["format"])
        for key in ("version", "jobs", "repos", "vault"):
            if key in document:
                return key
    return "other"


@pytest.mark.parametrize("block", EXAMPLES, ids=lambda block: block.place)
def test_an_example_is_read(block: Block, tmp_path: Path) -> None:
    sort = sort_of(block)
    if sort == "secscan.policy/1":
        run_tests_of(block.text, tmp_path)
    elif sort == "secscan.waivers/1":
        assert read_waivers(block.text.encode(), origin=block.place)
    elif sort == "secscan.controls/1":
        assert read_framework(block.text.encode(), origin=block.place).map.controls
    elif sort == "version":
        parse_settings(block.text.encode(), origin="secscan.yaml", from_tree=False)
    elif sort == "vault":
        parse_settings(f"version: 1\n{block.text}".encode(), origin="secscan.yaml", from_tree=False)
    elif sort == "jobs":
        check_workflow(YAML(typ="safe", pure=True).load(block.text))


def test_there_are_examples_of_every_sort() -> None:
    assert {sort_of(block) for block in EXAMPLES} >= {
        "secscan.policy/1", "secscan.waivers/1", "secscan.controls/1", "version", "jobs", "repos",
    }  # fmt: skip


def run_tests_of(text: str, folder: Path) -> None:
    """A policy passes its own tests, if it has some, and the checks of its reader."""
    policy = folder / "policy.yaml"
    policy.write_text(text, encoding="utf-8")
    command = "test" if "\ntests:" in text else "lint"
    answer = CliRunner().invoke(build(), ["policy", command, str(policy)])
    assert answer.exit_code == 0, answer.output or answer.exception


def check_workflow(workflow: dict[str, Any]) -> None:
    """What GitHub demands of a workflow, as far as ours use it, and what we demand of ours. By the schema as well,
    where the package is there that has it (`check-jsonschema`, which checks the workflows of the project)."""
    if spec := find_spec("check_jsonschema"):
        schema = Path(str(spec.origin)).parent / "builtin_schemas" / "vendor" / "github-workflows.json"
        jsonschema_rs.validate(json.loads(schema.read_text(encoding="utf-8")), workflow)
    assert workflow.keys() <= {"name", "on", "permissions", "jobs"}
    assert workflow["permissions"] == {"contents": "read"}
    assert "pull_request_target" not in workflow["on"]
    for job in workflow["jobs"].values():
        assert job.keys() <= {"name", "runs-on", "permissions", "steps", "if", "needs"}
        assert job["runs-on"]
        for step in job["steps"]:
            assert step.keys() <= {"name", "id", "if", "uses", "with", "run", "env"}
            assert ("uses" in step) != ("run" in step), step
            assert "${{" not in step.get("run", ""), "text of others would become a command"
            assert re.fullmatch(r"[\w.-]+/[\w./-]+@[\w.-]+", step.get("uses", "a/b@c"))
            assert step.get("with", {}).get("persist-credentials") is not True
