"""The child process that looks at manifests: reads files, judges them together, and says what it saw.

Usage: python -I -m secscan.manifests.worker LIST

`LIST` is a JSON object: `files`, from absolute paths to path texts, and `whole`, whether they are all files of a
project. The answer on standard output is one JSON object; of a secret it holds no part but the prefix of its provider.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from secscan.manifests.analyse import Answer, analyse
from secscan.secrets.keys import KEY_VARIABLE, VALUES_KEY_VARIABLE
from secscan.secrets.secret import Secret
from secscan.secrets.texts import LOOKED_AT_MOST, decoded
from secscan.secrets.worker import secret_id


def main(arguments: list[str]) -> int:
    """Look at every file of the list and write the answer."""
    keys = tuple(os.environ.pop(name, "").encode() for name in (KEY_VARIABLE, VALUES_KEY_VARIABLE))
    asked: dict[str, Any] = json.loads(Path(arguments[0]).read_bytes())
    files: dict[str, str] = asked["files"]
    lost: list[dict[str, Any]] = []
    answer = analyse(_texts(files, lost), whole=asked["whole"])
    places = {path: place for place, path in files.items()}
    json.dump({**_plain(answer, places, keys, lost), "complete": True}, sys.stdout)
    return 0


def _texts(files: dict[str, str], lost: list[dict[str, Any]]) -> Iterator[tuple[str, str]]:
    for place, path in files.items():
        try:
            with Path(place).open("rb") as file:
                data = file.read(LOOKED_AT_MOST + 1)
        except OSError as error:
            lost.append(_lost(place, "unreadable", error.strerror or "it cannot be read"))
            continue
        if len(data) > LOOKED_AT_MOST:
            lost.append(_lost(place, "too-large", f"more than {LOOKED_AT_MOST} bytes"))
            continue
        yield path, decoded(data)[0]


def _plain(
    answer: Answer, places: dict[str, str], keys: tuple[bytes, ...], lost: list[dict[str, Any]]
) -> dict[str, Any]:
    findings = []
    for path, finding in answer.findings:
        secret = finding.pop("secret", None)
        names = [secret_id(secret.reveal(), key) for key in keys] if isinstance(secret, Secret) else ["", ""]
        findings.append({**finding, "place": places[path], "secret_id": names[0], "same": names[1]})
    gaps = [_lost(places[path], one.kind, one.words, line=one.line, remedy=way) for path, one, way in answer.gaps]
    return {"findings": findings, "gaps": [*lost, *gaps], "looked_at": [places[path] for path in answer.looked_at]}


def _lost(place: str, kind: str, detail: str, *, line: int = 0, remedy: str = "") -> dict[str, Any]:
    return {"place": place, "kind": kind, "detail": detail, "line": line, "remedy": remedy}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
