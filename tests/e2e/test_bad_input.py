"""Bad input: one line that says what is wrong, a hint, exit code 2, and never a traceback."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


def refused(result, *said: str) -> None:
    assert result.code == 2, result.stdout + result.stderr
    assert "Traceback" not in result.stderr
    first, *rest = result.stderr.splitlines()
    assert first.startswith("secscan: ")
    assert any(line.startswith("  hint: ") for line in rest)
    for text in said:
        assert text in first
    assert not (result.folder / "secscan.json").exists()


def test_a_missing_path(secscan) -> None:
    refused(secscan("scan", "/nonexistent/x"), "/nonexistent/x")


def test_something_that_is_neither_file_nor_folder(secscan, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    refused(secscan("scan", tmp_path / "pipe"), "pipe")


@pytest.mark.skipif(os.geteuid() == 0, reason="root can read everything")
def test_an_unreadable_path(secscan, tmp_path: Path) -> None:
    (tmp_path / "closed").mkdir(mode=0)
    refused(secscan("scan", tmp_path / "closed"), "closed")


@pytest.mark.parametrize(
    "policy", ["", "rules: [", "version: 1\n", "version: 99\nrules: []\n", "\0\1", "a: &a [*a]\n", "- x\n"]
)
def test_a_broken_policy(secscan, clean_tree: Path, tmp_path: Path, policy: str) -> None:
    (tmp_path / "policy.yaml").write_text(policy)
    refused(secscan("scan", clean_tree, "--policy", tmp_path / "policy.yaml"), "policy.yaml")


def test_an_unknown_policy_scanner_format_and_schema(secscan, clean_tree: Path) -> None:
    refused(secscan("scan", clean_tree, "--policy", "nosuch"), "nosuch")
    refused(secscan("scan", clean_tree, "--scanner", "nosuch"), "nosuch")
    refused(secscan("report", "x.json", "--format", "nosuch"), "nosuch")
    refused(secscan("schema", "nosuch"), "nosuch")
    refused(secscan("scan", clean_tree, "--at", "yesterday"), "yesterday")
    refused(secscan("scan", clean_tree, "--advisories", "/nonexistent.sqlite"), "/nonexistent.sqlite")


@pytest.mark.parametrize("content", [b"", b"{}", b"\xff", b'{"format": "secscan.scan/9"}', b"[" * 100_000])
@pytest.mark.parametrize("command", ["gate", "report"])
def test_a_broken_saved_scan(secscan, tmp_path: Path, content: bytes, command: str) -> None:
    (tmp_path / "saved.json").write_bytes(content)
    refused(secscan(command, tmp_path / "saved.json"), "saved.json")


def test_a_missing_saved_scan(secscan) -> None:
    refused(secscan("gate", "none.json"), "none.json")


def test_broken_settings(secscan, clean_tree: Path) -> None:
    (clean_tree / "secscan.yaml").write_text("version: 1\npolcy: default\n")
    refused(secscan("scan", clean_tree), "secscan.yaml:2", "polcy")


def test_an_unknown_option_is_a_usage_error(secscan) -> None:
    result = secscan("scan", "--nosuch")
    assert result.code == 2
    assert "Traceback" not in result.stderr
