"""Reads the values of settings, each from its node of the file. What is wrong is the node's error, with its place."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from secscan.findings.globs import problem_with
from secscan.images.reference import ENGINES, KINDS
from secscan.yamlfile import Node

_VARIABLE = re.compile(r"[A-Z][A-Z0-9_]{0,99}")


def globs(node: Node | None) -> tuple[str, ...]:
    """Path globs, see `findings.globs`."""
    for item in node.items() if node else ():
        problem = problem_with(item.text())
        if problem:
            raise item.fail(f"{item.raw!r}: {problem[0]}", hint=problem[1])
    return node.texts() if node else ()


def names(node: Node | None) -> tuple[str, ...]:
    """Names of scanners, at least one."""
    found = node.texts() if node else ()
    if node and not found:
        raise node.fail("the list is empty", hint="name a scanner, or leave the field out")
    return found


def policy(node: Node | None, origin: str) -> str:
    """A name stays as it is; a path is as `file` has it."""
    if node is None:
        return ""
    text = node.text()
    return text if "/" not in text and not text.endswith((".yaml", ".yml")) else file(node, origin)


def files(node: Node | None, origin: str) -> tuple[str, ...]:
    """A list of what `file` reads."""
    return tuple(file(item, origin) for item in node.items()) if node else ()


def file(node: Node | None, origin: str) -> str:
    """A path relative to the settings file, made absolute; it must not lead out of that file's folder."""
    if node is None:
        return ""
    _refuse_outside(node, "the folder of the settings file")
    return f"{Path(origin).parent.resolve()}/{node.text()}"


def targets(node: Node | None) -> tuple[str, ...]:
    """What to scan, as the command line has it. Paths are relative to the settings file, and stay in its folder."""
    found = node.texts() if node else ()
    for item in node.items() if node else ():
        kind, _, rest = item.text().partition(":")
        if kind not in ENGINES:
            _refuse_outside(item, "the folder of the settings file", rest if kind in KINDS else item.text())
    if node and not found:
        raise node.fail("the list is empty", hint="name a folder, a file or an image, or leave the field out")
    return found


def cache(node: Node | None, origin: str) -> str:
    """A folder, or `off`. A relative path is one below the folder of the settings file."""
    if node is None:
        return ""
    if node.value is False or node.value == "off":
        return "off"
    if not node.text() or not node.text().isprintable():
        raise node.fail(f"{node.raw!r} is no folder", hint="give a path, or off")
    place = PurePosixPath(node.text())
    return node.text() if place.is_absolute() or place.parts[0] == "~" else f"{Path(origin).parent.resolve()}/{place}"


def reports(section: dict[str, Node]) -> Iterator[tuple[str, str]]:
    """Report and path relative to the output folder; empty for one that is off."""
    for name, node in section.items():
        if node.value is False or node.value == "off":
            yield name, ""
        else:
            _refuse_outside(node, "the output folder")
            yield name, node.text()


def credentials(node: Node | None) -> dict[str, dict[str, str]]:
    """Scanner -> variable -> the field of Vault."""
    return {
        scanner: {name: _reference(name, value) for name, value in variables.mapping().items()}
        for scanner, variables in (node.mapping() if node else {}).items()
    }


@dataclass(frozen=True, slots=True)
class Told:
    """What a file says of one setting."""

    value: Any
    """As plain data."""
    line: int


def told(document: Node) -> Iterator[tuple[str, Told]]:
    """Yield each setting that a file names, and what it says."""
    for node in document.mapping().values():
        inner = node.value
        if isinstance(inner, dict) and node.field not in _WHOLE:
            yield from told(node)
        else:
            yield node.field, Told(_plain(node), node.line)


_WHOLE = ("reports", "credentials")
"""Settings that are mappings themselves."""


def _plain(node: Node) -> Any:
    match node.value:
        case dict():
            return {name: _plain(inner) for name, inner in node.value.items()}
        case list():
            return [_plain(item) for item in node.value]
    return node.value


def _reference(name: str, node: Node) -> str:
    if not _VARIABLE.fullmatch(name):
        raise node.fail(f"{name[:60]!r} is not the name of a variable", hint="write it like SEMGREP_APP_TOKEN")
    if not node.text().startswith("vault:"):
        raise node.fail(
            "a credential never stands in a file", hint="name the field of Vault that holds it: vault:MOUNT/PATH#FIELD"
        )
    return node.text().removeprefix("vault:")


def _refuse_outside(node: Node, folder: str, text: str = "") -> None:
    path = PurePosixPath(text or node.text())
    if path.is_absolute() or ".." in path.parts or not node.text().isprintable():
        raise node.fail(f"{node.raw!r} leads out of {folder}", hint="give a relative path without `..`")
