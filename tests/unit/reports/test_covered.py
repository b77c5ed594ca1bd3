"""Coverage for people and for programs: nothing that was not looked at is left out of either."""

import json

import msgspec
import pytest

from secscan.errors import UsageError
from secscan.findings.coverage import Coverage, Sort
from secscan.findings.levels import GapKind, Kind, RunStatus
from secscan.findings.model import Gap, OutOfScope, ScannerRun
from secscan.findings.scan import FileState, Scan
from secscan.reports.covered import render
from secscan.reports.covered.document import NO_SCANNER, Document
from secscan.reports.covered.text import file_lines
from tests.unit.findings.test_scan import scan


def seen() -> Scan:
    whole = scan()
    code = {"kinds": (Kind.SAST,), "status": RunStatus.COMPLETED, "control": True}
    return msgspec.structs.replace(
        whole,
        target=msgspec.structs.replace(
            whole.target, out_of_scope=(OutOfScope(path="**/node_modules/", reason="installed packages", files=7),)
        ),
        scanners=(
            ScannerRun(scanner="bandit", selected=3, looked_at=2, **code),
            ScannerRun(scanner="image", status=RunStatus.SKIPPED, idle=True),
            ScannerRun(scanner="semgrep", status=RunStatus.FAILED, kinds=(Kind.SAST,), selected=3, reason="it crashed"),
        ),
        coverage=(
            Coverage(of=Sort.FILES, kind="python", count=2, looked_at=("bandit",), missed=("semgrep",)),
            Coverage(of=Sort.FILES, kind="python", count=1, missed=("bandit", "semgrep")),
            Coverage(of=Sort.FILES, kind="go", form="generated", count=1),
            Coverage(of=Sort.PACKAGES, kind="PyPI", count=40, looked_at=("osv",)),
        ),
        files=(
            FileState(path="a.py", digest="a"),
            FileState(path="b.py", digest="b"),
            FileState(path="broken.py", digest="c", way=1),
            FileState(path="made.go", digest="d", way=2),
        ),
        gaps=(
            Gap(scanner="bandit", kind=GapKind.UNPARSABLE, subject="broken.py", detail="it is not valid Python"),
            Gap(scanner="secscan", kind=GapKind.LINK, subject="out", detail="the symbolic link leaves the tree"),
        ),
    )


def test_text_has_everything_in_80_columns() -> None:
    text = render(seen(), "text", width=80).decode()
    assert max(map(len, text.splitlines())) <= 80
    words = " ".join(text.split())
    for told in (
        "2 python bandit; NOT semgrep",
        "1 python NOT bandit, semgrep",
        "1 go, generated nobody",
        "Packages (40) 40 PyPI osv",
        "no scanner of code go (1), python (1)",
        "semgrep: 0 of 3, failed: it crashed, control not found",
        "nothing in the target concerns image",
        "Nobody looked at (3)",
        "broken.py: bandit: unparsable, it is not valid Python",
        f"made.go: {NO_SCANNER}",
        "out: link, the symbolic link leaves the tree",
        "**/node_modules/ (7 files): installed packages",
    ):
        assert told in words


def test_json_names_every_file_and_who_did_not_look() -> None:
    made = msgspec.json.decode(render(seen(), "json", width=80), type=Document)
    assert [file for way in made.ways for file in way.files] == ["a.py", "b.py", "broken.py", "made.go"]
    assert [way.nothing_to_do for way in made.ways] == [(), (), ("bandit", "semgrep"), ("bandit", "semgrep")]
    assert [one.subject for one in made.nobody] == ["broken.py", "made.go", "out"]


def test_one_file() -> None:
    assert list(file_lines(seen(), "broken.py")) == [
        "broken.py: python, content c",
        "  looked at by nobody",
        "  not looked at by bandit, semgrep",
        "  no business of image",
        "  bandit: unparsable, it is not valid Python",
    ]
    assert list(file_lines(seen(), "elsewhere")) == ["elsewhere: not among the files in scope"]


def test_a_scan_that_does_not_tell_says_so() -> None:
    old = msgspec.structs.replace(
        seen(), coverage=(), files=tuple(msgspec.structs.replace(file, way=0) for file in seen().files)
    )
    assert "does not tell" in render(old, "text", width=80).decode()
    assert json.loads(render(old, "json", width=80))["told"] is False
    assert "does not tell" in next(file_lines(old, "a.py"))


def test_another_format_is_refused() -> None:
    with pytest.raises(UsageError, match="xml"):
        render(seen(), "xml", width=80)
