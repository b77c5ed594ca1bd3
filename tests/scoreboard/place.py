"""The folder in which a case provokes its fault, and the installed program run in it."""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import psutil

from tests.support.repositories import write

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
"""Where the installed program is, and the scanners that it was installed with."""
SECSCAN = BIN / "secscan"
CODE_SCANNERS = ("bandit", "secrets", "semgrep")
ENDS_WITHIN = 240
"""Seconds after which a program is taken to hang: a busy machine is no defect."""
CODES = {"passed": 0, "failed": 1, "incomplete": 3}
_PR_SET_CHILD_SUBREAPER = 36


@dataclass(frozen=True)
class Ran:
    """How one run of the installed program ended, and what it left."""

    code: int
    """Negative: ended by that signal."""
    out: bytes
    err: bytes
    output: Path
    """Where its reports are."""
    left: tuple[str, ...] = ()
    """What it left in its temporary folder, its working directory and, but for its own cache, its home."""
    alive: tuple[str, ...] = ()
    """Programs that it started and that were still there."""

    @cached_property
    def scan(self) -> dict[str, Any]:
        """The saved scan that it wrote; empty where there is none. Read once: a later run may write into its place."""
        place = self.output / "secscan.json"
        return json.loads(place.read_bytes()) if place.exists() else {}

    @property
    def verdict(self) -> str:
        return str(self.scan.get("judgement", {}).get("verdict", "no verdict"))

    @property
    def gaps(self) -> list[dict[str, Any]]:
        return list(self.scan.get("gaps", []))

    @property
    def findings(self) -> list[dict[str, Any]]:
        """With the other places of a finding as findings of their own."""
        found = self.scan.get("findings", [])
        return [*found, *(place for one in found for place in one.get("places", []))]

    def scanner(self, name: str) -> dict[str, Any]:
        """How a scanner ended; empty where it took no part."""
        return next((one for one in self.scan.get("scanners", []) if one["scanner"] == name), {})

    @property
    def reports(self) -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in sorted(self.output.rglob("*")) if path.is_file()}

    @property
    def trouble(self) -> str:
        """What no run may do, whatever is wrong around it; empty where it did nothing of it."""
        said = self.out + self.err
        if b"Traceback" in said or self.code == 4:
            return f"a crash, exit {self.code}"
        if self.code not in (0, 1, 2, 3, 130, 143):
            return f"exit {self.code}"
        # A report that could not be written makes it 3, whatever the verdict is.
        if self.code in (0, 1) and self.scan and CODES.get(self.verdict) != self.code:
            return f"exit {self.code} for {self.verdict}"
        if self.alive:
            return f"left running: {', '.join(self.alive)}"
        if self.left:
            return f"left behind: {', '.join(self.left)[:120]}"
        if found := re.search(
            rb"[\x00-\x08\x0b-\x1f\x7f]|\xc2[\x80-\x9f]|\xe2\x80[\xaa-\xae]|\xe2\x81[\xa6-\xa9]", said
        ):
            return f"sent {found[0]!r} to the terminal"
        return ""

    @property
    def words(self) -> str:
        """The verdict and the exit code."""
        if self.scan and self.code in CODES.values():
            return f"{self.verdict}, exit {self.code}"
        return f"killed by {signal.Signals(-self.code).name}" if self.code < 0 else f"exit {self.code}"


