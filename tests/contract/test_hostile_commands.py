"""Commands on a saved scan full of hostile texts: what they print moves no cursor and speaks to no CI platform."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from secscan.cli.app import run
from secscan.findings.scan import dumps
from tests.support.hostile_scans import hostile, merged
from tests.support.hostile_strings import GROUPS
from tests.support.oracles import judge_text

_GROUPS = ("terminal", "invisible", "lines", "control", "commands", "logs", "placeholder")
_TEXTS = tuple(dict.fromkeys(text for name in _GROUPS for text in GROUPS[name]))
_BATCH = 36
POLICY = str(Path(__file__).parent.parent / "support" / "policy.yaml")


@pytest.fixture(params=range(0, len(_TEXTS), _BATCH))
def saved(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory, with a saved scan that carries some of the texts."""
    batch = _TEXTS[request.param : request.param + _BATCH]
    (tmp_path / "secscan.json").write_bytes(dumps(merged([hostile(text, turn) for turn, text in enumerate(batch)])))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def commands(fingerprints: list[str]) -> list[list[str]]:
    return [
        ["report", "secscan.json"],
        ["coverage"],
        ["coverage", "--all"],
        ["coverage", "--file", "\x1b[2J::error::"],
        ["gate", "secscan.json", "--policy", POLICY],
        ["gate", "secscan.json", "--policy", POLICY, "--quiet"],
        ["gate", "secscan.json", "--policy", POLICY, "--output", "out"],
        ["explain", "--verdict"],
        *(["explain", one] for one in fingerprints),
        *(["explain", one, "--policy", POLICY] for one in fingerprints[:2]),
        ["explain", "\x1b[2J::error::"],
        ["fix", "--plan"],
        ["fix", "--plan", "--all"],
        *(["waiver", "add", one, "--reason", "long enough a reason", "--owner", "ana"] for one in fingerprints[:2]),
        [
            "waiver",
            "add",
            fingerprints[0],
            "--reason",
            "long enough",
            "--owner",
            "ana",
            "--policy",
            POLICY,
            "--id",
            "w",
        ],
        ["waiver", "list"],
        ["waiver", "list", "--scan", "secscan.json", "--policy", POLICY],
        ["waiver", "prune", "--scan", "secscan.json", "--policy", POLICY],
        ["baseline", "write", "secscan.json"],
        ["baseline", "write", "secscan.json"],
        ["baseline", "show"],
        ["baseline", "show", "--scan", "secscan.json"],
        ["policy", "backtest", POLICY, "secscan.json"],
        ["gate", "no\x1b[2Jsuch\n::error::file", "--policy", POLICY],
        ["report", "secscan.json", "--format", "\x1b[2J\n##[error]"],
    ]


def test_commands_print_nothing_that_acts(saved: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    ended = []
    for arguments in commands(fingerprints_of(saved)):
        code = run(arguments)
        out, err = capfdbinary.readouterr()
        ended.append((arguments[:2], code))
        for stream in (out, err):
            assert list(judge_text(stream, "", ())) == [], arguments
        assert code != 4, (arguments, err)
    assert {code for _, code in ended} >= {0, 1, 2}


def fingerprints_of(saved: Path) -> list[str]:
    text = (saved / "secscan.json").read_text(encoding="utf-8")
    found = re.findall(r'"fingerprint":"((?:[^"\\]|\\.)*)"', text)
    whole = [one.encode().decode("unicode_escape") for one in found if one.isascii()]
    return list(dict.fromkeys(one for one in whole if len(one) >= 4))[:5]
