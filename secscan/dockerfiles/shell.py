"""Cuts shell text into its commands: which words each has, what it reads by a pipe, what is substituted into it.

Not a shell: nothing is expanded. It tells a command from a text that merely speaks of one, in time that grows with the
length of the text. What is nested deeper than anybody writes is passed over, and said.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

_DEEPEST = 24
_MOST_COMMANDS = 20_000
"""Of one instruction."""
_LONGEST_PIPELINE = 64
_OPERATOR = re.compile(r"&&|\|\||;;|&>>?|>&|<&|\|&|<<<|<<-?|>>|>\||<>|[;&|()<>]")
_PLAIN = re.compile(r"[^\s;&|()<>'\"`\\$#}]+")
_DESCRIPTOR = re.compile(r"\d{1,3}(?=[<>])")
_HERE = ("<<", "<<-")
_REDIRECTS = frozenset((">", ">>", "<", ">&", "<&", "&>", "&>>", ">|", "<>", "<<<", *_HERE))
_RESERVED = frozenset(["if", "then", "elif", "else", "while", "until", "do", "!", "time"])
_CLOSING = frozenset(("fi", "done", "esac"))


@dataclass(slots=True, eq=False)
class Word:
    """One word, without its quotes."""

    text: str
    start: int
    end: int
    inner: tuple[Command, ...] = ()
    """The commands that are substituted into it."""
    quoted: bool = False


@dataclass(slots=True, eq=False)
class Command:
    """One command."""

    start: int
    end: int = 0
    words: list[Word] = field(default_factory=list)
    redirects: list[tuple[str, Word]] = field(default_factory=list)
    sources: range = range(0)
    """Which commands of its script it reads by a pipe."""
    script: list[Command] = field(default_factory=list, repr=False)
    """All commands of the script it stands in, in their order."""
    index: int = 0
    """Its place among them."""
    stdin: str = ""
    """What a heredoc gives it."""
    is_source: bool = False
    """Whether another command reads it by a pipe."""

    def upstream(self) -> Iterator[Command]:
        """Yield the commands that it reads by a pipe."""
        for at in self.sources:
            yield self.script[at]

    def downstream(self) -> Iterator[Command]:
        """Yield the commands that read it by a pipe."""
        for other in self.script[self.index + 1 : self.index + 1 + _LONGEST_PIPELINE]:
            if self.index in other.sources:
                yield other


@dataclass(slots=True)
class Script:
    """The commands of a text."""

    commands: list[Command]
    truncated: bool = False
    """Whether a part was passed over, since it is nested too deep or too much."""


def parse(text: str, escape: str = "\\") -> Script:
    """Cut a text into its commands. Places are those of characters in the text."""
    parser = _Parser(text, escape)
    return Script(parser.script(0, "", 0)[0], parser.truncated)


@dataclass(slots=True)
class _Frame:
    """One level of `(...)` or `{...}`."""

    first: int
    """The first command of the pipeline that goes on."""
    given: range
    """What the group as a whole reads by a pipe."""


class _Parser:
    def __init__(self, text: str, escape: str) -> None:
        self._text = text
        self._escape = escape
        self._left = _MOST_COMMANDS
        self.truncated = False

    def script(self, at: int, until: str, depth: int) -> tuple[list[Command], int]:
        """Read commands up to an unmatched `until` (a closing parenthesis or a backtick); return where that ends."""
        text, done = self._text, list[Command]()
        frames = [_Frame(0, range(0))]
        command = Command(at, script=done)
        piped = range(0)
        waiting: list[tuple[Command, Word, bool]] = []
        operator = ""

        def finish(end: int) -> None:
            nonlocal command
            if command.words or command.redirects:
                command.end = min(end, command.words[-1].end if command.words else end)
                command.sources = piped or frames[-1].given
                command.index = len(done)
                if self._left > 0:
                    done.append(command)
                    self._left -= 1
                else:
                    self.truncated = True
            command = Command(end, script=done)

        def separate(end: int) -> None:
            nonlocal piped
            finish(end)
            piped = range(0)
            frames[-1].first = len(done)

        while at < len(text):
            char = text[at]
            if char == until and (until != ")" or len(frames) == 1):
                finish(at)
                return self._linked(done), at + 1
            if char == "\n":
                separate(at)
                at += 1
                for owner, mark, strips in waiting:
                    at = self._here(owner, mark, at, strips=strips)
                waiting.clear()
                continue
            if char.isspace():
                at += 1
                continue
            if char == self._escape and text.startswith("\n", at + 1):
                at += 2
                continue
            if char == "#":
                end = text.find("\n", at)
                at = len(text) if end < 0 else end
                continue
            found = _OPERATOR.match(text, at)
            if found and not (found.group() in "<>" and text.startswith("(", at + 1)):
                operator = found.group()
                if operator in _REDIRECTS:
                    at = found.end()
                    while at < len(text) and text[at] in " \t":
                        at += 1
                    if at == len(text) or text[at] == until or text[at] in "\n;&|)":
                        continue
                    word, at = self._word(at, depth, until)
                    command.redirects.append((operator, word))
                    if operator in _HERE:
                        waiting.append((command, word, operator == "<<-"))
                    continue
                if operator == "(":
                    finish(at)
                    self._open(frames, done, piped)
                    piped = range(0)
                elif operator == ")":
                    finish(at)
                    if len(frames) > 1:
                        piped = frames.pop().given
                elif operator in ("|", "|&"):
                    finish(at)
                    piped = range(max(frames[-1].first, len(done) - _LONGEST_PIPELINE), len(done))
                else:
                    separate(at)
                at = found.end()
                command.start = at
                continue
            word, at = self._word(at, depth, until)
            if _DESCRIPTOR.match(f"{word.text[:4]}{text[at : at + 1]}") and word.text.isdigit():
                continue
            if not command.words and not word.quoted:
                if word.text == "{":
                    self._open(frames, done, piped)
                    piped = range(0)
                    continue
                if word.text == "}" and len(frames) > 1:
                    finish(word.start)
                    piped = frames.pop().given
                    continue
                if word.text in _RESERVED or word.text in _CLOSING:
                    continue
            if not command.words:
                command.start = word.start
            command.words.append(word)
        finish(len(text))
        return self._linked(done), at

    def _open(self, frames: list[_Frame], done: list[Command], piped: range) -> None:
        given = piped or frames[-1].given
        if len(frames) >= _DEEPEST:
            self.truncated = True
        frames.append(_Frame(len(done), given))

    @staticmethod
    def _linked(done: list[Command]) -> list[Command]:
        for command in done:
            for other in command.upstream():
                other.is_source = True
        return done

    def _here(self, owner: Command, mark: Word, at: int, *, strips: bool) -> int:
        """Read a heredoc's lines; return where the line behind its mark begins."""
        text, start = self._text, at
        while at < len(text):
            end = text.find("\n", at)
            end = len(text) if end < 0 else end
            line = text[at:end]
            if (line.lstrip("\t") if strips else line) == mark.text:
                owner.stdin = text[start:at]
                return min(end + 1, len(text))
            at = end + 1
        owner.stdin = text[start:]
        return len(text)

    def _word(self, at: int, depth: int, until: str) -> tuple[Word, int]:
        """Read one word, with everything that is substituted into it."""
        text, start = self._text, at
        pieces: list[str] = []
        inner: list[Command] = []
        quote, quoted, braces = "", False, 0
        while at < len(text):
            char = text[at]
            if text.startswith("${", at) and quote != "'":
                braces += 1
                pieces.append("${")
                at += 2
                continue
            if char == "}" and braces and quote != "'":
                braces -= 1
                pieces.append(char)
                at += 1
                continue
            if not quote and not braces:
                plain = _PLAIN.match(text, at)
                if plain:
                    pieces.append(plain.group())
                    at = plain.end()
                    continue
                if char.isspace() or (char == until and until == "`"):
                    break
                if char in ";&|()<>" and not (char in "<>" and text.startswith("(", at + 1)):
                    break
            if char == self._escape and quote != "'":
                following = text[at + 1 : at + 2]
                if following != "\n":
                    pieces.append(following if not quote or following in '"\\$`' else char + following)
                at, quoted = at + 2, True
            elif quote and char == quote:
                quote, at = "", at + 1
            elif char in "'\"" and not quote:
                quote, quoted, at = char, True, at + 1
            elif quote == "'":
                end = text.find("'", at)
                end = len(text) if end < 0 else end
                pieces.append(text[at:end])
                at = end
            elif text.startswith("$(", at) or (not quote and text.startswith(("<(", ">("), at)):
                end = self._substitution(at + 2, ")", depth, inner)
                pieces.append(text[at:end])
                at = end
            elif char == "`" and self._escape != "`" and until != "`":
                end = self._substitution(at + 1, "`", depth, inner)
                pieces.append(text[at:end])
                at = end
            else:
                pieces.append(char)
                at += 1
        return Word("".join(pieces), start, min(at, len(text)), tuple(inner), quoted), min(at, len(text))

    def _substitution(self, at: int, until: str, depth: int, inner: list[Command]) -> int:
        if depth >= _DEEPEST:
            self.truncated = True
            return len(self._text)
        commands, end = self.script(at, until, depth + 1)
        inner.extend(commands)
        return end
