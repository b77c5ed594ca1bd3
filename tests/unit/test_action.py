"""action.yml, the files it installs from, and the page about it agree with each other and with the program."""

from __future__ import annotations

import re
import tomllib
from typing import Any

import pytest
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from secscan.github import inputs as read
from tests.support.action_tables import PAGE, PROJECT, definition, page_with_tables

TEXT = (PROJECT / "action.yml").read_text(encoding="utf-8")
STEPS: list[dict[str, Any]] = definition()["runs"]["steps"]
LOCK = (PROJECT / "action" / "requirements.txt").read_text(encoding="utf-8")
LOCKED = re.findall(
    r"^([A-Za-z0-9._-]+)==(\S+)(?: ; ([^\\\n]+?))?((?: \\\n    --hash=sha256:[0-9a-f]{64})+)$", LOCK, re.M
)


def step(name: str) -> dict[str, Any]:
    (found,) = [one for one in STEPS if one["name"] == name]
    return found


def test_no_input_is_part_of_a_script() -> None:
    scripts = [one["run"] for one in STEPS if "run" in one]
    assert len(scripts) > 5
    for script in scripts:
        assert "${{" not in script
        assert script.startswith("set -euo pipefail\n")
    assert all(one["shell"] == "bash" for one in STEPS if "run" in one)


def test_python_never_imports_from_the_workspace() -> None:
    calls = re.findall(r'"\$PYTHON" (.*)', "\n".join(one.get("run", "") for one in STEPS))
    assert len(calls) > 5
    assert all(call.startswith("-I ") for call in calls)
    assert [one["name"] for one in STEPS if "inputs.working-directory" in str(one.get("working-directory"))] == [
        "Find the judge",
        "Scan and judge",
    ]


def test_actions_of_others_are_pinned_in_full() -> None:
    lines = re.findall(r"uses: (.*)", TEXT)
    assert len(lines) == len([one for one in STEPS if "uses" in one]) > 5
    for line in lines:
        assert re.fullmatch(r"[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", line), line


def test_every_input_reaches_the_program_and_every_variable_is_an_input() -> None:
    names = set(definition()["inputs"])
    assert {name for name in names if f"inputs.{name}" not in TEXT} == set()
    assert set(re.findall(r"inputs\.([a-z-]+)", TEXT)) == names
    for one in STEPS:
        for variable, value in one.get("env", {}).items():
            if variable.startswith(read.PREFIX) and variable != "SECSCAN_INPUT_RESULTS":  # a folder that a step names
                name = variable.removeprefix(read.PREFIX).lower().replace("_", "-")
                assert value == f"${{{{ inputs.{name} }}}}"
    asked = {*read._OPTIONS, *read._LISTS, *read._FLAGS, "scanners", "formats", "path", "image"}
    given = {name.removeprefix(read.PREFIX).lower().replace("_", "-") for name in step("Scan and judge")["env"]}
    assert asked - given == set()


def test_the_token_is_where_nothing_is_scanned() -> None:
    assert [one["name"] for one in STEPS if "github-token" in str(one)] == [
        "Find the judge",
        "Comment on the pull request",
    ]
    assert [one["name"] for one in STEPS if "vault-token" in str(one)] == ["Scan and judge"]


def test_only_the_gate_decides_and_it_comes_last() -> None:
    assert STEPS[-1]["name"] == "Gate"
    assert STEPS[-1]["if"] == "always()"
    assert "continue-on-error" not in STEPS[-1]
    after = STEPS[STEPS.index(step("Scan and judge")) : -1]
    assert all(one["continue-on-error"] is True for one in after)


def test_outputs_are_those_that_the_program_sets() -> None:
    from secscan.github.outputs import FILES, outputs_of
    from tests.support.scans import ordinary

    known = {
        *outputs_of(ordinary(), 1),
        *(f"{name}-file" for name in FILES),
        "report-folder",
        "artifact-name",
        "upload-sarif",
    }
    for name in re.findall(r"steps\.scan\.outputs\.([a-z-]+)", TEXT):
        assert name in known, name


def test_the_page_has_every_input_and_output() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert page == page_with_tables(page), "write it anew: python -m tests.support.action_tables"
    assert page.count("| `fail-on` |") == 1
    assert page.count("| `verdict` |") == 1


def test_everything_that_is_installed_has_its_digest() -> None:
    assert len(LOCKED) == len(re.findall(r"^[^\s#-]", LOCK, re.MULTILINE)) > 50
    code = [line for line in LOCK.splitlines() if not line.lstrip().startswith("#")]
    assert not [line for line in code if "://" in line or line.startswith("-") or "@" in line]
    assert "https:" not in LOCK  # nor where it comes from


@pytest.mark.parametrize("system", ["linux", "darwin"])
@pytest.mark.parametrize("python", ["3.11", "3.12", "3.13", "3.14"])
def test_the_lock_satisfies_what_the_project_asks_for(system: str, python: str) -> None:
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))
    asked = [Requirement(one) for one in project["project"]["dependencies"] + project["build-system"]["requires"]]
    machine = {
        **default_environment(),
        "sys_platform": system,
        "python_version": python,
        "python_full_version": f"{python}.1",
    }
    machine["platform_system"] = {"linux": "Linux", "darwin": "Darwin"}[system]
    there: dict[str, list[str]] = {}
    for name, version, marker, _ in LOCKED:
        if not marker or Requirement(f"x ; {marker}").marker.evaluate(machine):  # type: ignore[union-attr]
            there.setdefault(canonicalize_name(name), []).append(version)
    assert all(len(versions) == 1 for versions in there.values())
    for one in asked:
        if one.marker is None or one.marker.evaluate(machine):
            assert one.specifier.contains(there[canonicalize_name(one.name)][0]), one
