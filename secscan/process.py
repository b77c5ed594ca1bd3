"""The only module that starts a program.

Whatever is started gets an argument list (never a shell), a temporary home and working directory of
its own, an environment built from an allow-list, closed standard input, bounded output, a time and a
memory limit, and a process group that is ended as a whole. How it ended is a value; deciding what
that means is the caller's business.
"""

from __future__ import annotations

import contextlib
import os
import select
import shutil
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from secscan.leftovers import end_strays, end_trees, known_program, private_folder, stopping, undisturbed
from secscan.stopping import awake

_PASSED_ON = ("LANG", "LC_ALL", "LC_CTYPE", "TZ", "SYSTEMROOT", "WINDIR", "COMSPEC", "PATHEXT")
"""Host variables that a child may see. Proxies, tokens and every tool's own settings are not among them."""

PROGRESS = "progress"
"""The file of its working directory in which a child of our own tells how far it is."""

_POLL_SECONDS = 0.02
_MEMORY_FIRST = 0.1
"""Of what ends sooner nothing is measured: to look through all processes takes longer than most commands of git."""
_MEMORY_EVERY = 0.25
_ENTRY_BYTES = 4096


@dataclass(frozen=True)
class Limits:
    """What a program may use."""

    seconds: float = 900.0
    megabytes: int = 4096
    """Resident memory of the whole process tree."""
    output_bytes: int = 512_000_000
    """Standard output; more than this ends the program."""
    folder_bytes: int = 0
    """What its private folder may take on disk, home and temporary files included; 0: as much as there is."""


@dataclass(frozen=True)
class Ended:
    """How a program ended and what it said."""

    argv: tuple[str, ...]
    exit_code: int
    """Negative: ended by that signal."""
    stdout: bytes
    stderr: bytes
    seconds: float
    peak_megabytes: float
    stopped: str = ""
    """Why we ended it: `time limit of 60 s`, `memory limit of 4096 MB`, `output limit of ... bytes`, `disk limit of ...
    bytes`; empty if it ended by itself."""
    files: Mapping[str, bytes] = field(default_factory=dict)
    """Files it wrote into its working directory, of those that were asked for."""

    @property
    def trouble(self) -> str:
        """Why its output cannot be complete, whatever its exit code: ended by us or by a signal."""
        if self.stopped:
            return f"was ended at the {self.stopped}"
        if self.exit_code < 0:
            try:
                name = signal.Signals(-self.exit_code).name
            except ValueError:
                name = f"signal {-self.exit_code}"
            return f"was killed by {name}"
        return ""


class StartError(Exception):
    """The program could not be started at all."""


_lent: ContextVar[Mapping[str, str]] = ContextVar("_lent", default=MappingProxyType({}))


@contextlib.contextmanager
def lending(variables: Mapping[str, str]) -> Iterator[None]:
    """Programs that are started within, in this thread, get these variables of the environment, too. For credentials:
    nobody else sees them, and nothing keeps them."""
    token = _lent.set(variables)
    try:
        yield
    finally:
        _lent.reset(token)


def run(
    argv: Sequence[str],
    *,
    limits: Limits = Limits(),
    env: Mapping[str, str] | None = None,
    stdin: bytes | None = None,
    files: Mapping[str, bytes] | None = None,
    collect: Sequence[str] = (),
    heard: Callable[[str], None] | None = None,
) -> Ended:
    """Run one program to its end and return how it ended.

    `argv[0]` must be an absolute path. `env` is added to the allow-listed environment. `files` are put into
    the program's private working directory before it starts; `collect` names those to bring back. `heard` is
    given now and then what it has written into the file `PROGRESS` there. Raises `StartError` if it cannot be started.
    """
    if not Path(argv[0]).is_absolute():
        raise StartError(f"{argv[0]} is not an absolute path")
    if stopping():
        raise StartError("secscan is being stopped")
    with private_folder() as folder:
        work = folder / "work"
        try:
            work.mkdir()
            for name, content in (files or {}).items():
                (work / name).write_bytes(content)
        except OSError as error:
            raise StartError(f"what {_shown_name(argv)} needs cannot be written: {error.strerror}") from error
        environment = child_environment(folder, {**_lent.get(), **(env or {})})
        started = awake()
        with (folder / "stdout").open("w+b") as out, (folder / "stderr").open("w+b") as err:

            def start() -> subprocess.Popen[bytes]:
                try:
                    return subprocess.Popen(
                        list(argv),
                        stdin=subprocess.PIPE if stdin is not None else subprocess.DEVNULL,
                        stdout=out,
                        stderr=err,
                        cwd=work,
                        env=environment,
                        start_new_session=True,
                        close_fds=True,
                    )
                except OSError as error:
                    raise StartError(f"{argv[0]} cannot be started: {error.strerror}") from error

            try:
                with known_program(start, _shown_name(argv)) as child:
                    feeder = _feed(child, stdin)
                    stopped, peak = _watch(child, folder, limits, started, heard)
                    if feeder is not None:
                        feeder.join(timeout=1)
            finally:
                end_strays(folder)
            collected = {
                name: _read_bounded(work / name, limits.output_bytes) for name in collect if _is_plain_file(work / name)
            }
            return Ended(
                argv=tuple(argv),
                exit_code=child.returncode,
                stdout=_read_bounded(folder / "stdout", limits.output_bytes),
                stderr=_read_bounded(folder / "stderr", 4_000_000),
                seconds=awake() - started,
                peak_megabytes=peak,
                stopped=stopped,
                files=collected,
            )


