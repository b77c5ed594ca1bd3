"""Files that are made to be overlooked: encodings, sizes, shapes, names, places."""

from __future__ import annotations

import os
from collections.abc import Collection
from pathlib import Path

from tests.scoreboard.case import Group, Seen, case
from tests.scoreboard.place import Place
from tests.scoreboard.planted import CODE, LEAK, PIN, SECRET, SHELL, Planted, judged, tree_case
from tests.support.repositories import git, repository

GROUP = Group.REPOSITORY
APP = (Planted("app.py", CODE),)
PARSERS = ("bandit", "semgrep", "auditron")
"""Of the other tools, those that are shown what is hard to parse."""
WALKERS = ("bandit", "semgrep", "shieldctl")
"""And those that are shown what is hard to come upon. Both peers run bandit; each is asked in half of the cases."""
ALONE = ("bandit", "semgrep", "pip-audit", "gitleaks", "trivy")


def _of_app(name: str, fault: str, content: bytes, *, quick: bool = False, tools: Collection[str] = PARSERS) -> None:
    tree_case(
        GROUP, name, fault, lambda place: (place.tree({"app.py": content}), APP), quick=quick, tools=tools, code=True
    )


# --- Encodings and shapes of Python source --------------------------------------------------------------------------------

_code = SHELL.encode()
_of_app("syntax-error", "code that does not parse after the defect", _code + b"def broken(:\n")
_of_app("nul-byte", "a NUL byte after the defect", _code + b"# \0\n")
_of_app("utf-16", "UTF-16 with a mark of its byte order", SHELL.encode("utf-16"), quick=True)
_of_app("utf-16-without-mark", "UTF-16 without a mark of its byte order", SHELL.encode("utf-16-le"))
_of_app("utf-8-mark", "UTF-8 with a byte order mark", b"\xef\xbb\xbf" + _code)
_of_app("latin-1", "Latin-1 without a cookie", b"# caf\xe9\n" + _code)
_of_app("latin-1-cookie", "Latin-1 with a cookie", b"# -*- coding: latin-1 -*-\nname = 'caf\xe9'\n" + _code)
_of_app(
    "utf-7-cookie",
    "a cookie for UTF-7: what other readers take for a comment is code",
    b"# -*- coding: utf-7 -*-\n# +AAo-import subprocess+AAo-subprocess.call(input(), shell+AD0-True)+AAo-\n",
)
_of_app(
    "unicode-escape-cookie",
    "a cookie for unicode_escape: code stands in an escaped line end of a comment",
    b"# -*- coding: unicode_escape -*-\n# \\u000aimport subprocess\\u000asubprocess.call(input(), shell=True)\n",
)
_of_app("unknown-cookie", "a cookie for an encoding that does not exist", b"# coding: nonsense-8\n" + _code)
_of_app(
    "two-cookies",
    "a cookie and a byte order mark that contradict each other",
    b"\xef\xbb\xbf# coding: latin-1\n" + _code,
)
_of_app("line-ends-of-old-macs", "lines that end with a carriage return", _code.replace(b"\n", b"\r"))
_of_app("form-feeds", "form feeds between the lines", b"\x0c" + _code.replace(b"\n", b"\n\x0c"))
_of_app("no-last-line-end", "no line end after the last line, which has the defect", _code.rstrip())
_of_app("byte-order-mark-twice", "two byte order marks", b"\xef\xbb\xbf" * 2 + _code)
_of_app("long-sum", "a sum of 8000 terms after the defect", _code + b"x = " + b"+".join([b"1"] * 8000) + b"\n")
_of_app("long-chain", "3000 attributes in a chain after the defect", _code + b"x = a" + b".b" * 3000 + b"\n")
_of_app("deep-brackets", "5000 nested brackets after the defect", _code + b"x = " + b"[" * 5000 + b"]" * 5000 + b"\n")
_of_app("deep-blocks", "99 nested blocks before the defect", b"import subprocess\n" + b"".join(b" " * n + b"if 1:\n" for n in range(99)) + b" " * 99 + b"subprocess.call(input(), shell=True)\n")  # fmt: skip
_of_app("over-a-megabyte", "a file of 1.2 MB", b"# " + b"x" * 78 + b"\n" + (b"#" + b"y" * 78 + b"\n") * 15_000 + _code)
_of_app("ten-megabytes", "a file of 10 MB", (b"#" + b"z" * 98 + b"\n") * 100_000 + _code)
_of_app("one-long-line", "a line of 2 MB after the defect", _code + b"x = '" + b"y" * 2_000_000 + b"'\n")
_of_app("long-number", "a number of 10 000 digits after the defect", _code + b"x = " + b"9" * 10_000 + b"\n")
_of_app("lone-surrogate", "an escape for half a character before the defect", b"x = '\\ud800'\n" + _code)
_of_app("type-comment", "a broken type comment after the defect", _code + b"x = []  # type: List[\n")
_of_app(
    "newer-python",
    "syntax that this Python does not know yet, after the defect",
    _code + b"x = t'{1!r:>{2}}'\ntype X[T = int] = T\n",
)
_of_app("python-2", "a statement of Python 2 after the defect", _code + b"print 'x'\n")
_of_app(
    "tabs-and-blanks", "tabs and blanks that Python does not take together", _code + b"if 1:\n\tx = 1\n        y = 2\n"
)
_of_app(
    "right-to-left",
    "characters that turn the order of what is shown",
    "# \u202e\u2066 nothing here \u2069\n".encode() + _code,
)
_of_app("look-alike-letters", "an identifier in letters that Python takes for others", "import subprocess\nsubprocess.\uff43\uff41\uff4c\uff4c(input(), shell=True)\n".encode())  # fmt: skip
_of_app(
    "slow-file",
    "300 lines upon which rules go back and forth",
    _code + b"".join(b"a%d = b%d\n" % (n, n) for n in range(300)),
)


