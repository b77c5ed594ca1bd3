"""secscan.yaml: what it may say, and how it says what is wrong."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from secscan.config import Settings, load_settings, parse_settings
from secscan.errors import ConfigError

WHOLE = b"""\
version: 1
scan:
  include: ["/build/**"]
  exclude: ["/docs/**", "**/*.min.js"]
scanners:
  disable: [pip-audit]
  timeout: 60
  memory: 2048
policy: strict
jobs: 2
reports:
  html: out/report.html
  sarif: off
"""


def parse(data: bytes, *, from_tree: bool = True) -> Settings:
    return parse_settings(data, origin="secscan.yaml", from_tree=from_tree)


def test_every_field() -> None:
    assert parse(WHOLE) == Settings(
        include=("/build/**",),
        exclude=("/docs/**", "**/*.min.js"),
        disable=("pip-audit",),
        timeout=60.0,
        memory=2048,
        policy="strict",
        jobs=2,
        reports={"html": "out/report.html", "sarif": ""},
        origin="secscan.yaml",
        from_tree=True,
    )


def test_a_version_is_enough() -> None:
    assert parse(b"version: 1\n") == Settings(origin="secscan.yaml", from_tree=True)


@pytest.mark.parametrize(
    ("text", "said", "hint"),
    [
        ("scan: {}", "secscan.yaml:1:1: the field 'version' is missing", "add `version"),
        ("version: 2", "secscan.yaml:1:1: version: this secscan knows version 1, not 2", "newer"),
        ("version: '1'", "version: expected a whole number, got '1'", ""),
        ("version: 1\nscaners: {}", "secscan.yaml:2:1: scaners: unknown field", "did you mean 'scanners'?"),
        ("version: 1\nadvisories: x", "secscan.yaml:2:1: advisories: unknown field", "known fields"),
        ("version: 1\nvault: x", "secscan.yaml:2:1: vault: unknown field", "known fields"),
        ("version: 1\nscanners: {programs: {}}", "scanners.programs: unknown field", "known fields"),
        ("version: 1\nscan:\n  exclude: docs", "secscan.yaml:3:3: scan.exclude: expected a list", "[one, two]"),
        ("version: 1\nscan:\n  exclude:\n  - docs/", "secscan.yaml:4:5: scan.exclude[0]: 'docs/'", "docs/**"),
        ("version: 1\nscan: {include: [docs]}", "scan.include[0]: 'docs'", "**/docs"),
        ("version: 1\nscanners: {enable: []}", "scanners.enable: the list is empty", "name a scanner"),
        ("version: 1\nscanners: {enable: [a], disable: [b]}", "scanners.disable: enable and disable", "keep one"),
        ("version: 1\nscanners: {timeout: 0}", "scanners.timeout: 0 is not from 1 to 86400", ""),
        ("version: 1\njobs: 0", "jobs: 0 is not from 1 to 1024", ""),
        ("version: 1\npolicy: ../p.yaml", "policy: '../p.yaml' leads out of", "relative path"),
        ("version: 1\npolicy: /p.yaml", "policy: '/p.yaml' leads out of", "relative path"),
        ("version: 1\nreports: {html: /etc/x}", "reports.html: '/etc/x' leads out of", "relative path"),
        ("version: 1\nreports: {html: a/../../x}", "reports.html: 'a/../../x' leads out of", "relative path"),
        ("version: 1\nreports: {html: true}", "reports.html: expected a text, got true", ""),
        ("version: 1\nreports: {pdf: x}", "reports.pdf: unknown field", "known fields: json, sarif, html"),
        ("version: 1\nversion: 1", "secscan.yaml:2:1: version: given twice", "keep one"),
    ],
)
def test_errors_name_file_line_and_field(text: str, said: str, hint: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse(text.encode())
    assert said in caught.value.message
    assert hint in caught.value.hint
    assert caught.value.hint


def test_a_policy_file_lies_beside_the_settings(tmp_path: Path) -> None:
    settings = parse_settings(b"version: 1\npolicy: p.yaml\n", origin=str(tmp_path / "s.yaml"), from_tree=False)
    assert settings.policy == str(tmp_path / "p.yaml")


def test_settings_of_the_tree_are_marked(tmp_path: Path) -> None:
    (tmp_path / "secscan.yaml").write_bytes(WHOLE)
    settings = load_settings(tmp_path, None)
    assert settings.from_tree
    assert settings.softening() == ("scan.exclude", "scanners.disable", "policy", "reports")
    assert [notice.text for notice in settings.notices()][:2] == [
        "scan.exclude is not honoured: the scanned tree does not choose its judge; "
        "name the file with --config to let it count",
        "scanners.disable is not honoured: the scanned tree does not choose its judge; "
        "name the file with --config to let it count",
    ]
    given = load_settings(Path("/nonexistent"), tmp_path / "secscan.yaml")
    assert not given.from_tree
    assert given.notices() == ()


@pytest.mark.parametrize("target", ["empty", "missing", "file.py"])
def test_no_settings_are_the_defaults(tmp_path: Path, target: str) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "file.py").write_text("")
    assert load_settings(tmp_path / target, None) == Settings()


def test_a_settings_file_that_is_not_a_plain_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("version: 1\n")
    place = tmp_path / "secscan.yaml"
    for make, said in (
        (lambda: place.symlink_to("secret"), "symbolic link"),
        (lambda: place.symlink_to("nothing"), "symbolic link"),
        (lambda: os.mkfifo(place), "not a regular file"),
        (place.mkdir, "not a regular file"),
    ):
        make()
        with pytest.raises(ConfigError, match=said):
            load_settings(tmp_path, None)
        place.rmdir() if place.is_dir() else place.unlink()
    with pytest.raises(ConfigError, match="does not exist"):
        load_settings(tmp_path, tmp_path / "nosuch.yaml")
