"""`secscan advisories ...` as a person calls it."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from secscan.cli.app import run
from secscan.errors import ExitCode
from tests.support.feed import Feed, serving
from tests.support.osv_records import osv
from tests.support.screen import terminal


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SECSCAN_ADVISORIES", str(tmp_path / "own.sqlite"))
    (tmp_path / "flask.json").write_text(json.dumps(osv("PYSEC-1", aliases=["CVE-2026-1000"], summary="bad \x1b[31m")))
    return tmp_path / "own.sqlite"


def said(capsys: pytest.CaptureFixture[str], *arguments: str | Path, code: int = 0) -> str:
    assert run(["advisories", *map(str, arguments)]) == code
    out = capsys.readouterr()
    assert "\x1b" not in out.out + out.err
    return out.out + out.err


def test_fill_look_and_carry(own: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert "none at" in said(capsys, "status")
    assert "1 records" in said(capsys, "import", tmp_path / "flask.json")
    status = said(capsys, "status")
    assert "PyPI: 1 records, as of 2026-01-02" in status
    assert "CC-BY-4.0" in status
    assert "no KEV catalogue" in status
    assert "PYSEC-1  bad" in said(capsys, "show", "cve-2026-1000")
    assert json.loads(said(capsys, "show", "PYSEC-1", "--json"))["id"] == "PYSEC-1"
    assert "1 vulnerabilities" in said(capsys, "lookup", "pkg:pypi/Flask@1.0")
    assert "0 vulnerabilities" in said(capsys, "lookup", "pkg:pypi/flask@2.0")
    digest = said(capsys, "export", tmp_path / "carried").strip()
    other = tmp_path / "other.sqlite"
    said(capsys, "import", tmp_path / "carried", "--digest", digest, "-o", other)
    assert other.read_bytes() == own.read_bytes()


@pytest.mark.parametrize(
    "arguments",
    [
        ("lookup", "pkg:npm/lodash@1.0.0"),
        ("lookup", "flask"),
        ("lookup", "pkg:pypi/flask@rubbish"),
        ("show", "CVE-1999-1"),
        ("update",),
        ("update", "PyPI"),
        ("update", "PyPI", "--from", "http://osv.example/"),
        ("import", "/nonexistent.zip"),
    ],
)
def test_what_cannot_be_done_is_an_error_with_a_hint(
    own: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    said(capsys, "import", tmp_path / "flask.json")
    before = own.read_bytes()
    assert "hint:" in said(capsys, *arguments, code=ExitCode.USAGE)
    assert own.read_bytes() == before


_DOWNLOAD = """
from secscan.cli.progress import show_download
with show_download(quiet=False) as watch:
    watch("OSV PyPI\x1b[31m")(5_000_000, 10_000_000)
    watch("OSV npm")(1_000_000, 0)
"""


def test_a_person_at_a_terminal_sees_a_bar(tmp_path: Path) -> None:
    env = {"PYTHONPATH": str(Path(__file__).resolve().parent.parent.parent.parent)}
    with terminal([sys.executable, "-c", _DOWNLOAD], cwd=tmp_path, env=env) as opened:
        assert opened.end() == 0
        assert opened.lines == []
    text = opened.written.decode()
    assert "[###############               ]  50 % 5.0 MB" in text
    assert "OSV npm  1.0 MB" in text
    assert "\x1b[31m" not in text


def test_update_is_quiet_where_nobody_watches(own: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    kev = {"catalogVersion": "1", "dateReleased": "2026-01-01T00:00:00Z"}
    kev |= {"vulnerabilities": [{"cveID": "CVE-2026-1000", "dateAdded": "2026-01-01"}]}
    said(capsys, "import", tmp_path / "flask.json")
    with serving(Feed({"/kev.json": json.dumps(kev).encode()})) as feed:
        text = said(capsys, "update", "--kev", f"{feed.url}/kev.json")
        assert text == f"changed: CISA KEV\nIndex: {own}\n"
        assert "changed: nothing" in said(capsys, "update")
    assert "CVE-2026-1000 is exploited (CISA KEV, 2026-01-01)" in said(capsys, "show", "PYSEC-1")
