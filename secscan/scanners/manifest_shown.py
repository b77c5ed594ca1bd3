"""What tools that judge manifests are shown: the text of each, under a number, with what would silence them broken.

At the end of each stands a pod of ours, which the tool must find fault with: that proves that it read to the end. JSON
has no place for a second document: there the tool has to speak of the file at all.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec

from secscan.findings.levels import GapKind
from secscan.findings.model import Gap, Region
from secscan.process import run
from secscan.scanners.contract import ScannerError, Setup
from secscan.scanners.manifest_files import ManifestFiles
from secscan.scanners.toolkit import strict_json, typed
from secscan.secrets.texts import LOOKED_AT_MOST, decoded

CONTROL = "secscan-control"
"""The namespace of the pod that rides along in every file."""
CONTROL_FILE = "control.yaml"
_CONTROL_POD = (
    f"apiVersion: v1\nkind: Pod\nmetadata:\n  name: {CONTROL}\n  namespace: {CONTROL}\nspec:\n  containers:\n"
    "    - name: control\n      image: control\n      securityContext:\n        privileged: true\n"
)
_SILENCERS = re.compile(r"(?P<tool>checkov|bridgecrew|cortex|trivy|tfsec)(?P<sign>:(?:skip|ignore)|\.io/skip)")
_BROKEN = {":skip": "-skip", ":ignore": "-ignore", ".io/skip": ".io/kept"}
_IDS = re.compile(
    r"\s{0,4}\d{0,4}\s{0,4}[=:]\s{0,4}[\"']?(?P<ids>[A-Za-z0-9_,-]{1,200})[=:]?(?P<reason>[^\"'\n]{0,240})"
)
_MOST_MARKERS = 200


class PlacedContainer(msgspec.Struct):
    """A container, where our own findings of it stand."""

    line: int
    field: str
    symbol: str
    region: Region


class PlacedObject(msgspec.Struct):
    """An object, where our own findings of it stand."""

    name: str
    """Kind, namespace and name, with dots between."""
    last_line: int
    symbol: str
    region: Region
    containers: list[PlacedContainer]


class _Lost(msgspec.Struct):
    kind: GapKind
    detail: str
    line: int
    remedy: str


class ManifestFile(msgspec.Struct):
    """What our own reader knows of a file."""

    objects: list[PlacedObject] = []
    is_json: bool = False
    in_list: bool = False
    gaps: list[_Lost] = []


class _Places(msgspec.Struct):
    files: dict[str, ManifestFile]
    complete: bool


class Silencer(msgspec.Struct):
    """A comment or annotation that asks a tool to be silent."""

    tool: str
    text: str
    line: int
    ids: list[str]
    reason: str


class ShownFile(msgspec.Struct):
    """A file that a tool was shown."""

    path: str
    last_line: int
    """What stands below is ours; nothing is below JSON."""
    file: ManifestFile
    silencers: list[Silencer]


class Shown(msgspec.Struct):
    """Our own account of what a tool was shown."""

    files: dict[str, ShownFile]
    others: list[str]
    """Path texts of files that are no manifests."""
    gaps: list[Gap]
    notice: str = ""
    """What the reader should know of the tool."""


def placed_by_us(piece: ManifestFiles, setup: Setup) -> _Places:
    """What our own reader knows of the files, from a child process: their text is hostile."""
    ended = run(
        [sys.executable, "-I", "-m", "secscan.manifests.places", "files.json"],
        limits=setup.limits,
        files={"files.json": json.dumps(piece.back()).encode()},
    )
    if ended.trouble or ended.exit_code:
        raise ScannerError(f"the manifests could not be read: our reader {ended.trouble or 'failed'}")
    places: _Places = typed(strict_json(ended.stdout, tool="our reader"), _Places, tool="our reader")
    if not places.complete:
        raise ScannerError("the manifests could not be read: our reader did not come to its end")
    return places


def show(scanner: str, piece: ManifestFiles, places: _Places, folder: Path) -> Shown:
    """Put what a tool is shown into a folder, and return an account of it."""
    shown = Shown(files={}, others=[], gaps=[])
    (folder / CONTROL_FILE).write_text(_CONTROL_POD, encoding="utf-8")
    for number, (path, place) in enumerate(piece.placed.items()):
        file = places.files.get(place, ManifestFile())
        shown.gaps += [
            Gap(scanner=scanner, kind=one.kind, subject=path, detail=one.detail, remedy=one.remedy, line=one.line)
            for one in file.gaps
        ]
        if not file.objects:
            if not file.gaps:
                shown.others.append(path)
            continue
        try:
            with Path(place).open("rb") as stream:
                text = decoded(stream.read(LOOKED_AT_MOST))[0]
        except OSError as error:
            detail = error.strerror or "it cannot be read"
            shown.gaps.append(Gap(scanner=scanner, kind=GapKind.UNREADABLE, subject=path, detail=detail))
            continue
        broken = _SILENCERS.sub(lambda found: found["tool"] + _BROKEN[found["sign"]], text)
        name = f"{number:06d}.{'json' if file.is_json else 'yaml'}"
        end = "" if broken.endswith("\n") else "\n"
        below = "" if file.is_json else f"{end}---\n{_CONTROL_POD}"
        (folder / name).write_text(f"{broken}{below}", encoding="utf-8", errors="replace", newline="")
        shown.files[name] = ShownFile(path, text.count("\n") + len(end), file, list(_silencers(text)))
    return shown


def _silencers(text: str) -> Iterator[Silencer]:
    for count, found in enumerate(_SILENCERS.finditer(text)):
        if count >= _MOST_MARKERS:
            return
        line = text[found.start() : found.end() + 300].partition("\n")[0].rstrip()
        told = _IDS.match(line, found.end() - found.start())
        yield Silencer(
            tool="trivy" if found["tool"] in ("trivy", "tfsec") else "checkov",
            text=line[:200],
            line=text.count("\n", 0, found.start()) + 1,
            ids=told["ids"].split(",") if told else [],
            reason=told["reason"].strip(" =:") if told else "",
        )
