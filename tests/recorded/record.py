"""Records the real output of the scanners anew: `make record`, after an upgrade of one of them."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

from secscan.advisories.store import resolve
from secscan.scanners.contract import Scanner, Setup
from secscan.scanners.registry import all_scanners
from secscan.scanners.runner import find_programs
from tests.recorded.cases import write_case
from tests.support.targets import folder_target

SHOP = Path(__file__).resolve().parent.parent.parent / "examples" / "shop"

SOURCE = {
    "shop": {str(path.relative_to(SHOP)): path.read_bytes() for path in sorted(SHOP.rglob("*.py"))},
    "clean": {"clean.py": b"x = 1\n"},
    "lost": {
        "syntax.py": b"def f(:\n",
        "latin.py": b"# caf\xe9\n",
        "deep.py": b"x = " + b"(" * 300 + b"1" + b")" * 300 + b"\n",
        "partly.py": b"import os\nos.system(input())\ndef g(:\n  ((((\nos.system(input())\n",
        "fine.py": b"eval(input())\n",
    },
    "crash": {
        "crash.py": b"from cryptography.hazmat.primitives.asymmetric import rsa\n"
        b"rsa.generate_private_key(65537, key_size=[512])\n"
    },
}

MANIFESTS = {
    "shop": {"requirements.txt": (SHOP / "requirements.txt").read_bytes()},
    "clean": {"requirements.txt": b"itsdangerous==2.2.0\n"},
    "twice": {
        "requirements.txt": b"jinja2==2.10\n",
        "worker/requirements.txt": b"Jinja2==2.10\nmarkupsafe==2.1.5\n",
    },
}

PACKAGES = {
    **MANIFESTS,
    "odd": {"requirements.txt": b"jinja2===2.10-rubbish\nflask==2.2.0\n"},
}

SECRETS = {
    "clean": {"clean.py": b"x = 1\n"},
    "found": {
        "settings.py": b'DB_PASSWORD = "Tr0ub4dor&3xyz"\nTOKEN = "ghp_' + b"a1" * 15 + b'0"\n',
        "utf16.txt": "password = 'Tr0ub4dor&3xyz'\n".encode("utf-16"),
    },
}

CASES = {"bandit": SOURCE, "semgrep": SOURCE, "osv": PACKAGES, "pip-audit": MANIFESTS, "secrets": SECRETS}


def main() -> None:
    """Run every scanner on every case of its own and write what it said."""
    with resolve("demo") as index:
        for name, cases in CASES.items():
            for case, files in cases.items():
                record(all_scanners()[name], case, files, index)
                print(name, case)  # noqa: T201 - a script


def record(scanner: Scanner[Any], case: str, files: dict[str, bytes], index: Path | None) -> None:
    with tempfile.TemporaryDirectory() as folder:
        setup = Setup(
            target=folder_target(Path(folder), files),
            programs=find_programs(scanner, ()),
            advisories=index,
            place=Path(folder).joinpath,
        )
        (piece,) = scanner.plan(setup).pieces
        places = {folder: "/scanned", str(Path(sys.prefix)): "/venv"}
        write_case(scanner, case, piece, scanner.run(piece, setup), places)


if __name__ == "__main__":
    main()
