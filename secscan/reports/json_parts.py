"""JSON, written part by part: what is many is made while it is written, and never held all at once.

Every text in it is plain, whichever member it stands in: see `escape.plain`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, Literal

import msgspec

from secscan.findings.visible import is_visible
from secscan.reports.escape import plain_values

_AT_ONCE = 50
"""Values that are written together: enough that little is paid for each, few enough to be small."""
_ESCAPED = re.compile(rb"\\[bfru]")
"""How JSON writes characters that nobody sees, or the same letters behind a backslash of its own."""


def plain_json(value: Any, order: Literal["sorted"] | None = None) -> bytes:
    """Return a value as JSON on one line; its members in this order, or as they stand."""
    made = msgspec.json.encode(value, order=order)
    return made if is_plain(made) else msgspec.json.encode(plain_values(value), order=order)


def prepared(value: Any) -> msgspec.Raw:
    """Return a value that can stand in others as it is: what many of them share is written once, and kept as bytes."""
    return msgspec.Raw(plain_json(value))


def plain_rows(values: Iterable[Any]) -> Iterator[bytes]:
    """Yield values as JSON, each on a line of its own; several lines may come together, all of them ended."""
    for few in _batches(values):
        yield b"\n".join(few) + b"\n"


def json_document(value: Any) -> Iterator[bytes]:
    """Yield a document as JSON that people can read, too. An iterator in it, or in a member of it, is a list whose
    items are made one by one; every other value is made at once."""
    if isinstance(value, dict) and any(isinstance(inner, Iterator) for inner in value.values()):
        between = b"{\n "
        for name, inner in value.items():
            yield between + msgspec.json.encode(name) + b": "
            yield from _listed(inner, b"\n ") if isinstance(inner, Iterator) else [_indented(plain_json(inner), b"\n ")]
            between = b",\n "
        yield b"\n}\n"
        return
    yield from _listed(value, b"\n") if isinstance(value, Iterator) else [_indented(plain_json(value), b"\n")]
    yield b"\n"


def _listed(values: Iterator[Any], line: bytes) -> Iterator[bytes]:
    """A list. `line` begins a line as far to the right as the list stands."""
    before = b"["
    for few in _batches(values):
        # Without its brackets, a list of some can stand in the list of all.
        yield before + _indented(b"[" + b",".join(few) + b"]", line)[1 : -len(line) - 1]
        before = b","
    yield b"[]" if before == b"[" else line + b"]"


def _indented(made: bytes, line: bytes) -> bytes:
    shown = msgspec.json.format(made, indent=1)
    return shown if line == b"\n" else shown.replace(b"\n", line)


def _batches(values: Iterable[Any]) -> Iterator[list[bytes]]:
    """Values as JSON, some at a time. Each is encoded as soon as it is made: hundreds of them, alive together, would be
    looked at by the collector of cycles again and again."""
    each = map(plain_json, values)
    while few := list(islice(each, _AT_ONCE)):
        yield few


def is_plain(made: bytes) -> bool:
    """Return whether JSON on one line holds nothing that `plain` would change; to look at each text takes longer."""
    if _ESCAPED.search(made):
        return False
    if made.isascii():
        return b"\x7f" not in made
    return is_visible(made.decode("utf-8"))
