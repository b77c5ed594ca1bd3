"""The hook beside the raw tools, as pre-commit would start them: bandit, semgrep and betterleaks, one after the other.

Usage: python -m benchmarks.hook [PAIRS]

Three files are staged in a repository made for it: small ones of 100 to 300 lines, then ones of 2,000 lines and more,
of Python's own library. Each pair runs the raw tools with the same rules, the hook with an empty cache of results and
the hook again; printed are the medians in seconds and as ratios, with the least and the greatest ratio. Wall-clock time
means something only on a machine that does nothing else.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from secscan.process import find_program
from secscan.scanners.programs import find_programs
from secscan.scanners.registry import all_scanners
from secscan.scanners.semgrep_rules import load_rules

_SIZES = {"100 to 300 lines": (100, 300), "2,000 lines and more": (2_000, 4_000)}
_OFFLINE = {"SEMGREP_SEND_METRICS": "off", "SEMGREP_ENABLE_VERSION_CHECK": "0"}
"""Without this semgrep waits for a server that nobody may reach."""


def main(pairs: int) -> None:
    """Print both tables."""
    for label, (least, most) in _SIZES.items():
        with tempfile.TemporaryDirectory(prefix="secscan-benchmark-") as name:
            folder = Path(name)
            repository = folder / "repository"
            files = _staged(repository, least, most)
            rules = folder / "rules.json"
            rules.write_bytes(load_rules().document)
            lines = [len((repository / file).read_bytes().splitlines()) for file in files]
            print(f"\n{label}: {', '.join(f'{file} ({count})' for file, count in zip(files, lines, strict=True))}")
            _compare(repository, files, rules, folder, pairs)


def _compare(repository: Path, files: list[str], rules: Path, folder: Path, pairs: int) -> None:
    raw: dict[str, list[float]] = {}
    ours: dict[str, list[float]] = {"cold": [], "warm": []}
    for _ in range(pairs):
        for tool, command in _raw(files, rules).items():
            raw.setdefault(tool, []).append(_seconds(lambda one=command: _run(one, repository, folder)))
        shutil.rmtree(folder / "cache", ignore_errors=True)
        for kind in ours:
            hook = [str(_program("secscan")), "hook", "run", "staged", "--", *files]
            ours[kind].append(_seconds(lambda one=hook: _run(one, repository, folder)))
    together = [sum(one) for one in zip(*raw.values(), strict=True)]
    for tool, taken in raw.items():
        print(f"  {tool:<24} {statistics.median(taken):6.2f} s")
    print(f"  {'the three':<24} {statistics.median(together):6.2f} s")
    for kind, taken in ours.items():
        ratios = [one / other for one, other in zip(taken, together, strict=True)]
        print(
            f"  hook, {kind + ' cache':<18} {statistics.median(taken):6.2f} s   "
            f"{statistics.median(ratios):.3f} of them ({min(ratios):.3f} to {max(ratios):.3f})"
        )


def _staged(repository: Path, least: int, most: int) -> list[str]:
    """A repository with one commit, and three files of such lengths staged: the first, by name, of the library."""
    repository.mkdir()
    git = ["git", "-C", str(repository), "-c", "user.name=b", "-c", "user.email=b@example.org"]
    subprocess.run([*git, "init", "--quiet"], check=True)
    subprocess.run([*git, "commit", "--quiet", "--allow-empty", "--message", "first"], check=True)
    chosen = []
    for path in sorted(Path(sysconfig.get_path("stdlib")).glob("*.py")):
        if least <= len(path.read_bytes().splitlines()) <= most and len(chosen) < 3:
            shutil.copy(path, repository)
            chosen.append(path.name)
    subprocess.run([*git, "add", "--", *chosen], check=True)
    return chosen


def _raw(files: list[str], rules: Path) -> dict[str, list[str]]:
    betterleaks = find_programs(all_scanners()["betterleaks"], ())["betterleaks"]
    return {
        "bandit": [str(_program("bandit")), "--quiet", "--", *files],
        "semgrep": [str(_program("semgrep")), "scan", "--quiet", "--metrics=off", f"--config={rules}", "--", *files],
        "betterleaks": [str(betterleaks), "git", "--staged", "--no-banner", "."],
    }


def _program(name: str) -> Path:
    found = find_program(name)
    if found is None:
        raise SystemExit(f"there is no {name}")
    return found


def _run(command: list[str], repository: Path, folder: Path) -> None:
    environment = {**os.environ, **_OFFLINE, "XDG_CACHE_HOME": str(folder / "cache")}
    ended = subprocess.run(command, cwd=repository, env=environment, capture_output=True, check=False)
    if ended.returncode not in (0, 1):
        raise SystemExit(f"{command[0]} ended with {ended.returncode}: {ended.stderr.decode(errors='replace')[-500:]}")


def _seconds(work: Callable[[], None]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
