"""The same input, the same bytes, whatever the machine is like."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import msgspec

from secscan.reports.contract import FORMATS
from tests.scoreboard.case import Case, Group, Seen, add
from tests.scoreboard.place import Place, Ran
from tests.scoreboard.planted import LEAK, PIN, SHELL

GROUP = Group.DETERMINISM
FILES: dict[str, bytes | str] = {
    **{f"pkg{n}/app.py": SHELL * (n + 1) for n in range(4)},
    "config.py": LEAK,
    "requirements.txt": PIN,
    "broken.py": "def broken(:\n",
    "caf\u00e9.py": SHELL,
    "Dockerfile": "FROM debian:latest\nUSER root\n",
}
_AT = ("--at", "2026-11-30T12:00:00Z")
_KEY = {"SECSCAN_SECRET_ID_KEY": "of-the-scoreboard-0123456789abcdef"}
_REPORTS = [
    option
    for name in FORMATS
    if name not in ("terminal", "badge", "json")
    for option in ("--report", f"{name}=r.{name}")
]


def _lasting(ran: Ran) -> dict[str, bytes]:
    """The reports, but for what they say of this very run: when it was, where, and how long it took."""
    scan = {name: value for name, value in ran.scan.items() if name != "run"}
    return {"secscan.json": msgspec.json.encode(scan)}


def _same(name: str, fault: str, second: Callable[[Place, Path], Ran]) -> None:
    def look(place: Place) -> Seen:
        tree = place.tree(FILES)
        first = place.scan(tree, *_AT, name="first", env=_KEY)
        other = second(place, tree)
        one, two = _lasting(first), _lasting(other)
        same = one == two and first.code == other.code == 1
        return Seen(
            f"{other.words}; {'the same bytes' if same else 'other bytes'}; {len(first.findings)} findings", held=same
        )

    add(Case(GROUP, name, fault, "the saved scan is the same, byte for byte, but for its one member `run`", look))


def _elsewhere(place: Place, tree: Path) -> Ran:
    """The same files in another order, at another place, with other times."""
    other = place / "deep" / "er" / "tree"
    other.mkdir(parents=True)
    for path in sorted(tree.rglob("*"), reverse=True):
        if path.is_file():
            target = other / path.relative_to(tree)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, target)
            os.utime(target, (1e9, 1e9))
    return place.scan(other, *_AT, name="second", env=_KEY)


def _with(*options: str, **environment: str) -> Callable[[Place, Path], Ran]:
    return lambda place, tree: place.scan(tree, *_AT, *options, name="second", env={**_KEY, **environment})


_same("twice", "the same scan twice", _with())
_same("elsewhere", "the same files at another place, made in another order, with other times", _elsewhere)
_same("one-core", "one core instead of all", _with("--jobs", "1"))
_same("many-cores", "eight cores instead of all", _with("--jobs", "8"))
_same("hashes-of-python", "another seed for Python's hashes", _with(PYTHONHASHSEED="4711"))
_same(
    "locale-and-time-zone",
    "another locale and time zone",
    _with(LC_ALL="tr_TR.UTF-8", LANG="tr_TR.UTF-8", TZ="Pacific/Kiritimati"),
)
_same(
    "warm-cache",
    "with what an earlier scan has kept",
    lambda place, tree: (
        place.scan(tree, *_AT, name="second", env=_KEY),
        place.scan(tree, *_AT, name="second", env=_KEY),
    )[1],
)
_same("without-cache", "without a cache", _with("--no-cache"))
_same("umask", "another umask", lambda place, tree: place.scan(tree, *_AT, name="second", env=_KEY, umask=0o077))
_same("all-reports", "with every report written besides", _with(*_REPORTS))


def _reports(place: Place) -> Seen:
    """Every report is made of the saved scan alone."""
    ran = place.scan(place.tree(FILES), *_AT, *_REPORTS, env=_KEY)
    differ = []
    for name in FORMATS:
        if name in ("terminal", "badge", "json"):
            continue
        again = place.secscan(
            "report", ran.output / "secscan.json", "--format", name, "--output", place / "again", name="again"
        )
        made = (place / "again").read_bytes() if (place / "again").is_file() else again.out
        if made != (ran.output / f"r.{name}").read_bytes():
            differ.append(name)
    return Seen(
        "; ".join([ran.words, f"differ: {', '.join(differ)}" if differ else "every report is the same"]),
        held=not differ,
    )


add(
    Case(
        GROUP,
        "reports-of-a-saved-scan",
        "every report made again of the saved scan, elsewhere",
        "the same bytes",
        _reports,
    )
)


def _ids(place: Place) -> Seen:
    """Ids of findings survive lines above them, and a move of the whole tree."""
    tree = place.tree({"app.py": SHELL, "config.py": LEAK})
    first = place.scan(tree, *_AT, name="first", env=_KEY)
    for name in ("app.py", "config.py"):
        (tree / name).write_text("# a line above\n\n" * 20 + (tree / name).read_text())
    second = place.scan(tree.rename(place / "moved"), *_AT, name="second", env=_KEY)
    ids = [sorted(one["fingerprint"] for one in ran.scan["findings"]) for ran in (first, second)]
    same = ids[0] == ids[1] and len(set(ids[0])) == len(ids[0])
    return Seen(f"{len(ids[0])} ids, {'all the same' if same else 'not the same'}", held=same)


add(
    Case(
        GROUP,
        "ids-of-findings",
        "40 lines are put above each finding, and the tree moves",
        "every id is the same, and each is its own",
        _ids,
    )
)
