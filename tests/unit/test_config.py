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
environment: production
floor: default
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
        environment="production",
        floor="default",
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
        ("version: 1\nadvisories: x", "secscan.yaml:2:1: advisories: 'x' is not one of index, online", ""),
        ("version: 1\nwault: {}", "secscan.yaml:2:1: wault: unknown field", "did you mean 'vault'?"),
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
        ("version: 1\nreports: {pdf: x}", "reports.pdf: unknown field", "known fields: badge, csv, "),
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
    assert settings.softening() == (
        "scan.exclude",
        "scanners.disable",
        "policy",
        "environment",
        "floor",
        "reports",
    )
    assert [notice.text for notice in settings.notices()][:2] == [
        "scan.exclude is not honoured: the scanned tree does not choose its judge; "
        "look at it and run `secscan config trust`, or name the file with --config",
        "scanners.disable is not honoured: the scanned tree does not choose its judge; "
        "look at it and run `secscan config trust`, or name the file with --config",
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


def test_vault_is_named_by_settings_that_count_only() -> None:
    data = b"version: 1\nvault: {address: 'https://v.example', mode: index, auth: {method: jwt, role: r}}\n"
    settings = parse(data, from_tree=False)
    assert settings.vault is not None
    assert (settings.vault.address, settings.vault.mode, settings.vault.auth.role) == (
        "https://v.example",
        "index",
        "r",
    )
    brought = parse(data)
    assert brought.honoured().vault is None
    assert [one.text[:23] for one in brought.notices()] == ["vault is not honoured: "]


def test_credentials_are_named_and_never_written() -> None:
    data = b"version: 1\ncredentials: {semgrep: {SEMGREP_APP_TOKEN: 'vault:secret/ci/semgrep#token'}}\n"
    assert parse(data, from_tree=False).credentials == {"semgrep": {"SEMGREP_APP_TOKEN": "secret/ci/semgrep#token"}}
    assert parse(data).honoured().credentials == {}


@pytest.mark.parametrize(
    ("text", "said", "hint"),
    [
        ("vault: x", "vault: expected a mapping", ""),
        ("vault: {adress: x}", "vault.adress: unknown field", "did you mean 'address'?"),
        ("vault: {mode: all}", "vault.mode: 'all' is not one of audit-hash, index, crawl", ""),
        ("vault: {auth: {role: r}}", "the field 'method' is missing", "add `method"),
        ("vault: {auth: {method: ldap}}", "vault.auth.method: 'ldap' is not one of", ""),
        ("vault: {auth: {method: token, token: s.x}}", "vault.auth.token: unknown field", "token_file"),
        ("vault: {audit_log: {device: file}}", "the field 'file' is missing", "add `file"),
        ("vault: {workers: 0}", "vault.workers: 0 is not from 1 to 64", ""),
        ("vault: {not_read: ['*.x']}", "vault.not_read[0]: '*.x'", "**/"),
        ("credentials: {semgrep: {path: 'vault:a/b#c'}}", "'path' is not the name of a variable", "SEMGREP_APP_TOKEN"),
        ("credentials: {semgrep: {TOKEN: 's3cr3t'}}", "a credential never stands in a file", "vault:MOUNT/PATH#FIELD"),
    ],
)
def test_wrong_settings_of_stores(text: str, said: str, hint: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse(f"version: 1\n{text}\n".encode())
    assert said in caught.value.message
    assert hint in caught.value.hint
    assert "s3cr3t" not in caught.value.message
