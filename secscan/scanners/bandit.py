"""bandit: Python source, by patterns on the syntax tree.

Traps, each with a test against the real tool: exit code 0 although files were lost, 1 also for its own crash;
`errors[]` tells of files it could not parse, but an exception inside one of its tests only of standard error;
with `-r` it leaves out files by substring and reads `.bandit` of the scanned tree. So it gets our list of files,
an empty settings file, no excludes, and `--ignore-nosec`: markers are read by us and shown.
"""

from __future__ import annotations

import re

import msgspec

from secscan.findings.defects import class_of_cwe, defect
from secscan.findings.levels import Confidence, GapKind, Kind, Severity
from secscan.findings.model import Finding, Gap, Location, Region, Source
from secscan.process import Ended, run
from secscan.scanners.by_file import FileScanner
from secscan.scanners.contract import MalformedOutput, Needs, Report, Setup, refuse_trouble
from secscan.scanners.toolkit import FileBatch, languages, program_version, strict_json, typed
from secscan.targets.contract import SourceFile

CONTROL = "secscan_control.py"
_CONTROL_SOURCE = b"import subprocess\n\nsubprocess.call('secscan positive control', shell=True)\n"
_CONTROL_RULE = "B602"

_SEVERITY = {"HIGH": Severity.HIGH, "MEDIUM": Severity.MEDIUM, "LOW": Severity.LOW, "UNDEFINED": Severity.UNKNOWN}
_CONFIDENCE = {"HIGH": Confidence.HIGH, "MEDIUM": Confidence.MEDIUM, "LOW": Confidence.LOW, "UNDEFINED": Confidence.LOW}

CLASSES = {
    "B101": "assert-used",
    "B102": "code-injection",
    "B103": "insecure-permissions",
    "B104": "bind-all-interfaces",
    "B105": "hardcoded-credential",
    "B106": "hardcoded-credential",
    "B107": "hardcoded-credential",
    "B108": "insecure-temp-file",
    "B110": "swallowed-error",
    "B112": "swallowed-error",
    "B113": "missing-timeout",
    "B201": "debug-enabled",
    "B202": "archive-extraction",
    "B301": "deserialization",
    "B302": "deserialization",
    "B303": "weak-hash",
    "B304": "weak-cipher",
    "B305": "weak-cipher",
    "B306": "insecure-temp-file",
    "B307": "code-injection",
    "B308": "xss",
    "B310": "ssrf",
    "B311": "weak-randomness",
    "B312": "cleartext-transport",
    "B313": "xxe",
    "B314": "xxe",
    "B315": "xxe",
    "B316": "xxe",
    "B317": "xxe",
    "B318": "xxe",
    "B319": "xxe",
    "B321": "cleartext-transport",
    "B323": "tls-verification",
    "B324": "weak-hash",
    "B401": "risky-import",
    "B402": "risky-import",
    "B403": "risky-import",
    "B404": "risky-import",
    "B405": "risky-import",
    "B406": "risky-import",
    "B407": "risky-import",
    "B408": "risky-import",
    "B409": "risky-import",
    "B411": "risky-import",
    "B412": "risky-import",
    "B413": "deprecated-crypto-library",
    "B415": "risky-import",
    "B501": "tls-verification",
    "B502": "weak-tls",
    "B503": "weak-tls",
    "B504": "weak-tls",
    "B505": "weak-key",
    "B506": "deserialization",
    "B507": "ssh-host-key",
    "B508": "cleartext-transport",
    "B509": "cleartext-transport",
    "B601": "command-injection",
    "B602": "command-injection",
    "B603": "process-start",
    "B604": "command-injection",
    "B605": "command-injection",
    "B606": "process-start",
    "B607": "untrusted-search-path",
    "B608": "sql-injection",
    "B609": "command-injection",
    "B610": "sql-injection",
    "B611": "sql-injection",
    "B612": "code-injection",
    "B613": "trojan-source",
    "B614": "deserialization",
    "B615": "unpinned-download",
    "B701": "autoescape-off",
    "B702": "xss",
    "B703": "xss",
    "B704": "xss",
}
"""Class of defect by bandit's test id. Its CWE ids are not used: measured to be wrong too often to merge by."""


