"""Signals, sent to a real process in a real terminal: it ends at once, and leaves nothing behind."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from tests.support.screen import Terminal, terminal

ROOT = Path(__file__).resolve().parent.parent.parent
STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(1, flush=True); time.sleep(600)"
FAMILY = (
    "import subprocess, sys, time\n"
    f"subprocess.Popen([sys.executable, '-c', {STUBBORN!r}], start_new_session=True)\n"
    "time.sleep(600)"
)
"""A program with a child in a session of its own, which does not heed polite requests."""
RUN = f"process.run([sys.executable, '-c', {FAMILY!r}])"
HEAD = (
    "import sys, time\n"
    "from pathlib import Path\n"
    "from secscan import files, leftovers, process, stopping\n"
    "with stopping.stoppable():\n"
    "    stopping.note('noted before')\n"
)


@contextlib.contextmanager
def running(folder: Path, body: str) -> Iterator[Terminal]:
    """A program that does this where signals are heard, with temporary files in a folder of its own."""
    (folder / "tmp").mkdir()
    program = HEAD + "".join(f"    {line}\n" for line in body.splitlines())
    env = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "TMPDIR": str(folder / "tmp"), "LANG": "C.UTF-8"}
    with terminal([sys.executable, "-c", program], cwd=folder, env=env, size=(200, 24)) as opened:
        yield opened


def below(opened: Terminal, count: int) -> list[psutil.Process]:
    """What runs below the program, once there are so many."""
    found: list[psutil.Process] = []

    def is_there() -> bool:
        found[:] = psutil.Process(opened.child.pid).children(recursive=True)
        return len(found) >= count

    wait_until(is_there)
    return found


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def alive(processes: list[psutil.Process]) -> list[psutil.Process]:
    return [one for one in processes if one.is_running() and one.status() != psutil.STATUS_ZOMBIE]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT])
def test_a_signal_ends_everything_with_130_and_says_so(tmp_path: Path, number: signal.Signals) -> None:
    with running(tmp_path, RUN) as opened:
        family = below(opened, 2)
        opened.child.send_signal(number)
        assert opened.end() == 130
        assert not alive(family)
        shown = "\n".join(opened.lines)
        assert "secscan: stopped by" in shown
        assert Path(sys.executable).name in shown
        assert "noted before" in shown
        assert "Traceback" not in shown
        assert list((tmp_path / "tmp").iterdir()) == []


def test_ctrl_c_is_heard_where_python_would_not_raise_it(tmp_path: Path) -> None:
    """The main thread does not come back to Python for minutes."""
    body = "import hashlib\nprint('sta' + 'rted', flush=True)\nhashlib.pbkdf2_hmac('sha256', b'', b'', 2**31 - 1)"
    with running(tmp_path, body) as opened:
        opened.wait_for(lambda shown: "started" in shown)
        opened.type("\x03")
        assert opened.end() == 130
        assert "stopped by Ctrl-C" in "\n".join(opened.lines)


def test_a_second_ctrl_c_does_not_wait_for_the_polite(tmp_path: Path) -> None:
    body = f"leftovers.GRACE_SECONDS = 600\nprocess.run([sys.executable, '-c', {STUBBORN!r}])"
    with running(tmp_path, body) as opened:
        family = below(opened, 1)
        wait_until(lambda: any((tmp_path / "tmp").glob("*/stdout")) and _has_begun(tmp_path))
        opened.type("\x03")
        time.sleep(0.5)
        assert opened.child.poll() is None
        opened.type("\x03")
        assert opened.end() == 130
        assert not alive(family)


def _has_begun(folder: Path) -> bool:
    return any(one.read_bytes() for one in (folder / "tmp").glob("*/stdout"))


def test_nothing_goes_on_once_it_is_being_ended(tmp_path: Path) -> None:
    """What was broken off must not be taken for a result, nor written."""
    body = f"leftovers.GRACE_SECONDS = 3\n{RUN}\nfiles.write_atomic(Path('report'), b'all is well')"
    with running(tmp_path, body) as opened:
        below(opened, 2)
        opened.child.send_signal(signal.SIGTERM)
        assert opened.end() == 130
        assert not (tmp_path / "report").exists()


def test_a_file_that_is_being_written_is_whole_or_not_there(tmp_path: Path) -> None:
    (tmp_path / "index").write_text("old")
    body = (
        "with leftovers.unfinished_file(Path('index'), '.index.') as place:\n"
        "    place.write_text('half')\n"
        "    Path(str(place) + '-journal').write_text('half')\n"
        "    print('writ' + 'ing', flush=True)\n"
        "    time.sleep(600)\n"
    )
    with running(tmp_path, body) as opened:
        opened.wait_for(lambda shown: "writing" in shown)
        opened.type("\x03")
        assert opened.end() == 130
    assert {one.name for one in tmp_path.iterdir()} == {"index", "tmp"}
    assert (tmp_path / "index").read_text() == "old"


def test_what_is_ignored_by_whoever_started_us_stays_ignored(tmp_path: Path) -> None:
    """As `nohup` and a shell's background do."""
    code = HEAD.replace("with stopping", "import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nwith stopping")
    code += "    print(signal.getsignal(signal.SIGINT) is signal.SIG_IGN)"
    told = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, check=True, text=True)
    assert told.stdout == "True\n"


