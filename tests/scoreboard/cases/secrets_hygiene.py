"""Secrets that are planted everywhere: none of them, and nothing that gives one away, is in anything that is written."""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest

from secscan.reports.contract import FORMATS
from tests.scoreboard.case import Case, Group, Seen, add, case
from tests.scoreboard.place import Place, Ran
from tests.scoreboard.planted import TOKEN, ended
from tests.scoreboard.tools import NOT_HERE, UNSAFE, answer_of, program
from tests.support.canaries import CANARIES, SOURCE
from tests.support.image_samples import debian
from tests.support.images import ImageBuilder
from tests.support.repositories import commit, git, repository, write
from tests.support.tars import file
from tests.support.traces import STRACE, Traces, canaries, watched

GROUP = Group.HYGIENE
ALL_REPORTS = [
    option
    for name in FORMATS
    if name not in ("terminal", "badge", "json")
    for option in ("--report", f"{name}=r.{name}")
]


def told(ran: Ran, values: Iterable[str], around: Path | None = None) -> str:
    """Which of the values are given away, by what; empty where none is."""
    traces = Traces(values)
    places = {**ran.reports, "the terminal": ran.out + ran.err}
    if around is not None:
        places |= {str(path.relative_to(around)): path.read_bytes() for path in around.rglob("*") if path.is_file()}
    leaks = {name: len(found) for name, data in places.items() if (found := traces.in_(data))}
    return ", ".join(f"{count} in {name}" for name, count in sorted(leaks.items()))


def _seen(ran: Ran, values: Iterable[str], place: Place, *codes: int, many: int = 0) -> Seen:
    more = told(ran, values, place / "around-run")
    seen = ended(ran, *codes, more=more)
    searched = len(ran.reports)
    words = f"{seen.words}; {many or len(list(values))} secrets, {searched} reports, the terminal and what is left: none given away"
    return Seen(words, held=True) if seen.held else seen


def _quoted(place: Place) -> Mapping[str, str]:
    """How many of the secrets the reports of other tools quote."""
    tree, found = place.tree({"shop.py": SOURCE}), {}
    for tool in ("bandit", "semgrep", "gitleaks", "trivy", "auditron", "shieldctl"):
        if not program(tool):
            found[tool] = NOT_HERE
            continue
        data = answer_of(place, tool, tree)
        count = sum(value.encode() in data for value in CANARIES.values())
        found[tool] = f"quotes {count} of {len(CANARIES)}" + (UNSAFE if count else "")
    return found


@case(GROUP, "15 secrets in a source file; every report, `--verbose`, the cache", "found; none is given away, whole, in part, or by a plain hash", alone=_quoted)  # fmt: skip
def in_a_source_file(place: Place) -> Seen:
    ran = place.scan(place.tree({"shop.py": SOURCE}), "--verbose", *ALL_REPORTS)
    return _seen(ran, CANARIES.values(), place, 1)


@case(GROUP, "the same, as lines of JSON on standard error, and printed as SARIF", "found; none is given away")
def in_the_log(place: Place) -> Seen:
    ran = place.scan(place.tree({"shop.py": SOURCE}), "--log-format", "json", "--verbose", "--format", "sarif")
    return _seen(ran, CANARIES.values(), place, 1)


@case(GROUP, "200 secrets; the arguments and environments of all programs, seen through /proc, and what is left on the disk", "none is given away")  # fmt: skip
def in_arguments_and_environments(place: Place) -> Seen:
    if STRACE is None:
        pytest.skip("no strace here")
    values = canaries(200)
    tree = place.tree({f"s{n}.py": f'PASSWORD = "{value}"\n' for n, value in enumerate(values)})
    environment = place.environment()
    work = place / "around-run" / "work"
    code, said, _, seen = watched(place.command("scan", tree, "--advisories", "demo"), work, environment)
    traces = Traces(values)
    leaks = [name for name, data in (("the terminal", said), ("/proc", b"\n".join(seen))) if traces.in_(data)]
    leaks += [str(path.name) for path in place.folder.rglob("*") if path.is_file() and tree not in path.parents and traces.in_(path.read_bytes())]  # fmt: skip
    words = f"exit {code}; given away in: {', '.join(leaks)}" if leaks else f"exit {code}; none is given away"
    return Seen(words, held=code == 1 and not leaks and bool(seen))


