"""semgrep itself: every trap of the real engine, and both ways to start it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from secscan.findings.levels import GapKind, RunStatus
from secscan.scanners import semgrep
from secscan.scanners.contract import MalformedOutput, Setup
from secscan.scanners.programs import find_programs
from secscan.scanners.runner import Outcome, run_scanners
from secscan.scanners.semgrep import SCANNER
from secscan.scanners.semgrep_rules import SHADOW_SUFFIX, RulePack, load_rules
from tests.support.targets import folder_target

BAD = """import os
from flask import Flask, request
app = Flask(__name__)

@app.route("/")
def index():
    name = request.args["name"]
    command = "ls " + name
    os.system(command)
    return "ok"
"""


def scan(tmp_path: Path, files: dict[str, bytes | str]) -> Outcome:
    target = folder_target(tmp_path / "tree", files)
    setup = Setup(target=target, jobs=2, place=lambda path: target.root / path)
    (outcome,) = run_scanners({"semgrep": SCANNER}, setup)
    return outcome


def injections(outcome: Outcome) -> list[str]:
    return sorted(one.location.path for one in outcome.findings if one.defect == "command-injection" and one.trace)


def test_a_finding_has_its_data_flow(tmp_path: Path) -> None:
    outcome = scan(tmp_path, {"a.py": BAD})
    assert outcome.run.status is RunStatus.COMPLETED
    assert (outcome.run.selected, outcome.run.looked_at, outcome.run.control) == (1, 1, True)
    assert outcome.run.rules_digest == load_rules().digest
    (finding,) = [one for one in outcome.findings if one.defect == "command-injection" and one.trace]
    assert finding.place == "a.py:9"
    assert [step.region.start_line for step in finding.trace] == [7, 7, 8, 9]


def test_the_front_finds_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = {"a.py": BAD, "tests/b.py": BAD, "c.py": "x = 1\n"}
    fast = scan(tmp_path, files)
    monkeypatch.setattr(semgrep, "_engine", lambda program: None)
    slow = scan(tmp_path, files)
    assert slow.run.status is RunStatus.COMPLETED

    def places(outcome: Outcome) -> list[tuple[str, str]]:
        return sorted((one.place, one.sources[0].rule) for one in outcome.findings)

    assert places(fast) == places(slow)


@pytest.mark.parametrize(
    "name",
    [
        *(
            f"{folder}/a.py"
            for folder in ("tests", "test", "vendor", "build", "dist", "node_modules", ".venv", ".git2")
        ),
        *("a.min.py", "--config=x.py", "-a.py", "we ird$(x).py"),
    ],
)
def test_default_ignores_and_odd_names_hide_nothing(tmp_path: Path, name: str) -> None:
    assert injections(scan(tmp_path, {name: BAD})) == [name]


def test_settings_of_the_tree_change_nothing(tmp_path: Path) -> None:
    files = {"a.py": BAD, ".semgrepignore": "*\n", ".gitignore": "*\n", ".semgrep.yml": "rules: []\n"}
    assert injections(scan(tmp_path, files)) == ["a.py"]


@pytest.mark.parametrize("marker", ["# nosemgrep", "# nosem", "# nosemgrep: anything"])
def test_markers_hide_nothing(tmp_path: Path, marker: str) -> None:
    assert injections(scan(tmp_path, {"a.py": BAD.replace("(command)", f"(command)  {marker}")})) == ["a.py"]


def test_a_large_file_is_scanned(tmp_path: Path) -> None:
    assert injections(scan(tmp_path, {"a.py": BAD + "# filler\n" * 150_000})) == ["a.py"]


def test_a_file_parsed_in_part_is_a_gap(tmp_path: Path) -> None:
    outcome = scan(tmp_path, {"a.py": BAD + "def g(:\n  ((((\nos.system(input())\n"})
    assert (GapKind.PARTIAL, "a.py") in {(gap.kind, gap.subject) for gap in outcome.gaps}


def test_a_sanitizer_is_evidence(tmp_path: Path) -> None:
    outcome = scan(tmp_path, {"a.py": BAD.replace('request.args["name"]', 'shlex.quote(request.args["name"])')})
    (finding,) = [one for one in outcome.findings if one.defect == "command-injection" and one.trace]
    assert finding.sources[0].note == "sanitizer-seen"
    assert not finding.sources[0].rule.endswith(SHADOW_SUFFIX)


@pytest.mark.parametrize(
    "rules",
    [
        b'{"rules": []}',
        b'{"rules": [{"id": "x", "languages": ["python"], "severity": "ERROR", "message": "m", "pattern": "a(((("}]}',
        b"nonsense",
    ],
)
def test_rules_that_do_not_load_fail_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rules: bytes) -> None:
    monkeypatch.setattr(semgrep, "load_rules", lambda: RulePack(document=rules, digest="0", rules=0))
    assert scan(tmp_path, {"a.py": BAD}).run.status is RunStatus.FAILED


def test_a_rule_for_a_newer_engine_fails_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pack = load_rules()
    newer = pack.document.replace(b'{"id":', b'{"min-version": "99.0.0", "id":', 1)
    monkeypatch.setattr(semgrep, "load_rules", lambda: RulePack(document=newer, digest="0", rules=pack.rules))
    outcome = scan(tmp_path, {"a.py": BAD})
    assert outcome.run.status is RunStatus.FAILED


@pytest.mark.parametrize("way", ["engine", "front"])
def test_rules_that_are_not_run_fail_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: str) -> None:
    """The controls are found: of the rules that got lost on the way only the program itself can tell."""
    pack = load_rules()
    fewer = json.loads(pack.document)
    lost = fewer["rules"].pop()["id"]
    document = json.dumps(fewer).encode()
    shortened = replace(pack, document=document)
    run_engine, run_front = semgrep._run_engine, semgrep._run_front
    monkeypatch.setattr(
        semgrep, "_run_engine", lambda engine, piece, _, setup: run_engine(engine, piece, shortened, setup)
    )
    monkeypatch.setattr(semgrep, "_run_front", lambda piece, _, setup: run_front(piece, shortened, setup))
    if way == "front":
        monkeypatch.setattr(semgrep, "_engine", lambda _program: None)
    outcome = scan(tmp_path, {"a.py": BAD})
    assert outcome.run.status is RunStatus.FAILED
    assert lost in outcome.run.reason


def test_the_engine_is_used_only_behind_its_own_front(tmp_path: Path) -> None:
    program = find_programs(SCANNER, ())["semgrep"]
    assert semgrep._engine(program) is not None
    shim = tmp_path / "semgrep"
    shim.write_text("#!/bin/sh\nexit 0\n")
    assert semgrep._engine(shim) is None


def test_an_empty_answer_is_malformed() -> None:
    from secscan.process import Ended
    from secscan.scanners.toolkit import FileBatch

    ended = Ended(argv=(), exit_code=0, stdout=b"", stderr=b"", seconds=0, peak_megabytes=0)
    with pytest.raises(MalformedOutput):
        SCANNER.parse(ended, FileBatch(placed={}))


def test_a_metavariable_that_is_bound_twice_does_not_send_us_the_slow_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def front(*unused: object) -> None:
        raise AssertionError("the slow way was taken")

    monkeypatch.setattr(semgrep, "_run_front", front)
    outcome = scan(
        tmp_path, {"a.py": 'from flask import Flask\napp = Flask(__name__)\napp.route("/x/<path:y>")\n' + BAD}
    )
    assert outcome.run.status is RunStatus.COMPLETED


def test_asking_for_the_version_asks_no_server(tmp_path: Path) -> None:
    """Without a network the real front waits for minutes; this one tells whether it was asked not to."""
    program = tmp_path / "semgrep"
    program.write_text('#!/bin/sh\necho "1.$SEMGREP_ENABLE_VERSION_CHECK.$SEMGREP_SEND_METRICS"\n')
    program.chmod(0o755)
    target = folder_target(tmp_path / "tree", {})
    setup = Setup(target=target, programs={"semgrep": program}, place=target.root.joinpath)
    assert SCANNER.version(setup) == "1.0.off"
