"""Reads a few members of a JSON document, and makes nothing of the rest, however much or deep it is."""

from __future__ import annotations

import codecs
from typing import TypeVar

import msgspec

T = TypeVar("T")


def read_members(data: bytes, kind: type[T]) -> T:
    """Return the members that a `msgspec.Struct` names. Raises `ValueError` where they are not there, or of another
    type."""
    try:
        return msgspec.json.decode(data.removeprefix(codecs.BOM_UTF8), type=kind)
    except msgspec.MsgspecError as error:
        raise ValueError(str(error)) from error