# --- What asks scanners to look away ---------------------------------------------------------------------------------------


def _marked(name: str, fault: str, text: str) -> None:
    _of_app(f"marker-{name}", fault, text.encode())


_marked("nosec", "`# nosec`", SHELL.replace("True)", "True)  # nosec"))
_marked("nosec-bogus", "`# nosec` with an id that does not exist", SHELL.replace("True)", "True)  # nosec: B9999 x"))
_marked("nosemgrep", "`# nosemgrep` and `# nosec`", SHELL.replace("True)", "True)  # nosec # nosemgrep"))
_marked(
    "nosemgrep-before",
    "`# nosemgrep` on the line before",
    SHELL.replace("subprocess.call", "# nosemgrep # nosec\nsubprocess.call"),
)
_marked("noqa", "`# noqa` and `# pragma: no cover`", SHELL.replace("True)", "True)  # noqa # pragma: no cover # nosec"))
_marked("secscan", "`# secscan: ignore`", SHELL.replace("True)", "True)  # secscan: ignore # secscan:allow # nosec"))
tree_case(GROUP, "marker-gitleaks", "`gitleaks:allow` and its relatives at a secret", {"config.py": LEAK.rstrip() + "  # gitleaks:allow betterleaks:allow pragma: allowlist secret kingfisher:ignore\n"})  # fmt: skip


def _settings(name: str, fault: str, *files: tuple[str, str], tools: Collection[str] = ALONE) -> None:
    """A tree with a defect of every kind, and files of settings that would hide it."""
    tree = {"app.py": SHELL, "config.py": LEAK, "requirements.txt": PIN, **dict(files)}
    planted = (*APP, Planted("config.py", SECRET), Planted("requirements.txt", "package"))
    tree_case(GROUP, f"settings-{name}", fault, lambda place: (place.tree(tree), planted), tools=tools)


