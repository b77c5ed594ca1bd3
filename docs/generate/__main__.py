"""python -m docs.generate [--check]: write the generated pages, or say which are not what the program says."""

from __future__ import annotations

import sys

from docs.generate.pages import REFERENCE, generated, stale


def main(arguments: list[str]) -> int:
    """Return the exit code."""
    if arguments == ["--check"]:
        wrong = stale()
        for name in wrong:
            sys.stderr.write(f"docs/reference/{name} is not what the program says: make docs-reference\n")
        return 1 if wrong else 0
    if arguments:
        sys.stderr.write("usage: python -m docs.generate [--check]\n")
        return 2
    pages = generated()
    for name in stale():
        path = REFERENCE / name
        if name in pages:
            path.write_text(pages[name], encoding="utf-8")
        else:
            path.unlink()
        sys.stdout.write(f"{path}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
