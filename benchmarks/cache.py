"""What the cache of results, and the plan of the work, are worth.

Usage: python -m benchmarks.cache store
       python -m benchmarks.cache scan TREE [SCANNER...]

`store` reads and writes 1,000, 10,000 and 50,000 entries in our store and, for comparison, as a file each. `scan` runs
bandit and semgrep on a copy of TREE one after the other, as anybody would on the same files with the same rules, and
our scans: without a cache, with an empty one, with nothing changed, with one file changed, with one in twenty changed;
and compares the saved scans. Processor seconds are those of all processes together; wall-clock seconds mean something
only on a machine that does nothing else.
"""

from __future__ import annotations

import hmac
import os
import resource
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
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


def scans(tree: Path, names: tuple[str, ...]) -> None:
    """Compare the tools alone, a cold scan, and warm ones."""
    os.environ["SECSCAN_CACHE_KEY"] = os.urandom(32).hex()
    known = all_scanners()
    scanners = {name: known[name] for name in names}
    with tempfile.TemporaryDirectory(prefix="secscan-benchmark-") as name:
        copy, cache = Path(name, "tree"), Path(name, "cache")
        shutil.copytree(tree, copy, symlinks=True)
        python = sorted(copy.rglob("*.py"))
        print(f"{len(python)} Python files, {available_cores()} cores, scanners: {', '.join(names)}")
        raw = [_shown(f"{tool} alone", _alone(tool, python)) for tool in names if tool in ALONE]
        alone = Cost(sum(one.seconds for one in raw), sum(one.processor for one in raw))
        cold, reference = _scan(copy, scanners, None)
        _shown("cold, without a cache", cold, alone, "tools")
        filled, scan = _scan(copy, scanners, cache)
        _check(reference, scan)
        _shown("cold, filling the cache", filled, cold)
        warm, scan = _scan(copy, scanners, cache)
        _check(reference, scan)
        _shown("warm, nothing changed", warm, cold)
        for label, some in (("one file", python[:1]), ("one in twenty", python[1::20])):
            for path in some:
                path.write_bytes(path.read_bytes() + b"\nx = 1\n")
            changed, scan = _scan(copy, scanners, cache)
            _shown(f"warm, {label} changed", changed, cold)
        _check(_scan(copy, scanners, None)[1], scan)
    print("the saved scans are the same with and without the cache")


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


def _alone(tool: str, files: list[Path]) -> Cost:
    program = find_program(tool)
    if program is None:
        raise SystemExit(f"there is no {tool}")
    with measured() as cost:
        ended = run(
            [str(program), *ALONE[tool](), *map(str, files)],
            limits=_LIMITS,
            files={"rules.json": load_rules().document},
            env={"SEMGREP_SEND_METRICS": "off", "SEMGREP_ENABLE_VERSION_CHECK": "0"},
        )
    if ended.exit_code not in (0, 1):
        raise SystemExit(f"{tool} ended with {ended.exit_code}: {ended.stderr[-300:].decode(errors='replace')}")
    return cost


ALONE: dict[str, Callable[[], list[str]]] = {
    "bandit": lambda: ["-q", "-f", "json", "-x", "/nonexistent", "--"],
    "semgrep": lambda: [
        *("scan", "--json", "--quiet", "--no-git-ignore", "--x-ignore-semgrepignore-files"),
        *("--max-target-bytes=0", "--config=rules.json", "--"),
    ],
}
"""By tool: its options, with which it looks at the files that we look at, and otherwise as it comes."""


def _shown(label: str, cost: Cost, base: Cost | None = None, of: str = "cold") -> Cost:
    ratio = ""
    if base:
        processor, seconds = cost.processor / base.processor, cost.seconds / base.seconds
        ratio = f"   {processor:.3f} of the processor time and {seconds:.3f} of the time of {of}"
    print(f"{label:<28} {cost.processor:>8.1f} s of processors, {cost.seconds:>8.1f} s{ratio}", flush=True)
    return cost


def main(arguments: list[str]) -> None:
    """Run what is asked for."""
    if arguments[:1] == ["store"]:
        stores()
    elif arguments[:1] == ["scan"] and len(arguments) > 1:
        scans(Path(arguments[1]), tuple(arguments[2:]) or USUAL)
    else:
        raise SystemExit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])
