"""The machine fails: kills, full disks, no memory, closed streams, clocks, many runs at once."""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import psutil
import pytest

from tests.scoreboard.case import Case, Group, Seen, add, case
from tests.scoreboard.place import SECSCAN, Place, Ran, watching_children
from tests.scoreboard.planted import CODE, LEAK, PIN, SECRET, SHELL, Planted, ended, judged
from tests.scoreboard.tools import NOT_HERE, alone_on, program, run_alone, words

BAD: dict[str, bytes | str] = {"app.py": SHELL, "config.py": LEAK, "requirements.txt": PIN}
PLANTED = (Planted("app.py", CODE), Planted("config.py", SECRET), Planted("requirements.txt", "package"))
CLEAN: dict[str, bytes | str] = {
    "app.py": "def add(a, b):\n    return a + b\n",
    "requirements.txt": "itsdangerous==2.2.0\n",
}
ALL_TOOLS = {"bandit": 1, "semgrep": 1, "pip-audit": 1, "gitleaks": 1, "trivy": 2}


def whole(output: Path) -> str:
    """What is wrong with reports: half a file, or one that is left of writing it."""
    for path in sorted(output.glob("**/*")) if output.exists() else ():
        if path.name.startswith("."):
            return f"an unfinished file is left: {path.name.rpartition('.')[0]}"
        if path.suffix in (".json", ".sarif"):
            try:
                json.loads(path.read_bytes())
            except ValueError:
                return f"half a file: {path.name}"
        if path.suffix == ".html" and not path.read_bytes().rstrip().endswith(b"</html>"):
            return f"half a file: {path.name}"
    return ""


# --- Crash and kill -------------------------------------------------------------------------------------------------------


def _next_run(place: Place, tree: Path, name: str = "run") -> str:
    """What is wrong with the run after a fault; empty where it is as any other."""
    seen = judged(place.scan(tree, name=name), PLANTED)
    return "" if seen.held else f"the next run: {seen.words}"


def _stopped(name: str, number: int, expected: str, *codes: int) -> None:
    def look(place: Place) -> Seen:
        tree = place.tree({**BAD, **{f"m{n}.py": SHELL * 20 for n in range(30)}})
        place.shim("semgrep", 'echo started >> "$HOME/../../../../started" 2>/dev/null; exec "$REAL" "$@"')
        # Who is started in the background ignores Ctrl-C, and so would what is started here.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        with watching_children() as alive:
            child = place.start("scan", tree, "--advisories", "demo", start_new_session=True)
            _until(lambda: len(psutil.Process(child.pid).children(recursive=True)) >= 1, child)
            child.send_signal(number)
            ran = place.ended(child, alive)
        more = whole(ran.output) or ("a verdict is left" if (ran.output / "secscan.json").exists() else "")
        more = more or _next_run(place, tree)
        seen = ended(ran, *codes, more=more)
        return Seen(f"{seen.words}; the next run is as any other" if seen.held else seen.words, seen.held)

    add(Case(Group.CRASH, name, f"{signal.Signals(number).name} while scanners run", expected, look))


