"""The child process of the embedded detector: reads files, looks for secrets, and says where they are, never what.

Usage: python -I -m secscan.secrets.worker LIST

`LIST` is a JSON object from absolute paths to path texts. The answer on standard output is one JSON object; it holds no
part of a value but the prefix by which a provider names its tokens.
"""

from __future__ import annotations

import hmac
import json
import os
import re
import sys
from bisect import bisect_right
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from secscan.secrets.detect.candidate import Candidate
from secscan.secrets.detect.detector import detect
from secscan.secrets.keys import KEY_VARIABLE, VALUES_KEY_VARIABLE
from secscan.secrets.texts import LOOKED_AT_MOST, decoded


def main(arguments: list[str]) -> int:
    """Look at every file of the list and write the answer."""
    key, values_key = (os.environ.pop(name, "").encode() for name in (KEY_VARIABLE, VALUES_KEY_VARIABLE))
    files: dict[str, str] = json.loads(Path(arguments[0]).read_bytes())
    findings: list[dict[str, Any]] = []
    gaps: list[dict[str, str]] = []
    looked_at: list[str] = []
    for place, path in files.items():
        try:
            with Path(place).open("rb") as file:
                data = file.read(LOOKED_AT_MOST + 1)
        except OSError as error:
            gaps.append({"place": place, "kind": "unreadable", "detail": error.strerror or "it cannot be read"})
            continue
        if len(data) > LOOKED_AT_MOST:
            gaps.append({"place": place, "kind": "too-large", "detail": f"more than {LOOKED_AT_MOST} bytes"})
            continue
        findings += [{"place": place, **one} for one in look_at(data, path, key=key, values_key=values_key)]
        looked_at.append(place)
    json.dump({"findings": findings, "gaps": gaps, "looked_at": looked_at, "complete": True}, sys.stdout)
    return 0


def look_at(data: bytes, path: str, *, key: bytes = b"", values_key: bytes = b"") -> Iterator[dict[str, Any]]:
    """Yield the secrets of one file as plain values; with an id under the organisation's key and one under that of the
    scan, where there is one."""
    text, form = decoded(data)
    lines = [0, *(found.end() for found in re.finditer("\n", text))]
    for one in detect(text, path):
        named = {"secret_id": secret_id(one.secret.reveal(), key), "same": secret_id(one.secret.reveal(), values_key)}
        yield {**_plain(one, lines, form), **named}


def secret_id(value: str, key: bytes) -> str:
    """Return the name of a secret that is the same wherever it is found, and tells nothing without the key: HMAC-SHA256
    (RFC 2104), the first 32 hexadecimal digits. A plain hash of a password that people choose would give it away."""
    return hmac.new(key, value.encode("utf-8", errors="surrogatepass"), "sha256").hexdigest()[:32] if key else ""


def _plain(one: Candidate, lines: list[int], form: str) -> dict[str, Any]:
    return {
        "rule": one.rule,
        "title": one.title,
        "preview": one.secret.preview(),
        "severity": one.severity,
        "confidence": one.confidence,
        "form": one.form or form,
        "revoke": one.revoke,
        "why": one.why,
        **region_of(lines, one.start, one.end),
    }


def region_of(lines: list[int], start: int, end: int) -> dict[str, int]:
    """Return where characters `start` up to `end` stand, in lines and columns from 1. `lines` are the lines' starts."""
    first, last = bisect_right(lines, start), bisect_right(lines, max(end - 1, start))
    return {
        "start_line": first,
        "start_column": start - lines[first - 1] + 1,
        "end_line": last,
        "end_column": end - lines[last - 1] + 1,
    }


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