def test_handlers_are_those_of_before_afterwards() -> None:
    from secscan.stopping import stoppable

    # Whoever started the tests may ignore signals, which stay ignored then.
    found = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGTSTP)]
        with stoppable():
            assert signal.getsignal(signal.SIGINT) is not before[0]
        assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGTSTP)] == before
    finally:
        signal.signal(signal.SIGINT, found)


def test_ctrl_z_suspends_what_runs_and_fg_goes_on(tmp_path: Path) -> None:
    sleep = "import time; time.sleep(600)"
    body = (
        f"try:\n    process.run([sys.executable, '-c', {sleep!r}], limits=process.Limits(seconds=600))\n"
        "finally:\n    print('end' + 'ed')"
    )
    (tmp_path / "program.py").write_text(HEAD + "".join(f"    {line}\n" for line in body.splitlines()))
    (tmp_path / "tmp").mkdir()
    env = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "TMPDIR": str(tmp_path / "tmp"), "PS1": "$ "}
    with terminal(["bash", "--norc", "--noprofile", "-i"], cwd=tmp_path, env=env) as shell:
        shell.type(f"{sys.executable} program.py\n")
        family = below(shell, 2)
        shell.type("\x1a")
        shell.wait_for(lambda shown: "Stopped" in shown)
        wait_until(lambda: all(one.status() == psutil.STATUS_STOPPED for one in family))
        shell.type("fg\n")
        wait_until(lambda: all(one.status() != psutil.STATUS_STOPPED for one in family))
        shell.type("\x03")
        shell.wait_for(lambda shown: "stopped by Ctrl-C" in shown)
        wait_until(lambda: not alive(family))


def test_time_that_a_process_is_suspended_is_not_time_that_it_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    from secscan import stopping

    before = stopping.awake()
    monkeypatch.setattr(stopping, "_suspended", stopping._suspended + 3600)
    assert stopping.awake() < before - 3000


def test_a_terminal_gets_its_echo_back(tmp_path: Path) -> None:
    import termios

    with running(tmp_path, "import getpass\ngetpass.getpass('Passphrase' + ': ')") as opened:
        opened.wait_for(lambda shown: "Passphrase:" in shown)
        wait_until(lambda: not termios.tcgetattr(opened.descriptor)[3] & termios.ECHO)
        opened.type("\x03")
        opened.wait_for(lambda shown: "stopped by Ctrl-C" in shown)
        assert termios.tcgetattr(opened.descriptor)[3] & termios.ECHO