def _until(done: Callable[[], bool], child: subprocess.Popen[bytes], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while child.poll() is None and time.monotonic() < deadline:
        with contextlib.suppress(psutil.Error):
            if done():
                return
        time.sleep(0.01)


_STOPPED = "no verdict; nothing left running or behind; the next run is as any other"
_stopped("interrupt", signal.SIGINT, _STOPPED, 130)
_stopped("terminate", signal.SIGTERM, _STOPPED, 130, 143)
_stopped("hang-up", signal.SIGHUP, _STOPPED, 130, 129)


@case(Group.CRASH, "SIGKILL at 12 random moments of a scan", "no report or a whole one of the truth; what was started ends; the next run is as any other")  # fmt: skip
def killed_at_any_moment(place: Place) -> Seen:
    tree = place.tree(BAD)
    started = time.monotonic()
    place.scan(tree, name="first")
    lasts = time.monotonic() - started
    chance, wrong = random.Random("moments"), []
    for number in range(12):
        with watching_children() as alive:
            child = place.start("scan", tree, "--advisories", "demo", name="killed")
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(chance.uniform(0, lasts))
            child.kill()
            ran = place.ended(child, alive, "killed")
        if ran.alive:
            wrong.append(f"left running: {', '.join(ran.alive)}")
        if more := whole_but_unfinished(ran.output):
            wrong.append(more)
        if ran.scan and ran.verdict != "failed":
            wrong.append(f"moment {number}: {ran.verdict}")
    if more := _next_run(place, tree, "next"):
        wrong.append(more)
    return Seen(
        "; ".join(dict.fromkeys(wrong)) or "nothing is half, nothing runs on; the next run is as any other",
        held=not wrong,
    )


def whole_but_unfinished(output: Path) -> str:
    """As `whole`; but what is killed leaves the file that it was writing, under a name that nobody reads."""
    wrong = whole(output)
    return "" if wrong.startswith("an unfinished") else wrong


@case(Group.CRASH, "an earlier run passed; this one is killed", "the earlier verdict is gone")
def stale_verdict(place: Place) -> Seen:
    tree = place.tree(CLEAN)
    first = place.scan(tree)
    (tree / "app.py").write_text(SHELL)
    with watching_children() as alive:
        child = place.start("scan", tree, "--advisories", "demo")
        _until(lambda: bool(psutil.Process(child.pid).children()), child)
        child.kill()
        ran = place.ended(child, alive)
    gone = not (ran.output / "secscan.json").exists()
    words = f"first {first.words}; then {'no report' if gone else 'the old report'}"
    return Seen(words, held=gone and first.code == 0)


@case(Group.CRASH, "a limit of 300 MB on the address space of all programs", "not passed, or all found", alone=lambda place: alone_on(place, place.tree(BAD), ALL_TOOLS, lambda place, environment: ["prlimit", "--as=300000000"]))  # fmt: skip
def little_memory(place: Place) -> Seen:
    place.wrapped = ("prlimit", "--as=300000000")
    ran = place.scan(place.tree(BAD))
    return Seen(f"{'not passed' if ran.code in (1, 2, 3) else ran.words}{'; ' + ran.trouble if ran.trouble else ''}", held=ran.code in (1, 2, 3) and not ran.trouble)  # fmt: skip


@case(Group.CRASH, "at most 40 open files", "not passed, or all found", alone=lambda place: alone_on(place, place.tree(BAD), ALL_TOOLS, lambda place, environment: ["prlimit", "--nofile=40"]))  # fmt: skip
def few_files(place: Place) -> Seen:
    place.wrapped = ("prlimit", "--nofile=40")
    ran = place.scan(place.tree(BAD))
    return Seen(f"{'not passed' if ran.code in (1, 2, 3) else ran.words}{'; ' + ran.trouble if ran.trouble else ''}", held=ran.code in (1, 2, 3) and not ran.trouble)  # fmt: skip


@case(Group.CRASH, "standard output is a pipe that nobody reads any more", "the verdict's exit code, all reports", alone=None, quick=True)  # fmt: skip
def broken_pipe(place: Place) -> Seen:
    reading, writing = os.pipe()
    os.close(reading)
    try:
        ran = place.only("bandit", place.tree(BAD), stdout=writing)
    finally:
        os.close(writing)
    return ended(ran, 1, more="" if (ran.output / "secscan.sarif").exists() else "no report")


@case(Group.CRASH, "standard input, output and error are closed", "the verdict's exit code, all reports")
def closed_streams(place: Place) -> Seen:
    place.program = ("/bin/sh", "-c", f'exec {SECSCAN} "$@" <&- >&- 2>&-', "sh")
    ran = place.only("bandit", place.tree(BAD))
    return ended(ran, 1, more="" if (ran.output / "secscan.sarif").exists() else "no report")


@case(Group.CRASH, "there is no folder for temporary files", "refused or incomplete; not passed")
def no_temporary_folder(place: Place) -> Seen:
    ran = place.scan(place.tree(CLEAN), env={"TMPDIR": str(place / "nowhere")})
    # Python takes another folder where the one that is named is not there; then all is as ever.
    return Seen("as ever" if ran.code == 0 and not ran.trouble else f"{ran.words}; {ran.trouble}", held=ran.code in (0, 2, 3) and not ran.trouble)  # fmt: skip


@case(Group.CRASH, "the folder for reports cannot be written to", "incomplete or refused; not passed")
def reports_cannot_be_written(place: Place) -> Seen:
    (place / "output-run").write_text("a file\n")
    return ended(place.scan(place.tree(CLEAN)), 2, 3)


@case(Group.CRASH, "a report leads to a device", "refused; the device is still one")
def report_is_a_device(place: Place) -> Seen:
    ran = place.scan(place.tree(CLEAN), "--report", "csv=/dev/full")
    return ended(ran, 2, 3, more="" if Path("/dev/full").is_char_device() else "the device was replaced")


# --- Clock -----------------------------------------------------------------------------------------------------------------


@case(Group.CRASH, "scanners are suspended for a while and go on", "as ever: all found")
def suspended(place: Place) -> Seen:
    tree = place.tree(BAD)
    with watching_children() as alive:
        child = place.start("scan", tree, "--advisories", "demo")
        _until(lambda: bool(psutil.Process(child.pid).children()), child)
        tree_of = [psutil.Process(child.pid), *psutil.Process(child.pid).children(recursive=True)]
        for one in tree_of:
            with contextlib.suppress(psutil.Error):
                one.suspend()
        time.sleep(1)
        for one in tree_of:
            with contextlib.suppress(psutil.Error):
                one.resume()
        ran = place.ended(child, alive)
    return judged(ran, PLANTED)


# --- Full disk -------------------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def small_disk(folder: Path, kilobytes: int) -> Iterator[None]:
    """A real file system of that size; skips where none may be mounted."""
    folder.mkdir(parents=True, exist_ok=True)
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={kilobytes}k,nr_inodes=4000", "none", str(folder)],
        capture_output=True,
        check=False,
    )
    if mounted.returncode != 0:
        pytest.skip("no file system may be mounted here")
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def _full(name: str, what: str, where: Callable[[Place], Path], kilobytes: int, files: Mapping[str, bytes | str], held: Callable[[Ran], bool], expected: str) -> None:  # fmt: skip
    def look(place: Place) -> Seen:
        tree = place.tree(files)
        place.environment()
        with small_disk(where(place), kilobytes):
            ran = place.scan(tree)
            more = whole(ran.output) or (ran.trouble if not ran.trouble.startswith("left behind") else "")
            words = ran.words
            good = held(ran) and not more
        return Seen(f"{words}; {more or 'nothing is half'}", held=good)

    def others(place: Place) -> Mapping[str, str]:
        tree, told = place.tree(BAD), {}
        for tool, most in ALL_TOOLS.items():
            if not program(tool):
                told[tool] = NOT_HERE
                continue
            place.environment(tool)
            with small_disk(place / f"around-{tool}" / ("work" if "report" in name else "tmp"), 8):
                told[tool] = words_of(place, tool, tree, most)
        return told

    add(Case(Group.DISK, name, what, expected, look, others if kilobytes <= 64 else None))


