"""bandit itself: every trap of the real tool, through the runner."""

from __future__ import annotations

from pathlib import Path

import pytest

from secscan.findings.levels import GapKind, RunStatus
from secscan.process import Limits
from secscan.scanners.bandit import CLASSES, SCANNER
from secscan.scanners.contract import Setup
from secscan.scanners.runner import Outcome, run_scanners
from tests.support.targets import folder_target

BAD = "import subprocess\nsubprocess.call(input(), shell=True)\n"


def scan(tmp_path: Path, files: dict[str, bytes | str], *, jobs: int = 1, limits: Limits = Limits()) -> Outcome:  # noqa: B008
    target = folder_target(tmp_path / "tree", files)
    setup = Setup(target=target, jobs=jobs, limits=limits, place=lambda path: target.root / path)
    (outcome,) = run_scanners({"bandit": SCANNER}, setup)
    return outcome


def shells(outcome: Outcome) -> list[str]:
    return sorted(finding.location.path for finding in outcome.findings if finding.sources[0].rule == "B602")


def test_what_it_finds_has_class_place_and_version(tmp_path: Path) -> None:
    outcome = scan(tmp_path, {"a.py": BAD})
    assert outcome.run.status is RunStatus.COMPLETED
    assert (outcome.run.selected, outcome.run.looked_at, outcome.run.control) == (1, 1, True)
    assert outcome.run.version
    (finding,) = [one for one in outcome.findings if one.sources[0].rule == "B602"]
    assert finding.defect == "command-injection"
    assert finding.place == "a.py:2"


@pytest.mark.parametrize(
    "name",
    [
        ".github/scripts/a.py",
        "CVSreader.py",
        "my.toxic/a.py",
        "x.git/a.py",
        "tests/a.py",
        "--exit-zero.py",
        "-x.py",
        "a b.py",
    ],
)
def test_default_excludes_and_option_like_names_hide_nothing(tmp_path: Path, name: str) -> None:
    assert shells(scan(tmp_path, {name: BAD})) == [name]


@pytest.mark.parametrize(
    "settings",
    ["skips=B602", "tests=B101", "exclude=/", "level=3", "output=/tmp/x", "baseline=b.json", "configfile=c.yml"],
)
def test_settings_of_the_tree_change_nothing(tmp_path: Path, settings: str) -> None:
    files = {"a.py": BAD, ".bandit": f"[bandit]\n{settings}\n", "docs/deep/.bandit": f"[bandit]\n{settings}\n"}
    files |= {"pyproject.toml": "[tool.bandit]\nskips=['B602']\n", "setup.cfg": "[bandit]\nskips=B602\n"}
    outcome = scan(tmp_path, files)
    assert outcome.run.status is RunStatus.COMPLETED
    assert shells(outcome) == ["a.py"]


@pytest.mark.parametrize("marker", ["# nosec", "# nosec B602", "# nosec: B9999 not a real id", "#nosec"])
def test_markers_hide_nothing(tmp_path: Path, marker: str) -> None:
    assert shells(scan(tmp_path, {"a.py": BAD.replace("True)", f"True)  {marker}")})) == ["a.py"]


@pytest.mark.parametrize(
    "content",
    [
        b"def f(:\n" + BAD.encode(),
        b"# caf\xe9\n" + BAD.encode(),
        b"x = 1\0\n" + BAD.encode(),
        BAD.encode("utf-16"),
        BAD.encode() + b"x = " + b"+".join([b"1"] * 20_000) + b"\n",
        BAD.encode() + b"a" + b".b" * 5000 + b"\n",
        BAD.encode() + b"x = " + b"(" * 250 + b"1" + b")" * 250 + b"\n",
    ],
    ids=["syntax", "latin-1", "NUL", "UTF-16", "long sum", "deep attribute", "parentheses"],
)
def test_a_file_it_loses_is_a_gap(tmp_path: Path, content: bytes) -> None:
    outcome = scan(tmp_path, {"bad.py": content, "good.py": BAD})
    assert shells(outcome) == ["good.py"]
    assert {gap.subject for gap in outcome.gaps} == {"bad.py"}
    assert outcome.run.looked_at == 1


def test_a_crash_inside_one_of_its_tests_is_a_gap(tmp_path: Path) -> None:
    code = (
        "from cryptography.hazmat.primitives.asymmetric import rsa\nrsa.generate_private_key(65537, key_size=[512])\n"
    )
    outcome = scan(tmp_path, {"a.py": code})
    (gap,) = outcome.gaps
    assert (gap.kind, gap.subject, gap.line) == (GapKind.PARTIAL, "a.py", 2)


def test_batches_together_see_every_file(tmp_path: Path) -> None:
    outcome = scan(tmp_path, {f"f{n}.py": BAD for n in range(7)}, jobs=3)
    assert len(shells(outcome)) == 7
    assert outcome.run.looked_at == 7


def test_a_time_limit_is_a_failed_run_that_says_so(tmp_path: Path) -> None:
    outcome = scan(tmp_path, {"a.py": BAD}, limits=Limits(seconds=0.01))
    assert outcome.run.status is RunStatus.FAILED
    assert "time limit" in outcome.run.reason


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # bandit's own plug-in loader
def test_every_test_that_bandit_has_has_a_class() -> None:
    from bandit.core.extension_loader import Manager

    manager = Manager()
    known = {plugin.plugin._test_id for plugin in manager.plugins}
    known |= {entry["id"] for entries in manager.blacklist.values() for entry in entries}
    assert known <= set(CLASSES)
