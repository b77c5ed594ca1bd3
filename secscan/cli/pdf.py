"""A page of ours as PDF, by a program that is there: Chromium, or WeasyPrint."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from secscan.errors import ReportError
from secscan.process import Limits, StartError, find_program, run

_CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_WEASYPRINT = "weasyprint"
_PAGE, _PDF = "report.html", "report.pdf"
_LIMITS = Limits(seconds=120.0, output_bytes=200_000_000)


def pdf(page: bytes) -> bytes:
    """Return a page as PDF. Raises `ReportError` where no program is there, or the one that is fails."""
    argv = _command()
    if not argv:
        raise ReportError(
            "no program that makes PDF is there",
            hint="install Chromium or WeasyPrint, or write -f html and print it in a browser",
        )
    try:
        ended = run(argv, limits=_LIMITS, files={_PAGE: page}, collect=[_PDF])
    except StartError as error:
        raise ReportError(str(error), hint="write -f html and print it in a browser") from error
    made = ended.files.get(_PDF, b"")
    if ended.trouble or ended.exit_code or not made.startswith(b"%PDF-"):
        why = ended.trouble or f"ended with {ended.exit_code}"
        raise ReportError(f"{Path(argv[0]).name} made no PDF: it {why}", hint="write -f html and print it in a browser")
    return made


def _command() -> Sequence[str]:
    here = [Path.cwd()]
    for name in _CHROMIUM:
        if program := find_program(name, unsafe_below=here):
            return [
                str(program),
                *("--headless", "--disable-gpu", "--disable-dev-shm-usage", "--user-data-dir=profile"),
                # Its sandbox does not start for root. The page is ours and its policy lets no script run.
                *(("--no-sandbox",) if os.geteuid() == 0 else ()),
                *("--no-pdf-header-footer", f"--print-to-pdf={_PDF}", _PAGE),
            ]
    if program := find_program(_WEASYPRINT, unsafe_below=here):
        return [str(program), _PAGE, _PDF]
    return ()