def words_of(place: Place, tool: str, tree: Path, most: int) -> str:
    """What one tool does."""
    return words(run_alone(place, tool, tree), most)


_OUTPUT: Callable[[Place], Path] = lambda place: place / "output-run"  # noqa: E731
_TMP: Callable[[Place], Path] = lambda place: place / "around-run" / "tmp"  # noqa: E731
_HOME: Callable[[Place], Path] = lambda place: place / "around-run" / "home"  # noqa: E731
for _size in (4, 16, 64, 128):
    _full(f"reports-{_size}", f"the folder for reports has room for {_size} KB", _OUTPUT, _size, CLEAN, lambda ran: ran.code in (2, 3) or (ran.code == 0 and (ran.output / "secscan.html").exists()), "incomplete where a report is missing; nothing is half")  # fmt: skip
_full("reports-of-a-failed-scan", "the folder for reports has room for 8 KB, and something is wrong in the tree", _OUTPUT, 8, BAD, lambda ran: ran.code in (1, 2, 3), "not passed; nothing is half")  # fmt: skip
for _size in (4, 64, 512, 2048):
    _full(f"temporary-{_size}", f"the folder for temporary files has room for {_size} KB", _TMP, _size, BAD, lambda ran: ran.code in (1, 2, 3), "not passed; nothing is half")  # fmt: skip
