"""Go's `go.mod` and `go.sum`. From Go 1.17 on, `go.mod` names every module of the build; before, `go.sum` knows more.

Formats: https://go.dev/ref/mod
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from secscan.inventory.contract import Declared, Inventory, Ranged, broken, joined, not_released, reading
from secscan.inventory.documents import decode_text

GO = "Go"
_TOKEN = re.compile(r'//.*|"(?:[^"\\]|\\.)*+"|`[^`]*+`|[()\[\]{},]|=>|(?:(?!//)[^\s"`()\[\]{},])++|(?P<stray>\S)')
"""As Go's own reader parts a line: brackets and commas need no blank around them."""
_ESCAPE = re.compile(r"\\(?:x([0-9a-fA-F]{2})|([0-3][0-7]{2})|u([0-9a-fA-F]{4})|U(000[0-9a-fA-F]{5})|(.))")
_ESCAPED = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", "\\": "\\", '"': '"'}
_DIRECTIVES = frozenset(
    {"module", "go", "toolchain", "godebug", "require", "exclude", "replace", "retract", "tool", "ignore"}
)
_GO = re.compile(r"(?:go)?(\d+)\.(\d+)(\.\d+|(?:rc|beta)\d+)?(?:-.*)?")
_PRUNED = (1, 17)
"""The first version whose `go.mod` names what is needed indirectly, too."""

Replacements = dict[tuple[str, str], tuple[str, str]]
"""Module and version, which may be empty, to what stands in for it."""


@reading
def read_go_mod(path: str, data: bytes) -> Inventory:
    """Read `go.mod`. The standard library has advisories, too: its version is the toolchain's."""
    directives = list(_directives(decode_text(data)))
    if not any(words[0] == "module" for words, _, _ in directives):
        return broken(path, "it has no module line")
    replaced: Replacements = {}
    for words, _, number in directives:
        if words[0] == "replace" and "=>" in words:
            left, right = words[1 : words.index("=>")], words[words.index("=>") + 1 :]
            if not 1 <= len(left) <= 2 or not 1 <= len(right) <= 2:
                return broken(path, "a replacement that is none", number)
            replaced[left[0], "".join(left[1:])] = (right[0], "".join(right[1:]))
    parts = [_library(path, directives)]
    for words, comment, number in directives:
        if words[0] == "require":
            parts.append(_required(path, words[1:], replaced, number, direct="indirect" not in comment))
    version = next((_GO.fullmatch(words[1]) for words, _, _ in directives if words[0] == "go" and len(words) > 1), None)
    if version is None or (int(version[1]), int(version[2])) < _PRUNED:
        folder = path.rpartition("/")[0]
        parts.append(Inventory(includes=(f"{folder}/go.sum" if folder else "go.sum",)) if parts[1:] else Inventory())
    return joined(parts)


def _directives(text: str) -> Iterator[tuple[list[str], str, int]]:
    """Yield the words of each directive, its comment, and its line. A directive may have a block of lines.

    Raises `ValueError` for what Go would refuse, too: what is passed over could name a package.
    """
    block, opened = "", 0
    for number, line in enumerate(text.split("\n"), start=1):
        tokens, comment = _tokens(line, number)
        if tokens == [")"] and block:
            block = ""
        elif tokens[1:] == ["("] and not block:
            block, opened = _known(tokens[0], number), number
        elif tokens[1:] == ["(", ")"] and not block:
            _known(tokens[0], number)
        elif tokens:
            words = [_unquoted(one, number) for one in tokens]
            yield ([block, *words] if block else [_known(words[0], number), *words[1:]]), comment, number
    if block:
        raise ValueError(f"line {opened}: the block of {block!r} is not closed")


def _tokens(line: str, number: int) -> tuple[list[str], str]:
    """The tokens of a line, as they stand, and its comment."""
    tokens: list[str] = []
    for found in _TOKEN.finditer(line):
        if found["stray"]:
            raise ValueError(f"line {number}: a quoted text that does not end")
        if found[0].startswith("//"):
            return tokens, found[0][2:]
        tokens.append(found[0])
    return tokens, ""


def _known(word: str, number: int) -> str:
    if word not in _DIRECTIVES:
        raise ValueError(f"line {number}: {word[:60]!r} is no directive that is known")
    return word


def _unquoted(token: str, number: int) -> str:
    """The text of a token, without quotes and with the escapes of Go's texts undone."""
    if token[0] == "`":
        return token[1:-1]
    if token[0] != '"':
        return token

    def character(found: re.Match[str]) -> str:
        if found[5]:
            if found[5] not in _ESCAPED:
                raise ValueError(f"line {number}: {found[0]!r} is no escape")
            return _ESCAPED[found[5]]
        return chr(int(found[2], 8) if found[2] else int(found[1] or found[3] or found[4], 16))

    return _ESCAPE.sub(character, token[1:-1])


def _required(path: str, words: list[str], replaced: Replacements, number: int, *, direct: bool) -> Inventory:
    if len(words) != 2:
        return broken(path, f"{' '.join(words)[:60]!r} is not a module and a version", number)
    name, version = words
    instead = replaced.get((name, version)) or replaced.get((name, ""))
    if instead and not instead[1]:
        return not_released(path, f"{name} replaced by {instead[0]}", number)
    name, version = instead or (name, version)
    return Inventory(packages=(Declared(name, version, GO, path, number, direct),))


def _library(path: str, directives: list[tuple[list[str], str, int]]) -> Inventory:
    for wanted in ("toolchain", "go"):
        for words, _, number in directives:
            found = _GO.fullmatch(words[1]) if words[0] == wanted and len(words) == 2 else None
            if found and found[3]:
                version = words[1].removeprefix("go").partition("-")[0]
                return Inventory(packages=(Declared("stdlib", version, GO, path, number, True),))
            if found:
                return Inventory(ranges=(Ranged("stdlib", GO, path, f"stdlib of go {words[1]} or newer", number),))
    return Inventory()


@reading
def read_go_sum(path: str, data: bytes) -> Inventory:
    """Read the modules that `go.sum` has whole; those of which it has only the `go.mod` were never built."""
    parts = []
    for number, line in enumerate(decode_text(data).splitlines(), start=1):
        words = line.split()
        if len(words) == 3 and not words[1].endswith("/go.mod"):
            parts.append(Inventory(packages=(Declared(words[0], words[1], GO, path, number),)))
        elif words and len(words) != 3:
            parts.append(broken(path, f"{line[:60]!r} is not a module, a version and a digest", number))
    return joined(parts)