_settings("bandit", "`.bandit` that skips all", (".bandit", "[bandit]\nskips = B602,B404,B105\nexclude = /\n"))
_settings("bandit-deep", "`.bandit` in a folder below", ("docs/deep/.bandit", "[bandit]\nexclude = /\nskips = B602\n"))
_settings("bandit-twice", "two `.bandit` files, upon which bandit gives up", (".bandit", "[bandit]\nskips=B602\n"), ("a/.bandit", "[bandit]\nskips=B602\n"))  # fmt: skip
_settings("pyproject", "`[tool.bandit]` in `pyproject.toml`, and its relatives", ("pyproject.toml", '[tool.bandit]\nskips = ["B602"]\nexclude_dirs = ["."]\n'), ("setup.cfg", "[bandit]\nskips = B602\n"), ("tox.ini", "[bandit]\nskips = B602\n"))  # fmt: skip
_settings(
    "semgrepignore", "`.semgrepignore` for everything", (".semgrepignore", "*\n"), (".semgrep.yml", "rules: []\n")
)
_settings("gitignore", "`.gitignore` for everything", (".gitignore", "*\n"))
_settings("gitleaks", "`.gitleaks.toml` that allows all, and its relatives", (".gitleaks.toml", '[allowlist]\npaths = [".*"]\n'), (".gitleaksignore", "config.py:github-pat:1\n"), (".betterleaks.toml", '[allowlist]\npaths = [".*"]\n'), (".betterleaksignore", "config.py:github-pat:1\n"))  # fmt: skip
_settings("trivy", "`trivy.yaml` and `.trivyignore`", ("trivy.yaml", "scan:\n  skip-files: ['**/*']\n"), (".trivyignore", "CVE-2019-10906\ngithub-pat\n"), ("trivy-secret.yaml", "disable-rules: [github-pat]\n"))  # fmt: skip
_settings("secscan", "`secscan.yaml` that excludes all and names a mild policy", ("secscan.yaml", "version: 1\nscan: {exclude: ['**/*.py']}\npolicy: mild.yaml\n"), ("mild.yaml", "format: secscan.policy/1\nname: mild\nrules:\n  - {id: a, action: accept, reason: b}\n"))  # fmt: skip
_settings("waivers", "waivers and a baseline that the tree brings along", (".secscan/waivers.yaml", "version: 1\nwaivers:\n  - id: all\n    match: {severity: [critical, high, medium, low]}\n    reason: x\n    owner: y\n    expires: 2027-01-01\n"))  # fmt: skip
_settings("pip", "`pip.conf` with another index", ("pip.conf", "[global]\nindex-url = http://127.0.0.1:1/\n"), ("pip.ini", "[global]\nindex-url = http://127.0.0.1:1/\n"))  # fmt: skip
_settings("forged-results", "`secscan.json` and `secscan.sarif` that say that all is well", ("secscan.json", '{"format": "secscan.scan/1", "judgement": {"verdict": "passed"}}'), ("secscan.sarif", '{"version": "2.1.0", "runs": []}'))  # fmt: skip
_settings("peers", "settings of the peers", ("auditron.toml", '[auditron]\ndisabled = ["bandit"]\n'), (".shieldctl.yaml", "exclude: ['**/*']\nfail_on: CRITICAL\n"), tools=("auditron", "shieldctl"))  # fmt: skip


# --- Names and places ------------------------------------------------------------------------------------------------------


def _named(name: str, fault: str, path: bytes | str, *, quick: bool = False) -> None:
    text = os.fsdecode(path)
    planted = (Planted(text, CODE),)
    tree_case(
        GROUP,
        f"name-{name}",
        fault,
        lambda place: (_written(place, text), planted),
        quick=quick,
        tools=WALKERS,
        code=True,
    )


def _written(place: Place, name: str) -> Path:
    return place.tree({name: SHELL})


_named("newline", "a name with a line end", b"a\nb.py")
_named("escape", "a name with the codes of a terminal", b"a\x1b[2J\x1b]0;x\x07.py")
_named("not-utf-8", "a name that is not UTF-8", b"caf\xe9.py", quick=True)
_named("option", "a name that is an option: `--exit-zero.py`", b"--exit-zero.py")
_named("response-file", "a name that begins with @", b"@app.py")
_named("percent", "a name with percent signs", b"a%2e%2e%2fb.py")
_named("quotes", "a name with quotes, backslashes and a shell's signs", b"'\"$(x)`y`\\.py")
_named("wildcard", "a name of wildcards", b"[a-b]*?{x,y}.py")
_named("right-to-left", "a name that shows in another order", "x\u202eyp.py".encode())
_named("long", "a name of 255 bytes", b"n" * 252 + b".py")
_named("blank", "a name that begins with a blank", b" app.py")
_named("backslash", "a name that is a path elsewhere", b"C:\\x\\app.py")
_named("magic-of-git", "a name that is a pattern of git", b":(exclude)app.py")
_named("tests", "a folder of tests, where input reaches a shell", b"tests/app.py")
_named("vendor", "folders `vendor/build/dist`", b"vendor/build/dist/app.py")
_named("github", "the folder `.github/scripts`", b".github/scripts/app.py")
_named("cvs", "a name in which `CVS` stands", b"CVSreader.py")
_named("tox", "a name in which `.tox` stands", b"my.toxic/app.py")
_named("hidden", "a hidden folder", b".hidden/app.py")
_named("minified", "a name `app.min.py`", b"app.min.py")
_named("upper-case", "a suffix in upper case", b"APP.PY")
_named("stub", "the suffix .pyi", b"app.pyi")
_named("windowed", "the suffix .pyw", b"app.pyw")


