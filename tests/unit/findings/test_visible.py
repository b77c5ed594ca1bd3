"""What can be seen, and saved scans and path texts in which nothing else stands."""

from __future__ import annotations

import msgspec
import pytest

from secscan.errors import SavedScanError
from secscan.findings.paths import decode_path, encode_path
from secscan.findings.scan import dumps, is_time, loads
from secscan.findings.visible import is_visible
from tests.support.scans import ordinary


@pytest.mark.parametrize(
    "text", ["", "plain words", "na\u00efve", "\u05e9\u05dc\u05d5\u05dd", "\u26a0\ufe0f", "\u4e2d"]
)
def test_what_has_a_shape_can_be_seen(text: str) -> None:
    assert is_visible(text)


@pytest.mark.parametrize(
    "char", "\x00\x1b\x7f\x9b\u00ad\u034f\u115f\u200b\u202e\u2028\u2800\u3164\ufeff\uffa0\U000e0041\U000e0100"
)
def test_what_has_none_cannot(char: str) -> None:
    assert not is_visible(f"a{char}b")
    raw = f"a{char}b".encode()
    assert is_visible(encode_path(raw))
    assert decode_path(encode_path(raw)) == raw


def test_a_saved_scan_shows_what_is_invisible_and_keeps_it() -> None:
    text = "a\x7f\x9b31m\u202e\u2028\ufeff\U000e0041\u3164 \u4e2d\u26a0\ufe0f"
    plain = ordinary()
    scan = msgspec.structs.replace(plain, target=msgspec.structs.replace(plain.target, name=text))
    saved = dumps(scan)
    assert loads(saved) == scan
    assert all(is_visible(line) for line in saved.decode("utf-8").split("\n"))
    assert "\u4e2d\u26a0\ufe0f".encode() in saved


@pytest.mark.parametrize("lone", [b"\\ud800", b"\xed\xa0\x80"])
def test_half_a_character_is_refused(lone: bytes) -> None:
    with pytest.raises(SavedScanError):
        loads(dumps(ordinary()).replace(b"SQL injection", lone))


@pytest.mark.parametrize("text", ["2026-01-31T12:00:00Z", "2026-01-31 12:00:00.5+02:00"])
def test_a_time(text: str) -> None:
    assert is_time(text)


@pytest.mark.parametrize("char", "\x1b<\n\u202e#")
def test_nothing_hides_between_day_and_time(char: str) -> None:
    assert not is_time(f"2026-01-31{char}12:00:00Z")


@pytest.mark.parametrize("text", ["", "2026-01-31", "2026-01-31T12:00:00", "2026-02-31T12:00:00Z", "20260131T120000Z"])
def test_no_time(text: str) -> None:
    assert not is_time(text)
