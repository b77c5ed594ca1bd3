"""What scanners of our own share: version and rules are those of secscan, and a child process of it answers."""

from __future__ import annotations

from typing import ClassVar, TypeVar

import msgspec

from secscan import __version__
from secscan.process import Ended
from secscan.scanners.contract import MalformedOutput, PieceT, Scanner, Setup, refuse_trouble
from secscan.scanners.toolkit import source_digest, strict_json, typed


class OwnScanner(Scanner[PieceT]):
    """A scanner whose checks stand in a folder of secscan."""

    source: ClassVar[str]
    """That folder, below `secscan/`."""

    def version(self, setup: Setup) -> str:  # noqa: ARG002 - as the contract has it
        """See `Scanner.version`."""
        return __version__

    def rules_digest(self, setup: Setup) -> str:  # noqa: ARG002 - as the contract has it
        """See `Scanner.rules_digest`: the checks' own source."""
        return source_digest(self.source)


class Answer(msgspec.Struct, kw_only=True):
    """What a child process says."""

    complete: bool
    """Whether it came to its end."""


AnswerT = TypeVar("AnswerT", bound=Answer)


def answered(ended: Ended, shape: type[AnswerT], *, tool: str) -> AnswerT:
    """Return the whole answer of a child process of ours. Raises `MalformedOutput`."""
    refuse_trouble(ended, exit_codes=(0,))
    answer: AnswerT = typed(strict_json(ended.stdout, tool=tool), shape, tool=tool)
    if not answer.complete:
        raise MalformedOutput("it did not come to its end")
    return answer
