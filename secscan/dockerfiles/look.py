"""Looks at one Dockerfile: everything that is wrong with it, and what of it was not understood."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from secscan.byte_order import byte_order_mark
from secscan.dockerfiles.checks import bases, downloads, files, rights, trust, users, variables
from secscan.dockerfiles.commands import run_of
from secscan.dockerfiles.document import Document, read
from secscan.dockerfiles.found import Found, Lost
from secscan.findings.levels import GapKind

LOOKED_AT_MOST = 1_000_000
"""Bytes of one file; builders read no line of more than 64 KiB."""
_MOST_FOUND = 2_000
"""In one file."""
_POWERSHELL = re.compile(r"(?:^|[/\\])(?:powershell|pwsh)(?:\.exe)?$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Looked:
    """What one file showed."""

    text: str
    found: tuple[Found, ...]
    lost: tuple[tuple[GapKind, Lost], ...]


def look_at(data: bytes, path: str) -> Looked:
    """Look at a file; `path` says whether it is one of a test or an example. Never raises."""
    if len(data) > LOOKED_AT_MOST:
        return Looked("", (), ((GapKind.TOO_LARGE, Lost(f"more than {LOOKED_AT_MOST} bytes")),))
    mark, encoding = byte_order_mark(data)
    lost: list[tuple[GapKind, Lost]] = []
    if encoding not in ("", "utf-8"):
        lost.append((GapKind.ENCODING, Lost(f"builders read UTF-8, and it is {encoding}")))
    text = data[len(mark) :].decode(encoding or "utf-8", errors="replace")
    if not mark and "\ufffd" in text:
        lost.append((GapKind.ENCODING, Lost("it holds bytes that are no UTF-8", text.index("\ufffd"))))
    document = read(text)
    kind = GapKind.PARTIAL if document.stages else GapKind.UNPARSABLE
    lost += [(kind, one) for one in document.lost]
    found: list[Found] = []
    for one in _checked(document, path, lost):
        if len(found) == _MOST_FOUND:
            lost.append((GapKind.PARTIAL, Lost(f"more than {_MOST_FOUND} findings", one.start)))
            break
        found.append(one)
    return Looked(text, tuple(dict.fromkeys(found)), tuple(lost))


def _checked(document: Document, path: str, lost: list[tuple[GapKind, Lost]]) -> Iterator[Found]:
    yield from users.check(document)
    yield from bases.check(document)
    yield from variables.check(document, path)
    yield from files.check(document)
    yield from rights.check_instructions(document)
    for stage in document.stages:
        powershell = False
        for step in stage.steps:
            one = step.instruction
            if one.name == "SHELL":
                powershell = any(_POWERSHELL.search(part.text) for part in (one.strings or ())[:1])
            run = run_of(step, document, powershell=powershell)
            if run is None:
                continue
            for check in (downloads.check, trust.check, rights.check, variables.check_passwords):
                yield from check(run)
            if run.truncated:
                detail = "its commands are more than are read, or nested deeper"
                lost.append((GapKind.PARTIAL, Lost(detail, one.start)))
