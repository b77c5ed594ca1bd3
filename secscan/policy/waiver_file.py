"""Changes to a file of waivers that leave every other line, comment and blank of it as it is.

A change is made in the text, and the result is read again by the reader that the gate uses: if it does not hold just
the waivers it should, nothing is returned. So a file of an unusual layout is refused, never spoilt.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

import msgspec

from secscan.errors import PolicyError
from secscan.policy.model import Waiver
from secscan.policy.waivers import FORMAT, read_waivers
from secscan.yamlfile import Node, load_mapping

_HEAD = f"""\
# Findings that are accepted for a while: why, by whom, and until when. See "Waivers" in secscan's policies/README.md.
format: {FORMAT}

waivers:
"""

_EMPTY_LIST = re.compile(r"^waivers:[ \t]*\[[ \t]*\][ \t]*(#.*)?$", re.MULTILINE)
_BARE = re.compile(r"[A-Za-z][A-Za-z0-9 _./@+-]*[A-Za-z0-9]")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_WORDS = frozenset({"true", "false", "null"})


def added(data: bytes | None, waiver: Waiver, *, origin: str) -> bytes:
    """Return the file with one waiver more at its end; with None for `data`, a new file.

    The waiver is selected by fingerprints, identifiers or packages. Raises `PolicyError`.
    """
    text = _decoded(data, origin) if data is not None else _HEAD
    before = read_waivers(data, origin=origin) if data is not None else ()
    if not before:
        text = _EMPTY_LIST.sub(lambda found: f"waivers:{'  ' + found[1] if found[1] else ''}", text)
    lines = _lines(text)
    places = _places(text, origin) if before else []
    at = places[-1].end if places else 1 + next(at for at, line in enumerate(lines) if line.startswith("waivers:"))
    blank = [""] if places and _are_apart(lines, places) else []
    new = entry(waiver, places[-1].indent if places else 2)
    return _checked(_joined([*lines[:at], *blank, *new, *lines[at:]], text), (*before, waiver), origin)


def without(data: bytes, ids: Collection[str], *, origin: str) -> bytes:
    """Return the file without the waivers of these ids, and without the comments right above them.

    Raises `PolicyError`.
    """
    before = read_waivers(data, origin=origin)
    text = _decoded(data, origin)
    lines = _lines(text)
    kept = tuple(one for one in before if one.id not in ids)
    for place, waiver in reversed(list(zip(_places(text, origin), before, strict=True))):
        if waiver.id in ids:
            end = place.end
            # One of the blank lines around it goes with it.
            if end < len(lines) and not lines[end].strip() and (place.start == 0 or not lines[place.start - 1].strip()):
                end += 1
            del lines[place.start : end]
    if not kept:
        lines = [re.sub(r"^waivers:", "waivers: []", line) for line in lines]
    return _checked(_joined(lines, text), kept, origin)


def _decoded(data: bytes, origin: str) -> str:
    load_mapping(data, origin=origin, error=PolicyError)
    return data.decode("utf-8-sig")


def _newline(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"


def _lines(text: str) -> list[str]:
    """The lines of a text. `splitlines` would take characters for the end of a line that YAML does not."""
    return text.rstrip("\r\n").split(_newline(text))


def _joined(lines: Sequence[str], like: str) -> str:
    newline = _newline(like)
    return newline.join(lines).rstrip("\r\n") + newline


def _checked(text: str, expected: Sequence[Waiver], origin: str) -> bytes:
    data = text.encode("utf-8")
    found = read_waivers(data, origin=origin)
    if [_bare(one) for one in found] != [_bare(one) for one in expected]:
        raise _cannot(origin)
    return data


def _bare(waiver: Waiver) -> Waiver:
    return msgspec.structs.replace(waiver, origin="")


def _cannot(origin: str) -> PolicyError:
    return PolicyError(
        f"{origin} is laid out in a way that cannot be changed line by line; nothing was changed",
        hint="write each waiver as a `- id: ...` block of lines of its own, or change the file by hand",
    )


class _Place(msgspec.Struct, frozen=True):
    """The lines of one waiver, from 0, with the comments right above it."""

    start: int
    end: int
    """The first line behind it."""
    indent: int
    """Blanks before its dash."""


def _places(text: str, origin: str) -> list[_Place]:
    document = load_mapping(text.encode("utf-8"), origin=origin, error=PolicyError)
    lines = _lines(text)
    dashes = [_dash(lines, node, origin) for node in document.mapping()["waivers"].items()]
    places = []
    for at in dashes:
        indent = len(lines[at]) - len(lines[at].lstrip(" "))
        start = at
        while start > 0 and lines[start - 1].startswith(" " * indent + "#"):
            start -= 1
        end = at + 1
        while end < len(lines) and (not lines[end].strip() or _indent(lines[end]) > indent):
            end += 1
        while not lines[end - 1].strip():
            end -= 1
        places.append(_Place(start, end, indent))
    return places


def _dash(lines: Sequence[str], node: Node, origin: str) -> int:
    """The line in which a waiver's dash stands."""
    at = node.line - 1
    while at >= 0 and not lines[at].lstrip(" ").startswith("-"):
        at -= 1
    if at < 0 or lines[at].lstrip(" ").startswith("---"):
        raise _cannot(origin)
    return at


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _are_apart(lines: Sequence[str], places: Sequence[_Place]) -> bool:
    """Whether blank lines stand between the waivers; before the second one, they do."""
    return len(places) < 2 or not lines[places[-1].start - 1].strip()


def entry(waiver: Waiver, indent: int) -> list[str]:
    """Return the lines of one waiver in a file; `indent` blanks stand before its dash."""
    fields: list[tuple[str, str]] = [("id", _scalar(waiver.id))]
    if waiver.fingerprints:
        fields.append(("fingerprint", _list(waiver.fingerprints)))
    if waiver.match is not None:
        fields += [
            (name, _list(values)) for name in ("identifier", "package") if (values := getattr(waiver.match, name))
        ]
    fields += [("reason", _scalar(waiver.reason)), ("owner", _scalar(waiver.owner)), ("expires", waiver.expires)]
    fields += [(name, _scalar(value)) for name in ("approved_by", "ticket") if (value := getattr(waiver, name))]
    if waiver.until_fixable:
        fields.append(("until_fixable", "true"))
    if waiver.at_most is not None:
        fields.append(("at_most", str(waiver.at_most)))
    blanks = " " * indent
    return [f"{blanks}{'- ' if at == 0 else '  '}{name}: {value}" for at, (name, value) in enumerate(fields)]


def _list(values: Sequence[str]) -> str:
    return f"[{', '.join(_scalar(value) for value in values)}]"


def _scalar(text: str) -> str:
    """A text as YAML: bare where it can only mean itself, else in double quotes (YAML 1.2.2, 5.7 and 7.3.1)."""
    if _DAY.fullmatch(text) or (_BARE.fullmatch(text) and text.lower() not in _WORDS):
        return text
    return f'"{"".join(_escaped(character) for character in text)}"'


def _escaped(character: str) -> str:
    if character in '"\\':
        return f"\\{character}"
    return character if character.isprintable() else f"\\U{ord(character):08X}"
