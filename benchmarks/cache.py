"""What the cache of results, and the plan of the work, are worth.

Usage: python -m benchmarks.cache store
       python -m benchmarks.cache scan TREE [PAIRS [SCANNER...]]

`store` reads and writes 1,000, 10,000 and 50,000 entries in our store and, for comparison, as a file each. `scan` runs
bandit and semgrep on a copy of TREE one after the other, as anybody would on the same files with the same rules, then
both at once, and our scans: without a cache, with an empty one, with nothing changed, with one file changed, with one
in twenty changed; and compares the saved scans. Processor seconds are those of all processes together; wall-clock
seconds mean something only on a machine that does nothing else.
"""

from __future__ import annotations

import hmac
import os
import resource
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import msgspec

from secscan.cache.results import open_cache
from secscan.cache.store import Store
from secscan.findings.scan import Scan, dumps
from secscan.gate.weakening import Terms
from secscan.pipeline import ScanRequest, scan_with_terms
from secscan.policy.load import load_policy
from secscan.process import Limits, find_program, run
from secscan.scanners.contract import Scanner
from secscan.scanners.registry import all_scanners
from secscan.scanners.runner import available_cores
from secscan.scanners.semgrep_rules import load_rules
from secscan.targets.open import TargetRequest

USUAL = ("bandit", "semgrep")
_LIMITS = Limits(seconds=36_000)


@dataclass
class Cost:
    """What something took."""

    seconds: float = 0.0
    processor: float = 0.0


@contextmanager
def measured() -> Iterator[Cost]:
    """Measure what happens within, in this process and in those it starts."""
    cost, started, before = Cost(), time.perf_counter(), _processor()
    yield cost
    cost.seconds, cost.processor = time.perf_counter() - started, _processor() - before


