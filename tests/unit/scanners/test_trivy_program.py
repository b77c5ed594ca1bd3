"""Which versions of trivy are started, and how."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from secscan.scanners.contract import ScannerError
from secscan.scanners.trivy_program import EMPTY, accepted, arguments, environment, gate, version_of


@pytest.mark.parametrize("version", ["0.69.4", "v0.69.4", "0.69.5", "0.69.6", "0.69.4-amd64", "00.069.4"])
def test_a_malicious_version_is_refused(version: str) -> None:
    refusal, notice = gate(version)
    assert "malicious (CVE-2026-33634)" in refusal
    assert not notice


@pytest.mark.parametrize("version", ["", "dev", "latest", "0.69", "0.69.4.1", "v", "0.71.0 0.69.4", "9" * 5000])
def test_a_version_that_cannot_be_told_is_refused(version: str) -> None:
    assert "cannot be told" in gate(version)[0]


@pytest.mark.parametrize("version", ["0.59.1", "0.69.3", "0.70.9", "v0.70.0"])
def test_an_old_version_is_warned_of(version: str) -> None:
    refusal, notice = gate(version)
    assert not refusal
    assert "CVE-2026-54448" in notice


@pytest.mark.parametrize("version", ["0.71.0", "0.72.1", "v1.0.0", "0.74.0-cdx"])
def test_a_good_version_is_let_pass(version: str) -> None:
    assert gate(version) == ("", "")


def program_that_says(text: str, folder: Path) -> Path:
    program = folder / "trivy"
    program.write_text(f"#!/bin/sh\nprintf '%s\\n' '{text}'\n", encoding="utf-8")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return program


def test_the_program_is_asked_for_its_version(tmp_path: Path) -> None:
    assert version_of(program_that_says("Version: 0.72.0", tmp_path)) == "0.72.0"
    assert version_of(tmp_path / "missing") == ""


def test_what_says_no_version_has_none(tmp_path: Path) -> None:
    assert version_of(program_that_says("hello 0.72.0", tmp_path)) == ""


def test_a_refused_version_is_an_error_with_a_hint(tmp_path: Path) -> None:
    with pytest.raises(ScannerError, match=r"0\.69\.4 is malicious") as error:
        accepted(program_that_says("Version: 0.69.4", tmp_path))
    assert "0.71.0" in error.value.hint


def test_an_accepted_version_is_told(tmp_path: Path) -> None:
    assert accepted(program_that_says("Version: 0.71.0", tmp_path)) == ("0.71.0", "")


def test_no_settings_of_the_tree_are_read() -> None:
    argv = arguments(Path("/usr/bin/trivy"), "config")
    for option in ("--config=", "--ignorefile="):
        (value,) = [one.removeprefix(option) for one in argv if one.startswith(option)]
        assert EMPTY[value] == b""
    assert {"TRIVY_SKIP_VERSION_CHECK", "TRIVY_DISABLE_TELEMETRY"} <= environment().keys()
