"""The instructions of a Dockerfile as its builder cuts the lines: continued lines, comments between them, heredocs.

See https://docs.docker.com/reference/dockerfile. Whatever the text holds, every part of it that is neither blank nor a
comment belongs to one instruction, and reading takes time that grows with its length.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field

_DIRECTIVE = re.compile(r"#[ \t]*([A-Za-z][A-Za-z0-9]*)[ \t]*=[ \t]*(\S.*?)[ \t]*$")
_HEREDOC = re.compile(r"\d*<<(-?)(?:([^\s<'\"\\]+)|'([^'<]+)'|\"([^\"<]+)\")$")
_TAKES_HEREDOCS = re.compile(r"(?:onbuild[ \t]+)?(?:run|copy|add)[ \t]", re.IGNORECASE)
_MOST_HEREDOCS = 100
"""In one instruction."""
_BLANKS = " \t\v\f"


@dataclass(frozen=True, slots=True)
class Spliced:
    """Text put together from stretches of a file, which knows where each of its characters stands there."""

    text: str
    starts: tuple[int, ...] = (0,)
    """Where each stretch begins in `text`."""
    places: tuple[int, ...] = (0,)
    """Where each begins in the file."""

    def place(self, at: int) -> int:
        """Return where the character at `at` stands in the file."""
        found = bisect_right(self.starts, max(at, 0)) - 1
        return self.places[found] + max(at, 0) - self.starts[found]

    def end_place(self, at: int) -> int:
        """Return where a stretch that ends before `at` ends in the file."""
        return self.place(at - 1) + 1 if at > 0 else self.place(0)


@dataclass(frozen=True, slots=True)
class Heredoc:
    """A text that follows an instruction, up to its mark."""

    name: str
    start: int
    end: int
    """Where its lines stand in the file, without the mark."""
    expands: bool
    """Whether variables in it are replaced: its mark stands without quotes."""
    strips: bool
    """Whether tabs at the beginning of its lines do not count (`<<-`)."""
    closed: bool = True
    """Whether the mark that ends it was found."""


@dataclass(frozen=True, slots=True)
class RawInstruction:
    """One instruction, not yet taken apart."""

    start: int
    end: int
    """Where it stands in the file, with its heredocs."""
    line: Spliced
    """Its lines as one, without comments, line ends and the marks of continuation."""
    heredocs: tuple[Heredoc, ...] = ()


@dataclass(frozen=True, slots=True)
class Cut:
    """A file in instructions."""

    instructions: tuple[RawInstruction, ...]
    escape: str = "\\"
    """The character that continues a line."""
    directives: dict[str, str] = field(default_factory=dict)
    """What its first lines tell the builder: `syntax`, `escape`, `check`."""
    problem: str = ""
    """Why the builder refuses it; empty where nothing was seen."""
    problem_at: int = 0


def cut(text: str) -> Cut:
    """Cut a file into its instructions. A byte order mark must be gone."""
    lines = list(_lines(text))
    directives, problem, at = _directives(text, lines)
    escape = directives.get("escape", "\\")
    if escape not in ("\\", "`"):
        problem, escape = problem or "its directive `escape` names neither backslash nor backtick", "\\"
    instructions: list[RawInstruction] = []
    number = 0
    while number < len(lines):
        start, end = lines[number]
        if not _is_comment(text, start, end) and text[start:end].strip():
            one, number = _instruction(text, lines, number, escape)
            instructions.append(one)
            unclosed = next((doc for doc in one.heredocs if not doc.closed), None)
            if unclosed is not None and not problem:
                problem, at = f"the heredoc {unclosed.name[:40]!r} has no end", one.start
        else:
            number += 1
    return Cut(tuple(instructions), escape, directives, problem, at)


def _lines(text: str) -> Iterator[tuple[int, int]]:
    """Where each line stands, without its end. The builder ends lines at `\\n` only, and drops one `\\r` before it."""
    start = 0
    while start < len(text):
        end = text.find("\n", start)
        end = len(text) if end < 0 else end
        yield start, end - 1 if end > start and text[end - 1] == "\r" else end
        start = end + 1


def _directives(text: str, lines: list[tuple[int, int]]) -> tuple[dict[str, str], str, int]:
    found: dict[str, str] = {}
    for start, end in lines:
        match = _DIRECTIVE.match(text[start:end])
        if match is None:
            break
        name = match.group(1).lower()
        if name in found:
            return found, f"it has the directive `{name[:40]}` twice", start
        found[name] = match.group(2)
    return found, "", 0


def _is_comment(text: str, start: int, end: int) -> bool:
    return text[start:end].lstrip(_BLANKS).startswith("#")


def _instruction(text: str, lines: list[tuple[int, int]], number: int, escape: str) -> tuple[RawInstruction, int]:
    """The instruction that begins on a line, and the number of the line behind it."""
    start, end = lines[number]
    first = start + len(text[start:end]) - len(text[start:end].lstrip(_BLANKS))
    parts: list[tuple[int, int]] = []
    begin, last_end = first, end
    while True:
        stop = _continued(text, begin, end, escape)
        number += 1
        last_end = end
        parts.append((begin, end if stop is None else stop))
        if stop is None:
            break
        # Comments and blank lines end no instruction that goes on.
        while number < len(lines) and (
            _is_comment(text, *lines[number]) or not text[slice(*lines[number])].strip(_BLANKS)
        ):
            number += 1
        if number >= len(lines):
            break
        begin, end = lines[number]
    line = _spliced(text, parts)
    heredocs: list[Heredoc] = []
    if "<<" in line.text and _TAKES_HEREDOCS.match(line.text):
        for strips, name, expands in _heredoc_marks(line.text, escape):
            doc, number = _heredoc(text, lines, number, name, strips=strips, expands=expands)
            heredocs.append(doc)
            last_end = lines[number - 1][1] if number else last_end
    return RawInstruction(first, last_end, line, tuple(heredocs)), number


def _continued(text: str, begin: int, end: int, escape: str) -> int | None:
    """Where the mark stands by which a line is continued; None for one that is not. A doubled mark is none."""
    at = end
    while at > begin and text[at - 1] in " \t":
        at -= 1
    if at == begin or text[at - 1] != escape or (at - 1 > begin and text[at - 2] == escape):
        return None
    return at - 1


def _spliced(text: str, parts: list[tuple[int, int]]) -> Spliced:
    starts, places, pieces, length = list[int](), list[int](), list[str](), 0
    for begin, end in parts:
        if end > begin or not starts:
            starts.append(length)
            places.append(begin)
            pieces.append(text[begin:end])
            length += end - begin
    return Spliced("".join(pieces), tuple(starts), tuple(places))


def _heredoc_marks(line: str, escape: str) -> Iterator[tuple[bool, str, bool]]:
    """The heredocs that a line announces: whether tabs are stripped, the mark, and whether variables are replaced."""
    count = 0
    for start, end in words(line, escape):
        found = _HEREDOC.match(line, start, end)
        if found and found.end() == end:
            bare = found.group(2)
            yield bool(found.group(1)), bare or found.group(3) or found.group(4), bare is not None
            count += 1
            if count == _MOST_HEREDOCS:
                return


def _heredoc(
    text: str, lines: list[tuple[int, int]], number: int, name: str, *, strips: bool, expands: bool
) -> tuple[Heredoc, int]:
    start = lines[number][0] if number < len(lines) else len(text)
    while number < len(lines):
        begin, end = lines[number]
        line = text[begin:end]
        if (line.lstrip("\t") if strips else line) == name:
            return Heredoc(name, start, max(start, begin), expands, strips), number + 1
        number += 1
    return Heredoc(name, start, len(text), expands, strips, closed=False), number


def words(line: str, escape: str = "\\") -> Iterator[tuple[int, int]]:
    """Yield where the words of a line stand, as blanks outside of quotes part them."""
    at, length = 0, len(line)
    while at < length:
        if line[at].isspace():
            at += 1
            continue
        start, quote = at, ""
        while at < length and (quote or not line[at].isspace()):
            char = line[at]
            if char == escape and quote != "'":
                at += 1
            elif quote:
                quote = "" if char == quote else quote
            elif char in "\"'":
                quote = char
            at += 1
        at = min(at, length)
        yield start, at
