"""The process runner: what a child may see and use, and how its end is told."""

import os
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest

from secscan.process import Limits, StartError, find_program, run

PYTHON = sys.executable


def python(code: str, **options):
    return run([PYTHON, "-c", code], **options)


def test_output_exit_code_and_files_come_back() -> None:
    ended = python(
        "import sys; print(open('in').read()); open('out','w').write('x'); print('e', file=sys.stderr); sys.exit(3)",
        files={"in": b"hello"},
        collect=["out", "never"],
    )
    assert (ended.exit_code, ended.stdout, ended.stderr, dict(ended.files)) == (3, b"hello\n", b"e\n", {"out": b"x"})
    assert ended.trouble == ""


def test_the_environment_is_an_allow_list(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PIP_INDEX_URL", "SEMGREP_RULES", "BANDIT_X", "AWS_SECRET_ACCESS_KEY", "PYTHONPATH", "LD_PRELOAD"):
        monkeypatch.setenv(name, "leak")
    ended = python("import os, json; print(json.dumps(dict(os.environ)))")
    assert b"leak" not in ended.stdout
    assert str(Path.home()).encode() + b'"' not in ended.stdout


def test_home_and_working_directory_are_private_and_gone_afterwards() -> None:
    ended = python("import os; print(os.getcwd()); print(os.environ['HOME']); print(oct(os.stat('..').st_mode))")
    work, home, mode = ended.stdout.decode().split()
    assert mode == "0o40700"
    assert not Path(work).exists()
    assert not Path(home).exists()


def test_standard_input_is_closed_or_what_was_given() -> None:
    assert python("import sys; print(repr(sys.stdin.read()))").stdout == b"''\n"
    assert python("import sys; print(len(sys.stdin.read()))", stdin=b"x" * 1_000_000).stdout == b"1000000\n"


def test_the_time_limit_ends_the_whole_tree() -> None:
    code = (
        "import subprocess, sys, time\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'], start_new_session=True)\n"
        "print(child.pid, flush=True); time.sleep(600)"
    )
    ended = python(code, limits=Limits(seconds=2))
    assert ended.trouble == "was ended at the time limit of 2 s"
    grandchild = int(ended.stdout)
    assert not psutil.pid_exists(grandchild) or psutil.Process(grandchild).status() == psutil.STATUS_ZOMBIE


def test_the_memory_limit_is_on_what_is_used() -> None:
    ended = python("x = bytearray(400_000_000); x[::4096] = b'1' * len(x[::4096]); import time; time.sleep(30)",
                   limits=Limits(seconds=25, megabytes=200))  # fmt: skip
    assert ended.stopped == "memory limit of 200 MB"


def test_endless_output_is_ended() -> None:
    ended = python("while True: print('x' * 1000)", limits=Limits(seconds=25, output_bytes=1_000_000))
    assert ended.stopped == "output limit of 1000000 bytes"
    assert len(ended.stdout) <= 1_000_000


@pytest.mark.parametrize(
    "code",
    [
        "open('big','wb').write(b'x' * 5_000_000)",
        "import tempfile; tempfile.NamedTemporaryFile(delete=False).write(b'x' * 5_000_000)",
        "import os, pathlib; pathlib.Path(os.environ['HOME'], 'big').write_bytes(b'x' * 5_000_000)",
        "import os; [(os.mkdir(f'{n}'), open(f'{n}/x','w').close()) for n in range(500)]",
    ],
    ids=["working directory", "temporary file", "home", "many empty files"],
)
def test_what_it_may_write_to_disk_is_limited(code: str) -> None:
    ended = python(f"{code}; import time; time.sleep(30)", limits=Limits(seconds=25, folder_bytes=3_000_000))
    assert ended.stopped == "disk limit of 3000000 bytes"


def test_what_takes_no_place_on_disk_is_not_counted() -> None:
    code = "open('hole','wb').truncate(10**9); import time; time.sleep(0.7)"
    assert python(code, limits=Limits(seconds=25, folder_bytes=3_000_000)).trouble == ""
    assert python("open('big','wb').write(b'x' * 5_000_000); import time; time.sleep(0.7)").trouble == ""


def test_a_killed_program_is_told_by_the_signal() -> None:
    assert python("import os; os.kill(os.getpid(), 9)").trouble == "was killed by SIGKILL"


def test_what_cannot_start_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(StartError, match="not an absolute path"):
        run(["bandit"])
    with pytest.raises(StartError, match="cannot be started"):
        run([str(tmp_path / "none")])


def test_a_background_child_does_not_outlive_the_run() -> None:
    start = "subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])"
    ended = python(f"import subprocess, sys; print({start}.pid)")
    pid = int(ended.stdout)
    deadline = time.monotonic() + 5
    while psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_child_that_left_its_family_does_not_outlive_the_run() -> None:
    """Orphaned before the run ends, deaf to signals, and the leader of a session of its own."""
    code = "(trap '' TERM HUP; setsid sleep 600 & echo $!); exit 0"
    ended = run(["/bin/sh", "-c", code])
    deadline = time.monotonic() + 5
    while psutil.pid_exists(int(ended.stdout)) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not psutil.pid_exists(int(ended.stdout)) or psutil.Process(int(ended.stdout)).status() == "zombie"


def test_many_at_once() -> None:
    ends = []
    threads = [threading.Thread(target=lambda n=n: ends.append(python(f"print({n})").stdout)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(ends) == sorted(f"{n}\n".encode() for n in range(8))


def shim(folder: Path, name: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return path


def test_programs_come_from_the_operators_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = shim(tmp_path / "bin", "sometool")
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
    assert find_program("sometool") == wanted


def test_programs_never_come_from_the_scanned_tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tree = tmp_path / "tree"
    shim(tree / ".venv" / "bin", "sometool")
    shim(tree, "sometool")
    (tmp_path / "link").symlink_to(tree / ".venv" / "bin")
    entries = [str(tree / ".venv" / "bin"), ".", "", str(tmp_path / "link"), ".venv/bin"]
    monkeypatch.setenv("PATH", os.pathsep.join(entries))
    monkeypatch.chdir(tree)
    assert find_program("sometool", unsafe_below=(tree,)) is None


def test_programs_beside_our_python_are_found_without_a_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    found = find_program("bandit")
    assert found is not None
    assert found.parent == Path(sys.executable).parent
