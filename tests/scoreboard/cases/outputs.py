"""Names and contents that attack whoever reads the reports: a terminal, a browser, a platform, a spreadsheet."""

from __future__ import annotations

import csv
import io
import json
import os
import re
from collections.abc import Callable, Mapping
from html.parser import HTMLParser
from urllib.parse import unquote_to_bytes, urlsplit

from secscan.reports.contract import FORMATS
from tests.scoreboard.case import Case, Group, Seen, add, case
from tests.scoreboard.place import Place, Ran, run_tool
from tests.scoreboard.planted import CODE, SHELL, Planted, ended, judged
from tests.scoreboard.tools import NOT_HERE, UNSAFE, program
from tests.support.workflow_commands import commands_in, outputs_in

GROUP = Group.OUTPUT
NAMES = (
    b"n1\x1b[31mred\x1b[0m.py",
    b"n2\x07bell\x08.py",
    b"n3<img src=x onerror=alert(1)>.py",
    b"=n4+cmd|' !A0.py",
    b"n5\n::set-output name=gate::pass.py",
    b"n6\r::error::forged.py",
    b"n7..%2f..%2fetc%2fpasswd.py",
    b"n8](javascript:alert(1)).py",
    b"n9 @everyone #1.py",
    "n10\u202egnp.py".encode(),
    b"n11\xff\xfe.py",
    b"n12 space#frag?q.py",
    b"n13##[add-mask]x.py",
    b"n14|cell|`code`.py",
    b"n15</script><script>alert(2)</script>.py".replace(b"/", b"_"),
)
"""As in the facts that were measured, and two more."""
COMMENT = '# ::stop-commands::x ##[group]y </script><script>alert(3)</script> =HYPERLINK("x") \x1b]0;title\x07 @here\n'
"""Stands above the defect, so that it is quoted."""


def _tree(place: Place):
    return place.tree(
        {
            os.fsdecode(name): f"import subprocess\n{COMMENT}subprocess.call(input(), shell=True)  {COMMENT}"
            for name in NAMES
        }
    )


def _scanned(place: Place, *arguments: object, **options) -> Ran:
    return place.scan(_tree(place), *arguments, **options)


def _all_found(ran: Ran) -> str:
    seen = judged(ran, [Planted(os.fsdecode(name), CODE) for name in NAMES])
    return "" if seen.held else seen.words


