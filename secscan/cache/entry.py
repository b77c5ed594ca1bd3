"""One entry: what one scanner said of one file, without the file's name and without what it quotes of it."""

from __future__ import annotations

import functools
import zlib
from collections.abc import Callable, Iterator
from pathlib import PurePosixPath
from typing import Any, Literal

import msgspec

from secscan.cache.quotes import MARK, quotes, restored, text_of, withheld, without_references
from secscan.findings.levels import GapKind
from secscan.findings.model import Finding, Gap
from secscan.secrets.collect import collect, tells_secret
from secscan.secrets.scrub import Scrubber

LASTING = frozenset({GapKind.UNPARSABLE, GapKind.NEWER_SYNTAX, GapKind.ENCODING, GapKind.TOO_LARGE})
"""Gaps that the file itself is the reason of. Others (a time-out, memory that ran out, an error of the tool) may be
gone the next time, so such a file is looked at again."""
_COMPRESSED_ABOVE = 300
_PACKED, _PLAIN = b"z", b"j"
_MOST_BYTES = 64_000_000
_MOST_SOURCE, _MOST_FINDINGS, _MOST_TELLING = 1_000_000, 2_000, 100
"""Characters of a file, its findings, and those of them that tell of a secret, up to which what they quote is looked
for in it. More is written to cost time, and is looked at again each time."""


class Said(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What one scanner said of one file, in a run that found its positive control."""

    scanner: str
    proven: Literal[True]
    """That the run found its control. Nothing else is ever written, and nothing else is read."""
    looked_at: bool
    """Whether the scanner proved to have looked at the file; else a gap says why not."""
    findings: tuple[Finding, ...] = ()
    gaps: tuple[Gap, ...] = ()

    def in_order(self) -> tuple[bool, list[bytes]]:
        """What two that say the same have in common, whatever the order in which it is said."""
        return self.looked_at, sorted(msgspec.json.encode(one) for one in (*self.findings, *self.gaps))


def may_be_kept(said: Said, path: str) -> bool:
    """Whether it is about this file alone, lasts, and holds nothing that is made from a secret's value."""
    return (
        all(gap.subject == path and gap.kind in LASTING for gap in said.gaps)
        and (said.looked_at or bool(said.gaps))
        and all(_about(finding, path) and not finding.secret_id and not finding.same for finding in said.findings)
    )


def packed(said: Said, path: str, read: Callable[[str], bytes]) -> bytes | None:
    """Return an entry for a file whose content `read` gives; None where it cannot be kept without a secret in it."""
    nameless = msgspec.structs.replace(
        said,
        findings=tuple(_moved(finding, "") for finding in said.findings),
        gaps=tuple(msgspec.structs.replace(gap, subject="") for gap in said.gaps),
    )
    if not said.findings and not said.gaps:
        return _PLAIN + msgspec.json.encode(nameless)
    source = text_of(read(path))
    telling = [finding for finding in said.findings if tells_secret(finding)]
    if len(source) > _MOST_SOURCE or len(said.findings) > _MOST_FINDINGS or len(telling) > _MOST_TELLING:
        return None
    scrubber = Scrubber(collect(said.findings, read))
    name = "/" + PurePosixPath(path).name

    @functools.cache
    def clean(text: str) -> str:
        without = withheld(text, source, pieces=bool(telling))
        rest = without_references(without)
        if MARK in text or name in text or scrubber.scrub(rest, path=path) != rest:
            raise _NotKeptError
        return without

    try:
        # What is said of a secret may quote it in a spelling that nobody knows as one.
        if any(quotes(clean(text)) for finding in telling for text in _messages(finding)):
            return None
        body = msgspec.json.encode(_mapped(msgspec.to_builtins(nameless), clean))
    except _NotKeptError:
        return None
    return _PACKED + zlib.compress(body, 6) if len(body) > _COMPRESSED_ABOVE else _PLAIN + body


def unpacked(entry: bytes, path: str, read: Callable[[str], bytes]) -> Said | None:
    """Return what an entry says of the file `path`, whose content `read` gives where it quotes it; None for one that is
    not of this form, which is as good as none."""
    try:
        body = _body(entry)
        document = msgspec.json.decode(body)
        if b"\\u0000" in body:
            source = text_of(read(path))
            document = _mapped(document, lambda text: restored(text, source))
        said = msgspec.convert(document, type=Said)
    except (msgspec.MsgspecError, ValueError, zlib.error, RecursionError):
        return None
    return msgspec.structs.replace(
        said,
        findings=tuple(_moved(finding, path) for finding in said.findings),
        gaps=tuple(msgspec.structs.replace(gap, subject=path) for gap in said.gaps),
    )


class _NotKeptError(Exception):
    """A text holds what must not be written."""


def _body(entry: bytes) -> bytes:
    if entry[:1] == _PLAIN:
        return entry[1:]
    if entry[:1] != _PACKED:
        raise ValueError("it is of no known form")
    opened = zlib.decompressobj()
    body = opened.decompress(entry[1:], _MOST_BYTES)
    if not opened.eof:
        raise ValueError("it is not whole")
    return body


def _paths(finding: Finding) -> Iterator[str]:
    yield finding.location.path
    yield from (step.path for step in finding.trace)


def _messages(finding: Finding) -> Iterator[str]:
    yield finding.message
    yield from (source.message for source in finding.sources)


def _about(finding: Finding, path: str) -> bool:
    return all(one == path for one in _paths(finding)) and not finding.places and finding.package is None


def _moved(finding: Finding, path: str) -> Finding:
    return msgspec.structs.replace(
        finding,
        location=msgspec.structs.replace(finding.location, path=path),
        trace=tuple(msgspec.structs.replace(step, path=path) for step in finding.trace),
    )


def _mapped(value: Any, change: Callable[[str], str]) -> Any:
    """A document with all its texts changed; names of members are ours."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, dict):
        return {name: _mapped(one, change) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_mapped(one, change) for one in value]
    return value
