"""The child process that tells where the objects of manifests and their containers stand, for adapters of other tools.

Usage: python -I -m secscan.manifests.places LIST

Such tools point at the lines of a whole object, or at a container by its number. `LIST` is a JSON object from absolute
paths to path texts; the answer on standard output is one JSON object.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from secscan.manifests.analyse import MOST_CHARACTERS, problems_of
from secscan.manifests.issues import Subject, region_of
from secscan.manifests.nodes import read
from secscan.manifests.objects import DEFAULT_NAMESPACE, Object, objects, workload_of
from secscan.manifests.recognise import Form, form_of, is_candidate
from secscan.secrets.texts import LOOKED_AT_MOST, decoded

_FIELDS = {"container": "containers", "init container": "initContainers", "ephemeral container": "ephemeralContainers"}


def main(arguments: list[str]) -> int:
    """Look at every file of the list and write the answer."""
    files: dict[str, str] = json.loads(Path(arguments[0]).read_bytes())
    told = {place: _file(Path(place), path) for place, path in files.items()}
    json.dump({"files": told, "complete": True}, sys.stdout)
    return 0


def _file(place: Path, path: str) -> dict[str, Any]:
    try:
        with place.open("rb") as file:
            data = file.read(LOOKED_AT_MOST + 1)
    except OSError as error:
        return {"gaps": [_gap("unreadable", error.strerror or "it cannot be read")]}
    text = decoded(data[:LOOKED_AT_MOST])[0]
    if not is_candidate(path, text):
        return {}
    if len(data) > LOOKED_AT_MOST or len(text) > MOST_CHARACTERS:
        return {"gaps": [_gap("too-large", f"more than {MOST_CHARACTERS} characters", remedy="split the file")]}
    reading = read(text)
    return {
        "objects": [_told(one) for one in _objects(path, reading.documents)],
        "is_json": _is_json(text),
        "in_list": any(one.get("items").items for one in reading.documents if form_of(path, one) is Form.KUBERNETES),
        "gaps": [_gap(one.kind, one.words, line=one.line, remedy=way) for one, way in problems_of(path, text, reading)],
    }


def _is_json(text: str) -> bool:
    if not text.lstrip().startswith("{"):
        return False
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _objects(path: str, documents: tuple[Any, ...]) -> Iterator[Object]:
    for one in documents:
        if form_of(path, one) is Form.KUBERNETES:
            yield from objects(path, one)


def _told(one: Object) -> dict[str, Any]:
    workload = workload_of(one)
    node = one.node
    return {
        "name": f"{one.kind}.{one.namespace or DEFAULT_NAMESPACE}.{one.name}",
        "last_line": node.end_line - int(node.end_column == 1 and node.end_line > node.line),
        **_subject(one.subject),
        "containers": [
            {"line": each.node.line, "field": _FIELDS[each.sort], **_subject(each.subject)}
            for each in (workload.containers if workload else ())
        ],
    }


def _subject(subject: Subject) -> dict[str, Any]:
    return {"symbol": subject.symbol, "region": region_of(subject.node)}


def _gap(kind: str, detail: str, *, line: int = 0, remedy: str = "") -> dict[str, Any]:
    return {"kind": kind, "detail": detail, "line": line, "remedy": remedy}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
