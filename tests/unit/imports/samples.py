"""A small tree and documents about it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec

from secscan.findings.model import Finding
from secscan.imports.contract import Said
from secscan.imports.places import Places
from secscan.imports.reading import read_document
from tests.support.targets import FolderTarget, folder_target

RECORDED = Path(__file__).resolve().parents[2] / "recorded" / "imports"
APP = """import hashlib
import subprocess
import sqlite3


def find(name):
    db = sqlite3.connect("x")
    return db.execute("SELECT * FROM users WHERE name = '%s'" % name)


def run(command):
    subprocess.call(command, shell=True)
    assert command
    return hashlib.md5(command.encode()).hexdigest()
"""
"""What was scanned for the recorded files."""
FILES = {"src/app.py": APP, "a b.py": "x = 1\n", "100%.py": "x = 1\n", "requirements.txt": "flask==0.12.2\n"}


def tree(folder: Path, **info: Any) -> FolderTarget:
    target = folder_target(folder / "shop", FILES)
    return FolderTarget(target.root, msgspec.structs.replace(target.info, **info), target.files)


def read(document: Any, target: FolderTarget) -> tuple[Said, ...]:
    data = document if isinstance(document, bytes) else json.dumps(document).encode()
    return read_document(data, Places(target), "results.json")


def findings(document: Any, target: FolderTarget) -> list[Finding]:
    return [finding for said in read(document, target) for finding in said.findings]


def sarif(*results: dict[str, Any], rules: list[dict[str, Any]] | None = None, **run: Any) -> dict[str, Any]:
    """A log of one run."""
    return {
        "version": "2.1.0",
        "runs": [{"tool": {"driver": {"name": "acme", "rules": rules or []}}, "results": list(results), **run}],
    }


def result(uri: str = "src/app.py", line: int = 12, **members: Any) -> dict[str, Any]:
    """A result at a place."""
    where = {"artifactLocation": {"uri": uri}, "region": {"startLine": line}}
    return {
        "ruleId": "R1",
        "message": {"text": "it is wrong"},
        "locations": [{"physicalLocation": where}],
        **members,
    }
