"""What gives a secret away, and what processes write: by strace, and by what /proc tells of children."""

from __future__ import annotations

import base64
import hashlib
import random
import re
import shutil
import string
import subprocess
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path

import psutil

STRACE = shutil.which("strace")
WRITES = "trace=write,writev,pwrite64,pwritev,sendto,sendmsg,sendfile,copy_file_range,splice"


def canaries(number: int) -> list[str]:
    rng = random.Random("canaries")
    letters = string.ascii_letters + string.digits
    return ["Cn" + "".join(rng.choice(letters) for _ in range(16)) + "-7" for _ in range(number)]


class Traces:
    """What gives a canary away: itself, most of it, and its forms and plain hashes."""

    def __init__(self, values: Iterable[str]) -> None:
        self._seeds: dict[bytes, str] = {}
        for value in values:
            data = value.encode()
            forms = [data, data.hex().encode(), base64.b64encode(data).rstrip(b"=")]
            forms += [hashlib.new(name, data).hexdigest().encode() for name in ("md5", "sha1", "sha256", "sha512")]
            forms += [base64.b64encode(hashlib.sha256(data).digest()).rstrip(b"=")]
            for form in forms:
                # Any half of a form gives it away; twelve characters are no chance.
                self._seeds.update({form[at : at + 12]: value for at in range(0, max(1, len(form) - 12), 4)})
        self._any = re.compile(rb"[\w+/=-]{12,}")

    def in_(self, data: bytes) -> set[str]:
        found = set()
        for run in self._any.findall(data):
            for at in range(len(run) - 11):
                if value := self._seeds.get(run[at : at + 12]):
                    found.add(value)
        return found


def written(trace: str) -> Iterator[bytes]:
    """What processes wrote to anything but sockets, by strace's output with -xx."""
    for line in trace.splitlines():
        if re.search(r"\b(?:write|writev|pwrite64|pwritev)\(\d+<(?!socket|TCP|UDP|UNIX)", line):
            yield b"".join(
                bytes.fromhex(text.replace("\\x", "")) for text in re.findall(r'"((?:\\x[0-9a-f]{2})*)"', line)
            )


def watched(command: list[str], folder: Path, environment: dict[str, str]) -> tuple[int, bytes, bytes, list[bytes]]:
    """Run a command; returns its exit code, its output, all that was written, and what /proc told of its children."""
    log = folder / "strace.log"
    child = subprocess.Popen(
        [str(STRACE), "-f", "-y", "-xx", "-s", "10000000", "-e", WRITES, "-o", str(log), *command],
        cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    told: list[bytes] = []
    ended = threading.Event()

    def children() -> list[psutil.Process]:
        try:
            return psutil.Process(child.pid).children(recursive=True) if child.poll() is None else []
        except psutil.NoSuchProcess:
            return []  # it ended just now

    def look() -> None:
        while not ended.wait(0.02):
            for one in children():
                for name in ("cmdline", "environ"):
                    try:
                        told.append(Path(f"/proc/{one.pid}/{name}").read_bytes())
                    except OSError:
                        continue

    watcher = threading.Thread(target=look)
    watcher.start()
    out, err = child.communicate(timeout=240)
    ended.set()
    watcher.join()
    data = b"\n".join(written(log.read_text()))
    log.unlink()
    return child.returncode, out + err, data, told