@case(GROUP, "a folder `node_modules`, where installed packages lie", "found, or told as out of scope")
def name_node_modules(place: Place) -> Seen:
    ran = place.code(place.tree({"src/node_modules/app.py": SHELL, "other.py": "x = 1\n"}))
    told = [name for name in ("secscan.html", "secscan.json") if b"src/node_modules" in ran.reports[name]]
    seen = judged(ran, (Planted("src/node_modules/app.py", CODE),))
    good = "lost" not in seen.words and not ran.trouble and len(told) == 2
    return Seen(f"{seen.words}; {'told as out of scope' if good else 'not told'}", held=good)


def _cases_collide(place: Place) -> tuple[Path, Collection[Planted]]:
    tree = place.tree({"app.py": "x = 1\n", "App.py": SHELL, "APP.py": "y = 1\n"})
    return tree, (Planted("App.py", CODE),)


tree_case(GROUP, "name-collision", "names that differ in case only", _cases_collide)


def _script(place: Place) -> tuple[Path, Collection[Planted]]:
    tree = place.tree({"bin/deploy": "#!/usr/bin/env python3\n" + SHELL})
    (tree / "bin" / "deploy").chmod(0o755)
    return tree, (Planted("bin/deploy", CODE),)


tree_case(GROUP, "script-without-suffix", "a Python script without a suffix", _script)


def _deep(place: Place) -> tuple[Path, Collection[Planted]]:
    """Deeper than a path may be long."""
    tree = place.tree({"top.py": SHELL})
    here = os.open(tree, os.O_RDONLY)
    for _ in range(10_000):
        os.mkdir("d", dir_fd=here)
        below = os.open("d", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    file = os.open("app.py", os.O_WRONLY | os.O_CREAT, dir_fd=here)
    os.write(file, SHELL.encode())
    os.close(file)
    os.close(here)
    return tree, (Planted("top.py", CODE), Planted("/".join(["d"] * 10_000) + "/app.py", CODE))


tree_case(GROUP, "ten-thousand-folders-deep", "a file 10 000 folders deep", _deep)


def _many(place: Place) -> tuple[Path, Collection[Planted]]:
    tree = place.tree({"zz/app.py": SHELL, "config.py": LEAK})
    for number in range(100):
        folder = tree / f"f{number}"
        folder.mkdir()
        for other in range(1000):
            (folder / f"{other}.txt").write_bytes(b"nothing %d\n" % other)
    return tree, (Planted("zz/app.py", CODE), Planted("config.py", SECRET))


tree_case(GROUP, "hundred-thousand-files", "100 000 files, in two of which something is wrong", _many, tools=())


def _stale_index(place: Place) -> tuple[Path, Collection[Planted]]:
    """git's index says that nothing was changed."""
    tree = repository(place / "tree", {"app.py": "x = 1\n" + "#" * (len(SHELL) - 6)})
    stat = (tree / "app.py").stat()
    (tree / "app.py").write_text(SHELL)
    os.utime(tree / "app.py", ns=(stat.st_atime_ns, stat.st_mtime_ns))
    git(tree, "update-index", "--assume-unchanged", "app.py")
    git(tree, "update-index", "--skip-worktree", "app.py")
    return tree, APP


tree_case(GROUP, "stale-index", "an index that says that the file was not changed", _stale_index, tools=())
