"""The advisory index: what importing and matching costs, beside pip-audit, and how right the matches are.

Usage: python benchmarks/advisories.py [packages for pip-audit]

Needs the public advisory data beside the checkout (../shared/data). Everything runs one after the other in one run, so
that the ratios hold on any machine.
"""

from __future__ import annotations

import json
import random
import resource
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from secscan.advisories.advice import advise
from secscan.advisories.aliases import alias_groups
from secscan.advisories.index import Index
from secscan.advisories.names import PYPI, normal_name
from secscan.advisories.service import serve
from secscan.advisories.store import import_sources
from secscan.advisories.worker import answers

DATA = Path(__file__).resolve().parent.parent.parent / "shared" / "data"
SIZES = (500, 5_000, 50_000)
VULNERABLE = 0.3
"""Which part of the packages has advisories at all; of those of real projects it is less."""

Packages = list[tuple[str, str, str]]


def main() -> None:
    """Measure, and print."""
    if sys.argv[1:2] == ["--import"]:
        import_alone(Path(sys.argv[2]))
        return
    if not DATA.is_dir():
        sys.exit(f"there is no advisory data at {DATA}")
    asked = int(sys.argv[1]) if len(sys.argv) > 1 else 500
    with tempfile.TemporaryDirectory() as folder:
        index = Path(folder) / "index.sqlite"
        # In a process of its own, whose memory is that of the import.
        subprocess.run([sys.executable, __file__, "--import", str(index)], check=True)
        measure_matching(index)
        measure_pip_audit(index, asked, Path(folder))
        measure_matches(index)


def import_alone(index: Path) -> None:
    """Import the PyPI records and say what that took."""
    seconds, count = timed(lambda: import_sources([DATA / "osv" / "PyPI" / "all.zip"], index))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    size = index.stat().st_size / 1_000_000
    print(f"import of {count} PyPI records: {seconds:.1f} s, {peak:.0f} MB of memory, an index of {size:.1f} MB")


def timed(work: Callable[[], object]) -> tuple[float, object]:
    """Seconds, and what came of it."""
    started = time.perf_counter()
    result = work()
    return time.perf_counter() - started, result


def some_packages(index: Path, count: int) -> Packages:
    """Pins as in a lock file: some of packages that have advisories, at versions that exist or could."""
    with sqlite3.connect(index) as database:
        rows = database.execute("SELECT DISTINCT package FROM affected WHERE ecosystem = ? ORDER BY 1", (PYPI,))
        names = [name for (name,) in rows]
    database.close()
    chance = random.Random(count)
    found = {}
    while len(found) < count:
        name = chance.choice(names) if chance.random() < VULNERABLE else f"package-{len(found)}"
        version = f"{chance.randint(0, 9)}.{chance.randint(0, 20)}.{chance.randint(0, 9)}"
        found[name, version] = (PYPI, name, version)
    return list(found.values())


def measure_matching(index: Path) -> None:
    """500, 5,000 and 50,000 packages with a warm index."""
    base = 0.0
    for size in SIZES:
        packages = some_packages(index, size)
        with Index(index) as opened:
            answers(opened, packages[:100])
            seconds, found = timed(lambda opened=opened, packages=packages: answers(opened, packages))
        each = seconds / size * 1e6
        base = base or each
        hits = sum(len(one["advice"]) for one in found)
        print(
            f"matching {size:6} packages: {seconds:6.3f} s, {each:5.0f} us each ({each / base:.1f}), {hits} advisories"
        )


def measure_pip_audit(index: Path, count: int, folder: Path) -> None:
    """`pip-audit -r` against our OSV service on loopback, and our matcher, on the same packages."""
    packages = list({name: (PYPI, name, version) for _, name, version in some_packages(index, count)}.values())
    (folder / "requirements.txt").write_text("".join(f"{name}=={version}\n" for _, name, version in packages))
    command = [
        *(str(Path(sys.executable).parent / "pip-audit"), "--format", "json", "--progress-spinner", "off"),
        *("--no-deps", "--disable-pip", "--vulnerability-service", "osv"),
        *("--cache-dir", str(folder / "cache"), "--requirement", str(folder / "requirements.txt")),
    ]
    with serve(index) as url:
        slow, ended = timed(
            lambda: subprocess.run([*command, "--osv-url", f"{url}/v1/query"], capture_output=True, check=False)
        )
    if ended.returncode not in (0, 1) or not ended.stdout:
        sys.exit(f"pip-audit failed: {ended.stderr.decode()[-2000:]}")
    theirs = {
        (one["name"], vuln["id"]) for one in json.loads(ended.stdout)["dependencies"] for vuln in one.get("vulns", ())
    }
    with Index(index) as opened:
        fast, found = timed(lambda: answers(opened, packages))
    ours = {(one["package"][1], advice.id) for one in found for advice in one["advice"]}
    print(f"{len(packages)} packages: pip-audit {slow:.1f} s, our matcher {fast:.3f} s, {slow / fast:.0f} times")
    both, only_theirs, only_ours = len(theirs & ours), len(theirs - ours), len(ours - theirs)
    print(f"  advisories: {both} by both, {only_theirs} by pip-audit only, {only_ours} by ours only")


def measure_matches(index: Path) -> None:
    """Precision and recall by alias group, on the pins of real manifests, against another program's answer."""
    files = json.loads((DATA / "dependencies" / "expected_pypi.json").read_bytes())["files"]
    right = wrong = missed = 0
    with Index(index) as opened:
        for name, wanted in files.items():
            expected = {
                (normal_name(one["name"]), one["version"], tuple(sorted(one["advisories"]))) for one in wanted["vulns"]
            }
            found = {
                (normal_name(package), version, group)
                for package, version in map(tuple, wanted["pins"])
                for group in alias_groups({one.id: one.ids for one in advise(opened, PYPI, package, version)})
            }
            right, wrong, missed = (
                right + len(found & expected),
                wrong + len(found - expected),
                missed + len(expected - found),
            )
            if found != expected:
                print(f"  {name}: {sorted(found ^ expected)[:3]}")
    precision, recall = right / (right + wrong), right / (right + missed)
    print(f"{len(files)} manifests: precision {precision:.3f}, recall {recall:.3f} ({right} groups)")


if __name__ == "__main__":
    main()
