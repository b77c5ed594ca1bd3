"""The child process of the scanner `osv`: answers, from the index, what is known of each package of a list.

`python -m secscan.advisories.worker LIST`; LIST is a JSON object with `index`, a path, and `packages`, a list of
ecosystem, name and version. The answer is one JSON object on standard output.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import msgspec

from secscan.advisories.advice import advise
from secscan.advisories.index import Index
from secscan.errors import AdvisoryError
from secscan.versions.order import order_of


class _Question(msgspec.Struct):
    index: str
    packages: list[tuple[str, str, str]]


def answers(index: Index, packages: list[tuple[str, str, str]]) -> list[dict[str, Any]]:
    """Return what is known of each package, in order."""
    return [
        {
            "package": package,
            "advice": advise(index, *package),
            "not_comparable": index.not_comparable(*package[:2]),
            "readable": order_of(package[0]).key(package[2]) is not None,
        }
        for package in packages
    ]


def main(arguments: list[str]) -> int:
    """Read the list, answer, and return the exit code."""
    try:
        question = msgspec.json.decode(Path(arguments[0]).read_bytes(), type=_Question)
        with Index(Path(question.index)) as index:
            document = {"answers": answers(index, question.packages), "complete": True}
    except AdvisoryError as error:
        sys.stderr.write(f"{error.message}\n")
        return 1
    sys.stdout.buffer.write(msgspec.json.encode(document))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
