"""The documents, as tests read them: their blocks, and the commands and examples in those."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from markdown_it import MarkdownIt

ROOT = Path(__file__).resolve().parent.parent.parent
_ELSEWHERE = {".venv", ".venv-ci", "build", "node_modules", "gold", "recorded"}
_MARK = re.compile(r"<!-- run: (\w+) -->")
_ENDS = ("|", "||", "&&", ";", ">", ">>", "2>", "<")
"""Words of a shell behind which the arguments of a command have ended."""


@dataclass(frozen=True)
class Block:
    """A block of code."""

    document: Path
    line: int
    language: str
    """Empty for an indented block."""
    text: str
    runs: str = ""
    """The kind of folder in which a test runs it; empty for one that is not run."""

    @property
    def place(self) -> str:
        return f"{self.document.relative_to(ROOT)}:{self.line}"


@dataclass(frozen=True)
class Step:
    """A command of a console, and what it shows."""

    command: str
    shown: tuple[str, ...]


@cache
def documents() -> tuple[Path, ...]:
    """Every Markdown file of the project."""
    return tuple(path for path in sorted(ROOT.rglob("*.md")) if not _ELSEWHERE & set(path.relative_to(ROOT).parts))


@cache
def blocks() -> tuple[Block, ...]:
    """Every block of code of every document."""
    return tuple(block for path in documents() for block in _blocks(path))


def _blocks(path: Path) -> Iterator[Block]:
    marked = ""
    for token in MarkdownIt("commonmark").parse(path.read_text(encoding="utf-8")):
        if token.type == "html_block":
            mark = _MARK.match(token.content)
            marked = mark[1] if mark else ""
        elif token.type in ("fence", "code_block"):
            line = token.map[0] + 1 if token.map else 0
            yield Block(path, line, token.info.strip(), token.content, marked)
            marked = ""


def steps(block: Block) -> list[Step]:
    """Return the commands of a console with what each shows."""
    found: list[tuple[str, list[str]]] = []
    for line in _joined(block.text):
        if line.startswith("$ "):
            found.append((line[2:], []))
        elif found and line.strip():
            found[-1][1].append(line)
    return [Step(command, tuple(shown)) for command, shown in found]


def commands(block: Block) -> Iterator[list[str]]:
    """Yield the arguments of each `secscan` that a block calls: a console, a script, a workflow, an indented one."""
    for line in _joined(block.text):
        bare = re.sub(r"^\s*(?:\$ |- run: |run: |entry: |exec |- )?", "", line)
        for part in re.split(r"\s\|\s|\s&&\s|\s\|\|\s|;\s", bare):
            if re.match(r"secscan\s", part.strip()):
                yield _arguments(part.strip())


def spans() -> Iterator[tuple[Path, str]]:
    """Yield the text of every code span that calls `secscan`, with its document."""
    for path in documents():
        for token in MarkdownIt("commonmark").parse(path.read_text(encoding="utf-8")):
            for child in token.children or ():
                if child.type == "code_inline" and child.content.startswith("secscan "):
                    yield path, child.content


def _joined(text: str) -> list[str]:
    return re.sub(r"\\\n\s*", " ", text).splitlines()


def _arguments(command: str) -> list[str]:
    words = shlex.split(command, comments=True)[1:]
    end = next((at for at, word in enumerate(words) if word in _ENDS), len(words))
    return words[:end]