_full("temporary-of-a-clean-tree", "the folder for temporary files has room for 64 KB, and the tree is clean", _TMP, 64, CLEAN, lambda ran: ran.code in (2, 3), "not passed: nothing could be looked at")  # fmt: skip
_full(
    "cache",
    "the folder for the cache has room for 16 KB",
    _HOME,
    16,
    BAD,
    lambda ran: ran.code == 1,
    "as ever: failed; nothing is half",
)


@case(Group.DISK, "the cache's folder is read-only", "as ever: all found")
def cache_is_read_only(place: Place) -> Seen:
    tree = place.tree(BAD)
    place.environment()
    folder = place / "around-run" / "home"
    with small_disk(folder, 4096):
        subprocess.run(["mount", "-o", "remount,ro", str(folder)], check=True)
        ran = place.scan(tree)
    return judged(ran, PLANTED)


@case(Group.DISK, "files cannot grow beyond 100 KB (RLIMIT_FSIZE)", "not passed; nothing is half")
def small_files(place: Place) -> Seen:
    place.wrapped = ("prlimit", "--fsize=100000")
    ran = place.scan(place.tree(CLEAN))
    more = whole(ran.output) or ran.trouble
    return Seen(f"{ran.words}; {more or 'nothing is half'}", held=ran.code in (2, 3) and not more)


@case(Group.DISK, "writes, renames and syncs fail one after the other (strace)", "no passed verdict without whole reports; nothing is half")  # fmt: skip
def calls_that_fail(place: Place) -> Seen:
    import shutil

    strace = shutil.which("strace")
    if strace is None:
        pytest.skip("no strace here")
    tree = place.tree({"app.py": "x = 1\n"})
    wrong, ran_all = [], 0
    for call, error in (("rename", "EXDEV"), ("fsync", "EIO"), ("mkdir", "ENOSPC"), ("unlink", "EIO")):
        for number in (1, 2, 3):
            name = f"{call}{number}"
            place.wrapped = (strace, "-qq", "-o", "/dev/null", "-e", "trace=none", "-e", f"inject={call}:error={error}:when={number}")  # fmt: skip
            ran = place.scan(tree, "--scanner", "secrets", "--policy", place.policy("secrets"), name=name)
            ran_all += 1
            complete = (ran.output / "secscan.html").exists() and (ran.output / "secscan.sarif").exists()
            if more := whole(ran.output) or (ran.trouble if "left behind" not in ran.trouble else ""):
                wrong.append(f"{name}: {more}")
            elif ran.code == 0 and not complete:
                wrong.append(f"{name}: passed without reports")
    return Seen("; ".join(wrong) or f"{ran_all} runs: nothing is half, none passed without its reports", held=not wrong)


# --- Concurrency -----------------------------------------------------------------------------------------------------------


@case(Group.CONCURRENCY, "four scans at once with one cache, home and temporary folder", "each as ever: all found")
def four_at_once(place: Place) -> Seen:
    trees = [place.tree(BAD, f"tree{n}") for n in range(4)]
    shared = place.environment("shared")
    with watching_children() as alive:
        children = [
            place.start("scan", tree, "--advisories", "demo", name=f"r{n}", env=shared) for n, tree in enumerate(trees)
        ]
        rans = [Ran(child.returncode, out, err, place / f"output-r{n}") for n, child in enumerate(children) for out, err in [child.communicate(timeout=300)]]  # fmt: skip
    del alive
    seen = [judged(ran, PLANTED) for ran in rans]
    left = place.left("shared")
    good = all(one.held for one in seen) and not left
    return Seen(
        f"{len({one.words for one in seen})} kind of result: {seen[0].words}" + (f"; left: {left}" if left else ""),
        held=good,
    )