def _processor() -> float:
    used = [resource.getrusage(whose) for whose in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def stores() -> None:
    """Compare our store with a file per entry."""
    print(f"{'entries':>8} {'as':<8} {'write':>9} {'read':>9} {'on disk':>9}   processor seconds, MB")
    for count in (1_000, 10_000, 50_000):
        values = {hmac.digest(b"key", b"%d" % number, "sha256"): _entry(number) for number in range(count)}
        for name, write, read in (("SQLite", _write_store, _read_store), ("files", _write_files, _read_files)):
            with tempfile.TemporaryDirectory() as folder:
                with measured() as writing:
                    write(Path(folder), values)
                with measured() as reading:
                    found = read(Path(folder), list(values))
                if found != values:
                    raise SystemExit("what was read is not what was written")
                size = sum(one.stat().st_blocks * 512 for one in Path(folder).rglob("*")) / 1_000_000
            print(f"{count:>8} {name:<8} {writing.processor:>9.2f} {reading.processor:>9.2f} {size:>9.1f}")


def _entry(number: int) -> bytes:
    """Most files have no finding; some have a few."""
    return b'j{"scanner":"bandit","proven":true,"looked_at":true}' + (os.urandom(600) if number % 8 == 0 else b"")


def _write_store(folder: Path, values: dict[bytes, bytes]) -> None:
    store = Store(folder, b"k" * 64)
    store.write(values, b"s" * 32)
    store.close()


def _read_store(folder: Path, keys: list[bytes]) -> dict[bytes, bytes]:
    store = Store(folder, b"k" * 64)
    try:
        return store.read(keys)
    finally:
        store.close()


def _write_files(folder: Path, values: dict[bytes, bytes]) -> None:
    for key, value in values.items():
        place = _place(folder, key)
        place.parent.mkdir(exist_ok=True)
        half = place.with_suffix(".new")
        half.write_bytes(hmac.digest(b"k" * 64, key + value, "sha256") + value)
        half.replace(place)


def _read_files(folder: Path, keys: list[bytes]) -> dict[bytes, bytes]:
    found = {}
    for key in keys:
        data = _place(folder, key).read_bytes()
        if hmac.compare_digest(data[:32], hmac.digest(b"k" * 64, key + data[32:], "sha256")):
            found[key] = data[32:]
    return found


def _place(folder: Path, key: bytes) -> Path:
    return folder / key[:1].hex() / key.hex()


def scans(tree: Path, names: tuple[str, ...], pairs: int) -> None:
    """Compare the tools alone, a cold scan, and warm ones: so many times, each time one after the other."""
    os.environ["SECSCAN_CACHE_KEY"] = os.urandom(32).hex()
    known = all_scanners()
    scanners = {name: known[name] for name in names}
    table = _Table()
    with tempfile.TemporaryDirectory(prefix="secscan-benchmark-") as name:
        copy = Path(name, "tree")
        for number in range(pairs):
            shutil.rmtree(copy, ignore_errors=True)
            shutil.copytree(tree, copy, symlinks=True)
            if not number:
                count = len(list(copy.rglob("*.py")))
                print(f"{count} Python files, {available_cores()} cores, {pairs} times, scanners: {', '.join(names)}")
            _pair(copy, Path(name, f"cache {number}"), scanners, table)
    table.show()
    print("the saved scans are the same with and without the cache")


def _pair(copy: Path, cache: Path, scanners: dict[str, Scanner[object]], table: _Table) -> None:
    python = sorted(copy.rglob("*.py"))
    raw = [(tool, _alone([tool], python)) for tool in scanners if tool in ALONE]
    for tool, one in raw:
        table.add(f"{tool} alone", one)
    table.add("one after the other", sum_of(one for _, one in raw))
    table.add("started together", _alone([tool for tool, _ in raw], python))
    cold, reference = _scan(copy, scanners, None)
    table.add("cold, without a cache", cold)
    filled, scan = _scan(copy, scanners, cache)
    _check(reference, scan)
    table.add("cold, filling the cache", filled)
    warm, scan = _scan(copy, scanners, cache)
    _check(reference, scan)
    table.add("warm, nothing changed", warm)
    for label, some in (("one file", python[:1]), ("one in twenty", python[1::20])):
        for path in some:
            path.write_bytes(path.read_bytes() + b"\nx = 1\n")
        changed, scan = _scan(copy, scanners, cache)
        table.add(f"warm, {label} changed", changed)
    _check(_scan(copy, scanners, None)[1], scan)


class _Table:
    """What was measured, a row for each thing that was timed."""

    def __init__(self) -> None:
        self._rows: dict[str, list[Cost]] = {}

    def add(self, label: str, cost: Cost) -> None:
        self._rows.setdefault(label, []).append(cost)

    def show(self) -> None:
        """Print medians, and medians of the ratios of wall-clock time within each pair, with the least and greatest."""
        print(f"{'':<28} {'seconds':>8} {'processor':>9}   of the tools one after the other    of a cold scan")
        for label, costs in self._rows.items():
            seconds = statistics.median(one.seconds for one in costs)
            processor = statistics.median(one.processor for one in costs)
            tools, cold = (self._ratio(costs, to) for to in ("one after the other", "cold, without a cache"))
            print(f"{label:<28} {seconds:8.2f} {processor:9.2f}   {tools:<35} {cold}")
        bound = [one.processor / available_cores() for one in self._rows["one after the other"]]
        cold_scans = self._rows["cold, without a cache"]
        least = statistics.median(one.seconds / work for one, work in zip(cold_scans, bound, strict=True))
        print(f"a cold scan takes {least:.2f} of the tools' processor time divided by the cores")

    def _ratio(self, costs: list[Cost], to: str) -> str:
        ratios = sorted(one.seconds / other.seconds for one, other in zip(costs, self._rows[to], strict=True))
        return f"{statistics.median(ratios):.3f} ({ratios[0]:.3f} to {ratios[-1]:.3f})"


def sum_of(costs: Iterable[Cost]) -> Cost:
    """Return what several things took together."""
    total = Cost()
    for one in costs:
        total = Cost(total.seconds + one.seconds, total.processor + one.processor)
    return total


def _scan(tree: Path, scanners: dict[str, Scanner[object]], folder: Path | None) -> tuple[Cost, Scan]:
    cache = open_cache(folder) if folder else None
    request = ScanRequest(
        target=TargetRequest(path=tree),
        scanners=scanners,
        terms=Terms(load_policy("secrets-only")),
        advisories=None,
        limits=_LIMITS,
        jobs=available_cores(),
        cache=cache,
    )
    with measured() as cost:
        scan, _ = scan_with_terms(request, progress=lambda _event: None)
    if cache:
        cache.store.close()
    return cost, scan


def _check(one: Scan, other: Scan) -> None:
    first, second = (msgspec.structs.replace(scan, run=None, judgement=None) for scan in (one, other))
    if dumps(first) != dumps(second):
        raise SystemExit("the saved scans differ")


def _alone(tools: list[str], files: list[Path]) -> Cost:
    """What tools take that are started at the same time."""

    def work(tool: str) -> None:
        program = find_program(tool)
        if program is None:
            raise SystemExit(f"there is no {tool}")
        ended = run(
            [str(program), *ALONE[tool](), *map(str, files)],
            limits=_LIMITS,
            files={"rules.json": load_rules().document},
            env={"SEMGREP_SEND_METRICS": "off", "SEMGREP_ENABLE_VERSION_CHECK": "0"},
        )
        if ended.exit_code not in (0, 1):
            raise SystemExit(f"{tool} ended with {ended.exit_code}: {ended.stderr[-300:].decode(errors='replace')}")

    with measured() as cost, ThreadPoolExecutor() as pool:
        list(pool.map(work, tools))
    return cost


ALONE: dict[str, Callable[[], list[str]]] = {
    "bandit": lambda: ["-q", "-f", "json", "-x", "/nonexistent", "--"],
    "semgrep": lambda: [
        *("scan", "--json", "--quiet", "--no-git-ignore", "--x-ignore-semgrepignore-files"),
        *("--max-target-bytes=0", "--config=rules.json", "--"),
    ],
}
"""By tool: its options, with which it looks at the files that we look at, and otherwise as it comes."""


def main(arguments: list[str]) -> None:
    """Run what is asked for."""
    if arguments[:1] == ["store"]:
        stores()
    elif arguments[:1] == ["scan"] and len(arguments) > 1:
        scans(Path(arguments[1]), tuple(arguments[3:]) or USUAL, int(arguments[2]) if len(arguments) > 2 else 5)
    else:
        raise SystemExit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])