def child_environment(folder: Path, extra: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of a child: an allow-list, a private home and temp folder, and `extra`."""
    home = folder / "home"
    temp = folder / "tmp"
    for directory in (home, temp):
        directory.mkdir(exist_ok=True)
    environment = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    environment.update(
        PATH=os.defpath if os.name == "posix" else os.environ.get("PATH", ""),
        HOME=str(home),
        XDG_CONFIG_HOME=str(home / ".config"),
        XDG_CACHE_HOME=str(home / ".cache"),
        TMPDIR=str(temp),
        TEMP=str(temp),
        TMP=str(temp),
        NO_COLOR="1",
        PYTHONNOUSERSITE="1",
        PYTHONSAFEPATH="1",
        PYTHONDONTWRITEBYTECODE="1",
        PYTHONUTF8="1",
        PYTHONHASHSEED="0",
    )
    environment.update(extra)
    return environment


def find_program(name: str, *, unsafe_below: Sequence[Path] = ()) -> Path | None:
    """Find a program in the operator's PATH, then beside the running Python.

    Entries that are relative, or that lie in a folder of `unsafe_below` (the scanned tree, the working
    directory), are passed over: what is judged must not bring its own scanner. The folder of the running
    Python is always trusted.
    """
    own = Path(os.path.realpath(os.path.dirname(_python())))
    own_link = Path(os.path.dirname(_python()))
    banned = [Path(os.path.realpath(folder)) for folder in unsafe_below]
    for entry in [*os.environ.get("PATH", "").split(os.pathsep), str(own_link), str(own)]:
        if not entry or not os.path.isabs(entry):
            continue
        real = Path(os.path.realpath(entry))
        trusted = real == own or real == Path(os.path.realpath(own_link))
        if not trusted and any(real == folder or folder in real.parents for folder in banned):
            continue
        found = shutil.which(name, path=entry)
        if found is not None:
            return Path(found)
    return None


def _shown_name(argv: Sequence[str]) -> str:
    """By what a person knows a program; a part of our own by what it is for."""
    module = argv[argv.index("-m") + 1] if "-m" in argv[:-1] else ""
    return module if module.startswith("secscan.") else Path(argv[0]).name


def _python() -> str:
    import sys

    return sys.executable


def _feed(child: subprocess.Popen[bytes], stdin: bytes | None) -> threading.Thread | None:
    if stdin is None:
        return None

    def write() -> None:
        pipe = child.stdin
        if pipe is not None:
            with contextlib.suppress(OSError), pipe:
                pipe.write(stdin)

    thread = threading.Thread(target=write, daemon=True)
    thread.start()
    return thread


def _watch(
    child: subprocess.Popen[bytes],
    folder: Path,
    limits: Limits,
    started: float,
    heard: Callable[[str], None] | None,
) -> tuple[str, float]:
    """Wait for the end, or bring it about. Returns why we ended it (or "") and the peak memory in MB."""
    peak = 0.0
    next_sample = started + _MEMORY_FIRST
    with _waiting(child) as ended:
        while not ended():
            now = awake()
            stopped = ""
            if now - started > limits.seconds:
                stopped = f"time limit of {limits.seconds:g} s"
            elif now >= next_sample:
                next_sample = now + _MEMORY_EVERY
                if heard and _is_plain_file(told := folder / "work" / PROGRESS):
                    heard(_read_bounded(told, 100).decode("ascii", "replace"))
                with undisturbed():  # whoever is halted within an import halts all who import the same
                    from secscan.process_tree import tree_megabytes
                used = tree_megabytes(child.pid)
                peak = max(peak, used)
                if used > limits.megabytes:
                    stopped = f"memory limit of {limits.megabytes} MB"
                elif (folder / "stdout").stat().st_size > limits.output_bytes:
                    stopped = f"output limit of {limits.output_bytes} bytes"
                elif limits.folder_bytes and _takes_more(folder, limits.folder_bytes):
                    stopped = f"disk limit of {limits.folder_bytes} bytes"
            if stopped:
                end_trees([child])
                return stopped, peak
    return "", peak


@contextlib.contextmanager
def _waiting(child: subprocess.Popen[bytes]) -> Iterator[Callable[[], bool]]:
    """Give what waits a while for the end of a child, and tells whether it came."""

    def polled() -> bool:
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(timeout=_POLL_SECONDS)
        return child.returncode is not None

    try:
        descriptor = os.pidfd_open(child.pid)
    except (AttributeError, OSError):  # only Linux has it, and not in every sandbox
        yield polled
        return
    events = select.poll()
    events.register(descriptor, select.POLLIN)

    def woken() -> bool:
        events.poll(1000 * _POLL_SECONDS)
        return child.poll() is not None

    try:
        yield woken
    finally:
        os.close(descriptor)


def _takes_more(folder: Path, most: int) -> bool:
    """Whether what lies in a folder takes more than `most` bytes on disk: a hole in a file takes none, a file without
    content takes an entry."""
    total = 0
    todo = [str(folder)]
    while todo:
        with contextlib.suppress(OSError), os.scandir(todo.pop()) as entries:
            for entry in entries:
                with contextlib.suppress(OSError):  # gone in the meantime
                    total += max(entry.stat(follow_symlinks=False).st_blocks * 512, _ENTRY_BYTES)
                    if entry.is_dir(follow_symlinks=False):
                        todo.append(entry.path)
                if total > most:
                    return True
    return False


def _is_plain_file(path: Path) -> bool:
    return path.is_file() and not path.is_symlink()


def _read_bounded(path: Path, most: int) -> bytes:
    with path.open("rb") as stream:
        # Asked for more than there is, Python takes that much memory first.
        return stream.read(min(most, os.fstat(stream.fileno()).st_size))
