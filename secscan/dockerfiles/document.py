"""A Dockerfile as its builder sees it: stages, what each is built on, the variables where each instruction stands."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, field

from secscan.dockerfiles.expand import Expanded, Variable, expand, pairs
from secscan.dockerfiles.found import Lost
from secscan.dockerfiles.grammar import NAMES, Instruction, Part, parse
from secscan.targets.source_dockerfile import cut

_TEMPLATES = ("{{", "{%", "<%", "@@")
_MOST_INSTRUCTIONS = 20_000
_DEEPEST = 64
"""Stages built on one another whose variables are looked up."""
_END = 1 << 40
_BUILT_IN_FRONTENDS = ("docker/dockerfile", "docker.io/docker/dockerfile", "docker/dockerfile-upstream")


class Scope:
    """The variables of a stage, each from the instruction behind the one that sets it."""

    def __init__(self, parent: Scope | None = None) -> None:
        self._parent = parent if parent is None or parent.depth < _DEEPEST else None
        self.depth: int = parent.depth + 1 if parent else 0
        self._set: dict[str, list[tuple[int, Variable]]] = {}

    def set(self, name: str, variable: Variable, moment: int) -> None:
        """Set a variable by the instruction number `moment`."""
        self._set.setdefault(name, []).append((moment, variable))

    def at(self, name: str, moment: int) -> Variable | None:
        """Return a variable as the instruction number `moment` sees it."""
        history = self._set.get(name, ())
        found = bisect_left(history, moment, key=lambda one: one[0])
        if found:
            return history[found - 1][1]
        inherited = self._parent.at(name, _END) if self._parent else None
        return inherited if inherited is not None and inherited.lasts else None


@dataclass(frozen=True, slots=True)
class Moment:
    """The variables of a stage as one instruction sees them."""

    scope: Scope
    number: int

    def get(self, name: str) -> Variable | None:
        """Return a variable by its name."""
        return self.scope.at(name, self.number)


@dataclass(frozen=True, slots=True)
class Step:
    """An instruction of a stage, with the variables that it sees."""

    instruction: Instruction
    variables: Moment

    def expand(self, text: str) -> Expanded:
        """Replace variables in a text of the instruction."""
        return expand(text, self.variables, self.instruction.escape)


@dataclass
class Stage:
    """One FROM and what follows it."""

    index: int
    start: Instruction
    image: Part
    """What it is built on, as written."""
    base: Expanded
    name: str = ""
    """In small letters; empty where it has none."""
    parent: Stage | None = None
    """The stage before, where it is built on one."""
    scope: Scope = field(default_factory=Scope)
    steps: list[Step] = field(default_factory=list)

    def lineage(self) -> Iterator[Stage]:
        """Yield the stage and those it is built on."""
        stage: Stage | None = self
        while stage is not None:
            yield stage
            stage = stage.parent


@dataclass
class Document:
    """A whole file."""

    text: str = ""
    stages: list[Stage] = field(default_factory=list)
    arguments: list[Step] = field(default_factory=list)
    """The ARGs before the first FROM."""
    lost: list[Lost] = field(default_factory=list)
    syntax: str = ""
    """The frontend that its first lines ask for."""
    escape: str = "\\"

    names: dict[str, Stage] = field(default_factory=dict)
    """The stages by name; of those with the same, the last."""


def read(text: str) -> Document:
    """Read a file. What is not understood is said in `Document.lost`, and the rest is read all the same."""
    found = cut(text)
    document = Document(text=text, syntax=found.directives.get("syntax", ""), escape=found.escape)
    if found.problem:
        document.lost.append(Lost(found.problem, found.problem_at))
    if document.syntax and not document.syntax.partition(":")[0].partition("@")[0].startswith(_BUILT_IN_FRONTENDS):
        document.lost.append(Lost("another frontend reads it than the one whose language this is"))
    reader = _Reader(document)
    for raw in found.instructions[:_MOST_INSTRUCTIONS]:
        reader.take(parse(raw, found.escape))
    if len(found.instructions) > _MOST_INSTRUCTIONS:
        at = found.instructions[_MOST_INSTRUCTIONS].start
        document.lost.append(Lost(f"it has more than {_MOST_INSTRUCTIONS} instructions", at))
    if not document.stages:
        document.lost.append(Lost("it has no FROM"))
    return document


class _Reader:
    """Takes one instruction after the other."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._global = Scope()
        self._count = 0

    def take(self, one: Instruction) -> None:
        self._count += 1
        stages = self._document.stages
        if one.name not in NAMES or (one.on_build and one.name in ("FROM", "ONBUILD")):
            self._lose(f"{one.name[:40]!r} is no instruction", one)
        elif not one.arguments and not one.heredocs:
            self._lose(f"{one.name} has no arguments", one)
        elif one.name == "FROM":
            self._begin(one)
        elif not stages and one.name == "ARG":
            self._document.arguments.append(Step(one, Moment(self._global, self._count)))
            self._declare(one, self._global)
        elif not stages:
            self._lose(f"{one.name} stands before the first FROM", one)
        else:
            stages[-1].steps.append(Step(one, Moment(stages[-1].scope, self._count)))
            if not one.on_build and one.name in ("ARG", "ENV"):
                self._declare(one, stages[-1].scope)

    def _lose(self, detail: str, one: Instruction) -> None:
        mark = next((mark for mark in _TEMPLATES if mark in one.line.text), "")
        why = f": it looks like a template ({mark})" if mark else ""
        self._document.lost.append(Lost(f"{detail}{why}", one.start))

    def _begin(self, one: Instruction) -> None:
        words = one.words
        named = len(words) == 3 and words[1].text.lower() == "as"
        if len(words) != 1 and not named:
            self._lose("FROM takes an image, and AS with a name", one)
            return
        document = self._document
        base = expand(words[0].text, Moment(self._global, self._count), one.escape)
        parent = document.names.get(base.text.lower())
        stage = Stage(
            index=len(document.stages),
            start=one,
            image=words[0],
            base=base,
            name=words[2].text.lower() if named else "",
            parent=parent,
            scope=Scope(parent.scope if parent else None),
        )
        document.stages.append(stage)
        if stage.name:
            document.names[stage.name] = stage

    def _declare(self, one: Instruction, scope: Scope) -> None:
        """Set the variables of an ARG or ENV. Those of one instruction see the ones before it only."""
        argument = one.name == "ARG"
        seen = Moment(scope, self._count)
        for word in one.words if argument else ():
            if "=" not in word.text:
                default = self._global.at(word.text, _END) if scope is not self._global else None
                scope.set(word.text, default or Variable(None, given=True), self._count)
        line = one.arguments
        for name, start, end in pairs(line, one.escape, old_form=not argument):
            value = expand(line[start:end], seen, one.escape)
            variable = Variable(value.text if value.known else None, argument or value.given, lasts=not argument)
            scope.set(name, variable, self._count)
