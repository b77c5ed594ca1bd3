"""Takes instructions apart: name, flags, words, JSON form."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

from secscan.targets.source_dockerfile import Heredoc, RawInstruction, Spliced, words

NAMES = frozenset(
    [
        "ADD",
        "ARG",
        "CMD",
        "COPY",
        "ENTRYPOINT",
        "ENV",
        "EXPOSE",
        "FROM",
        "HEALTHCHECK",
        "LABEL",
        "MAINTAINER",
        "ONBUILD",
        "RUN",
        "SHELL",
        "STOPSIGNAL",
        "USER",
        "VOLUME",
        "WORKDIR",
    ]
)
_NAME = re.compile(r"\s*(\S+)\s*")
_JSON_STRING = re.compile(r'"(?:[^"\\\x00-\x1f]|\\.)*"')
_MOST_WORDS = 20_000
"""Of one instruction."""


@dataclass(frozen=True, slots=True)
class Part:
    """A part of an instruction, as written, and where it stands in the file."""

    text: str
    start: int
    end: int


@dataclass(frozen=True)
class Instruction:
    """One instruction, or the one that an ONBUILD holds back."""

    name: str
    """In capitals."""
    line: Spliced
    rest: int
    """Where in the line its arguments begin, behind its flags."""
    escape: str
    start: int
    end: int
    """Where it stands in the file, without its heredocs."""
    flags: tuple[Part, ...] = ()
    """Those in front: `--from=build`."""
    heredocs: tuple[Heredoc, ...] = field(default=(), repr=False)
    on_build: bool = False
    """Whether an ONBUILD holds it back, so that it counts in another build."""

    @property
    def whole(self) -> Part:
        """All of it, with its name."""
        return Part(self.line.text, self.start, self.end)

    @property
    def arguments(self) -> str:
        """What follows its flags."""
        return self.line.text[self.rest :]

    @cached_property
    def words(self) -> tuple[Part, ...]:
        """Its arguments as blanks part them, with quotes and escapes as written."""
        return tuple(_parts(self.line, self.rest, self.escape))

    @cached_property
    def strings(self) -> tuple[Part, ...] | None:
        """The strings of its JSON form; None where it has none."""
        return _strings(self.line, self.rest)

    def flag(self, name: str) -> Part | None:
        """Return the value of a flag; None where it is not given."""
        return next(iter(self.flags_named(name)), None)

    def flags_named(self, name: str) -> tuple[Part, ...]:
        """Return the values of a flag that may stand several times."""
        lead = f"--{name}="
        return tuple(
            Part(one.text[len(lead) :], one.start + len(lead), one.end)
            for one in self.flags
            if one.text.lower().startswith(lead)
        )


def parse(raw: RawInstruction, escape: str) -> Instruction:
    """Take an instruction apart. Its name may be none of `NAMES`."""
    return _parsed(raw, 0, escape, on_build=False)


def _parsed(raw: RawInstruction, at: int, escape: str, *, on_build: bool) -> Instruction:
    line = raw.line
    found = _NAME.match(line.text, at)
    name = found.group(1).upper() if found else ""
    rest = found.end() if found else len(line.text)
    if name == "ONBUILD" and not on_build and rest < len(line.text):
        return _parsed(raw, rest, escape, on_build=True)
    flags = []
    for one in _parts(line, rest, escape):
        if not one.text.startswith("--"):
            break
        flags.append(one)
        rest += line.text[rest:].index(one.text) + len(one.text)
        if one.text == "--":
            break
    while rest < len(line.text) and line.text[rest].isspace():
        rest += 1
    return Instruction(
        name=name,
        line=line,
        rest=rest,
        escape=escape,
        start=line.place(0),
        end=line.end_place(len(line.text.rstrip())),
        flags=tuple(flags),
        heredocs=raw.heredocs,
        on_build=on_build,
    )


def _parts(line: Spliced, at: int, escape: str) -> Iterator[Part]:
    text = line.text[at:]
    for count, (start, end) in enumerate(words(text, escape)):
        if count == _MOST_WORDS:
            return
        yield Part(text[start:end], line.place(at + start), line.end_place(at + end))


def _strings(line: Spliced, rest: int) -> tuple[Part, ...] | None:
    text = line.text.rstrip()
    if not (text.startswith("[", rest) and text.endswith("]")):
        return None
    at, found, wants = rest + 1, list[Part](), False
    while True:
        while text[at].isspace():
            at += 1
        if text[at] == "]" and not wants:
            return tuple(found) if at == len(text) - 1 else None
        match = _JSON_STRING.match(text, at)
        if match is None:
            return None
        try:
            value = json.loads(match.group())
        except ValueError:
            return None
        found.append(Part(value, line.place(at), line.end_place(match.end())))
        at = match.end()
        while text[at].isspace():
            at += 1
        wants = text[at] == ","
        if wants:
            at += 1
        elif text[at] != "]":
            return None
