"""What must be gone when the program ends: programs that still run, and temporary files and folders."""

from __future__ import annotations

import contextlib
import glob
import os
import shutil
import signal
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from secscan import warden

if TYPE_CHECKING:
    import subprocess

    from secscan.process_tree import Descendants

GRACE_SECONDS = 0.4
"""What a program that is asked to end may take for it, before it is ended."""

_POLL_SECONDS = 0.02
_GONE_SECONDS = 2.0
_LOCK_SECONDS = 0.2
_STRAY_ROUNDS = 50
"""How often is looked for them: each may have started another one just before it was ended."""

_lock = threading.RLock()
_stopping = threading.Event()
_ending = threading.Event()
_running: dict[subprocess.Popen[bytes], str] = {}
_places: set[Path] = set()
_owner: int | None = None
_deferred: list[Callable[[], None]] = []


def _patiently(seconds: float) -> bool:
    """Wait, and go on asking politely."""
    time.sleep(seconds)
    return False


@contextlib.contextmanager
def undisturbed() -> Iterator[None]:
    """Within, this thread is not halted, and nothing is ended: what it begins is known before anybody ends it."""
    global _owner
    with _lock:
        before, _owner = _owner, threading.get_ident()
        try:
            yield
        finally:
            _owner = before
    halt_if_ending()
    while before is None and _deferred and threading.current_thread() is threading.main_thread():
        _deferred.pop()()


def halt_if_ending() -> None:
    """Never return once the process is being ended: nothing that was broken off may be taken for a result."""
    while _ending.is_set() and not is_undisturbed():
        time.sleep(3600)


def when_disturbed(action: Callable[[], None]) -> None:
    """Act now or, if the main thread is within `undisturbed`, once it is not. For its handlers of signals."""
    if is_undisturbed():
        _deferred.append(action)
    else:
        action()


def is_undisturbed() -> bool:
    """Whether this thread is within `undisturbed`."""
    return _owner == threading.get_ident()


def stopping() -> bool:
    """Whether no program may be started any more."""
    return _stopping.is_set()


@contextlib.contextmanager
def known_program(start: Callable[[], subprocess.Popen[bytes]], name: str) -> Iterator[subprocess.Popen[bytes]]:
    """Start a program that is ended, with all below it, at the latest on the way out."""
    with undisturbed():
        child = start()
        _running[child] = name
    try:
        yield child
    finally:
        end_trees([child])
        _running.pop(child, None)
        halt_if_ending()


@contextlib.contextmanager
def private_folder() -> Iterator[Path]:
    """A temporary folder that only this user can enter, removed at the end whatever happens."""
    with undisturbed():
        folder = Path(tempfile.mkdtemp(prefix="secscan-"))
        _places.add(folder)
        warden.tell(folder)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        _places.discard(folder)


@contextlib.contextmanager
def unfinished_file(beside: Path, prefix: str) -> Iterator[Path]:
    """A new empty file in the folder of `beside`, to be filled and moved there; removed where it is not."""
    with undisturbed():
        handle, name = tempfile.mkstemp(dir=beside.parent, prefix=prefix)
        os.close(handle)
        place = Path(name)
        _places.add(place)
    try:
        yield place
    finally:
        with contextlib.suppress(OSError):
            place.unlink()
        _places.discard(place)


def stop_all(hurry: Callable[[float], bool] = _patiently) -> tuple[str, ...]:
    """End every program that is running, with all below it, and let no other start. Returns their names.

    `hurry` waits some seconds, and tells whether to ask politely no more.
    """
    _stopping.set()
    # Whoever starts something just now is soon done; one who is not must not keep all others alive.
    locked = _lock.acquire(timeout=_LOCK_SECONDS)
    running = [(child, name) for child, name in list(_running.items()) if child.poll() is None]
    if locked:
        _lock.release()
    end_trees([child for child, _ in running], hurry)
    return tuple(name for _, name in running)


def end_process(hurry: Callable[[float], bool]) -> tuple[str, ...]:
    """Leave nothing behind: halt all other work, end every program, remove what is temporary. Whoever calls ends the
    process then. Returns the names of the programs."""
    _ending.set()
    names = stop_all(hurry)
    for place in list(_places):
        if place.is_dir():
            end_strays(place)
            shutil.rmtree(place, ignore_errors=True)
        else:
            # What a database was writing lies beside it under a longer name.
            for part in place.parent.glob(f"{glob.escape(place.name)}*"):
                with contextlib.suppress(OSError):
                    part.unlink()
    return names


def signal_running(number: int) -> None:
    """Send a signal to every program that is running."""
    if _lock.acquire(timeout=_LOCK_SECONDS):  # whoever starts one just now is soon done
        _lock.release()
    for child in list(_running):
        if child.poll() is None:
            _signal_group(child.pid, number)


def end_trees(
    children: Sequence[subprocess.Popen[bytes]],
    hurry: Callable[[float], bool] = _patiently,
) -> None:
    """End programs and whatever they started, also what left their group: politely, and then surely."""
    below: list[Descendants] = []
    alive = [child for child in children if child.poll() is None]
    if alive:
        from secscan.process_tree import Descendants

        below = [Descendants(child.pid) for child in alive]
        for child in alive:
            # One that is suspended would not see the first signal before the last.
            _signal_group(child.pid, signal.SIGTERM)
            _signal_group(child.pid, signal.SIGCONT)
        _wait(lambda: all(child.poll() is not None for child in alive), GRACE_SECONDS, hurry)
    for child in children:
        # Also where the leader has ended: the group may have others.
        _signal_group(child.pid, signal.SIGKILL)
    for tree in below:
        tree.kill()
    for child in alive:
        child.kill()
        child.wait()
    # A signal is on its way, not yet received, when `kill` returns; what we call ended has ended.
    _wait(lambda: not any(tree.alive() for tree in below), _GONE_SECONDS, hurry)


def end_strays(folder: Path) -> None:
    """End what a program that had this private folder has started, and what then left its family: it was orphaned, and
    leads a session of its own. It is known by the folder, which is in its environment or is where it stands. Only where
    the system tells of processes by files."""
    mark = os.fsencode(folder)
    for _ in range(_STRAY_ROUNDS):
        found = [pid for pid in _process_ids() if pid != os.getpid() and _belongs(pid, mark)]
        for pid in found:
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)
        if not found:
            return
        time.sleep(_POLL_SECONDS)


def _process_ids() -> list[int]:
    try:
        return [int(name) for name in os.listdir("/proc") if name.isdecimal()]  # noqa: PTH208 - many, and in a hurry
    except OSError:
        return []


def _belongs(pid: int, mark: bytes) -> bool:
    try:
        if os.readlink(os.fsencode(f"/proc/{pid}/cwd")).startswith(mark + b"/"):  # noqa: PTH115 - any bytes
            return True
        with open(f"/proc/{pid}/environ", "rb") as stream:  # noqa: PTH123 - as above
            return b"=" + mark + b"/" in stream.read()
    except OSError:  # it is gone, or another user's
        return False


def _wait(done: Callable[[], bool], most: float, hurry: Callable[[float], bool]) -> None:
    deadline = time.monotonic() + most
    while not done() and time.monotonic() < deadline:
        if hurry(_POLL_SECONDS):
            return


def _signal_group(pid: int, number: int) -> None:
    # The child leads its own session, so its pid is the group's id, also after the leader has ended.
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, number)