_ONE, _TWO, _THREE = canaries(3)
_TOKEN = TOKEN
_PLACES: dict[str, tuple[Mapping[str, bytes | str], tuple[str, ...]]] = {
    "a file in UTF-16": ({"config.py": f'password = "{_ONE}"\ntoken = "{_TOKEN}"\n'.encode("utf-16")}, (_ONE, _TOKEN)),
    "a Dockerfile": ({"Dockerfile": f"FROM debian:12\nENV API_PASSWORD={_ONE}\nRUN curl -u ci:{_TWO} https://x.internal\nUSER app\n"}, (_ONE, _TWO)),
    "manifests of Compose and Kubernetes": (
        {
            "compose.yaml": f"services:\n  a:\n    image: x\n    environment:\n      DB_PASSWORD: {_ONE}\n",
            "secret.yaml": f"apiVersion: v1\nkind: Secret\nmetadata: {{name: s}}\nstringData:\n  password: {_TWO}\n",
        },
        (_ONE, _TWO),
    ),
    "the addresses of requirements": ({"requirements.txt": f"--extra-index-url https://ci:{_TWO}@pypi.internal/simple\njinja2 @ https://ci:{_ONE}@x.internal/j.zip\nflask==1.0\n"}, (_ONE, _TWO)),
    "a notebook": ({"a.ipynb": json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [{"cell_type": "code", "id": "a", "metadata": {}, "outputs": [], "execution_count": None, "source": [f"token = '{_TOKEN}'\n"]}]})}, (_TOKEN,)),
    "a file that does not parse": ({"a.py": f'token = "{_TOKEN}"\ndef broken(:\n    password = "{_ONE}"\n'}, (_TOKEN, _ONE)),
    "a line beside a finding": ({"a.py": f'import subprocess\npassword = "{_ONE}"\nsubprocess.call(input(), shell=True)\napi_key = "{_THREE}"\n'}, (_ONE, _THREE)),
    "a private key": ({"key.pem": "-----BEGIN RSA PRIVATE KEY-----\n" + "\n".join(random.Random("pem").randbytes(24).hex() for _ in range(12)) + "\n-----END RSA PRIVATE KEY-----\n"}, tuple(random.Random("pem").randbytes(24).hex() for _ in range(1))),
}  # fmt: skip


def _planted_in(what: str, files: Mapping[str, bytes | str], values: tuple[str, ...]) -> None:
    def look(place: Place) -> Seen:
        return _seen(place.scan(place.tree(files), "--verbose", *ALL_REPORTS), values, place, 1, 3)

    def others(place: Place) -> Mapping[str, str]:
        tree, found = place.tree(files), {}
        for tool in ("bandit", "semgrep", "gitleaks", "trivy"):
            if not program(tool):
                found[tool] = NOT_HERE
                continue
            data = answer_of(place, tool, tree)
            count = sum(value.encode() in data for value in values)
            found[tool] = f"quotes {count} of {len(values)}" + (UNSAFE if count else "")
        return found

    name = what.replace("a ", "", 1) if what.startswith("a ") else what
    add(
        Case(
            GROUP,
            f"in-{name.replace(' ', '-').lower()}",
            f"secrets in {what}",
            "none is given away; not passed",
            look,
            others,
        )
    )


for _what, (_files, _values) in _PLACES.items():
    _planted_in(_what, _files, _values)


@case(
    GROUP,
    "a secret that was removed again, in the history, and one in the address of a remote",
    "found; none is given away",
)
def in_the_history(place: Place) -> Seen:
    tree = repository(place / "tree", {"a.py": f'token = "{_TOKEN}"\n'})
    write(tree, {"a.py": "x = 1\n"})
    commit(tree, f"removes {_TOKEN}")
    git(tree, "remote", "add", "origin", f"https://ci:{_TWO}@git.internal/x.git")
    ran = place.scan(tree, "--history", *ALL_REPORTS)
    return _seen(ran, (_TOKEN, _TWO), place, 1)


@case(GROUP, "secrets in the configuration, the commands and the files of an image", "none is given away; not passed")
def in_an_image(place: Place) -> Seen:
    image = ImageBuilder(name="shop:1", env={"API_PASSWORD": _ONE}).layer(
        debian(),
        file("app/settings.py", f'token = "{_TOKEN}"\n'),
        command=f"RUN curl -u ci:{_TWO} https://x",
    )
    ran = place.scan(image.docker_archive(place / "image.tar"), *ALL_REPORTS)
    return _seen(ran, (_ONE, _TWO, _TOKEN), place, 1, 3)


