"""Compose files: services as they are after `extends`, with variables filled in by their defaults.

https://github.com/compose-spec/compose-spec/blob/main/spec.md. A variable without a default is known only where it is
started: its value stays unknown, and is never taken from the environment of the scan.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from secscan.findings.levels import GapKind
from secscan.manifests.issues import Subject, short
from secscan.manifests.nodes import Node, Problem

_VARIABLE = re.compile(r"\$(?:\$|(?P<bare>[A-Za-z_]\w{0,200})|\{(?P<name>[A-Za-z_]\w{0,200})(?P<rest>[^{}]{0,2000})\})")
_DEEPEST = 10
_JOINED = frozenset(
    ("cap_add", "cap_drop", "devices", "expose", "ports", "security_opt", "tmpfs", "volumes", "group_add")
)
"""Lists that a service has together with those it extends."""
_MOST_NODES = 200_000

Others = Callable[[str], Node | None]
"""Gives the document of another Compose file of the target, by its path."""


@dataclass(frozen=True)
class Service:
    """One service, with what it extends merged in."""

    name: str
    node: Node
    partial: bool
    """Whether it is only a part: the rest is in the file that this one is laid over."""
    volumes: Mapping[str, str]
    """Folders of the host that named volumes stand for."""

    @property
    def subject(self) -> Subject:
        """The service as that which issues are about; shown at its name."""
        name = short(self.name)
        return Subject(
            node=replace(self.node, end_line=self.node.line, end_column=self.node.column + len(self.name)),
            symbol=f"service {name}",
            name=f"service {name}",
            dialect="compose",
            under=f"in the service {name}",
        )


def filled(text: str) -> str | None:
    """A text with its variables filled in by their defaults; None where one has none."""
    known = True

    def value(found: re.Match[str]) -> str:
        nonlocal known
        if found.group() == "$$":
            return "$"
        default = re.match(r":?-", found["rest"] or "")
        if default is None:
            known = False
            return ""
        return str(found["rest"])[default.end() :]

    for _ in range(_DEEPEST):  # a default may hold variables, the inner first
        before = text
        text = _VARIABLE.sub(value, text)
        if text == before or "${" not in text:
            return text if known else None
    return None


class ComposeFile:
    """The services of one file."""

    def __init__(self, path: str, document: Node, others: Others) -> None:
        self._path = path
        self._document = document
        self._others = others
        self._left = _MOST_NODES
        self.problems: list[Problem] = []

    def services(self) -> Iterator[Service]:
        """Yield every service. What could not be followed is in `problems` then."""
        volumes = dict(self._folders())
        for name, node in self._document.get("services").members.items():
            whole = self._extended(name, node, self._path, self._document, 0)
            partial = not whole.get("image") and not whole.get("build") and not whole.get("provider")
            yield Service(name, whole, partial, volumes)
        for entry in self._document.get("include").items:
            for named in (entry if not entry.members else entry.get("path")).texts:
                if self._beside(self._path, named) is None:
                    self._lost(entry, f"it includes {short(named)}, which is not among the files that are scanned")

    def _folders(self) -> Iterator[tuple[str, str]]:
        for name, node in self._document.get("volumes").members.items():
            options = node.get("driver_opts")
            if "bind" in options.get("o").text.split(",") and options.get("device").text:
                yield name, options.get("device").text

    def _extended(self, name: str, node: Node, path: str, document: Node, depth: int) -> Node:
        extends = node.get("extends")
        if not extends:
            return node
        wanted = extends.text or extends.get("service").text or name
        file = extends.get("file").text
        beside = self._beside(path, file) if file else (path, document)
        if beside is None:
            self._lost(extends, f"it extends {short(file)}, which is not among the files that are scanned")
            return node
        other_path, other = beside
        base = other.get("services", wanted)
        self._left -= base.size + node.size
        if not base or depth >= _DEEPEST or self._left < 0:
            self._lost(extends, f"it extends {short(wanted)}, which cannot be followed")
            return node
        below = self._extended(wanted, base, other_path, other, depth + 1)
        return _laid_over(_without_lines(below) if file else below, node)

    def _beside(self, path: str, named: str) -> tuple[str, Node] | None:
        """The document of a file that is named in another. No path leads out of the target: only its files are here."""
        written = filled(named)
        if written is None or "://" in written:
            return None
        other = posixpath.normpath(posixpath.join(posixpath.dirname(path), written))
        document = self._others(other)
        return None if document is None else (other, document)

    def _lost(self, node: Node, words: str) -> None:
        self.problems.append(Problem(GapKind.PARTIAL, node.line, words))


def _without_lines(node: Node) -> Node:
    """A part of another file: where it stands there means nothing here."""
    value = node.value
    if isinstance(value, dict):
        value = {name: _without_lines(one) for name, one in value.items()}
    elif isinstance(value, list):
        value = [_without_lines(one) for one in value]
    return replace(node, value=value, line=0, own_line=0)


def _laid_over(base: Node, own: Node) -> Node:
    """A service over the one that it extends: mappings are joined, some lists go on, anything else is replaced."""
    members = dict(base.members)
    for name, node in own.members.items():
        below = members.get(name)
        if below is not None and below.members and node.members:
            members[name] = replace(node, value={**below.members, **node.members})
        elif below is not None and below.items and node.items and name in _JOINED:
            members[name] = replace(node, value=[*below.items, *node.items])
        else:
            members[name] = node
    return replace(own, value=members)
