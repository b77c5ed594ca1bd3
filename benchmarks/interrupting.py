"""How long secscan takes to end when it is told to, in each phase of a scan, and what it leaves behind.

Usage: python benchmarks/interrupting.py [rounds]

Starts real scans in a terminal of their own, sends a signal when a phase has begun (seen by what runs below it), and
measures the time to the end of the process. Then it looks for what is left: processes, and
temporary files.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import pty
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import psutil

TOP = Path(__file__).resolve().parent.parent
SECSCAN = [sys.executable, "-m", "secscan"]
SCAN = ["scan", str(TOP / "examples" / "shop"), "--advisories", "demo"]


@dataclass(frozen=True)
class Phase:
    """A moment to interrupt: the command, and what tells that the moment has come."""

    name: str
    below: str = ""
    """A word in the command line of what then runs below the program."""
    file: str = ""
    """A file that is there then."""
    command: list[str] = field(default_factory=lambda: SCAN)


PHASES = (
    Phase("start"),
    Phase("listing", "git"),
    Phase("secrets", "secscan.secrets.worker"),
    Phase("bandit", "bandit"),
    Phase("semgrep", "semgrep"),
    Phase("semgrep-core", "semgrep-core"),
    Phase("pip-audit", "pip-audit"),
    Phase("history", "git", command=["scan", str(TOP), "--history"]),
    Phase("image", "secscan.images.worker", command=["scan", "rootfs:/usr/lib", "--advisories", "demo"]),
    Phase("vault", "secscan.stores.worker", command=["vault", "check", str(TOP / "examples" / "shop")]),
    Phase("reports", file="out/secscan.json"),
)
_MORE_TRIES = 3
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)


def main() -> None:
    """Interrupt every phase by every signal, and print a line for each."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 2
    silent = socket.create_server(("127.0.0.1", 0))  # a Vault that never answers
    os.environ.update(VAULT_ADDR=f"http://127.0.0.1:{silent.getsockname()[1]}", VAULT_TOKEN="hvs.none")
    print(f"{'phase':<14} {'signal':<8} {'median':>8} {'worst':>8}   exit codes, what was left")
    for phase in PHASES:
        for number in SIGNALS:
            tries = (interrupt(phase, number) for _ in range(rounds + _MORE_TRIES))
            ends = list(itertools.islice(filter(None, tries), rounds))
            if not ends:
                raise SystemExit(f"{phase.name}: the moment was missed each time")
            seconds = [one[0] for one in ends]
            codes = ", ".join(sorted({str(one[1]) for one in ends}))
            left = ", ".join(sorted({name for one in ends for name in one[2]})) or "nothing"
            median, worst = statistics.median(seconds), max(seconds)
            print(f"{phase.name:<14} {number.name:<8} {median:6.2f} s {worst:6.2f} s   {codes}; {left}", flush=True)


def interrupt(phase: Phase, number: signal.Signals) -> tuple[float, int, list[str]] | None:
    """Start a scan, send the signal in the phase, and return seconds to its end, exit code, and what is left.

    None where the moment was missed.
    """
    folder = Path(tempfile.mkdtemp(prefix="interrupting-"))
    (folder / "tmp").mkdir()
    leader, follower = pty.openpty()
    os.set_blocking(leader, False)
    child = subprocess.Popen(
        [*SECSCAN, *phase.command, "-o", str(folder / "out")],
        stdin=follower,
        stdout=follower,
        stderr=follower,
        cwd=folder,
        env={**os.environ, "TMPDIR": str(folder / "tmp"), "PYTHONPATH": str(TOP), "TERM": "xterm"},
        start_new_session=True,
        preexec_fn=_listening,
    )
    os.close(follower)
    try:
        seen = _wait_for(child, phase, folder, leader)
        if seen is None:
            return None
        started = time.monotonic()
        child.send_signal(number)
        drained = _drain(leader, child)
        took = time.monotonic() - started
        left = [_called(one) for one in seen if _is_alive(one)]
        left += [f"tmp/{one.name}" for one in (folder / "tmp").iterdir()]
        left += [one.name for one in folder.glob("out/.*")]
        left += ["Traceback"] if b"Traceback" in drained else []
        return took, child.returncode, left
    finally:
        os.close(leader)
        child.kill()
        child.wait()
        shutil.rmtree(folder)


def _listening() -> None:
    for number in SIGNALS:
        signal.signal(number, signal.SIG_DFL)


def _wait_for(child: subprocess.Popen[bytes], phase: Phase, folder: Path, leader: int) -> list[psutil.Process] | None:
    """Wait until something of the phase runs, and return all that runs below the program then."""
    deadline = time.monotonic() + 120
    if not phase.below and not phase.file:
        time.sleep(0.35)
    while time.monotonic() < deadline and child.poll() is None:
        below = psutil.Process(child.pid).children(recursive=True)
        there = any(phase.below in _called(one) for one in below) if phase.below else True
        if there and (not phase.file or (folder / phase.file).exists()):
            return below
        _read(leader)
        time.sleep(0.005)
    return None


def _called(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline()[:4])
    except psutil.Error:
        return ""


def _is_alive(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def _drain(leader: int, child: subprocess.Popen[bytes]) -> bytes:
    """Read what the terminal shows until the program has ended: one that nobody reads from would wait."""
    data = b""
    while child.poll() is None:
        data += _read(leader)
        time.sleep(0.002)
    return data


def _read(leader: int) -> bytes:
    with contextlib.suppress(OSError):
        return os.read(leader, 65_536)
    return b""


if __name__ == "__main__":
    main()
