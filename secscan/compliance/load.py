"""Reads control maps: the shipped ones by name, anybody's by path."""

from __future__ import annotations

import hashlib
import os
import re
import stat
from collections.abc import Callable, Iterable
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

import msgspec

from secscan.compliance.controls import (
    CONTROL_ID,
    DAY,
    FORMAT,
    MOST_CWE,
    MOST_TEXT,
    NAME,
    SCANNER,
    TOKEN,
    Control,
    ControlMap,
    Evidence,
    Fact,
    Framework,
)
from secscan.compliance.tokens import token
from secscan.errors import PolicyError
from secscan.findings.defects import DEFECTS
from secscan.findings.levels import Kind
from secscan.resources import data_dir
from secscan.yamlfile import MAX_BYTES, Fields, Node, load_mapping, suggestion

_BARE_NAME = re.compile(NAME)
_SUFFIX = ".yaml"
_Word = TypeVar("_Word", bound=StrEnum)


def shipped_frameworks() -> tuple[str, ...]:
    """Return the names of the shipped control maps, sorted."""
    return tuple(sorted(path.name.removesuffix(_SUFFIX) for path in _folder().glob("*" + _SUFFIX)))


def load_framework(name_or_path: str) -> Framework:
    """Return the shipped control map of that name, or the one in the file at that path.

    A bare word is always the name of a shipped map, never a file of the working directory. Raises `PolicyError` with
    file, line and field.
    """
    if _BARE_NAME.fullmatch(name_or_path) and not name_or_path.endswith((_SUFFIX, ".yml")):
        known = shipped_frameworks()
        if name_or_path not in known:
            raise PolicyError(
                f"there is no framework {name_or_path!r}",
                hint=suggestion(name_or_path, known) or f"the frameworks are {', '.join(known)}; or give a file",
            )
        data = (_folder() / (name_or_path + _SUFFIX)).read_bytes()
        return msgspec.structs.replace(read_framework(data, origin=name_or_path + _SUFFIX), origin=name_or_path)
    return read_framework(_read(Path(name_or_path)), origin=name_or_path)


def read_framework(data: bytes, *, origin: str) -> Framework:
    """Read a control map. `origin` names the file in errors. Raises `PolicyError`."""
    top = Fields(load_mapping(data, origin=origin, error=PolicyError), known=ControlMap.__struct_fields__)
    found = top.required("format").text()
    if found != FORMAT:
        raise top.required("format").fail(f"the format {found[:60]!r} is not {FORMAT!r}")
    unverified = top.optional("unverified")
    controls = [_control(node) for node in top.required("controls").items()]
    if not controls:
        raise top.required("controls").fail("there is no control in it")
    _refuse_twice(top.required("controls").items(), [one.id for one in controls], "the id")
    _refuse_twice(top.required("controls").items(), [token(one) for one in controls], "the OSCAL id")
    return Framework(
        map=ControlMap(
            format=found,
            framework=_matching(top.required("framework"), NAME),
            title=_line(top.required("title")),
            edition=_line(top.required("edition")),
            version=_line(top.required("version")),
            date=_day(top.required("date")),
            source=_line(top.required("source")),
            licence=_line(top.required("licence")),
            controls=tuple(controls),
            unverified=tuple(_line(one) for one in unverified.items()) if unverified else (),
        ),
        origin=origin,
        digest=hashlib.sha256(data).hexdigest(),
    )


def _control(node: Node) -> Control:
    fields = Fields(node, known=Control.__struct_fields__)
    evidence, manual, oscal_id = (fields.optional(name) for name in ("evidence", "manual", "oscal_id"))
    if evidence is None and manual is None:
        raise node.fail(
            "nothing says how it is evidenced", hint="give `evidence`, or `manual` where no scanner can test it"
        )
    items = tuple(_evidence(one) for one in evidence.items()) if evidence else ()
    if evidence is not None and not items:
        raise evidence.fail("no evidence is in it", hint="remove it, and say in `manual` what a person has to check")
    return Control(
        id=_matching(fields.required("id"), CONTROL_ID),
        title=_line(fields.required("title")),
        evidence=items,
        manual=_line(manual) if manual else "",
        oscal_id=_matching(oscal_id, TOKEN) if oscal_id else "",
    )


def _evidence(node: Node) -> Evidence:
    fields = Fields(node, known=Evidence.__struct_fields__)
    kinds, cwes, classes, scanners, facts = (fields.optional(name) for name in Evidence.__struct_fields__)
    if facts is not None:
        if kinds or cwes or classes or scanners:
            raise node.fail("facts stand alone", hint="make two items of it: one with `facts`, one with the rest")
        return Evidence(facts=_several(facts, _word_of(Fact)))
    if kinds is None:
        raise node.fail("neither kinds nor facts", hint="give `kinds: [sast]`, or `facts: [judged]`")
    return Evidence(
        kinds=_several(kinds, _word_of(Kind)),
        cwes=_several(cwes, lambda one: one.integer(least=1, most=MOST_CWE)) if cwes else (),
        classes=_several(classes, lambda one: one.one_of(DEFECTS)) if classes else (),
        scanners=_several(scanners, lambda one: _matching(one, SCANNER)) if scanners else (),
    )


_Item = TypeVar("_Item")


def _several(node: Node, read: Callable[[Node], _Item]) -> tuple[_Item, ...]:
    """The items of a list that is not empty and names nothing twice."""
    nodes = node.items()
    found = tuple(read(one) for one in nodes)
    if not found:
        raise node.fail("the list is empty", hint="name something, or remove the field")
    _refuse_twice(nodes, [str(one) for one in found], "")
    return found


def _refuse_twice(nodes: Iterable[Node], names: list[str], what: str) -> None:
    seen: set[str] = set()
    for node, name in zip(nodes, names, strict=True):
        if name in seen:
            raise node.fail(f"{what} {name} is there twice".strip(), hint="keep one of them")
        seen.add(name)


def _word_of(words: type[_Word]) -> Callable[[Node], _Word]:
    return lambda node: words(node.one_of([one.value for one in words]))


def _line(node: Node) -> str:
    text = node.text()
    if len(text) > MOST_TEXT or not text.isprintable():
        raise node.fail(f"not one line of at most {MOST_TEXT} visible characters")
    return text


def _matching(node: Node, pattern: str) -> str:
    text = node.text()
    if not re.fullmatch(pattern, text):
        raise node.fail(f"{text[:60]!r} does not match {pattern}")
    return text


def _day(node: Node) -> str:
    text = _matching(node, DAY)
    try:
        date.fromisoformat(text)
    except ValueError as error:
        raise node.fail(f"{text} is not a day") from error
    return text


def _folder() -> Path:
    return data_dir("policies") / "controls"


def _read(path: Path) -> bytes:
    try:
        # A FIFO or a device would keep us for ever.
        if not stat.S_ISREG(path.stat().st_mode):
            raise PolicyError(f"{path} is not a file", hint="give the path of a control map")
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        why = os.strerror(error.errno) if isinstance(error, OSError) and error.errno else "not a path"
        raise PolicyError(f"cannot read {path}: {why}", hint="check the path") from error