_CONTROL = re.compile(r"[\x00-\x08\x0b-\x0d\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def harm(name: str, data: bytes) -> str:
    """What a text for people or platforms does that it must not; empty where it is harmless."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return "is no UTF-8"
    if found := _CONTROL.search(text.replace("\r\n", "\n")):
        return f"holds {found[0]!r}"
    if name != "github" and (commands := commands_in(text)):
        return f"holds {len(commands)} commands of a platform"
    return ""


def _harm_of_a_file(data: bytes) -> str:
    """The same for a file: no platform reads it for commands."""
    return harm("github", data)


def raw(data: bytes) -> str:
    """What the output of another tool does, in words."""
    text = data.decode("utf-8", "replace")
    told = [
        f"{count} {what}"
        for what, count in (
            ("control characters", len(_CONTROL.findall(text))),
            ("workflow commands", len(commands_in(text))),
            ("tags of HTML", len(re.findall(r"<img src=x|<script>alert", text))),
        )
        if count
    ]
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        told.append("no UTF-8")
    return ", ".join(told) + UNSAFE if told else "harmless"


def _alone(*commands: tuple[str, list[str]]) -> Callable[[Place], Mapping[str, str]]:
    """What other tools print of the same tree: tool -> its arguments, in which TREE and OUT are replaced."""

    def others(place: Place) -> Mapping[str, str]:
        tree, told = _tree(place), {}
        for tool, arguments in commands:
            found = program(tool)
            if not found:
                told[tool] = NOT_HERE
                continue
            environment = place.environment(tool)
            environment["PATH"] = f"{found.parent}:{environment['PATH']}"
            out = place / f"out-{tool}"
            argv = [str(found), *(one.replace("TREE", str(tree)).replace("OUT", str(out)) for one in arguments)]
            ran = run_tool(argv, environment, place / f"around-{tool}" / "work")
            told[tool] = raw(out.read_bytes() if out.exists() else ran.stdout) if ran else "ended after 60 s"
        return told

    return others


_TEXTS = _alone(
    ("bandit", ["-r", "TREE", "-q"]),
    ("semgrep", ["scan", "--metrics=off", "--disable-version-check", "--quiet", "--config", "policies/semgrep/python", "TREE"]),
    ("auditron", ["scan", "TREE", "--only=bandit"]),
    ("shieldctl", ["scan", "TREE", "--scanner=python"]),
)  # fmt: skip


@case(
    GROUP,
    "15 hostile names and contents, on the terminal",
    "all found; no control character, no command of a platform",
    alone=_TEXTS,
)
def on_the_terminal(place: Place) -> Seen:
    ran = _scanned(place)
    return ended(ran, 1, more=_all_found(ran) or harm("terminal", ran.out) or harm("terminal", ran.err))


@case(GROUP, "the same, with --verbose, on a terminal that takes colours", "no control character but those of colours")
def on_the_terminal_with_everything(place: Place) -> Seen:
    ran = _scanned(place, "--verbose", "--color", "always")
    plain = [re.sub(rb"\x1b\[[0-9;]*m", b"", data) for data in (ran.out, ran.err)]
    more = _all_found_but_colour(ran) or harm("terminal", plain[0]) or harm("terminal", plain[1])
    return Seen(f"{ran.words}; {more or 'only colours'}", held=ran.code == 1 and not more)


def _all_found_but_colour(ran: Ran) -> str:
    seen = judged(Ran(ran.code, b"", b"", ran.output), [Planted(os.fsdecode(name), CODE) for name in NAMES])
    return "" if seen.held else seen.words


@case(GROUP, "the same, as lines of JSON on standard error", "every line is JSON; harmless")
def as_lines_of_json(place: Place) -> Seen:
    ran = _scanned(place, "--log-format", "json")
    try:
        [json.loads(line) for line in ran.err.splitlines()]
    except ValueError:
        return Seen("a line is no JSON", held=False)
    return ended(ran, 1, more=_all_found(ran) or harm("log", ran.err))


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "img" and ("src", "x") in attrs:
            self.found.append("a forged picture")
        for name, value in attrs:
            if name.startswith("on"):
                self.found.append(f"an attribute {name}")
            if name in ("href", "src") and re.match(r"\s*(javascript|data|vbscript):", value or "", re.IGNORECASE):
                self.found.append(f"an address {value}"[:40])


def _html(data: bytes) -> str:
    tags = _Tags()
    tags.feed(data.decode("utf-8"))
    forged = re.search(rb"<script>alert\([0-9]\)", data)
    return ", ".join(dict.fromkeys(tags.found)) or ("a forged script" if forged else "")


def _csv(data: bytes) -> str:
    rows = list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))
    if len({len(row) for row in rows}) != 1:
        return "rows of different lengths"
    return "a formula" if any(re.match(r"\s*[=+\-@]", cell) for row in rows for cell in row) else ""


def _sarif(data: bytes) -> str:
    """Every address leads to the very file."""
    names = set()
    for result in (one for run in json.loads(data)["runs"] for one in run["results"]):
        uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
        parts = urlsplit(uri)
        if (
            parts.scheme
            or parts.netloc
            or parts.query
            or parts.fragment
            or not re.fullmatch(r"[A-Za-z0-9%\-._~/!$&'()*+,;=:@]+", uri)
        ):
            return f"no relative reference: {uri[:40]!r}"
        names.add(unquote_to_bytes(parts.path))
    return "" if set(NAMES) <= names else f"{len(set(NAMES) - names)} files under another name"


_CHECKS: dict[str, Callable[[bytes], str]] = {"html": _html, "csv": _csv, "sarif": _sarif, "github": _sarif}
_RAW_FORMATS = {
    "html": _alone(("bandit", ["-r", "TREE", "-q", "-f", "html", "-o", "OUT"]), ("shieldctl", ["scan", "TREE", "--scanner=python", "--format=html", "--output=OUT"])),
    "csv": _alone(("bandit", ["-r", "TREE", "-q", "-f", "csv", "-o", "OUT"])),
    "json": _alone(("bandit", ["-r", "TREE", "-q", "-f", "json", "-o", "OUT"])),
    "sarif": _alone(("semgrep", ["scan", "--metrics=off", "--disable-version-check", "--quiet", "--sarif", "--config", "policies/semgrep/python", "TREE"])),
    "junit": _alone(("semgrep", ["scan", "--metrics=off", "--disable-version-check", "--quiet", "--junit-xml", "--config", "policies/semgrep/python", "TREE"])),
}  # fmt: skip


def _report(name: str) -> None:
    def look(place: Place) -> Seen:
        file = "secscan.json" if name == "json" else "the-report"
        ran = _scanned(place, "--report", f"{name}={file}")
        data = (ran.output / file).read_bytes()
        printed = place.secscan("report", ran.output / "secscan.json", "--format", name, name="printed").out
        more = _all_found(ran) or _harm_of_a_file(data) or _CHECKS.get(name, lambda data: "")(data)
        more = more or harm("printed", printed)
        return ended(ran, 1, more=more)

    fault = f"the same, in the report {name}"
    add(
        Case(
            GROUP,
            f"in-{name}",
            fault,
            "harmless to whoever reads it; every file under its name",
            look,
            _RAW_FORMATS.get(name),
        )
    )


for _name in FORMATS:
    if _name not in ("terminal", "badge"):
        _report(_name)


@case(
    GROUP,
    "the same, in outputs, annotations and summary of a GitHub job",
    "the outputs are ours, and no command is forged",
)
def in_a_github_job(place: Place) -> Seen:
    files = {name: place / name for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY", "GITHUB_ENV")}
    for one in files.values():
        one.touch()
    variables = {
        **{name: str(one) for name, one in files.items()},
        "GITHUB_ACTIONS": "true",
        "GITHUB_WORKSPACE": str(place / "tree"),
    }
    ran = _scanned(place)
    after = place.secscan("github", "report", ran.output / "secscan.json", name="after", env=variables)
    outputs = outputs_in(files["GITHUB_OUTPUT"].read_text())
    forged = [
        one.name
        for one in commands_in(after.out.decode())
        if one.name not in ("error", "warning", "notice", "group", "endgroup", "stop-commands")
    ]
    more = ", ".join(f"a forged command {one}" for one in forged) or (
        "a forged output" if outputs.get("gate") == "pass" else ""
    )
    more = more or harm("github", files["GITHUB_STEP_SUMMARY"].read_bytes())
    return Seen(f"{ran.words}; {more or 'only our own commands'}", held=ran.code == 1 and not more)


@case(GROUP, "the name of the scanned folder attacks whoever reads the reports", "harmless", quick=True)
def name_of_the_folder(place: Place) -> Seen:
    tree = place.tree({"app.py": SHELL}, os.fsdecode(b"n\n::error::<img src=x onerror=alert(1)>\x1b[2J"))
    ran = place.only("bandit", tree)
    more = harm("terminal", ran.out) or _html((ran.output / "secscan.html").read_bytes())
    return ended(ran, 1, more=more)
