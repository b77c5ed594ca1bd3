"""Records the real output of bandit and semgrep anew: `make record`, after an upgrade of one of them."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from secscan.scanners.contract import Setup
from secscan.scanners.registry import all_scanners
from secscan.scanners.runner import find_programs
from tests.recorded.cases import write_case
from tests.support.targets import folder_target

SHOP = Path(__file__).resolve().parent.parent.parent / "examples" / "shop"

CASES = {
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


def main() -> None:
    """Run both tools on every case and write what they said."""
    for name in ("bandit", "semgrep"):
        scanner = all_scanners()[name]
        for case, files in CASES.items():
            with tempfile.TemporaryDirectory() as folder:
                target = folder_target(Path(folder), files)
                setup = Setup(target=target, programs=find_programs(scanner, ()), place=Path(folder).joinpath)
                (piece,) = scanner.plan(setup).pieces
                ended = scanner.run(piece, setup)
                write_case(scanner, case, piece, ended, {folder: "/scanned", str(Path(sys.prefix)): "/venv"})
                print(name, case)  # noqa: T201 - a script


if __name__ == "__main__":
    main()