class Bandit(FileScanner):
    """See the module's description."""

    name = "bandit"
    title = "Python source: risky patterns"
    kinds = (Kind.SAST,)
    needs = Needs(programs=("bandit",))
    install_hint = "pip install bandit"
    parses = frozenset({"python"})
    reads_code = True
    byte_columns = True
    kept_by = "content"
    pace = 3.5

    def files(self, setup: Setup) -> tuple[SourceFile, ...]:
        """See `FileScanner.files`."""
        return languages(setup.target.files, "python", "notebook")

    def run(self, piece: FileBatch, setup: Setup) -> Ended:
        """Run bandit on one batch, with the positive control as one more file."""
        return run(
            [
                *(str(setup.programs["bandit"]), "--ini", "empty.ini", "-x", "/nonexistent", "--ignore-nosec"),
                *("-q", "-f", "json", "-o", "report.json", "--", CONTROL, *piece.placed.values()),
            ],
            limits=setup.limits,
            files={"empty.ini": b"[bandit]\n", CONTROL: _CONTROL_SOURCE},
            collect=["report.json"],
        )

    def parse(self, ended: Ended, piece: FileBatch) -> Report:
        """See `Scanner.parse`."""
        refuse_trouble(ended, exit_codes=(0, 1))
        answer: _Answer = typed(strict_json(ended.files.get("report.json", b""), tool="bandit"), _Answer, tool="bandit")
        if (ended.exit_code == 1) != bool(answer.results):
            raise MalformedOutput(f"exit code {ended.exit_code} does not fit its {len(answer.results)} results")
        back = piece.back()
        lost = {back[error.filename] for error in answer.errors if error.filename in back}
        seen = {back[name] for name in answer.metrics if name in back}
        return Report(
            findings=tuple(
                _finding(result, back[result.filename]) for result in answer.results if result.filename in back
            ),
            gaps=(
                *piece.lost,
                *(_lost_file(error, back[error.filename]) for error in answer.errors if error.filename in back),
                *_internal_errors(ended.stderr, back),
            ),
            looked_at=frozenset(seen - lost),
            control=any(_is_control(result) for result in answer.results),
        )

    def version(self, setup: Setup) -> str:
        """See `Scanner.version`."""
        return program_version(setup.programs["bandit"], "bandit")


class _Cwe(msgspec.Struct):
    id: int = 0


class _Result(msgspec.Struct):
    filename: str
    test_id: str
    test_name: str
    issue_text: str
    issue_severity: str
    issue_confidence: str
    line_number: int
    line_range: list[int]
    col_offset: int = -1
    end_col_offset: int = -1
    issue_cwe: _Cwe = msgspec.field(default_factory=_Cwe)
    more_info: str = ""


class _Error(msgspec.Struct):
    filename: str
    reason: str


class _Answer(msgspec.Struct):
    results: list[_Result]
    errors: list[_Error]
    metrics: dict[str, dict[str, int | float]]


def _is_control(result: _Result) -> bool:
    return result.test_id == _CONTROL_RULE and result.filename.endswith(CONTROL) and "/" not in result.filename[2:]


def _finding(result: _Result, path: str) -> Finding:
    class_id = CLASSES.get(result.test_id) or class_of_cwe(result.issue_cwe.id)
    severity = _SEVERITY.get(result.issue_severity, Severity.UNKNOWN)
    confidence = _CONFIDENCE.get(result.issue_confidence, Confidence.LOW)
    region = _region(result)
    info = defect(class_id)
    return Finding(
        kind=Kind.SAST,
        defect=class_id,
        title=info.title,
        message=result.issue_text,
        severity=severity,
        confidence=confidence,
        location=Location(path=path, region=region),
        identifiers=tuple(f"CWE-{cwe}" for cwe in info.cwes[:1]),
        remediation=info.remedy,
        references=(result.more_info,) if result.more_info else (),
        sources=(
            Source(
                scanner="bandit",
                rule=result.test_id,
                severity=severity,
                confidence=confidence,
                message=result.issue_text,
                region=region,
                url=result.more_info,
            ),
        ),
    )


def _region(result: _Result) -> Region:
    """bandit's line is where the telling argument stands; its columns belong to the first line of the range."""
    first = min([result.line_number, *result.line_range])
    last = max([result.line_number, *result.line_range])
    if result.col_offset < 0 or result.line_number != first:
        return Region(start_line=result.line_number, end_line=last)
    end = result.end_col_offset + 1 if result.end_col_offset > 0 else 0
    return Region(start_line=first, start_column=result.col_offset + 1, end_line=last, end_column=end)


def _lost_file(error: _Error, path: str) -> Gap:
    if "syntax error" in error.reason:
        return Gap(scanner="bandit", kind=GapKind.UNPARSABLE, subject=path, detail="bandit could not parse the file")
    if "No such file" in error.reason or "Permission" in error.reason:
        return Gap(scanner="bandit", kind=GapKind.UNREADABLE, subject=path, detail=f"bandit: {error.reason}")
    return Gap(
        scanner="bandit",
        kind=GapKind.UNPARSABLE,
        subject=path,
        detail=f"bandit gave up on the file: {error.reason}",
        remedy="split deeply nested or very long expressions; no tool could judge them",
    )


_INTERNAL = re.compile(rb"Bandit internal error running: (\S+) on file (.+?) at line (\d+): ([^\n]*)")


def _internal_errors(stderr: bytes, back: dict[str, str]) -> list[Gap]:
    """One of bandit's tests crashed on a line: the JSON says nothing of it, standard error does."""
    return [
        Gap(
            scanner="bandit",
            kind=GapKind.PARTIAL,
            subject=back.get(name.decode("utf-8", "replace"), "a file of the batch"),
            line=int(line),
            detail=f"bandit's test {test.decode('utf-8', 'replace')} crashed here, so it has not judged the line",
        )
        for test, name, line, _ in _INTERNAL.findall(stderr)
    ]


SCANNER = Bandit()
"""What the registry finds."""