@dataclass
class Place:
    """One folder for one case."""

    folder: Path
    shims: Path = field(init=False)
    """Programs that are put in the place of others."""
    wrapped: tuple[str, ...] = ()
    """A command before ours, such as `prlimit`."""
    program: tuple[str, ...] = (str(SECSCAN),)
    work: Path | None = None
    """The working directory of other tools; None: an empty one."""

    def __post_init__(self) -> None:
        self.shims = self.folder / "shims"

    def __truediv__(self, name: str) -> Path:
        return self.folder / name

    def tree(self, files: Mapping[str, bytes | str], name: str = "tree") -> Path:
        """Write files below a new folder, and return it."""
        folder = self.folder / name
        folder.mkdir(parents=True, exist_ok=True)
        write(folder, dict(files))
        return folder

    def shim(self, name: str, code: str) -> None:
        """Put a program of this shell code in the place of another; `REAL` in it is where the real one is."""
        self.shims.mkdir(exist_ok=True)
        (self.shims / name).write_text(f"#!/bin/bash\nREAL={BIN}/{name}\n{code}\n")
        (self.shims / name).chmod(0o755)

    @property
    def path(self) -> str:
        """The PATH of what is run here."""
        return os.pathsep.join([str(self.shims), str(BIN), "/usr/local/bin", "/usr/bin", "/bin"])

    def environment(self, name: str = "run") -> dict[str, str]:
        """Folders of its own for all that a program writes to, and nothing of this machine."""
        around = self.folder / f"around-{name}"
        for one in ("home", "tmp", "work"):
            (around / one).mkdir(parents=True, exist_ok=True)
        return {"PATH": self.path, "HOME": str(around / "home"), "TMPDIR": str(around / "tmp"), "LANG": "C.UTF-8"}

    def command(self, *arguments: object, name: str = "run") -> list[str]:
        """The installed program with arguments; a scan writes its reports into a folder of its own."""
        own = ("--output", str(self.folder / f"output-{name}")) if arguments[:1] == ("scan",) else ()
        return [*self.wrapped, *self.program, *map(str, arguments), *own]

    def start(self, *arguments: object, name: str = "run", **options: Any) -> subprocess.Popen[bytes]:
        """Start the installed program."""
        environment = {**self.environment(name), **options.pop("env", {})}
        plain = {
            "stdin": subprocess.DEVNULL,
            "stdout": subprocess.PIPE,
            "stderr": subprocess.PIPE,
            "cwd": self.folder / f"around-{name}" / "work",
        }
        return subprocess.Popen(self.command(*arguments, name=name), env=environment, **{**plain, **options})

    def secscan(self, *arguments: object, name: str = "run", **options: Any) -> Ran:
        """Run the installed program to its end."""
        with watching_children() as alive:
            return self.ended(self.start(*arguments, name=name, **options), alive, name)

    def ended(self, child: subprocess.Popen[bytes], alive: list[str], name: str = "run") -> Ran:
        """Wait for a program that was started here."""
        try:
            out, err = child.communicate(timeout=ENDS_WITHIN)
        except subprocess.TimeoutExpired:
            _end(child)
            raise AssertionError(f"it does not end within {ENDS_WITHIN} s") from None
        alive.extend(_others(but=child.pid))
        ran = Ran(
            code=child.returncode,
            out=out or b"",
            err=err or b"",
            output=self.folder / f"output-{name}",
            left=self.left(name),
            alive=tuple(alive),
        )
        _ = ran.scan
        return ran

    def scan(self, tree: Path, *arguments: object, **options: Any) -> Ran:
        """Scan with all scanners and the demonstration advisories, by the default policy."""
        return self.secscan("scan", tree, "--advisories", "demo", *arguments, **options)

    def only(self, scanner: str, tree: Path, *arguments: object, **options: Any) -> Ran:
        """Scan with one scanner, by a policy that blocks what is serious and wants this scanner."""
        return self.scan(tree, "--scanner", scanner, "--policy", self.policy(scanner), *arguments, **options)

    def code(self, tree: Path, *arguments: object, **options: Any) -> Ran:
        """Scan with all that look at code, by a policy that blocks what is serious and wants each of them."""
        chosen = [word for name in CODE_SCANNERS for word in ("--scanner", name)]
        return self.secscan("scan", tree, *chosen, "--policy", self.policy(*CODE_SCANNERS), *arguments, **options)

    def policy(self, *required: str) -> Path:
        """A policy that blocks what is serious, and wants these scanners."""
        place = self.folder / "policy.yaml"
        place.write_text(
            f"format: secscan.policy/1\nname: of-the-case\nrequired: [{', '.join(required)}]\nrules:\n"
            "  - {id: serious, match: {severity: [critical, high]}, action: block, reason: serious}\n"
            "  - {id: rest, action: warn, reason: worth a look}\n"
        )
        return place

    def left(self, name: str) -> tuple[str, ...]:
        """What a run left around it, but for its own cache."""
        around = self.folder / f"around-{name}"
        found = [str(path.relative_to(around)) for path in around.rglob("*") if not path.is_dir() or path.is_symlink()]
        found += [f"tmp/{path.name}" for path in (around / "tmp").iterdir()] if (around / "tmp").is_dir() else []
        own = ("home/.cache/secscan", "home/.config/secscan/cache.key", "home/.local/state/secscan")
        return tuple(sorted({one for one in found if not one.startswith(own)}))


@contextlib.contextmanager
def adopting_orphans() -> Iterator[None]:
    """Within, what loses its parent is ours, so that it is seen if it is still there."""
    prctl = ctypes.CDLL(None).prctl
    before = {one.pid for one in psutil.Process().children()}
    prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    try:
        yield
    finally:
        prctl(_PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0)
        for one in psutil.Process().children():
            with contextlib.suppress(OSError):
                if one.pid not in before:
                    os.waitpid(one.pid, os.WNOHANG)


@contextlib.contextmanager
def watching_children() -> Iterator[list[str]]:
    """Within, what was there before is not taken for something that was left running."""
    global _before
    earlier, _before = _before, _before | {one.pid for one in psutil.Process().children(recursive=True)}
    try:
        yield []
    finally:
        _before = earlier


_before: set[int] = set()


def _others(but: int) -> list[str]:
    """The names of programs below us that were not there before; they get a moment to end."""
    deadline = time.monotonic() + 10  # a busy machine is no defect
    while True:
        found = []
        for one in psutil.Process().children(recursive=True):
            with contextlib.suppress(psutil.Error):
                if one.status() == psutil.STATUS_ZOMBIE:
                    with contextlib.suppress(OSError):
                        os.waitpid(one.pid, os.WNOHANG)
                elif one.pid not in _before and one.pid != but:
                    found.append(one)
        if not found or time.monotonic() > deadline:
            break
        time.sleep(0.05)
    names = []
    for one in found:
        with contextlib.suppress(psutil.Error):
            names.append(one.name())
            one.kill()
    return sorted(names)


def _end(child: subprocess.Popen[bytes]) -> None:
    for one in (*psutil.Process(child.pid).children(recursive=True), psutil.Process(child.pid)):
        with contextlib.suppress(psutil.Error):
            one.kill()
    child.communicate()


def run_tool(
    argv: Sequence[str | Path], environment: Mapping[str, str], cwd: Path, seconds: float = 60
) -> subprocess.CompletedProcess[bytes] | None:
    """Run another program to its end, with all that it starts; None where it takes longer than `seconds`."""
    child = subprocess.Popen(
        [str(one) for one in argv],
        env=dict(environment),
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    try:
        out, err = child.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        _end(child)
        return None
    finally:
        with contextlib.suppress(OSError):
            os.killpg(child.pid, signal.SIGKILL)
    return subprocess.CompletedProcess(child.args, child.returncode, out, err)