@case(
    Group.CONCURRENCY,
    "two scans at once, of two trees, write into one folder",
    "what is there is whole, and of one of them",
)
def one_output_folder(place: Place) -> Seen:
    trees = [place.tree(BAD, "bad"), place.tree(CLEAN, "clean")]
    rans = _at_once(place, trees, "same")
    saved = json.loads((place / "output-same" / "secscan.json").read_bytes())
    good = sorted(ran.code for ran in rans) == [0, 1]
    more = whole(place / "output-same")
    return Seen(f"exit codes {sorted(ran.code for ran in rans)}; {more or 'the files are whole'}", held=good and not more and saved["target"]["name"] in ("bad", "clean"))  # fmt: skip


def _at_once(place: Place, trees: list[Path], name: str) -> list[Ran]:
    children = [place.start("scan", tree, "--advisories", "demo", name=name) for tree in trees]
    return [
        Ran(child.returncode, *said, place / f"output-{name}")
        for child in children
        for said in [child.communicate(timeout=300)]
    ]


@case(
    Group.CONCURRENCY,
    "three scans at once of one tree into one folder",
    "all with the same verdict; the files are whole",
)
def one_tree_at_once(place: Place) -> Seen:
    rans = _at_once(place, [place.tree(BAD)] * 3, "same")
    more = whole(place / "output-same")
    return Seen(f"exit codes {sorted({ran.code for ran in rans})}; {more or 'the files are whole'}", held=all(ran.code == 1 for ran in rans) and not more)  # fmt: skip


@case(Group.CONCURRENCY, "the cache is emptied again and again while scans use it", "each as ever: all found")
def cache_is_emptied_meanwhile(place: Place) -> Seen:
    tree = place.tree(BAD)
    shared = place.environment("shared")
    children = [place.start("scan", tree, "--advisories", "demo", name=f"r{n}", env=shared) for n in range(2)]
    while any(child.poll() is None for child in children):
        place.start(
            "cache", "clear", name="clear", env=shared, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ).wait()
    rans = [Ran(child.returncode, *child.communicate(), place / f"output-r{n}") for n, child in enumerate(children)]
    seen = [judged(ran, PLANTED) for ran in rans]
    return Seen(seen[0].words if len({one.words for one in seen}) == 1 else str([one.words for one in seen]), held=all(one.held for one in seen))  # fmt: skip


@case(Group.CONCURRENCY, "the cache is locked by another program all the time", "as ever: all found")
def cache_is_locked(place: Place) -> Seen:
    import sqlite3

    tree = place.tree(BAD)
    place.scan(tree)
    (file,) = (place / "around-run" / "home" / ".cache" / "secscan").rglob("*.sqlite*")
    with contextlib.closing(sqlite3.connect(file, isolation_level=None)) as connection:
        connection.execute("BEGIN EXCLUSIVE")
        ran = place.scan(tree)
    return judged(ran, PLANTED)


@case(Group.CONCURRENCY, "the advisory index is replaced while it is asked", "as ever: all found")
def index_is_replaced(place: Place) -> Seen:
    import shutil
    import threading

    from secscan.advisories.store import resolve

    with resolve("demo") as demo:
        assert demo is not None
        shutil.copy(demo, place / "one.sqlite")
    over = threading.Event()

    def replace() -> None:
        while not over.wait(0.02):
            shutil.copy(place / "one.sqlite", place / "next")
            (place / "next").replace(place / "index.sqlite")

    shutil.copy(place / "one.sqlite", place / "index.sqlite")
    thread = threading.Thread(target=replace)
    thread.start()
    try:
        ran = place.secscan("scan", place.tree(BAD), "--advisories", place / "index.sqlite")
    finally:
        over.set()
        thread.join()
    return judged(ran, PLANTED)
