"""Columns are characters."""

import msgspec

from secscan.findings.model import Location, Region
from secscan.scanners.columns import to_characters
from tests.unit.findings.test_scan import finding


def at(line: int, start: int, end: int, content: bytes) -> Region | None:
    region = Region(start_line=line, start_column=start, end_line=line, end_column=end)
    one = msgspec.structs.replace(finding(), location=Location(path="a.py", region=region))
    (moved,) = to_characters([one], lambda path: content)
    return moved.location.region


def test_bytes_become_code_points() -> None:
    content = 'x = 1\né = "😀" ; call("é")\n'.encode()
    line = content.splitlines()[1]
    start = line.index(b"call") + 1
    region = at(2, start, len(line) + 1, content)
    assert region == Region(start_line=2, start_column=11, end_line=2, end_column=20)


def test_every_newline_of_python_counts() -> None:
    assert at(3, 3, 4, "a\rb\r\nüc\n".encode()) == Region(start_line=3, start_column=2, end_line=3, end_column=3)


def test_ascii_and_places_outside_the_file_stay() -> None:
    assert at(1, 2, 5, b"abcdef") == Region(start_line=1, start_column=2, end_line=1, end_column=5)
    assert at(9, 2, 5, "é".encode()) == Region(start_line=9, start_column=2, end_line=9, end_column=5)
