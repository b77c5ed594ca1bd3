"""What checks share: how they quote, and options of programs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from secscan.dockerfiles.shell import Word

_SHOWN = 80


def short(text: str) -> str:
    """Return a text as it can stand in a message: on one line, and not long."""
    line = " ".join("".join(char if char.isprintable() else " " for char in text[: 2 * _SHOWN]).split())
    return line if len(line) <= _SHOWN else f"{line[: _SHOWN - 1]}…"


class Option(NamedTuple):
    """One option of a command; an argument that belongs to none has an empty name."""

    name: str
    value: str
    word: Word


def options(words: Sequence[Word], short_with_value: str = "", long_with_value: Sequence[str] = ()) -> Iterator[Option]:
    """Yield options and arguments of a command that takes options as most do: `-abc`, `-o FILE`, `--long=VALUE`."""
    at, only_arguments = 0, False
    while at < len(words):
        word, text = words[at], words[at].text
        following = words[at + 1].text if at + 1 < len(words) else ""
        at += 1
        if only_arguments or not text.startswith("-") or text == "-":
            yield Option("", text, word)
        elif text == "--":
            only_arguments = True
        elif text.startswith("--"):
            name, equals, value = text.partition("=")
            if not equals and name in long_with_value:
                value = following
                at += 1
            yield Option(name, value, word)
        else:
            for position, letter in enumerate(text[1:200], start=2):
                if letter in short_with_value:
                    value = text[position:] or following
                    at += not text[position:]
                    yield Option(f"-{letter}", value, word)
                    break
                yield Option(f"-{letter}", "", word)
