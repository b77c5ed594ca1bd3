"""The store believes nothing: what is damaged, foreign or gone is a miss, and nothing that goes wrong is an error."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from secscan.cache import store as module
from secscan.cache.store import FILE_NAME, Store
from secscan.errors import CacheError

KEY = b"k" * 64
SCOPE = b"s" * 32
VALUES = {bytes([number]) * 32: b"value %d" % number * (number + 1) for number in range(40)}


def filled(folder: Path, key: bytes = KEY, **options: int) -> Store:
    store = Store(folder, key, **options)
    store.write(VALUES, SCOPE)
    assert store.problem == ""
    return store


def read_all(folder: Path, key: bytes = KEY) -> dict[bytes, bytes]:
    with contextlib.closing(Store(folder, key)) as store:
        return store.read(list(VALUES))


def settled(folder: Path) -> Path:
    """A file with everything in it, closed."""
    filled(folder).close()
    return folder / FILE_NAME


def test_what_was_written_is_read_by_the_next(tmp_path: Path) -> None:
    path = settled(tmp_path / "a" / "b")
    assert read_all(tmp_path / "a" / "b") == VALUES
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_another_key_sees_nothing_and_says_so(tmp_path: Path) -> None:
    settled(tmp_path)
    with contextlib.closing(Store(tmp_path, b"another key" * 4)) as store:
        assert store.read(list(VALUES)) == {}
        assert store.told().not_ours == len(VALUES)
        assert store.told(remove=True).not_ours == len(VALUES)
        assert store.told().entries == 0


@settings(max_examples=30)
@given(at=st.integers(0, 40_000), bits=st.integers(1, 255))
def test_a_flipped_byte_never_gives_another_value(at: int, bits: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = settled(folder)
        data = bytearray(path.read_bytes())
        data[at % len(data)] ^= bits
        path.write_bytes(data)
        for _ in range(2):
            found = read_all(folder)
            assert all(VALUES[key] == value for key, value in found.items())


@pytest.mark.parametrize("part", [0.0, 0.01, 0.3, 0.5, 0.9, 0.999])
def test_a_truncated_file_never_gives_another_value_and_is_made_anew(tmp_path: Path, part: float) -> None:
    path = settled(tmp_path)
    os.truncate(path, int(path.stat().st_size * part))
    assert all(VALUES[key] == value for key, value in read_all(tmp_path).items())
    filled(tmp_path).close()
    assert read_all(tmp_path) == VALUES


def test_a_value_under_another_key_is_a_miss(tmp_path: Path) -> None:
    path = settled(tmp_path)
    first, second = list(VALUES)[:2]
    with contextlib.closing(sqlite3.connect(path)) as raw:
        (value,) = raw.execute("SELECT value FROM results WHERE id = ?", (module._row_id(first),)).fetchone()
        raw.execute("UPDATE results SET value = ? WHERE id = ?", (value, module._row_id(second)))
        raw.commit()
    assert set(VALUES) - set(read_all(tmp_path)) == {second}


@pytest.mark.parametrize("value", [None, 7, "text", b"", b"x" * 10])
def test_values_of_other_types_are_misses(tmp_path: Path, value: object) -> None:
    path = settled(tmp_path)
    with contextlib.closing(sqlite3.connect(path)) as raw, contextlib.suppress(sqlite3.IntegrityError):
        raw.execute("UPDATE results SET value = ?", (value,))
        raw.commit()
        assert read_all(tmp_path) == {}


@pytest.mark.parametrize("used", ["'text'", "x'ff'", "cast(x'ff' as text)", "-1", "1 << 62", "1.5"])
def test_days_of_somebody_s_making_hurt_nobody(tmp_path: Path, used: str) -> None:
    path = settled(tmp_path)
    with contextlib.closing(sqlite3.connect(path)) as raw:
        raw.execute(f"UPDATE results SET used = {used}")
        raw.commit()
    with contextlib.closing(Store(tmp_path, KEY)) as store:
        assert store.told().entries == len(VALUES)
        assert store.told().not_ours == 0
        assert store.read(list(VALUES)) == VALUES
        assert store.problem == ""


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TRIGGER t AFTER UPDATE ON results BEGIN DELETE FROM results; END",
        "CREATE VIEW v AS SELECT 1",
        "CREATE TABLE more (x)",
    ],
)
def test_a_file_with_other_tables_than_ours_is_thrown_away(tmp_path: Path, statement: str) -> None:
    path = settled(tmp_path)
    with contextlib.closing(sqlite3.connect(path)) as raw:
        raw.execute(statement)
        raw.commit()
    with contextlib.closing(Store(tmp_path, KEY)) as store:
        assert "thrown away" in store.problem
        assert store.read(list(VALUES)) == {}
    filled(tmp_path).close()
    assert read_all(tmp_path) == VALUES


def test_a_link_in_the_place_of_the_file_is_not_followed(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_bytes(b"")
    folder = tmp_path / "cache"
    folder.mkdir()
    (folder / FILE_NAME).symlink_to(victim)
    filled_in = Store(folder, KEY)
    filled_in.write(VALUES, SCOPE)
    filled_in.close()
    assert victim.read_bytes() == b""
    assert not (folder / FILE_NAME).is_symlink()


@pytest.mark.parametrize("mode", [0o777, 0o707, 0o770])
def test_a_folder_that_others_can_write_to_is_refused(tmp_path: Path, mode: int) -> None:
    tmp_path.chmod(mode)
    with pytest.raises(CacheError, match="others can write"):
        Store(tmp_path, KEY)


def test_a_group_may_share_a_folder_on_purpose_and_everybody_may_not(tmp_path: Path) -> None:
    tmp_path.chmod(0o770)
    Store(tmp_path, KEY, shared=True).close()
    tmp_path.chmod(0o777)
    with pytest.raises(CacheError):
        Store(tmp_path, KEY, shared=True)


def test_the_clock_decides_nothing_but_what_goes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settled(tmp_path)
    for day in (0, 1, 1_000_000):
        monkeypatch.setattr(module.time, "time", lambda day=day: day * 86_400.0)
        assert read_all(tmp_path) == VALUES


def test_what_was_not_used_for_longest_goes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def on(day: int) -> None:
        monkeypatch.setattr(module.time, "time", lambda: day * 86_400.0)

    most = 400_000
    with contextlib.closing(Store(tmp_path, KEY, most_bytes=most)) as store:
        used = [bytes([1, number]) * 16 for number in range(10)]
        on(1)
        store.write(dict.fromkeys(used, b"x" * 2000), SCOPE)
        for day in range(2, 30):
            on(day)
            assert set(store.read(used)) == set(used)
            store.write({bytes([2, day, number, 0]) * 8: b"y" * 2000 for number in range(15)}, SCOPE)
        assert set(store.read(used)) == set(used)
        assert store.read([bytes([2, 2, 0, 0]) * 8]) == {}
        assert store.read([bytes([2, 29, 0, 0]) * 8]) != {}
        assert store.told().entries < 200
    assert (tmp_path / FILE_NAME).stat().st_size < most * 1.2


def test_a_scope_is_dropped_and_the_others_stay(tmp_path: Path) -> None:
    with contextlib.closing(filled(tmp_path)) as store:
        other = b"o" * 32
        store.write({other: b"other"}, b"another scope" * 3)
        store.drop(SCOPE)
        assert store.read([*VALUES, other]) == {other: b"other"}


WRITER = """
import sys
from pathlib import Path
from secscan.cache.store import Store
store = Store(Path(sys.argv[1]), b"k" * 64)
print("ready", flush=True)
for turn in range(int(sys.argv[3])):
    for number in range(int(sys.argv[2]), int(sys.argv[2]) + 50):
        store.write({number.to_bytes(8, "big") * 4: b"%d" % number * 500}, b"s" * 32)
