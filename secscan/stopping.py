"""What Ctrl-C and its like do: within a second everything that was started has ended, and the process with it.

Python raises Ctrl-C as an exception, wherever the main thread stands, and only once it stands in Python: in the
middle of cleaning up, or long after. Here a thread of its own hears signals as they come, halts all other work, and
ends the process; nothing unwinds.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import threading
import time
from collections.abc import Callable, Iterator
from types import FrameType

from secscan import leftovers
from secscan.errors import ExitCode

_SAY_SECONDS = 0.2
_AT_ONCE = signal.SIGQUIT
_ENDING = {
    signal.SIGINT: "Ctrl-C",
    signal.SIGTERM: "SIGTERM",
    signal.SIGHUP: "SIGHUP (the terminal was closed)",
    _AT_ONCE: "SIGQUIT",
}

_noted = "nothing was decided"


def _plain(what: str, noted: str) -> str:
    return f"secscan: {what}\n  {noted}\n"


_worded: Callable[[str, str], str] = _plain
_suspended = 0.0
_listeners: list[Callable[[], None]] = []


def note(text: str) -> None:
    """Say what someone should know if the process is stopped from now on."""
    global _noted
    _noted = text


def word_by(words: Callable[[str, str], str] | None) -> None:
    """Choose what is written of a stop, from what was stopped and what was noted; None for the usual words."""
    global _worded
    _worded = words or _plain


@contextlib.contextmanager
def told_first(listener: Callable[[], None]) -> Iterator[None]:
    """Within, `listener` is called before anything is said of a stop, or the process is suspended. It must not wait for
    another thread."""
    _listeners.append(listener)
    try:
        yield
    finally:
        _listeners.remove(listener)


def awake() -> float:
    """Return a clock in seconds that stands still while the process is suspended (Ctrl-Z)."""
    return time.monotonic() - _suspended


@contextlib.contextmanager
def stoppable() -> Iterator[None]:
    """Within, Ctrl-C, SIGTERM, SIGHUP and SIGQUIT end the process with 130, leaving nothing behind, and Ctrl-Z suspends
    all that it started as well. Signals that whoever started us ignores stay ignored."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    heard, tell = os.pipe()
    os.set_blocking(tell, False)
    handlers = dict.fromkeys(_ENDING, _halt) | {signal.SIGTSTP: _suspend}
    before = {number: signal.getsignal(number) for number in handlers}
    terminal = _terminal_settings()
    watcher = threading.Thread(target=_listen, args=(heard, terminal), daemon=True, name="secscan-signals")
    watcher.start()
    old = signal.set_wakeup_fd(tell, warn_on_full_buffer=False)
    for number, handler in handlers.items():
        if before[number] is not signal.SIG_IGN:
            signal.signal(number, handler)
    try:
        yield
    finally:
        for number, previous in before.items():
            signal.signal(number, previous)
        signal.set_wakeup_fd(old)
        os.close(tell)
        watcher.join()
        os.close(heard)


def _listen(heard: int, terminal: Callable[[], None]) -> None:
    """Wait for a signal that ends the process, and end it."""
    while data := os.read(heard, 1):
        if data[0] in _ENDING:
            break
    else:
        return
    number = signal.Signals(data[0])
    hasty = number == _AT_ONCE

    def hurry(seconds: float) -> bool:
        nonlocal hasty
        if hasty or not select.select([heard], [], [], seconds)[0]:
            time.sleep(seconds / 4 if hasty else 0)
        elif data := os.read(heard, 1):
            hasty = data[0] in _ENDING
        else:
            time.sleep(seconds)  # the other end is closed: the program was about to end by itself
        return hasty

    try:
        names = leftovers.end_process(hurry)
        terminal()
        for listener in list(_listeners):
            listener()
        _say(number, names)
    finally:
        os._exit(ExitCode.INTERRUPTED)


def _say(number: signal.Signals, names: tuple[str, ...]) -> None:
    running = f"; ended what was running: {', '.join(sorted(set(names)))}" if names else ""
    text = _worded(f"stopped by {_ENDING[number]}{running}", _noted)
    with contextlib.suppress(OSError):  # the terminal may be gone, or nobody reads from it
        if select.select([], [2], [], _SAY_SECONDS)[1]:
            # Not by `sys.stderr`: whoever was halted may hold its lock.
            os.write(2, text.encode("utf-8", "backslashreplace"))


def _halt(_number: int, _frame: FrameType | None) -> None:
    # Runs in the main thread, maybe before the listening thread has had its turn.
    if not leftovers.is_undisturbed():
        while True:
            time.sleep(3600)


def _suspend(_number: int, _frame: FrameType | None) -> None:
    leftovers.when_disturbed(_suspend_all)


def _suspend_all() -> None:
    """Suspend what was started, then this process as the shell expects it; and go on together."""
    global _suspended
    for listener in list(_listeners):
        listener()
    began = time.monotonic()
    leftovers.signal_running(signal.SIGSTOP)
    signal.signal(signal.SIGTSTP, signal.SIG_DFL)
    os.kill(os.getpid(), signal.SIGTSTP)  # returns when we are continued, or at once where no shell could do that
    signal.signal(signal.SIGTSTP, _suspend)
    leftovers.signal_running(signal.SIGCONT)
    _suspended += time.monotonic() - began


def _terminal_settings() -> Callable[[], None]:
    """Return what gives the terminal its settings back: a question for a passphrase takes its echo away."""
    import termios

    try:
        settings = termios.tcgetattr(0)
    except (OSError, termios.error, ValueError):
        return lambda: None

    def restore() -> None:
        with contextlib.suppress(OSError, termios.error):
            termios.tcsetattr(0, termios.TCSANOW, settings)

    return restore
