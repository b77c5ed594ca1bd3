"""The commands that an instruction runs: of shell text, JSON form and heredocs, and what `sh -c` starts."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from secscan.dockerfiles.document import Document, Step
from secscan.dockerfiles.grammar import Part
from secscan.dockerfiles.shell import Command, Word, parse

SHELLS = frozenset(["sh", "bash", "dash", "ash", "zsh", "ksh", "mksh", "fish", "cmd", "powershell", "pwsh"])
INTERPRETERS = SHELLS | frozenset(["python", "perl", "ruby", "node", "php", "lua", "deno", "bun", "osascript"])
POWERSHELLS = frozenset(("powershell", "pwsh"))
_VERSION = re.compile(r"[\d.]{1,20}$")
_ASSIGNED = re.compile(r"[A-Za-z_]\w*\+?=", re.ASCII)
_SHEBANG = re.compile(r"#![ \t]*(?:\S*/)?(?P<name>[\w.-]+)(?:[ \t]+(?:-\S+[ \t]+)?(?P<next>[\w.-]+))?")
_PREFIXES = {
    "sudo": "ugUCDhpRrTt",
    "doas": "uC",
    "env": "uCS",
    "nice": "n",
    "ionice": "cnp",
    "nohup": "",
    "time": "fo",
    "timeout": "sk",
    "stdbuf": "ioe",
    "setsid": "",
    "exec": "a",
    "command": "",
    "builtin": "",
    "xargs": "nILPdEsa",
    "busybox": "",
    "chroot": "",
    "tini": "gpe",
    "dumb-init": "rc",
    "gosu": "",
    "su-exec": "",
    "eatmydata": "",
}
"""Programs that start what follows them, and their options that take a value."""
_LEADING_ARGUMENTS = {"timeout": 1, "chroot": 1, "gosu": 1, "su-exec": 1}
_DEEPEST = 5
"""Shells started by shells."""
_COMMAND_OPTION = re.compile(r"-[a-zA-Z]*c|/c|-command", re.IGNORECASE)


@dataclass(slots=True, eq=False)
class Call:
    """One command, as the program that does the work and its arguments."""

    command: Command
    name: str
    """Of the program, in small letters, without its folder and version; empty where it starts none."""
    arguments: tuple[Word, ...]
    through: tuple[str, ...]
    """What starts it: `sudo`, `env` ..."""
    assigned: tuple[Word, ...]
    """`NAME=value` in front of it."""
    substituted: bool
    """Whether its output becomes a part of another command."""

    @property
    def texts(self) -> list[str]:
        """Its arguments, as texts."""
        return [word.text for word in self.arguments]


@dataclass(slots=True)
class Run:
    """All commands of one text, in their order, with those that are substituted or started by a shell among them."""

    step: Step
    calls: list[Call] = field(default_factory=list)
    truncated: bool = False
    powershell: bool = False
    _places: dict[int, Callable[[int], int]] = field(default_factory=dict)
    _known: dict[int, Call] = field(default_factory=dict)

    def place(self, call: Call, word: Word | None = None) -> tuple[int, int]:
        """Return where a command, or one of its words, stands in the file."""
        locate = self._places[id(call.command)]
        start, end = (word.start, word.end) if word else (call.command.start, call.command.end)
        return locate(start), max(locate(end - 1), locate(start)) + 1

    def upstream(self, call: Call) -> list[Call]:
        """Return what a command reads by a pipe."""
        return [self._known[id(one)] for one in call.command.upstream() if id(one) in self._known]

    def substituted(self, word: Word) -> list[Call]:
        """Return the commands that are substituted into a word."""
        return [self._known[id(one)] for one in word.inner if id(one) in self._known]

    def downstream(self, call: Call) -> list[Call]:
        """Return the commands behind it in its script that read it by a pipe."""
        return [self._known[id(one)] for one in call.command.downstream() if id(one) in self._known]

    def take(self, commands: list[Command], locate: Callable[[int], int], escape: str, depth: int = 0) -> None:
        """Add commands; `locate` tells where a character of their text stands in the file."""
        self._take(commands, locate, escape, depth, substituted=False)

    def read(self, text: str, locate: Callable[[int], int], escape: str, depth: int = 0) -> None:
        """Add the commands of a text."""
        script = parse(text, escape)
        self.truncated |= script.truncated
        self.take(script.commands, locate, escape, depth)

    def _take(
        self,
        commands: list[Command] | tuple[Command, ...],
        locate: Callable[[int], int],
        escape: str,
        depth: int,
        *,
        substituted: bool,
    ) -> None:
        for command in commands:
            self._places[id(command)] = locate
            call = resolved(command, substituted=substituted)
            self._known[id(command)] = call
            for word in (*command.words, *(word for _, word in command.redirects)):
                self._take(word.inner, locate, escape, depth, substituted=True)
            self.calls.append(call)
            self._started(call, locate, escape, depth)

    def _started(self, call: Call, locate: Callable[[int], int], escape: str, depth: int) -> None:
        """Add what a shell is given to run."""
        given = _given(call)
        if given is None and not (call.name in SHELLS and call.command.stdin):
            return
        if depth >= _DEEPEST:
            self.truncated = True
            return
        inner = "`" if call.name in POWERSHELLS else escape
        if given is not None and not given.inner:
            self.read(given.text, lambda _: locate(given.start), inner, depth + 1)
        if call.name in SHELLS and call.command.stdin:
            self.read(call.command.stdin, lambda _: locate(call.command.start), inner, depth + 1)


def _given(call: Call) -> Word | None:
    """The text that a command runs as commands; None for none."""
    if call.name in SHELLS:
        for at, word in enumerate(call.arguments):
            if _COMMAND_OPTION.fullmatch(word.text):
                return call.arguments[at + 1] if at + 1 < len(call.arguments) else None
            if not word.text.startswith(("-", "+", "/")):
                return word if call.name in POWERSHELLS else None
    elif call.name in ("eval", "su", "runuser"):
        wanted = call.arguments
        if call.name != "eval":
            at = next((at for at, word in enumerate(wanted) if word.text in ("-c", "--command")), len(wanted))
            wanted = wanted[at + 1 :]
        return wanted[0] if wanted else None
    return None


def resolved(command: Command, *, substituted: bool = False) -> Call:
    """Find the program that does the work of a command."""
    words, at = command.words, 0
    through: list[str] = []
    assigned: list[Word] = []
    while at < len(words):
        if _ASSIGNED.match(words[at].text) and (not through or through[-1] in ("env", "sudo")):
            assigned.append(words[at])
            at += 1
            continue
        name = program(words[at].text)
        if name not in _PREFIXES:
            break
        after = _behind(words, at + 1, _PREFIXES[name], _LEADING_ARGUMENTS.get(name, 0))
        if after >= len(words):
            break
        through.append(name)
        at = after
    name = program(words[at].text) if at < len(words) else ""
    return Call(command, name, tuple(words[at + 1 :]), tuple(through), tuple(assigned), substituted)


def _behind(words: list[Word], at: int, with_value: str, arguments: int) -> int:
    """Where what a prefix starts begins: behind its options and its own arguments."""
    while at < len(words) and words[at].text.startswith("-"):
        text = words[at].text
        at += 1
        if text == "--":
            break
        if len(text) == 2 and text[1] in with_value:
            at += 1
    return at + arguments


def program(word: str) -> str:
    """Return the name of a program: `/usr/bin/Python3.11` is `python`."""
    name = re.split(r"[/\\]", word)[-1].lower().removesuffix(".exe")
    bare = _VERSION.sub("", name)
    return bare if bare in INTERPRETERS or bare in ("pip", "gpg") else name


def run_of(step: Step, document: Document, *, powershell: bool = False) -> Run | None:
    """Return what an instruction runs, now or in the container; None for one that runs nothing.

    `powershell`: whether the stage's SHELL is one.
    """
    one = step.instruction
    if one.name not in ("RUN", "CMD", "ENTRYPOINT", "HEALTHCHECK"):
        return None
    run = Run(step, powershell=powershell or one.escape == "`")
    escape = "`" if run.powershell else one.escape
    if one.strings is not None:
        run.take([_spelled(one.strings)], lambda at: at, escape)
        return run
    rest = one.rest
    if one.name == "HEALTHCHECK":
        first = one.words[0] if one.words else None
        if first is None or first.text.upper() != "CMD":
            return None
        rest += len(first.text)
        if one.arguments[len(first.text) :].lstrip().startswith("["):
            return _health(step, run, escape)
    line = one.line
    run.read(line.text[rest:], lambda at: line.place(rest + at), escape)
    _read_heredocs(run, document, escape)
    return run


def _health(step: Step, run: Run, escape: str) -> Run:
    one = step.instruction
    words = [Part(word.text.strip("[],\"'"), word.start, word.end) for word in one.words[1:]]
    run.take([_spelled(tuple(words))], lambda at: at, escape)
    return run


def _spelled(strings: tuple[Part, ...]) -> Command:
    """The command of a JSON form. Places of its words are those in the file."""
    words = [Word(part.text, part.start, part.end, quoted=True) for part in strings]
    command = Command(words[0].start if words else 0, words[-1].end if words else 0, words)
    command.script.append(command)
    return command


def _read_heredocs(run: Run, document: Document, escape: str) -> None:
    """Heredocs of a RUN: a script where no command takes it, and where a shell does."""
    takers = [call for call in run.calls if any(sign.startswith("<<") for sign, _ in call.command.redirects)]
    for doc in run.step.instruction.heredocs:
        text = document.text[doc.start : doc.end]
        taker = next((one for one in takers if any(word.text == doc.name for _, word in one.command.redirects)), None)
        is_script = taker.name in SHELLS if taker is not None and taker.name else _interpreter(text) in SHELLS
        if is_script:
            run.read(text, partial(operator.add, doc.start), escape)


def _interpreter(script: str) -> str:
    """What runs a script: the shell, unless its first line names another."""
    found = _SHEBANG.match(script)
    if found is None:
        return "sh"
    name = program(found["name"])
    return program(found["next"]) if name == "env" and found["next"] else name
