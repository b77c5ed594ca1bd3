"""Reads Vault's policies: HCL version 1, or JSON, and of both only what means one thing.

Whoever may write a policy wrote it, so it is read as hostile text: what is not understood whole is an error, which
becomes a gap, never a policy with fewer rules. The reader was held against a real server's own on the forms that its
tests list: whatever that server takes as a rule is a rule here, or an error.
Source: https://openbao.org/docs/concepts/policies/ and https://github.com/hashicorp/hcl/tree/hcl1.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

CAPABILITIES = frozenset(
    {"create", "read", "update", "patch", "delete", "list", "scan", "sudo", "deny", "subscribe", "recover"}
)
_WORDS = {
    "deny": {"deny"},
    "read": {"read", "list"},
    "write": {"create", "read", "update", "patch", "delete", "list"},
    "sudo": {"create", "read", "update", "patch", "delete", "list", "sudo"},
}
"""The old form: `policy = "write"`."""

_MOST_CHARACTERS = 1_000_000
_MOST_DEPTH = 20
_TOKEN = re.compile(
    r"""
      (?P<space>[ \t\r\n]++ | \#[^\n]*+ | //[^\n]*+ | /\*(?s:.*?)\*/)
    | "(?P<text>(?:[^"\\\n]|\\.)*+)"
    | (?P<number>-?[0-9][\w.+-]*+)
    | (?P<word>[A-Za-z_][\w.-]*+)
    | (?P<mark>[{}\[\]=,])
    """,
    re.VERBOSE,
)
_ESCAPE = re.compile(r'\\(?:(["\\/abfnrtv])|u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|x([0-9A-Fa-f]{2})|([0-7]{3}))|\\')
_PLAIN = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}


class Unreadable(ValueError):
    """A policy that is not understood; says where, and quotes nothing."""


@dataclass(frozen=True, slots=True)
class Rule:
    """What a policy says of one path."""

    path: str
    """As the server reads it: without a slash at the beginning, `*` at the end for anything, `+` for one segment."""
    capabilities: frozenset[str]


Pairs = list[tuple[str, Any]]
"""Members of an object in their order, since a name may come twice. Values: text, a list, Pairs, or None for
what does not matter."""


def read_policy(text: str) -> tuple[Rule, ...]:
    """Return the rules of a policy, one for each path, sorted. Raises `Unreadable`.

    Rules that have ended (OpenBao's `expiration`) are read as rules that have not.
    """
    if len(text) > _MOST_CHARACTERS:
        raise Unreadable(f"it has more than {_MOST_CHARACTERS} characters")
    top = _json(text) if text.lstrip(" \t\r\n").startswith("{") else _Reader(text).document()
    found: dict[str, set[str]] = {}
    for path, body in _paths(top):
        found.setdefault(path.removeprefix("/"), set()).update(_granted(body))
    return tuple(Rule(path, frozenset(granted)) for path, granted in sorted(found.items()))


def _paths(top: Pairs) -> Iterator[tuple[str, Pairs]]:
    for name, value in top:
        _refuse_lookalike(name, ("path",))
        if name != "path":
            continue
        for group in value if isinstance(value, list) and not _is_pairs(value) else [value]:
            if not _is_pairs(group):
                raise Unreadable("`path` names no path")
            for path, body in group:
                if not _is_pairs(body):
                    raise Unreadable("a path has no rules in braces")
                yield path, body


def _is_pairs(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(one, tuple) for one in value)


def _refuse_lookalike(name: str, known: tuple[str, ...]) -> None:
    """Other readers of HCL take `PATH` for `path`."""
    if name not in known and name.lower() in known:
        raise Unreadable("a name has other letters than it should")


def _granted(body: Pairs) -> set[str]:
    granted: set[str] = set()
    for name, value in body:
        _refuse_lookalike(name, ("capabilities", "policy"))
        if name == "capabilities":
            if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
                raise Unreadable("`capabilities` is no list of texts")
            if unknown := set(value) - CAPABILITIES:
                raise Unreadable(f"{len(unknown)} of its capabilities are not known here")
            granted |= set(value)
        elif name == "policy":
            if not isinstance(value, str) or value not in _WORDS:
                raise Unreadable("`policy` is no known word")
            granted |= _WORDS[value]
    return granted


class _Reader:
    """Recursive descent over tokens. A token is (kind, text): kinds `text`, `word`, `number`, and each mark itself."""

    def __init__(self, text: str) -> None:
        self._tokens = _tokens(text)
        self._next = next(self._tokens, ("end", ""))

    def document(self) -> Pairs:
        return self._members("end", 0)

    def _take(self) -> tuple[str, str]:
        taken, self._next = self._next, next(self._tokens, ("end", ""))
        return taken

    def _members(self, end: str, depth: int) -> Pairs:
        if depth > _MOST_DEPTH:
            raise Unreadable("it is nested too deep")
        found: Pairs = []
        while self._next[0] != end:
            kind, name = self._take()
            if kind not in {"word", "text"}:
                raise Unreadable("a name is missing")
            found.append((name, self._assigned(depth)))
            if self._next[0] == "," and end == "}":
                self._take()
        self._take()
        return found

    def _assigned(self, depth: int) -> Any:
        """What follows a name: `= value`, or labels and a block."""
        if self._next[0] == "=":
            self._take()
            return self._value(depth)
        labels = []
        while self._next[0] in {"text", "word"}:
            labels.append(self._take()[1])
        if self._take()[0] != "{" or len(labels) > 1:
            raise Unreadable("a name is followed by neither a value nor one block")
        body = self._members("}", depth + 1)
        return [(labels[0], body)] if labels else body

    def _value(self, depth: int) -> Any:
        kind, text = self._take()
        if kind == "text":
            return text
        if kind in {"number", "word"}:
            return None
        if kind == "{":
            return self._members("}", depth + 1)
        if kind == "[":
            return self._items(depth + 1)
        raise Unreadable("a value is missing")

    def _items(self, depth: int) -> list[Any]:
        if depth > _MOST_DEPTH:
            raise Unreadable("it is nested too deep")
        found = []
        while self._next[0] != "]":
            found.append(self._value(depth))
            if self._next[0] != "]" and self._take()[0] != ",":
                raise Unreadable("a list has no comma where one must be")
        self._take()
        return found


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    at = 0
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None:
            raise Unreadable(f"it is not understood at character {at + 1}")
        at = found.end()
        kind = found.lastgroup
        if kind == "text":
            yield "text", _decoded(found["text"])
        elif kind == "mark":
            yield found["mark"], ""
        elif kind is not None and kind != "space":
            yield kind, found[kind]


def _decoded(raw: str) -> str:
    if "${" in raw:
        raise Unreadable("a text holds `${`, within which quotes mean something else")

    def escape(found: re.Match[str]) -> str:
        plain, short, long, byte, octal = found.groups()
        if plain:
            return _PLAIN.get(plain, plain)
        code = int(short or long or byte or octal or "-1", 8 if octal else 16)
        if not 0 < code < 0x110000 or 0xD800 <= code < 0xE000:
            raise Unreadable("a text has an escape that is not known")
        return chr(code)

    return _ESCAPE.sub(escape, raw)


def _json(text: str) -> Pairs:
    def constant(_: str) -> Any:
        raise Unreadable("it is not JSON")

    def member(value: Any) -> Any:
        if isinstance(value, bool | int | float) or value is None:
            return None
        return value

    def members(pairs: Pairs) -> Pairs:
        return [(name, member(value)) for name, value in pairs]

    try:
        document = json.loads(text, object_pairs_hook=members, parse_constant=constant)
    except RecursionError:
        raise Unreadable("it is nested too deep") from None
    except ValueError as error:
        if isinstance(error, Unreadable):
            raise
        raise Unreadable("it is not JSON") from None
    if not _is_pairs(document):
        raise Unreadable("it is no object")
    return document  # type: ignore[no-any-return]
