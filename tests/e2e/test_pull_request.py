"""A pull request that tries to choose its judge, on a real git repository and with the real scanners."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.conftest import Installed, Result, run_secscan
from tests.support.repositories import commit, git, repository, write

POLICY = """
format: secscan.policy/1
name: house
extends: default
required: [bandit, semgrep]
rules:
  - id: known-before
    match: {new: false}
    action: warn
    reason: it was there before this change
"""
LAXER = POLICY.replace("required: [bandit, semgrep]", "required: [bandit]\nmode: log").replace(
    "match: {new: false}", "match: {kind: [sast]}"
)
WAIVERS = """
format: secscan.waivers/1
waivers:
  - id: W-1
    paths: ["**/*.py"]
    reason: we promise that this is harmless
    owner: mallory
    expires: 2026-03-01
"""
OLD = '''"""Old code."""
import subprocess


def old(name: str) -> None:
    subprocess.call("ls " + name, shell=True)
'''
NEW = '''"""New code."""
import subprocess


def new(name: str) -> None:
    subprocess.call("cat " + name, shell=True){marker}
'''
BANDIT = "[bandit]\nskips: B602,B404\n"
SETTINGS = "version: 1\nscanners:\n  enable: [pip-audit]\nscan:\n  exclude: ['/src/**']\n"


@pytest.fixture(scope="module")
def repo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = repository(tmp_path_factory.mktemp("pr") / "repo", {".secscan/policy.yaml": POLICY, "src/old.py": OLD})
    git(folder, "branch", "base")
    write(folder, {"src/new.py": NEW.format(marker="")})
    git(folder, "mv", "src/old.py", "src/renamed.py")
    commit(folder, "honest")
    git(folder, "branch", "honest")
    write(
        folder,
        {
            ".secscan/policy.yaml": LAXER,
            ".secscan/waivers.yaml": WAIVERS,
            "src/new.py": NEW.format(marker="  # nosec"),
            ".bandit": BANDIT,
            "secscan.yaml": SETTINGS,
        },
    )
    commit(folder, "devious")
    git(folder, "branch", "devious")
    return folder


def scanned(installed: Installed, repo: Path, branch: str, out: Path, *more: str) -> Result:
    git(repo, "checkout", "-q", branch)
    return run_secscan(
        installed,
        *("scan", repo, "--policy-ref", "base", "--baseline-ref", "base", "--at", "2026-02-01T00:00:00Z", *more),
        *("--scanner", "bandit", "--scanner", "semgrep"),
        cwd=out,
    )


@pytest.fixture(scope="module")
def honest(installed: Installed, repo: Path, tmp_path_factory: pytest.TempPathFactory) -> Result:
    return scanned(installed, repo, "honest", tmp_path_factory.mktemp("honest"))


@pytest.fixture(scope="module")
def devious(installed: Installed, repo: Path, tmp_path_factory: pytest.TempPathFactory) -> Result:
    return scanned(installed, repo, "devious", tmp_path_factory.mktemp("devious"))


def decisions(result: Result) -> dict[tuple[str, str], tuple[str, str, bool, str]]:
    by_fingerprint = {one["fingerprint"]: one for one in result.scan["judgement"]["decisions"]}
    found = {}
    for one in result.scan["findings"]:
        decision = by_fingerprint[one["fingerprint"]]
        key = (one["location"]["path"], one["defect"])
        found[key] = (decision["action"], decision["rule"], decision["new"], decision.get("cause", ""))
    return found


def test_what_was_there_before_is_known_also_under_a_new_name(honest: Result) -> None:
    action, rule, new, cause = decisions(honest)["src/renamed.py", "command-injection"]
    assert (action, rule, new, cause) == ("warn", "known-before", False, "")


def test_what_the_change_brings_is_new_because_of_its_code(honest: Result) -> None:
    action, _, new, cause = decisions(honest)["src/new.py", "command-injection"]
    assert (action, new, cause) == ("block", True, "code")
    assert (honest.code, honest.verdict) == (1, "failed")


def test_it_is_judged_as_if_it_had_tried_nothing(honest: Result, devious: Result) -> None:
    tried = decisions(devious)
    weakening = tried.pop((".secscan/policy.yaml", "gate-weakening"))
    assert tried == decisions(honest)
    assert weakening[0] == "block"
    assert (devious.code, devious.verdict) == (1, "failed")
    assert devious.scan["judgement"]["policy_digest"] == honest.scan["judgement"]["policy_digest"]


def test_each_attempt_is_in_the_report(devious: Result) -> None:
    finding = next(one for one in devious.scan["findings"] if one["defect"] == "gate-weakening")
    assert "src/new.py" in finding["message"]
    assert "mode: log" in finding["message"]
    pending = devious.scan["judgement"]["waivers"]
    assert [(one["id"], one["state"]) for one in pending] == [("W-1", "pending")]
    marked = next(
        one for one in devious.scan["findings"] if one["location"]["path"] == "src/new.py" and one.get("markers")
    )
    assert marked["markers"][0]["text"] == "nosec"
    assert ".bandit" in {one["subject"] for one in devious.scan["notices"]}
    html = (devious.folder / "secscan.html").read_text()
    for name in ("gate-weakening", "W-1", "nosec", ".bandit"):
        assert name in html, name


def test_once_merged_the_waiver_counts_until_it_ends(installed: Installed, repo: Path, tmp_path: Path) -> None:
    git(repo, "checkout", "-q", "-B", "merged", "honest")
    write(repo, {".secscan/waivers.yaml": WAIVERS})
    commit(repo, "the owners of the waivers agreed")
    scan = ("scan", repo, "--policy-ref", "merged", "--scanner", "bandit", "--scanner", "semgrep")
    waived = run_secscan(installed, *scan, "--at", "2026-02-01T00:00:00Z", cwd=tmp_path)
    assert (waived.code, waived.verdict) == (0, "passed")
    (use,) = waived.scan["judgement"]["waivers"]
    assert (use["state"], len(use["fingerprints"]) > 1) == ("used", True)
    # The same saved scan, a month later: no scanner is needed to see that the waiver has ended.
    later = ("gate", "secscan.json", "--policy", repo / ".secscan" / "policy.yaml", "--at", "2026-03-02T00:00:00Z")
    ended = run_secscan(installed, *later, "--waivers", repo / ".secscan" / "waivers.yaml", cwd=tmp_path)
    assert ended.code == 1
    assert "expired" in ended.stdout


def test_in_the_ci_of_a_pull_request_the_base_judges_without_being_asked(
    installed: Installed, repo: Path, tmp_path: Path
) -> None:
    git(repo, "checkout", "-q", "devious")
    git(repo, "update-ref", "refs/remotes/origin/main", "base")
    result = run_secscan(
        installed,
        *("scan", repo, "--scanner", "bandit", "--scanner", "semgrep", "--at", "2026-02-01T00:00:00Z"),
        cwd=tmp_path,
        env={"GITHUB_EVENT_NAME": "pull_request", "GITHUB_BASE_REF": "main"},
    )
    assert result.code == 1
    assert "gate-weakening" in {one["defect"] for one in result.scan["findings"]}
    missing = run_secscan(
        installed,
        *("scan", repo),
        cwd=tmp_path,
        env={"GITHUB_EVENT_NAME": "pull_request", "GITHUB_BASE_REF": "nowhere"},
    )
    assert missing.code == 2
    assert "fetch" in missing.stderr
