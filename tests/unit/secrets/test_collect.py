"""Values that findings point at are known to the scrubber, however the lines of their file are counted."""

from __future__ import annotations

import pytest

from secscan.findings.levels import Confidence, Kind, Severity
from secscan.findings.model import Finding, Location, Region, Source
from secscan.secrets.collect import collect
from secscan.secrets.texts import decoded
from secscan.secrets.worker import region_of

VALUE = "correct-Horse-battery"
CODE = f'connect("db", "{VALUE}")\n'


@pytest.mark.parametrize(
    "data",
    [
        CODE.encode(),
        f"a\x0cb\n\n\n\n{CODE}".encode(),
        f"a\u2028b\u2029c\x85d\x1ce\n\n{CODE}".encode(),
        f"a\r\nb\r\n{CODE}".encode(),
        CODE.encode("utf-16"),
        CODE.encode("utf-16-le"),
        f"caf\xe9\n{CODE}".encode("latin-1"),
        b"\x00\x01\xff\xfe\x00" * 30 + b"\n" + CODE.encode() + b"\x00\xff" * 20,
    ],
    ids=["plain", "form feed", "separators", "crlf", "utf-16", "utf-16 without a mark", "latin-1", "binary"],
)
def test_the_value_is_known(data: bytes) -> None:
    text, _ = decoded(data)
    lines = [0, *(at + 1 for at, char in enumerate(text) if char == "\n")]
    start = text.index(VALUE)
    finding = Finding(
        kind=Kind.SECRET,
        defect="hardcoded-credential",
        title="Secret that is in use",
        message="",
        severity=Severity.CRITICAL,
        confidence=Confidence.HIGH,
        location=Location(path="a.js", region=Region(**region_of(lines, start, start + len(VALUE)))),
        sources=(Source(scanner="vault", rule="secscan.vault.live"),),
    )
    assert VALUE in {one.secret.reveal() for one in collect([finding], {"a.js": data}.__getitem__)}
