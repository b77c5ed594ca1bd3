"""What is installed in a Python environment: `METADATA` in `*.dist-info`, and `PKG-INFO` in `*.egg-info`.

Format: https://packaging.python.org/en/latest/specifications/core-metadata/. Nothing of the environment is run.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from secscan.inventory.contract import Declared, Inventory, broken, not_released, reading
from secscan.inventory.documents import read_json
from secscan.inventory.licences import any_of, normal_licence
from secscan.inventory.names import PYPI

_CLASSIFIER = "License :: "
_MOST_LINES = 20_000


@reading
def read_metadata(path: str, data: bytes) -> Inventory:
    """Read the metadata of one package that is installed."""
    fields = list(_fields(data.decode("utf-8", errors="replace")))

    def first(name: str) -> tuple[str, int]:
        return next(((value, line) for field, value, line in fields if field == name), ("", 0))

    (name, line), (version, _) = first("name"), first("version")
    if not name or not version:
        return broken(path, "it names no package, or no version")
    licence = (
        normal_licence(first("license-expression")[0]) or _classified(fields) or normal_licence(first("license")[0])
    )
    return Inventory(packages=(Declared(name, version, PYPI, path, line, licence=licence),))


@reading
def read_direct_url(path: str, data: bytes) -> Inventory:
    """Read `direct_url.json`, which is there where a package was installed from elsewhere than an index (PEP 610)."""
    read_json(data)
    name = posixpath.basename(posixpath.dirname(path)).removesuffix(".dist-info")
    return not_released(path, name, why="installed from a URL, path or revision, not from an index")


def _fields(text: str) -> Iterator[tuple[str, str, int]]:
    """Yield name, value and line of each field; the description behind the first empty line is none."""
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            return
        if number > _MOST_LINES:
            raise ValueError(f"it has more than {_MOST_LINES} lines before its description")
        name, colon, value = line.partition(":")
        if colon and not line[0].isspace():
            yield name.lower(), value.strip(), number


def _classified(fields: list[tuple[str, str, int]]) -> str:
    """The licence that the classifiers name. `OSI Approved` alone, and a family such as `BSD License`, name none."""
    names = [
        value.rpartition(" :: ")[2]
        for field, value, _ in fields
        if field == "classifier" and value.startswith(_CLASSIFIER) and not value.endswith("OSI Approved")
    ]
    # Of several classifiers nobody knows whether they are a choice.
    return normal_licence(names[0]) if len(names) == 1 else " / ".join(any_of([normal_licence(one)]) for one in names)
