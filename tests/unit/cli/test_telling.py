"""Telling services at the end of a scan and by commands: who is told when, and that nothing changes a verdict."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from secscan.ci.proposal import PROPOSALS
from secscan.cli import telling
from secscan.cli.app import run
from secscan.findings.scan import Scan, dumps
from secscan.notify import send as sending
from tests.support.receiver import Answers, Receiver, receiving
from tests.support.scans import clean, ordinary

KEY = "0123456789abcdef0123456789abcdef"
SETTINGS = """\
version: 1
notify:
  on: {on}
  to:
    - {{service: slack, url: "env:SLACK_URL"}}
    - {{service: pagerduty, key: "env:PD_KEY", address: "{address}"}}
"""
SLACK_OK, PD_OK = Answers(), Answers(202, b'{"status": "success"}')


class Bench:
    """Two services, and a folder with settings, saved scans and state."""

    def __init__(self, folder: Path, slack: Receiver, pagerduty: Receiver) -> None:
        self.folder, self.slack, self.pagerduty = folder, slack, pagerduty
        self.settings()

    def settings(self, on: str = "change") -> None:
        text = SETTINGS.format(on=on, address=self.pagerduty.address)
        (self.folder / "secscan.yaml").write_text(text, encoding="utf-8")

    def save(self, scan: Scan, name: str = "secscan.json") -> str:
        (self.folder / name).write_bytes(dumps(scan))
        return str(self.folder / name)

    def send(self, scan: Scan, *more: str) -> int:
        saved = self.save(scan)
        return run(["notify", "send", saved, "--config", str(self.folder / "secscan.yaml"), *more])

    def actions(self) -> list[str]:
        return [json.loads(one.body)["event_action"] for one in self.pagerduty.got]


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    for name in PROPOSALS:
        monkeypatch.delenv(name, raising=False)
    with receiving(SLACK_OK) as slack, receiving(PD_OK) as pagerduty:
        monkeypatch.setenv("SLACK_URL", f"{slack.address}/services/canary")
        monkeypatch.setenv("PD_KEY", KEY)
        monkeypatch.setenv("SECSCAN_STATE", str(tmp_path / "told"))
        monkeypatch.setattr(sending, "_FIRST_WAIT", 0.01)
        yield Bench(tmp_path, slack, pagerduty)


def test_a_change_is_told_once(bench: Bench, capsys: pytest.CaptureFixture[str]) -> None:
    assert bench.send(ordinary()) == 0
    assert capsys.readouterr().err == "Told: slack, pagerduty\n"
    assert bench.send(ordinary()) == 0
    assert capsys.readouterr().err == ""
    passed = msgspec.structs.replace(clean(), target=ordinary().target)
    passed = msgspec.structs.replace(passed, judgement=renamed(passed))
    assert bench.send(passed) == 0
    assert bench.send(passed) == 0
    assert bench.actions() == ["trigger", "resolve"]
    assert len(bench.slack.got) == 2
    first, last = (json.loads(one.body) for one in bench.slack.got)
    assert "*failed*" in first["blocks"][0]["text"]["text"]
    assert "*passed (was failed)*" in last["blocks"][0]["text"]["text"]


def renamed(scan: Scan) -> object:
    """Its judgement, by the policy that the other scan was judged by."""
    other = ordinary().judgement
    assert scan.judgement
    assert other
    return msgspec.structs.replace(scan.judgement, policy=other.policy)


def test_a_first_scan_that_passes_is_no_news(bench: Bench) -> None:
    assert bench.send(clean()) == 0
    assert bench.slack.got == []
    bench.settings(on="always")
    assert bench.send(clean()) == 0
    assert bench.actions() == ["resolve"]


def test_what_did_not_arrive_is_told_by_the_next_scan(bench: Bench, capsys: pytest.CaptureFixture[str]) -> None:
    bench.slack.answers = [Answers(404, b"no_service canary")]
    assert bench.send(ordinary()) == 3
    err = capsys.readouterr().err
    assert "secscan: slack was not told: it refused the message (404)\n  hint: check the address or key" in err
    assert "Told: pagerduty" in err
    assert "canary" not in err
    bench.slack.answers = [SLACK_OK]
    assert bench.send(ordinary()) == 0
    assert capsys.readouterr().err == "Told: slack\n"


def test_a_saved_scan_to_compare_with_counts_in_place_of_the_state(bench: Bench) -> None:
    before = bench.save(ordinary(), "before.json")
    assert bench.send(ordinary(), "--previous", before) == 0
    assert bench.slack.got == []
    assert bench.send(clean(), "--previous", before) == 0
    assert len(bench.slack.got) == 1
    assert not (bench.folder / "told").exists()


def test_a_pull_request_is_told_only_where_that_is_wanted(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_EVENT_NAME", "pull_request")
    assert bench.send(ordinary()) == 0
    assert bench.slack.got == []
    path = bench.folder / "secscan.yaml"
    path.write_text(path.read_text("utf-8").replace("  on:", "  pull_requests: true\n  on:"), encoding="utf-8")
    assert bench.send(ordinary()) == 0
    assert len(bench.slack.got) == 1


def test_people_are_sent_to_the_run_that_tells_them(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    scan = ordinary()
    assert scan.run
    forged = msgspec.structs.replace(scan, run=msgspec.structs.replace(scan.run, ci="https://evil.invalid/"))
    monkeypatch.setenv("CI_JOB_URL", "https://gitlab.example/shop/-/jobs/3")
    assert bench.send(forged) == 0
    body = bench.slack.got[0].body + bench.pagerduty.got[0].body
    assert body.count(b"https://gitlab.example/shop/-/jobs/3") == 3
    assert b"evil.invalid" not in body


def test_a_secret_that_is_missing_is_said_by_the_name_of_its_variable(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("SLACK_URL")
    assert bench.send(ordinary()) == 3
    assert "slack was not told: the variable SLACK_URL is not set" in capsys.readouterr().err


def test_state_that_cannot_be_kept_is_said(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SECSCAN_STATE", str(bench.folder / "secscan.yaml" / "x"))
    assert bench.send(ordinary()) == 0
    assert "what was told could not be noted: " in capsys.readouterr().err


def test_a_bug_of_ours_is_no_verdict(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> bool:
        raise ZeroDivisionError("canary")

    monkeypatch.setattr(telling, "_told", broken)
    assert bench.send(ordinary()) == 3  # of the command that tells; a scan goes on with its own


def test_the_settings_can_be_tried(bench: Bench, capsys: pytest.CaptureFixture[str]) -> None:
    config = str(bench.folder / "secscan.yaml")
    assert run(["notify", "test", "--config", config]) == 0
    assert capsys.readouterr().err == "Told: slack, pagerduty\n"
    assert bench.actions() == ["trigger", "resolve"]
    assert b"nothing was scanned" in bench.slack.got[0].body
    assert not (bench.folder / "told").exists()
    assert run(["notify", "test", "--config", config, "--channel", "slack"]) == 0
    assert len(bench.pagerduty.got) == 2
    assert run(["notify", "test", "--config", config, "--channel", "teams"]) == 2
    bench.slack.answers = [Answers(500)]
    assert run(["notify", "test", "--config", config]) == 3


def test_settings_that_tell_nobody_and_scans_that_nobody_judged(bench: Bench) -> None:
    plain = bench.folder / "plain.yaml"
    plain.write_text("version: 1\n", encoding="utf-8")
    assert run(["notify", "test", "--config", str(plain)]) == 2
    assert bench.send(msgspec.structs.replace(ordinary(), judgement=None)) == 2
