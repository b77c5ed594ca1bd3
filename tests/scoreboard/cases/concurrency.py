"""Many runs at once, and others at the same files."""

from __future__ import annotations

import contextlib
import json
import subprocess
from pathlib import Path

from tests.scoreboard.case import Group, Seen, case
from tests.scoreboard.machine import BAD, CLEAN, PLANTED, whole
from tests.scoreboard.place import Place, Ran, watching_children
from tests.scoreboard.planted import judged


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
