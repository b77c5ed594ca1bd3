"""What it costs to start secscan, as ratios to `python -c pass` in the same run.

Usage: python benchmarks/startup.py [rounds]
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from pathlib import Path

BIN = Path(sys.executable).parent
COMMANDS = {
    "python -c pass": [sys.executable, "-c", "pass"],
    "secscan --version": [str(BIN / "secscan"), "--version"],
    "secscan --help": [str(BIN / "secscan"), "--help"],
    "python -m secscan --version": [sys.executable, "-m", "secscan", "--version"],
}
BOUNDS = {"secscan --version": 3.0, "secscan --help": 10.0}


def main() -> None:
    """Time every command in turn, round after round, and print medians and ratios."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 15
    seconds: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for _ in range(rounds + 1):
        for name, command in COMMANDS.items():
            started = time.perf_counter()
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
            seconds[name].append(time.perf_counter() - started)
    for values in seconds.values():
        del values[0]  # the first round fills the caches
    base = seconds["python -c pass"]
    print(f"{'command':<30} {'median':>9} {'ratio':>7} {'spread':>15}   bound")
    for name, values in seconds.items():
        ratios = sorted(value / reference for value, reference in zip(values, base, strict=True))
        spread = f"{ratios[0]:.1f} to {ratios[-1]:.1f}"
        bound = f"at most {BOUNDS[name]:g}" if name in BOUNDS else ""
        cost = statistics.median(values) * 1000
        print(f"{name:<30} {cost:6.0f} ms {statistics.median(ratios):7.1f} {spread:>15}   {bound}")


if __name__ == "__main__":
    main()
