"""Recorded output of real tools: one JSON file per case, read back as the values that cross the contract."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from secscan.process import Ended
from secscan.scanners.contract import Scanner

FOLDER = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Case:
    """One recorded run and what our parser should make of it."""

    name: str
    piece: Any
    ended: Ended
    expect: dict[str, Any]


def cases_of(scanner: Scanner[Any]) -> list[Case]:
    """Every recorded case of a scanner, sorted by name."""
    return [_read(path, scanner) for path in sorted((FOLDER / scanner.name).glob("*.json"))]


def write_case(scanner: Scanner[Any], name: str, piece: Any, ended: Ended, places: dict[str, str]) -> None:
    """Record one run; `places` maps folders of this machine to what stands for them in the file."""
    report = scanner.parse(ended, piece)
    document = {
        "piece": msgspec.to_builtins(piece),
        "ended": {
            "argv": list(ended.argv),
            "exit_code": ended.exit_code,
            "stdout": ended.stdout.decode("utf-8"),
            "stderr": ended.stderr.decode("utf-8", errors="replace"),
            "seconds": 0,
            "peak_megabytes": 0,
            "stopped": ended.stopped,
            "files": {key: value.decode("utf-8") for key, value in ended.files.items()},
        },
        "expect": {"findings": len(report.findings), "gaps": len(report.gaps), "control": report.control},
    }
    text = json.dumps(document, indent=1, sort_keys=True, ensure_ascii=False)
    for place, stands in places.items():
        text = text.replace(place, stands)
    text = re.sub(r"/tmp/secscan-\w+", "/tmp/secscan", text)
    text = re.sub(r"127\.0\.0\.1:\d+", "127.0.0.1:0", text)
    path = FOLDER / scanner.name / f"{name}.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(text + "\n", encoding="utf-8")


def _read(path: Path, scanner: Scanner[Any]) -> Case:
    document = json.loads(path.read_text(encoding="utf-8"))
    ended = document["ended"]
    return Case(
        name=path.stem,
        piece=msgspec.convert(document["piece"], type=scanner.piece_type),
        ended=Ended(
            argv=tuple(ended["argv"]),
            exit_code=ended["exit_code"],
            stdout=ended["stdout"].encode(),
            stderr=ended["stderr"].encode(),
            seconds=0,
            peak_megabytes=0,
            stopped=ended["stopped"],
            files={name: text.encode() for name, text in ended["files"].items()},
        ),
        expect=document["expect"],
    )
