"""Programs and packages in the tree, and variables of the environment: nothing of the tree is run."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

from tests.scoreboard.case import Case, Group, Seen, add, case
from tests.scoreboard.place import Place, Ran
from tests.scoreboard.planted import CODE, LEAK, PIN, SECRET, SHELL, Planted, ended, judged
from tests.scoreboard.tools import FOLDER, NOT_HERE, UNSAFE, alone_on, program, run_alone, words
from tests.scoreboard.traps import NOTHING_RUNS, sprung, trap

GROUP = Group.REPOSITORY
APP = (Planted("app.py", CODE),)


MODULES = (
    "typer",
    "msgspec",
    "sitecustomize",
    "usercustomize",
    "bandit",
    "semgrep",
    "json",
    "re",
    "pip_audit",
    "conftest",
    "setup",
)
PROGRAMS = ("bandit", "semgrep", "semgrep-core", "pysemgrep", "pip-audit", "git", "python", "python3")


def _with_programs(place: Place) -> Path:
    program = trap(place)
    plant = f"open({str(place / 'mark')!r}, 'a').write(__name__)\n"
    tree = place.tree({"app.py": SHELL, **{f"{name}.py": plant for name in MODULES}, "bandit.ini": "[bandit]\n"})
    for folder in (tree / "bin", tree / ".venv" / "bin"):
        folder.mkdir(parents=True)
        for name in PROGRAMS:
            shutil.copy(program, folder / name)
    return tree


def _planted_programs(
    name: str, fault: str, environment: Callable[[Place, Path], dict[str, str]], quick: bool = False
) -> None:
    def look(place: Place) -> Seen:
        tree = _with_programs(place)
        (place / "around-run" / "work").mkdir(parents=True, exist_ok=True)
        ran = place.scan(tree, cwd=tree, env=environment(place, tree))
        seen = judged(ran, APP)
        more = sprung(place)
        return Seen(f"{seen.words}; {more or 'nothing of it was run'}", held=seen.held and not more)

    def others(place: Place) -> Mapping[str, str]:
        tree = _with_programs(place)
        told = {}
        for tool in ("bandit", "semgrep", "auditron", "shieldctl"):
            if not program(tool):
                told[tool] = NOT_HERE
                continue
            (place / "mark").unlink(missing_ok=True)
            place.work = tree
            answer = run_alone(place, tool, tree, lambda place, given: given.update(environment(place, tree)) or [])
            told[tool] = words(answer, 1) + (f"; ran a program of it{UNSAFE}" if sprung(place) else "")
        return told

    add(Case(GROUP, f"programs-{name}", fault, NOTHING_RUNS, look, others, quick))


_planted_programs(
    "in-the-tree",
    "modules and programs of the scanners' names in the tree, which is the working directory",
    lambda place, tree: {},
    quick=True,
)
_planted_programs(
    "in-path",
    "the same, and PATH begins with folders of the tree",
    lambda place, tree: {"PATH": f"{tree}/.venv/bin:.:bin:{tree}:{place.path}"},
)
_planted_programs("pythonpath", "the same, and scanners are given PYTHONSTARTUP, VIRTUAL_ENV and PYTHONUSERBASE of the tree", lambda place, tree: {"PYTHONSTARTUP": f"{tree}/setup.py", "VIRTUAL_ENV": f"{tree}/.venv", "PYTHONUSERBASE": str(tree), "PYTHONINSPECT": ""})  # fmt: skip


_VARIABLES = {
    "semgrep": {"SEMGREP_RULES": "/nonexistent", "SEMGREP_BASELINE_COMMIT": "HEAD", "SEMGREP_TIMEOUT": "0"},
    "pip": {"PIP_INDEX_URL": "http://127.0.0.1:1/", "PIP_AUDIT_OSV_URL": "http://127.0.0.1:1/", "PIP_AUDIT_IGNORE_VULNS": "PYSEC-2019-217"},
    "git": {"GIT_DIR": "/nonexistent", "GIT_INDEX_FILE": "/nonexistent", "GIT_EXTERNAL_DIFF": "/bin/false", "GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "core.bare", "GIT_CONFIG_VALUE_0": "true"},
    "proxies": {"HTTP_PROXY": "http://127.0.0.1:1", "HTTPS_PROXY": "http://127.0.0.1:1", "ALL_PROXY": "http://127.0.0.1:1", "NO_PROXY": ""},
    "gitleaks and trivy": {"GITLEAKS_CONFIG": "/nonexistent", "BETTERLEAKS_CONFIG": "/nonexistent", "TRIVY_SEVERITY": "CRITICAL"},
    "Python": {"PYTHONOPTIMIZE": "2", "PYTHONWARNINGS": "error", "PYTHONIOENCODING": "ascii", "PYTHONHASHSEED": "1", "PYTHONMALLOC": "debug", "PYTHONDEVMODE": ""},
    "the locale C": {"LANG": "C", "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    "the locale of Turkey": {"LANG": "tr_TR.UTF-8", "LC_ALL": "tr_TR.UTF-8"},
    "a terminal of no size": {"COLUMNS": "0", "LINES": "0", "TERM": "dumb", "FORCE_COLOR": "1"},
}  # fmt: skip


def _environment(what: str, variables: dict[str, str]) -> None:
    files = {"app.py": SHELL, "config.py": LEAK, "requirements.txt": PIN, os.fsdecode("caf\u00e9.py".encode()): SHELL}

    def look(place: Place) -> Seen:
        tree = place.tree(files)
        planted = (
            *APP,
            Planted("config.py", SECRET),
            Planted("requirements.txt", "package"),
            Planted("caf\u00e9.py", CODE),
        )
        ran = place.scan(tree, env=variables)
        colour = ran.trouble.startswith("sent") and "FORCE_COLOR" in variables
        return judged(ran if not colour else _without_colour(ran), planted)

    def others(place: Place) -> Mapping[str, str]:
        wanted = {"bandit": 2, "semgrep": 2, "pip-audit": 1, "gitleaks": 1, "trivy": 2}
        return alone_on(place, place.tree(files), wanted, lambda place, given: given.update(variables) or [])

    name = f"environment-{what.replace(' ', '-').lower()}"
    add(Case(GROUP, name, f"variables of the environment for {what}", "all found, as without them", look, others))


def _without_colour(ran: Ran) -> Ran:
    """Colours were asked for; nothing else may move a cursor."""
    import re
    from dataclasses import replace

    return replace(ran, out=re.sub(rb"\x1b\[[0-9;]*m", b"", ran.out), err=re.sub(rb"\x1b\[[0-9;]*m", b"", ran.err))


for _what, _given in _VARIABLES.items():
    _environment(_what, _given)


# --- Packages that would run something if they were resolved ---------------------------------------------------------------


def _package(place: Place) -> Path:
    """A package that leaves its mark where it is built."""
    trap(place)
    mark = f"open({str(place / 'mark')!r}, 'a').write('built')\n"
    return place.tree({
        "requirements.txt": "-e .\n./evil\n" + PIN,
        "setup.py": mark + "from setuptools import setup\nsetup(name='x', version='1')\n",
        "evil/setup.py": mark + "from setuptools import setup\nsetup(name='evil', version='1')\n",
        "pyproject.toml": '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n',
        "backend.py": mark,
    })  # fmt: skip


@case(
    GROUP,
    "requirements that name folders with a `setup.py`",
    "nothing is built; what cannot be assessed is told",
    alone=lambda place: _built_by_others(place),
)
def requirements_that_are_built(place: Place) -> Seen:
    ran = place.scan(_package(place))
    more = sprung(place)
    return ended(
        ran,
        1,
        said="jinja2",
        more=more or ("" if any(gap["kind"] == "unsupported-requirement" for gap in ran.gaps) else "no gap"),
    )


def _built_by_others(place: Place) -> Mapping[str, str]:
    """pip-audit as it is used by default: it resolves what it is given."""
    from tests.scoreboard.place import run_tool

    tree, told = _package(place), {}
    for tool, arguments in {
        "pip-audit": ["-r", str(tree / "requirements.txt")],
        "auditron": ["scan", str(tree), "--only=pip-audit"],
    }.items():
        found = program(tool)
        if not found:
            told[tool] = NOT_HERE
            continue
        (place / "mark").unlink(missing_ok=True)
        given = {**place.environment(tool), "PIP_NO_INDEX": "1", "PATH": f"{found.parent}:{FOLDER}/bin:{place.path}"}
        run_tool([found, *arguments], given, place / f"around-{tool}" / "work", 120)
        told[tool] = f"built it: code of the tree ran{UNSAFE}" if sprung(place) else "built nothing"
    return told
