"""Files of a repository that would change what a scanner says. No scanner gets one; that they exist is shown."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

from secscan.findings.model import Notice
from secscan.findings.paths import os_path
from secscan.targets.content import NotRegularError, read_regular
from secscan.targets.contract import SourceFile

TOPIC = "scanner-config"

_BY_NAME = (
    (".bandit", "bandit"),
    ("bandit.y*ml", "bandit"),
    (".semgrepignore", "semgrep"),
    (".semgrep.y*ml", "semgrep"),
    (".semgrepconfig*", "semgrep"),
    (".gitleaks.toml", "gitleaks"),
    ("gitleaks.toml", "gitleaks"),
    (".gitleaksignore", "gitleaks"),
    (".gitleaks-baseline.json", "gitleaks"),
    (".betterleaksignore", "betterleaks"),
    (".trivyignore*", "trivy"),
    ("trivy.yaml", "trivy"),
    ("trivy-secret.yaml", "trivy"),
    (".checkov.y*ml", "checkov"),
    (".syft.y*ml", "syft"),
    (".grype.y*ml", "grype"),
    (".hadolint.y*ml", "hadolint"),
    (".secrets.baseline", "detect-secrets"),
    (".mega-linter.yml", "MegaLinter"),
    ("osv-scanner.toml", "osv-scanner"),
    ("zizmor.y*ml", "zizmor"),
    (".zizmor.y*ml", "zizmor"),
    ("pip.conf", "pip-audit"),
    ("pip.ini", "pip-audit"),
    (".ash.y*ml", "ASH"),
    (".snyk", "Snyk"),
)
"""Patterns of file names, and whose settings they are. Several tools read them at any depth."""

_IN_FOLDER = ((".semgrep", "semgrep"), (".ash", "ASH"), (".grype", "grype"), (".syft", "syft"))

_INI_SECTION = re.compile(rb"^\[bandit\]", re.MULTILINE)
_TOML_TABLE = re.compile(rb"^[ \t]*\[+[ \t]*tool[ \t]*\.[ \t]*[\"']?bandit\b", re.MULTILINE)
_BY_TEXT = {
    "setup.cfg": (_INI_SECTION, "bandit", "the section [bandit]"),
    "tox.ini": (_INI_SECTION, "bandit", "the section [bandit]"),
    "pyproject.toml": (_TOML_TABLE, "bandit", "the table [tool.bandit]"),
}
_MOST_BYTES = 2_000_000


def scanner_settings(root: Path, files: Iterable[SourceFile]) -> Iterator[Notice]:
    """Yield a notice for each file in scope that holds settings of a scanner."""
    for file in files:
        *folders, name = file.path.split("/")
        tool, what = _owner(folders, name), "the file"
        if not tool and name in _BY_TEXT:
            pattern, tool, what = _BY_TEXT[name]
            if not _holds(root, file.path, pattern):
                continue
        if tool:
            yield Notice(
                topic=TOPIC,
                subject=file.path,
                text=f"{what} would change what {tool} reports; it is not honoured, the policy decides",
            )


def scanner_settings_that_count(notices: Iterable[Notice], counting: Collection[str]) -> Iterator[Notice]:
    """Yield the notices, with other words for the files that the policy lets count."""
    for one in notices:
        if one.topic == TOPIC and one.subject in counting:
            text = (
                "the policy lets it count: what it asks for is accepted by rules of the policy, and stays in the report"
            )
            yield Notice(topic=TOPIC, subject=one.subject, text=text)
        else:
            yield one


def owner_of(path: str) -> str:
    """Return the tool whose settings a file holds that has a notice, by its path text."""
    *folders, name = path.split("/")
    return _owner(folders, name) or _BY_TEXT[name][1]


def _owner(folders: list[str], name: str) -> str:
    for pattern, tool in _BY_NAME:
        if fnmatch.fnmatchcase(name, pattern):
            return tool
    return next((tool for folder, tool in _IN_FOLDER if folder in folders), "")


def _holds(root: Path, path: str, pattern: re.Pattern[bytes]) -> bool:
    try:
        return pattern.search(read_regular(root / os_path(path), most=_MOST_BYTES)) is not None
    except (OSError, NotRegularError):
        return False
