"""What is kept of earlier scans: never believed where anything has changed, or anybody has touched it."""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

from tests.scoreboard.case import Case, Group, Seen, add, case
from tests.scoreboard.place import Place, Ran
from tests.scoreboard.planted import CODE, SHELL, Planted, ended, judged

GROUP = Group.CACHE
CLEAN = "import subprocess\nsubprocess.call(['ls'])\n" + "#" * (len(SHELL) - 44) + "\n"
BAD = {"app.py": SHELL, "other.py": "x = 1\n"}
PLANTED = (Planted("app.py", CODE),)
AS_EVER = "as without a cache: found"


def _file(place: Place) -> Path:
    """The file of the cache that a first run has made."""
    (found,) = (place / "around-run" / "home" / ".cache" / "secscan").rglob("*.sqlite")
    return found


def _kept(ran: Ran) -> int:
    return sum(one.get("kept", 0) for one in ran.scan.get("run", {}).get("timings", []))


def _touched(name: str, fault: str, touch: Callable[[Place], object], *options: str, expected: str = AS_EVER) -> None:
    """The cache of a first run is touched before the second."""

    def look(place: Place) -> Seen:
        tree = place.tree(BAD)
        first = place.scan(tree)
        touch(place)
        seen = judged(place.scan(tree, *options), PLANTED)
        return Seen(seen.words, held=seen.held and first.code == 1)

    add(Case(GROUP, name, fault, expected, look))


def _sql(statement: str) -> Callable[[Place], None]:
    def touch(place: Place) -> None:
        with contextlib.closing(sqlite3.connect(_file(place), isolation_level=None)) as connection:
            connection.execute(statement)

    return touch


def _bytes(change: Callable[[bytes], bytes]) -> Callable[[Place], None]:
    def touch(place: Place) -> None:
        _file(place).write_bytes(change(_file(place).read_bytes()))

    return touch


def _link(place: Place) -> None:
    file = _file(place)
    shutil.move(file, place / "elsewhere.sqlite")
    file.symlink_to(place / "elsewhere.sqlite")


def _swapped(place: Place) -> None:
    with contextlib.closing(sqlite3.connect(_file(place), isolation_level=None)) as connection:
        rows = connection.execute("SELECT id, value FROM results ORDER BY id").fetchall()
        for (number, _), (_, value) in zip(rows, rows[1:] + rows[:1], strict=True):
            connection.execute("UPDATE results SET value = ? WHERE id = ?", (value, number))


def _other_key(place: Place) -> None:
    (place / "around-run" / "home" / ".config" / "secscan" / "cache.key").write_text("0" * 64 + "\n")


