"""What every command that judges does at its end: writes the reports, says what matters, and returns the exit code."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from secscan.reports.contract import FORMATS

if TYPE_CHECKING:
    from secscan.attest.terms import SavedTerms
    from secscan.findings.scan import Scan

REPORTS = {"json": "secscan.json", "sarif": "secscan.sarif", "html": "secscan.html"}
"""The reports that every scan writes, and their file names."""

REPORT_HELP = f"Write this report, too; may be repeated. FILE is relative to --output. One of {', '.join(FORMATS)}."


def report_files(files: Mapping[str, str], wanted: Sequence[str] = (), output: Path = Path()) -> dict[str, str]:
    """Return file names by report: those given, but for ones with an empty name, which are off; and what the command
    line wants, as FORMAT or FORMAT=FILE.

    Raises `UsageError`, also where two of them, or one and the terms beside the saved scan, are one file in `output`.
    """
    from secscan.errors import UsageError
    from secscan.files import place_written
    from secscan.reports.contract import load_format

    chosen = {name: file for name, file in files.items() if file}
    for text in wanted:
        name, given, file = text.partition("=")
        usual = load_format(name).file
        if given and not file:
            raise UsageError(f"--report {text} names no file", hint=f"write --report {name}, or name one after the =")
        chosen[name] = file or chosen.get(name, usual)
    for name, file in chosen.items():
        if Path(file).name in {"", ".."}:
            raise UsageError(f"the report {name} has no file but a folder, {file}", hint="name a file")
    taken: dict[Path, str] = {}
    names = (*(f"the report {name}" for name in chosen), "what the saved scan was judged by")
    for name, file in zip(names, files_of(chosen), strict=False):
        other = taken.setdefault(place_written(output / file), name)
        if other != name:
            raise UsageError(f"{other} and {name} have the same file, {file}", hint="give each its own")
    return chosen


def files_of(reports: Mapping[str, str]) -> tuple[str, ...]:
    """Return the names of all files that are written: the reports, and what the saved scan was judged by beside it,
    last."""
    from secscan.attest.terms import place_of

    saved = reports.get("json")
    return (*reports.values(), *([str(place_of(Path(saved)))] if saved else []))


def remove_earlier(output: Path, reports: Mapping[str, str]) -> None:
    """Remove the reports of an earlier run: one that is stopped must leave no old verdict behind."""
    from secscan import stopping
    from secscan.files import remove_stale

    for name in files_of(reports):
        remove_stale(output / name)
    stopping.note("no verdict was made, and no report written; those of an earlier run are gone")


def deliver(
    scan: Scan,
    terms: SavedTerms,
    output: Path,
    reports: Mapping[str, str],
    *,
    quiet: bool,
    format_name: str = "terminal",
) -> int:
    """Write the reports and what was judged by, print what matters, and return the exit code."""
    from secscan import stopping
    from secscan.cli import log
    from secscan.cli.details import details
    from secscan.cli.say import detail, is_verbose, note
    from secscan.cli.terminal import print_for_program, print_report
    from secscan.errors import ExitCode
    from secscan.gate.exit import exit_code

    if scan.judgement is None:
        return ExitCode.BUG
    written = _write(scan, terms, output, reports, quiet=quiet)
    if is_verbose():
        for line in details(scan):
            detail(line)
    if written and not log.is_json():  # which has a line for each
        note(f"Reports: {', '.join(written)}")
    if format_name == "terminal":
        print_report(scan, quiet=quiet)
    else:
        print_for_program(scan, format_name, quiet=quiet or log.is_json())
    stopping.note(f"the verdict was told; {len(written)} of {len(reports)} reports have been written")
    code = exit_code(scan.judgement)
    return code if len(written) == len(reports) else code or ExitCode.INCOMPLETE  # failed beats incomplete


def _write(scan: Scan, terms: SavedTerms, output: Path, reports: Mapping[str, str], *, quiet: bool) -> tuple[str, ...]:
    """Write the reports, say which could not be, and return the places of the others."""
    from secscan import stopping
    from secscan.attest.terms import dumps, place_of
    from secscan.cli import log
    from secscan.cli.app import tell
    from secscan.cli.progress import show_progress
    from secscan.errors import ReportError
    from secscan.files import write_atomic
    from secscan.progress import Stage
    from secscan.reports.contract import load_format
    from secscan.reports.present import Presentation

    view = Presentation(scan)
    written: list[str] = []
    with show_progress(quiet=quiet or log.is_json()) as progress:
        for done, (name, file) in enumerate(reports.items()):
            progress(Stage("writing reports", done, len(reports), "files"))
            stopping.note(f"the verdict was not told; {done} of {len(reports)} reports have been written, each whole")
            try:
                write_atomic(output / file, load_format(name).parts(view))
                if name == "json":
                    write_atomic(place_of(output / file), dumps(terms))
            except ReportError as error:
                tell(error)
            else:
                written.append(str(output / file))
                log.write("info", "report-written", f"{name} was written", file=str(output / file))
    return tuple(written)
