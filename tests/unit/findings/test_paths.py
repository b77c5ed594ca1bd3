"""Path text loses nothing and is always harmless."""

from hypothesis import given
from hypothesis import strategies as st

from secscan.findings.paths import decode_path, encode_path


@given(st.binary(max_size=80))
def test_any_bytes_come_back(raw: bytes) -> None:
    assert decode_path(encode_path(raw)) == raw


@given(st.binary(max_size=80))
def test_the_text_is_printable_and_encodes(raw: bytes) -> None:
    text = encode_path(raw)
    text.encode("utf-8")
    assert text.isprintable()


def test_ordinary_names_stay_as_they_are() -> None:
    assert encode_path("src/grüße/日本.py".encode()) == "src/grüße/日本.py"


def test_what_could_lie_is_written_as_bytes() -> None:
    assert encode_path(b"a\nb\x1b[31m%\\\xff.py") == "a%0Ab%1B[31m%25%5C%FF.py"
    assert encode_path("x\u202egpj.py".encode()) == "x%E2%80%AEgpj.py"