_touched(
    "flipped-bits",
    "one byte in every 97 of it is not as it was",
    _bytes(lambda data: bytes(one ^ 1 if at % 97 == 0 and at > 4096 else one for at, one in enumerate(data))),
)
_touched("cut", "it is cut in half", _bytes(lambda data: data[: len(data) // 2]))
_touched("empty-file", "it is an empty file", _bytes(lambda data: b""))
_touched("garbage", "it is no database", _bytes(lambda data: os.urandom(1) * 50_000))
_touched("emptied-values", "all values in it are empty", _sql("UPDATE results SET value = x''"))
_touched("swapped-values", "its values stand at other keys", _swapped)
_touched(
    "trigger",
    "it has a trigger that changes what is read",
    _sql("CREATE TRIGGER t AFTER UPDATE ON results BEGIN DELETE FROM results; END"),
)
_touched(
    "view",
    "its table is a view that somebody made up",
    lambda place: (
        _sql("ALTER TABLE results RENAME TO old")(place),
        _sql("CREATE VIEW results AS SELECT * FROM old")(place),
    ),
)
_touched("link", "it is a link to a file elsewhere", _link)
_touched("other-key", "the key that its entries were made with is another one", _other_key)
_touched("read-only", "it may only be read", lambda place: _file(place).chmod(0o400))
_touched("open-to-all", "its folder may be written by everybody", lambda place: _file(place).parent.chmod(0o777))


def _changed(
    name: str, fault: str, change: Callable[[Place, Path], object], *options: str, files: dict[str, str] | None = None
) -> None:
    """A clean tree is scanned; then a defect comes in, in a way that a cache may not see."""

    def look(place: Place) -> Seen:
        tree = place.tree(files or {"app.py": CLEAN})
        first = place.scan(tree)
        change(place, tree)
        seen = judged(place.scan(tree, *options), PLANTED)
        return Seen(f"first {first.words}; then {seen.words}", held=seen.held and first.code == 0)

    add(Case(GROUP, name, fault, "first passed; then found", look))


def _same_time(place: Place, tree: Path) -> None:
    stat = (tree / "app.py").stat()
    (tree / "app.py").write_text(SHELL.ljust(stat.st_size, "#"))
    os.utime(tree / "app.py", ns=(stat.st_atime_ns, stat.st_mtime_ns))


_changed("same-size-and-time", "a file is changed, and has its old size and time", _same_time)
_changed(
    "renamed",
    "a bad file takes the place of a good one by renaming",
    lambda place, tree: ((tree / "new").write_text(SHELL), (tree / "new").replace(tree / "app.py")),
)
_changed(
    "time-back",
    "a file is changed, and its time is in 1971",
    lambda place, tree: ((tree / "app.py").write_text(SHELL), os.utime(tree / "app.py", (4e7, 4e7))),
)


@case(GROUP, "a scanner failed; then it is well again", "first incomplete, then found: what failed is not kept")
def failure_is_not_kept(place: Place) -> Seen:
    tree = place.tree(BAD)
    place.shim("bandit", "exit 0")
    first = place.only("bandit", tree)
    (place.shims / "bandit").unlink()
    seen = judged(place.only("bandit", tree), PLANTED)
    return Seen(f"first {first.words}; then {seen.words}", held=first.code == 3 and seen.held)


@case(
    GROUP,
    "a scanner is exchanged for one that finds nothing",
    "found, or failed: what the other said is not taken for its word",
)
def other_program(place: Place) -> Seen:
    from tests.support.faulty_scanners import FAULTS

    tree = place.tree(BAD)
    first = place.only("bandit", tree)
    (tree / "more.py").write_text("y = 2\n")
    place.shim("bandit", FAULTS["says clean without looking"])
    ran = place.only("bandit", tree)
    return Seen(f"first {first.words}; then {ran.words}", held=first.code == 1 and ran.code in (1, 3))


@case(GROUP, "a cache that the scanned tree brings along is asked for", "refused, exit 2")
def cache_in_the_tree(place: Place) -> Seen:
    tree = place.tree(BAD)
    return ended(place.scan(tree, "--cache", tree / "cache"), 2, said="hint")


@case(GROUP, "settings of the tree name a cache", "they have no say: found, and nothing is written there")
def tree_names_a_cache(place: Place) -> Seen:
    tree = place.tree({**BAD, "secscan.yaml": f"version: 1\ncache: {place / 'evil'}\n"})
    ran = place.scan(tree)
    seen = judged(ran, PLANTED)
    made = (place / "evil").exists()
    return Seen(
        f"{seen.words}; {'the folder was made' if made else 'nothing is written there'}", held=seen.held and not made
    )


@case(GROUP, "nothing has changed", "the second scan says the same, and looks at no file again with bandit and semgrep")
def warm(place: Place) -> Seen:
    tree = place.tree(BAD)
    first, second = place.scan(tree), place.scan(tree)
    same = {k: v for k, v in first.scan.items() if k != "run"} == {k: v for k, v in second.scan.items() if k != "run"}
    known = "files are known" if _kept(second) >= 4 else "no file is known"
    return Seen(
        f"{second.words}; {'the same' if same else 'something else'}; {known}", held=same and _kept(second) >= 4
    )


@case(GROUP, "the clock goes back by a year between two scans, as far as files tell", "as without a cache: found")
def clock_goes_back(place: Place) -> Seen:
    tree = place.tree(BAD)
    place.scan(tree)
    for path in [*(place / "around-run" / "home").rglob("*")]:
        os.utime(path, (4e9, 4e9), follow_symlinks=False)
    return judged(place.scan(tree), PLANTED)
