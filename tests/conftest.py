"""What all tests share: a clean environment, and no skip that nobody expects."""

from __future__ import annotations

import fnmatch
import itertools
import os
from pathlib import Path

import pytest
from hypothesis import settings

# The first example pays for what is imported then, and a busy machine is no defect.
settings.register_profile("secscan", deadline=None)
settings.load_profile("secscan")

ROOT = Path(__file__).resolve().parent.parent
_numbers = itertools.count()
_HEEDED = ("SECSCAN_", "GITHUB_", "GITLAB_", "CI_", "BANDIT_", "SEMGREP_", "PIP_", "VAULT_", "OTEL_", "TRACE")
EXPECTED_SKIPS = Path(__file__).with_name("expected_skips.txt")


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """No variable of this machine may change what a test sees, and no earlier test what a later one does."""
    for name in list(os.environ):
        if name.startswith(_HEEDED) and name != "SECSCAN_UPDATE_GOLD":
            monkeypatch.delenv(name)
    for name in ("NO_COLOR", "FORCE_COLOR", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)
    own = tmp_path_factory.getbasetemp() / f"xdg-{next(_numbers)}"
    monkeypatch.setenv("XDG_CACHE_HOME", str(own / "cache"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(own / "config"))


@pytest.fixture(scope="session")
def project() -> Path:
    """The checkout that is being tested."""
    return ROOT


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Public advisory data beside the checkout; a test that needs it skips without it."""
    folder = ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("no public advisory data beside the checkout (../shared/data)")
    return folder


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--strict-skips", action="store_true", help="fail on a skip that expected_skips.txt does not list")


_skipped: list[tuple[str, str]] = []


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.skipped and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        _skipped.append((report.nodeid, reason.removeprefix("Skipped: ")))


def pytest_sessionfinish(session: pytest.Session) -> None:
    if not session.config.getoption("--strict-skips") or hasattr(session.config, "workerinput"):
        return
    expected = [
        line.strip()
        for line in EXPECTED_SKIPS.read_text(encoding="utf-8").splitlines()
        if line.strip() and not line.startswith("#")
    ]
    surprises = [one for one in _skipped if not any(fnmatch.fnmatch(f"{one[0]}: {one[1]}", want) for want in expected)]
    if surprises:
        for name, reason in surprises:
            print(f"unexpected skip: {name}: {reason}")  # noqa: T201 - seen in the CI log
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