_OF_THE_CALLER = {
    "GITHUB_TOKEN": "ghs_" + "fakeCanary31" * 3,
    "AWS_SECRET_ACCESS_KEY": "fakeCanary32/aws+secret/key4711abcdefghij",
    "VAULT_TOKEN": "hvs." + "fakeCanary33" * 6,
    "PIP_INDEX_URL": "https://ci:fakeCanary34index@pypi.internal/simple",
    "DATABASE_URL": "postgresql://app:fakeCanary35db@db/x",
    "SSH_AUTH_SOCK": "/tmp/fakeCanary36socket",
}


@case(GROUP, "tokens in the environment of the caller", "no scanner sees one; none is given away")
def of_the_caller(place: Place) -> Seen:
    for tool in ("bandit", "semgrep", "pip-audit"):
        place.shim(tool, f'env >> {place / "environment"}; exec "$REAL" "$@"')
    tree = place.tree({"shop.py": SOURCE, "requirements.txt": "flask==1.0\n"})
    ran = place.scan(tree, env=_OF_THE_CALLER)
    seen_by = (place / "environment").read_text()
    values = [value.rpartition("@")[0].rpartition(":")[2] or value for value in _OF_THE_CALLER.values()]
    more = ", ".join(name for name, value in zip(_OF_THE_CALLER, values, strict=True) if value in seen_by)
    if more:
        return Seen(f"scanners see {more}", held=False)
    return _seen(ran, values, place, 1, 3)


@case(GROUP, "temporary folders and the cache, seen while a scanner runs", "nobody else can enter or read them")
def modes(place: Place) -> Seen:
    place.shim(
        "bandit", f'for d in "$TMPDIR/.." "$PWD"; do stat -c %a "$d/.." >> {place / "modes"}; done; exec "$REAL" "$@"'
    )
    ran = place.scan(place.tree({"a.py": SOURCE}))
    folders = set((place / "modes").read_text().split())
    cache = {
        f"{path.stat().st_mode & 0o777:o}" for path in (place / "around-run" / "home").rglob("*") if path.is_file()
    }
    good = "700" in folders and cache <= {"600"}
    return Seen(
        f"{ran.words}; folders {', '.join(sorted(folders))}, files of the cache {', '.join(sorted(cache))}", held=good
    )


_CRASHES = {
    "a parser": ("secscan.scanners.bandit", "Bandit", "parse"),
    "the report in HTML": ("secscan.reports.html", "FORMAT", "parts"),
    "the judge": ("secscan.gate.judge", "", "judged"),
}


def _crash(what: str, module: str, owner: str, function: str) -> None:
    def look(place: Place) -> Seen:
        canary = CANARIES["header"]
        code = (
            "import sys, importlib, secscan.__main__ as m\n"
            f"def broken(*a, **k):\n    canary = {canary!r}\n    raise RuntimeError('broken by ' + canary)\n"
            f"mod = importlib.import_module({module!r})\n"
            f"owner = getattr(mod, {owner!r}) if {owner!r} else mod\n"
            "try:\n"
            f"    setattr(owner, {function!r}, broken)\n"
            "except AttributeError:\n"
            f"    object.__setattr__(owner, {function!r}, broken)\n"
            "sys.argv[0] = 'secscan'\nsys.exit(m.main())\n"
        )
        place.program = (sys.executable, "-P", "-c", code)
        ran = place.scan(place.tree({"shop.py": SOURCE}), *ALL_REPORTS[:2])
        more = told(ran, [canary, *CANARIES.values()], place / "around-run")
        return Seen(f"exit {ran.code}; {more or 'none is given away'}", held=ran.code in (3, 4) and not more)

    add(Case(GROUP, f"crash-of-{what.replace(' ', '-').lower()}", f"{what} crashes, with a secret in its variables and in its error", "no passed verdict; none is given away", look))  # fmt: skip


for _what, (_module, _owner, _function) in _CRASHES.items():
    _crash(_what, _module, _owner, _function)


@case(GROUP, "results of another scanner are imported, and quote the secrets", "none is given away")
def imported(place: Place) -> Seen:
    sarif = {
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": {"name": "other", "version": "1"}},
                "results": [
                    {
                        "ruleId": "x",
                        "level": "error",
                        "message": {"text": f"password {CANARIES['session']} of shop.py"},
                        "locations": [{"physicalLocation": {"artifactLocation": {"uri": "shop.py"}, "region": {"startLine": 7, "snippet": {"text": f'SECRET_KEY = "{CANARIES["session"]}"'}}}}],
                    }
                ],
            }
        ],
    }  # fmt: skip
    (place / "other.sarif").write_text(json.dumps(sarif))
    ran = place.scan(place.tree({"shop.py": SOURCE}), "--import", place / "other.sarif", *ALL_REPORTS)
    return _seen(ran, CANARIES.values(), place, 1)
