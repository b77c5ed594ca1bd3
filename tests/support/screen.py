"""A terminal as a person has one: a program in it, what its screen shows, and keys to press."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import pyte

_PATIENCE = 60


class Terminal:
    """A running program, and the screen that it writes to."""

    def __init__(self, child: subprocess.Popen[bytes], leader: int, size: tuple[int, int]) -> None:
        self.child = child
        self.written = b""
        self.descriptor = leader
        self._screen = pyte.HistoryScreen(*size, history=5000)
        self._stream = pyte.ByteStream(self._screen)

    @property
    def lines(self) -> list[str]:
        """The lines of the screen that hold anything."""
        return [line.rstrip() for line in self._screen.display if line.strip()]

    def type(self, keys: str) -> None:
        """Press keys."""
        os.write(self.descriptor, keys.encode())

    def resize(self, columns: int, lines: int) -> None:
        """Give the window another size."""
        fcntl.ioctl(self.descriptor, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
        self._screen.resize(lines, columns)

    def wait_for(self, condition: Callable[[str], bool]) -> str:
        """Read until the screen fulfils a condition, and return what it shows then."""
        deadline = time.monotonic() + _PATIENCE
        while not condition(shown := "\n".join(self.lines)):
            assert time.monotonic() < deadline, shown
            assert self.read() or self.child.poll() is None, shown
        return shown

    def read(self, seconds: float = 0.1) -> bool:
        """Read what has come, and tell whether anything did."""
        if not select.select([self.descriptor], [], [], seconds)[0]:
            return False
        with contextlib.suppress(OSError):  # nobody holds the other end any more
            data = os.read(self.descriptor, 65_536)
            self.written += data
            self._stream.feed(data)
            return bool(data)
        time.sleep(seconds)
        return False

    def end(self) -> int:
        """Read until the program has ended, and return its exit code."""
        deadline = time.monotonic() + _PATIENCE
        while self.child.poll() is None:
            self.read()
            assert time.monotonic() < deadline, "\n".join(self.lines)
        while self.read():
            pass
        return self.child.returncode


@contextlib.contextmanager
def terminal(
    argv: Sequence[object], *, cwd: Path, env: Mapping[str, str], size: tuple[int, int] = (80, 24), echo: bool = True
) -> Iterator[Terminal]:
    """Run a program in a terminal of its own, which is its controlling one: keys become signals."""
    leader, follower = pty.openpty()
    if not echo:
        settings = termios.tcgetattr(follower)
        settings[3] &= ~termios.ECHO
        termios.tcsetattr(follower, termios.TCSANOW, settings)
    fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))

    def prepare() -> None:
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)
        for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGHUP, signal.SIGTSTP):
            signal.signal(number, signal.SIG_DFL)

    child = subprocess.Popen(
        [str(one) for one in argv],
        stdin=follower,
        stdout=follower,
        stderr=follower,
        cwd=cwd,
        env={"TERM": "xterm-256color", **env},
        start_new_session=True,
        preexec_fn=prepare,
    )
    os.close(follower)
    try:
        yield Terminal(child, leader, size)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        child.kill()
        child.wait()
        os.close(leader)
