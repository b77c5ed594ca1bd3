"""An entry holds neither a secret nor a name, and gives back exactly what was said."""

from __future__ import annotations

import zlib

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from secscan.cache.entry import LASTING, Said, may_be_kept, packed, unpacked
from secscan.cache.quotes import restored, withheld
from secscan.findings.levels import Confidence, GapKind, Kind, Severity
from secscan.findings.model import Finding, Gap, Location, Region, Source, TraceStep

PATH = "shop/settings.py"
SECRET = "Tr0ub4dor&3-horse"
SOURCE = f'import os\npassword = "{SECRET}"\nlong = ("Tr0ub4d"\n        "or&3-staple")\n'.encode()


def quoting(value: str, *, line: int = 2, defect: str = "hardcoded-credential", path: str = PATH) -> Finding:
    """A finding as bandit makes it, whose message quotes a value of the file."""
    message, region = f"Possible hardcoded password: '{value}'", Region(start_line=line, end_line=line)
    return Finding(
        kind=Kind.SAST,
        defect=defect,
        title="Hard-coded credential",
        message=message,
        severity=Severity.LOW,
        confidence=Confidence.MEDIUM,
        location=Location(path=path, region=region),
        sources=(Source(scanner="bandit", rule="B105", message=message, region=region),),
    )


def said(*findings: Finding, gaps: tuple[Gap, ...] = (), looked_at: bool = True) -> Said:
    return Said(scanner="bandit", proven=True, looked_at=looked_at, findings=findings, gaps=gaps)


def read(_path: str) -> bytes:
    return SOURCE


def body(entry: bytes) -> bytes:
    return zlib.decompress(entry[1:]) if entry[:1] == b"z" else entry[1:]


def written(one: Said) -> bytes:
    entry = packed(one, PATH, read)
    assert entry is not None
    return entry


@pytest.mark.parametrize(("value", "line"), [(SECRET, 2), ("Tr0ub4dor&3-staple", 3)])
def test_a_secret_is_put_back_and_never_written(value: str, line: int) -> None:
    one = said(quoting(value, line=line))
    entry = written(one)
    assert unpacked(entry, PATH, read) == one
    for part in (value, "Tr0ub4d", "or&3-staple"):
        assert part.encode() not in entry + body(entry)


def test_a_secret_that_does_not_stand_in_the_file_is_not_kept() -> None:
    assert packed(said(quoting("ß-not-in-the-file")), PATH, read) is None


def test_what_looks_like_a_secret_by_itself_is_not_kept() -> None:
    token = "ghp_" + "R4nD0mR4nD0mR4nD0mR4nD0mR4nD0m123456"
    finding = msgspec.structs.replace(quoting("x", defect="other"), message=f"It sends {token} to somebody")
    assert packed(said(finding), PATH, read) is None


def test_an_entry_has_no_name_and_gives_findings_the_one_that_is_asked_for() -> None:
    step = TraceStep(path=PATH, region=Region(start_line=1))
    finding = msgspec.structs.replace(quoting(SECRET), trace=(step,))
    gap = Gap(scanner="bandit", kind=GapKind.UNPARSABLE, subject=PATH, detail="why")
    entry = written(said(finding, gaps=(gap,)))
    assert b"settings" not in body(entry)
    moved = unpacked(entry, "elsewhere.py", read)
    assert moved is not None
    assert {moved.findings[0].location.path, moved.findings[0].trace[0].path, moved.gaps[0].subject} == {"elsewhere.py"}


def test_a_text_with_the_name_of_the_file_is_not_kept() -> None:
    finding = msgspec.structs.replace(quoting("x", defect="other"), message="in /tmp/place/settings.py")
    assert packed(said(finding), PATH, read) is None


def test_what_would_cost_much_time_is_not_kept() -> None:
    plain = msgspec.structs.replace(quoting("x", defect="other"), message="A call of eval", sources=())
    many = [plain] * 2001
    assert packed(said(*many[:100]), PATH, read) is not None
    assert packed(said(*many), PATH, read) is None
    assert packed(said(many[0]), PATH, lambda _path: b"x" * 1_000_001) is None
    assert packed(said(*[quoting(SECRET, line=number) for number in range(1, 102)]), PATH, read) is None


def test_what_has_no_finding_is_kept_without_reading_the_file() -> None:
    def refuse(_path: str) -> bytes:
        raise AssertionError

    entry = packed(said(), PATH, refuse)
    assert entry is not None
    assert unpacked(entry, PATH, refuse) == said()


@pytest.mark.parametrize("kind", list(GapKind))
def test_only_gaps_that_the_file_is_the_reason_of_are_kept(kind: GapKind) -> None:
    gap = Gap(scanner="bandit", kind=kind, subject=PATH)
    assert may_be_kept(said(gaps=(gap,), looked_at=False), PATH) == (kind in LASTING)


@pytest.mark.parametrize(
    "one",
    [
        said(looked_at=False),
        said(quoting("x", path="other.py")),
        said(gaps=(Gap(scanner="bandit", kind=GapKind.UNPARSABLE, subject="other.py"),)),
        said(msgspec.structs.replace(quoting("x"), secret_id="0" * 32)),
        said(msgspec.structs.replace(quoting("x"), same="0" * 32)),
        said(msgspec.structs.replace(quoting("x"), trace=(TraceStep(path="b.py", region=Region(start_line=1)),))),
        said(msgspec.structs.replace(quoting("x"), places=(quoting("y"),))),
    ],
)
def test_what_is_not_about_this_file_alone_or_made_of_a_secret_is_not_kept(one: Said) -> None:
    assert not may_be_kept(one, PATH)


def test_a_run_that_was_not_proven_cannot_be_read() -> None:
    entry = b"j" + body(written(said())).replace(b'"proven":true', b'"proven":false')
    assert unpacked(entry, PATH, read) is None


@given(st.binary(max_size=200))
def test_other_bytes_are_as_good_as_none(data: bytes) -> None:
    for entry in (data, b"j" + data, b"z" + data, b"z" + zlib.compress(data)):
        assert unpacked(entry, PATH, read) is None


def test_an_entry_that_is_cut_off_is_as_good_as_none() -> None:
    entry = written(said(quoting(SECRET), quoting("import", defect="other")))
    assert entry[:1] == b"z"
    for size in range(len(entry)):
        assert unpacked(entry[:size], PATH, read) is None


def test_a_reference_past_the_end_of_the_file_is_as_good_as_none() -> None:
    assert unpacked(written(said(quoting(SECRET))), PATH, lambda _path: SOURCE[:10]) is None


@given(st.text(alphabet="ab'\"` \n\\é", max_size=40), st.text(alphabet="ab'\"` \n\\é", max_size=40), st.booleans())
def test_texts_come_back_whatever_they_quote(text: str, source: str, pieces: bool) -> None:
    assert restored(withheld(text, source, pieces=pieces), source) == text
