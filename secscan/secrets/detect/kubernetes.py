"""Values of Kubernetes' Secrets, which a manifest holds in base64: that is an encoding, not a protection."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from secscan.secrets.detect.checksums import decode_base64

_DOCUMENT = re.compile(r"(?m)^---\s*$")
_KIND = re.compile(r"(?m)(?:^|[{,]\s{0,20})[\"']?kind[\"']?\s{0,9}:\s{0,9}[\"']?Secret[\"']?\s{0,9}(?:$|[,}#])")
_VALUE = re.compile(
    r"(?im)[\"']?[\w.-]{0,60}(?:pass|pwd|secret|token|key|credential|auth)[\w.-]{0,60}[\"']?\s{0,9}:\s{0,9}"
    r"[\"']?(?P<v>[A-Za-z0-9+/]{6,4000}={0,2})[\"']?\s{0,9}(?=$|[,}])"
)


class Value(NamedTuple):
    """What a value stands for, and where it stands in the manifest."""

    text: str
    start: int
    end: int


def secret_values(text: str) -> Iterator[Value]:
    """Yield the values of every Secret in a manifest whose names call them secret, on one line each."""
    if "Secret" not in text or "kind" not in text:
        return
    ends = [found.start() for found in _DOCUMENT.finditer(text)]
    for first, last in zip([0, *ends], [*ends, len(text)], strict=True):
        if not _KIND.search(text, first, last):
            continue
        for found in _VALUE.finditer(text, first, last):
            try:
                inner = decode_base64(found["v"]).decode("utf-8").strip("\r\n")
            except ValueError:
                continue
            if inner.isprintable():
                yield Value(inner, *found.span("v"))
