"""The picture of the README: the HTML report of the bundled example, as `make demo` writes it.

make screenshot, or: python -m tests.support.screenshot [REPORT [PICTURE]]
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests.support.browser import running

_TOP = Path(__file__).resolve().parent.parent.parent
_MOST_BYTES = 200_000


def take(report: Path, picture: Path) -> None:
    """Write the picture of a report."""
    with tempfile.TemporaryDirectory() as folder, running(Path(folder)) as browser:
        browser.media(scheme="light")
        browser.open(report.read_bytes(), "#severity=critical&severity=high", size=(1160, 960))
        browser.settle()
        data = browser.screenshot()
    if len(data) > _MOST_BYTES:
        raise SystemExit(f"the picture has {len(data)} bytes, more than {_MOST_BYTES}")
    picture.write_bytes(data)


if __name__ == "__main__":
    given = [Path(text) for text in sys.argv[1:]]
    take(*(given + [_TOP / "build/demo/secscan.html", _TOP / "docs/images/report.png"][len(given) :]))
