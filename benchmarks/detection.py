"""How well, and how fast, secrets are found: our detector and each other scanner of secrets that is installed.

Precision and recall on the labelled texts of `tests/support/secret_samples.py`, by kind; megabytes a second on a
folder.

Usage: python -m benchmarks.detection [folder]
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

from secscan.findings.levels import Kind
from secscan.findings.model import Region
from secscan.scanners.contract import Scanner, Setup
from secscan.scanners.programs import is_installed
from secscan.scanners.registry import all_scanners
from secscan.scanners.runner import Outcome, available_cores, run_scanners
from secscan.secrets.texts import decoded
from tests.support.secret_samples import Sample, negatives, positives
from tests.support.targets import folder_target

MOST_BYTES = 40_000_000


def main() -> None:
    """Print both tables."""
    scanners = {
        name: one
        for name, one in all_scanners().items()
        if Kind.SECRET in one.kinds and (one.joins == "always" or is_installed(one))
    }
    samples = {f"{number:04d}/{one.path}": one for number, one in enumerate((*positives(), *negatives()))}
    files = {path: one.data for path, one in samples.items()}
    outcomes = {name: look(scanner, files)[0] for name, scanner in scanners.items()}
    found = {name: labelled(outcome, samples) for name, outcome in outcomes.items()}
    detection(found, samples)
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else Path(sys.prefix) / "lib")
    speed(scanners, folder)


def look(scanner: Scanner[Any], files: dict[str, bytes]) -> tuple[Outcome, float]:
    """How it ended, and how many seconds it took."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name).resolve()
        setup = Setup(target=folder_target(folder, files), place=folder.joinpath, jobs=available_cores())
        started = time.perf_counter()
        (outcome,) = run_scanners({scanner.name: scanner}, setup)
        seconds = time.perf_counter() - started
    assert outcome.run.status == "completed", outcome.run.reason
    return outcome, seconds


def labelled(outcome: Outcome, samples: dict[str, Sample]) -> frozenset[str]:
    """The samples in which something was found: of positives, at the place of the secret."""
    hit = set()
    for finding in outcome.findings:
        path = finding.location.path
        region = finding.location.region
        if not samples[path].secret or (region is not None and at_secret(region, samples[path])):
            hit.add(path)
    return frozenset(hit)


def at_secret(region: Region, sample: Sample) -> bool:
    """Whether a region touches the lines of the secret; of one in another form nobody can ask where it stands."""
    text, _ = decoded(sample.data)
    at = text.find(sample.secret)
    if at < 0:
        return True
    first = text.count("\n", 0, at) + 1
    return region.start_line <= first + sample.secret.count("\n") and region.last_line >= first


def detection(found: dict[str, frozenset[str]], samples: dict[str, Sample]) -> None:
    kinds = Counter((bool(one.secret), one.kind) for one in samples.values())
    print(f"{'found, of what must be':<52}" + "".join(f"{name:>13}" for name in found))
    for wanted in (True, False):
        if not wanted:
            print("\ntaken for one, of what is none")
        for (positive, kind), total in sorted(kinds.items()):
            if positive is wanted:
                paths = {path for path, one in samples.items() if bool(one.secret) is wanted and one.kind == kind}
                print(f"{kind[:46]:<46}{total:>6}" + "".join(f"{len(paths & hit):>13}" for hit in found.values()))
    real = {path for path, one in samples.items() if one.secret}
    print(f"\n{'recall':<52}" + "".join(f"{len(hit & real) / len(real):>13.3f}" for hit in found.values()))
    precision = [len(hit & real) / len(hit) if hit else 0.0 for hit in found.values()]
    print(f"{'precision':<52}" + "".join(f"{one:>13.3f}" for one in precision))


def speed(scanners: dict[str, Scanner[Any]], folder: Path) -> None:
    files: dict[str, bytes] = {}
    size = 0
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink() and path.suffix not in (".so", ".pyc") and size < MOST_BYTES:
            files[str(path.relative_to(folder))] = data = path.read_bytes()[:2_000_000]
            size += len(data)
    print(f"\n{len(files)} files of {folder}, {size / 1e6:.1f} MB, {available_cores()} cores")
    print(f"{'scanner':<14}{'seconds':>9}{'MB/s':>8}{'MB of memory':>14}{'findings':>10}")
    for name, scanner in scanners.items():
        outcome, seconds = look(scanner, files)
        memory = outcome.timing.peak_megabytes
        print(f"{name:<14}{seconds:>9.1f}{size / 1e6 / seconds:>8.1f}{memory:>14.0f}{len(outcome.findings):>10}")


if __name__ == "__main__":
    main()
