"""Where the programs of a scanner are: in an installed package that brings them, else in PATH, and proven."""

from __future__ import annotations

import os
import re
import sysconfig
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from secscan.process import Limits, StartError, find_program, run
from secscan.scanners.contract import Needs, Scanner, ScannerError

_ASKING = Limits(seconds=20, megabytes=1024)


def find_programs(scanner: Scanner[Any], unsafe_below: Sequence[Path]) -> dict[str, Path]:
    """Return where the programs that a scanner needs are; raises `ScannerError` that names all that are missing."""
    needs = scanner.needs
    found = {name: _packaged(needs, name) or _in_path(needs, name, unsafe_below) for name in needs.programs}
    missing = [name for name, path in found.items() if path is None]
    if missing:
        raise ScannerError(f"{' and '.join(missing)} cannot be found", hint=scanner.install_hint)
    return {name: path for name, path in found.items() if path is not None}


def is_installed(scanner: Scanner[Any]) -> bool:
    """Whether all that a scanner needs is there."""
    try:
        find_programs(scanner, (Path.cwd(),))
    except ScannerError:
        return False
    return True


def is_packaged(scanner: Scanner[Any]) -> bool:
    """Whether a Python package beside our own brings all the programs that a scanner needs."""
    return all(_packaged(scanner.needs, name) is not None for name in scanner.needs.programs)


def _packaged(needs: Needs, name: str) -> Path | None:
    """The program that a package beside our own brings. The folder is asked, not the import system: that looks into
    the working directory, too, and what is scanned must not bring its own scanner."""
    if not needs.package:
        return None
    packages = Path(sysconfig.get_path("platlib"))
    places = [packages / needs.package / "bin" / name]
    if any(packages.glob(f"{needs.package}-*.dist-info")):
        places.append(Path(sysconfig.get_path("scripts")) / name)
    return next((path for path in places if os.access(path, os.X_OK) and path.is_file()), None)


def _in_path(needs: Needs, name: str, unsafe_below: Sequence[Path]) -> Path | None:
    path = find_program(name, unsafe_below=unsafe_below)
    return path if path is None or not needs.proof or _is_genuine(path, needs.proof) else None


def _is_genuine(program: Path, proof: str) -> bool:
    try:
        ended = run([str(program), "version"], limits=_ASKING)
    except StartError:
        return False
    return re.fullmatch(proof, ended.stdout.decode("utf-8", "replace").strip()) is not None