print(store.problem, end="")
"""


def keys_from(first: int) -> dict[bytes, bytes]:
    return {number.to_bytes(8, "big") * 4: b"%d" % number * 500 for number in range(first, first + 50)}


def test_many_may_write_at_once(tmp_path: Path) -> None:
    started = [
        subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path), str(first), "2"], stdout=subprocess.PIPE)
        for first in (0, 25, 1000)
    ]
    assert [one.communicate()[0] for one in started] == [b"ready\n"] * 3
    expected = {**keys_from(0), **keys_from(25), **keys_from(1000)}
    with contextlib.closing(Store(tmp_path, KEY)) as store:
        assert store.read(list(expected)) == expected


def test_a_writer_that_is_killed_leaves_what_it_had_finished(tmp_path: Path) -> None:
    for delay in (0.0, 0.01, 0.03):
        writer = subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path), "0", "1000"], stdout=subprocess.PIPE)
        assert writer.stdout is not None
        assert writer.stdout.readline() == b"ready\n"
        time.sleep(delay)
        writer.send_signal(signal.SIGKILL)
        writer.communicate()
        with contextlib.closing(Store(tmp_path, KEY)) as store:
            found = store.read(list(keys_from(0)))
            assert store.problem == ""
            assert all(value == keys_from(0)[key] for key, value in found.items())
            assert store.told().not_ours == 0


def in_child(code: str, *arguments: object) -> str:
    done = subprocess.run([sys.executable, "-c", code, *map(str, arguments)], capture_output=True, check=True)
    return done.stdout.decode()


def test_a_full_disk_keeps_nothing_and_breaks_nothing(tmp_path: Path) -> None:
    path = settled(tmp_path)
    # A limit on the size of files fails a write in the middle, as a full disk does.
    told = in_child(
        "import resource, sys\nfrom pathlib import Path\nfrom secscan.cache.store import Store\n"
        "size = int(sys.argv[2])\nresource.setrlimit(resource.RLIMIT_FSIZE, (size, size))\n"
        "store = Store(Path(sys.argv[1]), b'k' * 64)\n"
        "store.write({bytes([n]) * 32: b'new' * 9000 for n in range(100, 200)}, b's' * 32)\n"
        "print(store.problem)",
        tmp_path,
        path.stat().st_size + 20_000,
    )
    assert told.startswith("it cannot be written: ")
    assert read_all(tmp_path) == VALUES


def test_a_folder_that_cannot_be_written_to_is_read() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "cache"
        settled(folder)
        folder.parent.chmod(0o755)
        for path in (folder, folder / FILE_NAME):
            os.chown(path, os.geteuid(), os.getegid())
        (folder / FILE_NAME).chmod(0o444)
        folder.chmod(0o555)
        # Root can write everywhere, so it stops being root; the folder is then another's, as a shared one is.
        told = in_child(
            "import os, sys\nfrom pathlib import Path\nfrom secscan.cache.store import Store\n"
            "os.geteuid() or os.seteuid(65534)\n"
            "store = Store(Path(sys.argv[1]), b'k' * 64, shared=True)\n"
            "print(len(store.read([bytes([n]) * 32 for n in range(40)])))\n"
            "store.write({b'n' * 32: b'new'}, b's' * 32)\nprint(len(store.read([b'n' * 32])), store.problem)",
            folder,
        )
        folder.chmod(0o755)
        assert told.startswith("40\n0 it cannot be written")


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(CacheError, match="cannot be made"):
        Store(tmp_path / "file" / "cache", KEY)


def test_two_at_once_survive_that_one_throws_the_file_away(tmp_path: Path) -> None:
    with contextlib.closing(filled(tmp_path)) as one, contextlib.closing(Store(tmp_path, KEY)) as other:
        other.clear()
        assert not (tmp_path / FILE_NAME).exists()
        assert one.read(list(VALUES)) == VALUES
        one.write({b"n" * 32: b"new"}, SCOPE)
        assert other.read(list(VALUES)) == {}
    shutil.rmtree(tmp_path)
