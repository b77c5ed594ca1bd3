"""The embedded rules against the real engine: every marked line is reported, and no other."""

from __future__ import annotations

import json
import shutil
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from secscan.process import Limits, run
from secscan.scanners.semgrep_rules import SHADOW_SUFFIX, load_rules
from tests.rules.markers import fixtures, markers

Reported = Counter[tuple[str, int, str]]
_LIMITS = Limits(seconds=300)


@pytest.fixture(scope="module")
def rules() -> bytes:
    document = json.loads(load_rules().document)
    document["rules"] = [rule for rule in document["rules"] if not rule["id"].endswith(SHADOW_SUFFIX)]
    return json.dumps(document).encode()


@pytest.fixture(scope="module")
def by_engine(rules: bytes) -> dict[str, Any]:
    import semgrep

    engine = Path(semgrep.__file__).parent / "bin" / "semgrep-core"
    targets = [
        {"path": {"fpath": str(path), "ppath": f"/{path.name}"}, "analyzer": "python", "products": ["sast"]}
        for path in fixtures()
    ]
    return _answer(
        [str(engine), "-rules", "rules.json", "-targets", "targets.json", "-json_nodots"],
        {
            "rules.json": rules,
            "targets.json": json.dumps(["Targets", [["CodeTarget", target] for target in targets]]).encode(),
        },
    )


@pytest.fixture(scope="module")
def by_front(rules: bytes) -> dict[str, Any]:
    program = shutil.which("semgrep", path=str(Path(sys.executable).parent)) or shutil.which("semgrep")
    assert program, "semgrep is a dependency of secscan"
    return _answer(
        [
            *(program, "scan", "--experimental", "--json", "--quiet", "--metrics=off", "--disable-version-check"),
            *("--no-git-ignore", "--x-ignore-semgrepignore-files", "--no-rewrite-rule-ids", "--config=rules.json"),
            *map(str, fixtures()),
        ],
        {"rules.json": rules},
    )


def test_the_whole_pack_loads_and_every_fixture_is_parsed(by_engine: dict[str, Any]) -> None:
    assert by_engine["errors"] == []
    assert by_engine["skipped_rules"] == []
    assert sorted(by_engine["paths"]["scanned"]) == [str(path) for path in fixtures()]


def test_the_shadow_rules_load_too() -> None:
    shadows = [rule["id"] for rule in json.loads(load_rules().document)["rules"] if rule["id"].endswith(SHADOW_SUFFIX)]

    assert len(shadows) > 10


def test_every_marked_line_is_reported_and_no_other(by_engine: dict[str, Any]) -> None:
    expected = {(marked.path.name, marked.line, marked.rule) for marked in markers() if marked.must}
    reported = set(_reported(by_engine))

    assert {"missed": sorted(expected - reported), "wrong": sorted(reported - expected)} == {"missed": [], "wrong": []}


def test_no_rule_reports_a_line_twice(by_engine: dict[str, Any]) -> None:
    assert [place for place, times in _reported(by_engine).items() if times > 1] == []


def test_flows_come_with_their_steps(by_engine: dict[str, Any]) -> None:
    flows = [result for result in by_engine["results"] if result["check_id"].endswith(".request")]

    assert flows
    assert all(result["extra"]["dataflow_trace"]["taint_source"] for result in flows)


def test_engine_and_front_agree(by_engine: dict[str, Any], by_front: dict[str, Any]) -> None:
    assert _reported(by_front) == _reported(by_engine)


def _answer(argv: list[str], files: dict[str, bytes]) -> dict[str, Any]:
    ended = run(argv, limits=_LIMITS, files=files)
    assert ended.exit_code == 0, ended.stderr.decode(errors="replace")[-2000:]
    answer: dict[str, Any] = json.loads(ended.stdout)
    return answer


def _reported(answer: dict[str, Any]) -> Reported:
    return Counter(
        (Path(result["path"]).name, result["start"]["line"], result["check_id"]) for result in answer["results"]
    )
