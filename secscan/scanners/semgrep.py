"""semgrep: source code, by our own embedded rules with taint tracking; offline.

The program `semgrep` of the PyPI package is a thin front that hands over to the engine `semgrep-core`. Where the
program found is that front, the engine is started directly: it takes an explicit list of files (no ignore
files, size limits or default excludes come between), costs 0.2 s instead of 2.8 s, and gives the data flow of
each finding. It is given one core: its threads wait for each other, and where a core is busy with something else, as
other scanners see to, two of them took twice the processor time of one and three times as long (measured). Any other
program called `semgrep`, and a run whose positive control was not found this way, goes through `semgrep scan`.

Traps, each with a test against the real tool: exit code 0 with rules that did not load, files partly parsed, or
rules that timed out; a rule for a newer engine is dropped with level "info"; three time-outs end all rules on
a file unless the threshold is 0.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec

from secscan.findings.defects import OTHER, defect
from secscan.findings.levels import Confidence, GapKind, Kind, Severity
from secscan.findings.model import Finding, Gap, Location, Region, Source, TraceStep
from secscan.process import Ended, run
from secscan.scanners.by_file import FileScanner
from secscan.scanners.contract import MalformedOutput, Needs, Report, Setup, refuse_trouble
from secscan.scanners.semgrep_rules import SHADOW_SUFFIX, RulePack, load_rules
from secscan.scanners.toolkit import FileBatch, languages, program_version, strict_json, typed
from secscan.targets.contract import SourceFile

CONTROL = "secscan_control.py"
_CONTROL_SOURCE = b"""def control():
    secscan_control_pattern("positive control")
    value = secscan_control_source()
    secscan_control_sink(value)
"""
CONTROL_RULES = frozenset({"secscan.control.taint", "secscan.control.pattern"})

_ASKED = "rules.json"

_LANGUAGE = "python"
"""The language of the embedded rules, as semgrep and `targets.languages` both call it."""

_RULE_SECONDS = 30
"""Time for one rule on one file; above it the file has a gap, and the other rules still run."""

_ENGINE_FRONT = b"semgrep.console_scripts.entrypoint"

_NO_NETWORK = {"SEMGREP_SEND_METRICS": "off", "SEMGREP_ENABLE_VERSION_CHECK": "0"}
"""Without this even `semgrep --version` asks a server, and waits for it for minutes where there is no network."""


class Semgrep(FileScanner):
    """See the module's description."""

    name = "semgrep"
    title = "Source code: embedded rules with taint tracking"
    kinds = (Kind.SAST,)
    needs = Needs(programs=("semgrep",))
    install_hint = "pip install semgrep"
    reads_code = True
    byte_columns = True
    kept_by = "content"
    pace = 20.0
    megabytes = 600

    def files(self, setup: Setup) -> tuple[SourceFile, ...]:
        """See `FileScanner.files`."""
        return languages(setup.target.files, _LANGUAGE, "notebook")

    def options(self) -> str:
        """See `FileScanner.options`."""
        return f"{_RULE_SECONDS} s for a rule on a file"

    def run(self, piece: FileBatch, setup: Setup) -> Ended:
        """Run the engine on one batch; see the module's description for the two ways."""
        pack = load_rules()
        return _asked(self._run(piece, setup, pack), pack)

    def _run(self, piece: FileBatch, setup: Setup, pack: RulePack) -> Ended:
        engine = _engine(setup.programs["semgrep"])
        if engine is not None:
            ended = _run_engine(engine, piece, pack, setup)
            if _ran_well(_asked(ended, pack), piece):
                return ended
        return _run_front(piece, pack, setup)

    def parse(self, ended: Ended, piece: FileBatch) -> Report:
        """See `Scanner.parse`."""
        refuse_trouble(ended, exit_codes=(0, 1))
        # The engine names a metavariable twice where two patterns of a rule bind it; nothing here reads those.
        document = strict_json(ended.stdout, tool="semgrep", repeatable="$")
        answer: _Answer = typed(document, _Answer, tool="semgrep")
        _refuse_rule_errors(answer)
        _refuse_lost_rules(answer, ended)
        back = piece.back()
        scanned = {back[name] for name in answer.paths.scanned if name in back}
        controls = {result.check_id for result in answer.results if result.path.endswith(CONTROL)}
        return Report(
            findings=tuple(_findings(answer, back)),
            gaps=(*piece.lost, *_gaps(answer, back)),
            looked_at=frozenset(scanned),
            control=controls >= CONTROL_RULES,
        )

    def version(self, setup: Setup) -> str:
        """See `Scanner.version`."""
        return program_version(setup.programs["semgrep"], "semgrep", env=_NO_NETWORK)

    def rules_digest(self, setup: Setup) -> str:  # noqa: ARG002 - the rules are embedded
        """Digest of the embedded rule pack."""
        return load_rules().digest


class _Position(msgspec.Struct):
    line: int
    col: int


class _Span(msgspec.Struct):
    path: str
    start: _Position
    end: _Position


class _Flow(msgspec.Struct):
    taint_source: list[Any] | None = None
    intermediate_vars: list[dict[str, Any]] | None = None
    taint_sink: list[Any] | None = None


class _Extra(msgspec.Struct):
    message: str
    severity: str
    metadata: dict[str, Any]
    dataflow_trace: _Flow | None = None


class _Result(msgspec.Struct):
    check_id: str
    path: str
    start: _Position
    end: _Position
    extra: _Extra


class _Error(msgspec.Struct):
    """The engine and its front name the members differently; both are read."""

    message: str = ""
    severity: str = ""
    level: str = ""
    error_type: Any = ""
    type: Any = ""
    location: _Span | None = None
    path: str = ""
    rule_id: str = ""

    @property
    def name(self) -> str:
        """Name of the error, without its details."""
        found = self.error_type or self.type
        return str(found[0] if isinstance(found, list) and found else found)

    @property
    def file(self) -> str:
        return self.path or (self.location.path if self.location else "")

    @property
    def line(self) -> int:
        return self.location.start.line if self.location else 0


class _Paths(msgspec.Struct):
    scanned: list[str]


class _Time(msgspec.Struct):
    rules: list[str]


class _Answer(msgspec.Struct):
    results: list[_Result]
    errors: list[_Error]
    paths: _Paths
    skipped_rules: list[Any]
    rules_by_engine: list[tuple[str, Any]] = msgspec.field(default_factory=list)
    """Of the engine: the rules that it ran, by their ids."""
    time: _Time | None = None
    """Of its front: the same."""


def _engine(program: Path) -> Path | None:
    """Return the engine that `program` would hand over to, if it is the front that comes with it."""
    try:
        if program.stat().st_size > 4096 or _ENGINE_FRONT not in program.read_bytes():
            return None
    except OSError:
        return None
    for packages in sorted(program.resolve().parent.parent.glob("lib/python3*/site-packages/semgrep/bin")):
        engine = packages / "semgrep-core"
        if engine.is_file():
            return engine
    return None


def _run_engine(engine: Path, piece: FileBatch, pack: RulePack, setup: Setup) -> Ended:
    names = [CONTROL, *piece.placed.values()]
    targets = ["Targets", [_code_target(name) for name in names]]
    return run(
        [
            *(str(engine), "-rules", "rules.json", "-targets", "targets.json", "-json_nodots"),
            *("-j", "1", "-timeout", str(_RULE_SECONDS), "-timeout_threshold", "0"),
        ],
        limits=setup.limits,
        files={
            "rules.json": pack.document,
            "targets.json": json.dumps(targets).encode(),
            CONTROL: _CONTROL_SOURCE,
        },
    )


def _code_target(path: str) -> list[Any]:
    return [
        "CodeTarget",
        {"path": {"fpath": path, "ppath": f"/{path.lstrip('/')}"}, "analyzer": _LANGUAGE, "products": ["sast"]},
    ]


def _run_front(piece: FileBatch, pack: RulePack, setup: Setup) -> Ended:
    return run(
        [
            *(str(setup.programs["semgrep"]), "scan", "--json", "--quiet", "--metrics=off", "--disable-version-check"),
            *("--no-git-ignore", "--x-ignore-semgrepignore-files", "--scan-unknown-extensions", "--disable-nosem"),
            *("--max-target-bytes=0", "--timeout-threshold=0", f"--timeout={_RULE_SECONDS}", "--jobs=1", "--time"),
            *("--no-rewrite-rule-ids", "--config=rules.json", "--", CONTROL, *piece.placed.values()),
        ],
        limits=setup.limits,
        files={"rules.json": pack.document, CONTROL: _CONTROL_SOURCE},
        env=_NO_NETWORK,
    )


def _ran_well(ended: Ended, piece: FileBatch) -> bool:
    try:
        return Semgrep().parse(ended, piece).control
    except MalformedOutput:
        # Ended by us or by the operator: the slow way would fare no better.
        return bool(ended.trouble)


def _refuse_rule_errors(answer: _Answer) -> None:
    if answer.skipped_rules:
        raise MalformedOutput(f"it skipped {len(answer.skipped_rules)} rules")
    for error in answer.errors:
        if error.name in {"Rule parse error", "IncompatibleRule", "RuleParseError", "MissingPlugin"} or not error.file:
            raise MalformedOutput(
                f"{error.name} {error.rule_id}: {error.message.splitlines()[0][:200] if error.message else ''}"
            )


def _asked(ended: Ended, pack: RulePack) -> Ended:
    """How a run ended, with the rules that it was given."""
    return replace(ended, files={**ended.files, _ASKED: json.dumps(pack.ids).encode()})


def _refuse_lost_rules(answer: _Answer, ended: Ended) -> None:
    """The control shows that its own rules were run; of the others the program must say it, whichever file of rules
    and whichever language they are of."""
    ran = {name for name, _ in answer.rules_by_engine} or set(answer.time.rules if answer.time else ())
    lost = sorted(set(json.loads(ended.files.get(_ASKED, b"[]"))) - ran)
    if lost or not ran:
        named = f": {', '.join(lost[:3])}" if lost else ""
        raise MalformedOutput(f"it does not say that it ran {len(lost)} of its rules{named}")


_GAP_KINDS = {
    "Timeout": (GapKind.TIMEOUT, "a rule took longer than the time for one rule on one file"),
    "PartialParsing": (GapKind.PARTIAL, "semgrep parsed the file only in part"),
    "Syntax error": (GapKind.UNPARSABLE, "semgrep could not parse the file"),
    "Lexical error": (GapKind.UNPARSABLE, "semgrep could not parse the file"),
    "Other syntax error": (GapKind.UNPARSABLE, "semgrep could not parse the file"),
    "Out of memory": (GapKind.PARTIAL, "semgrep ran out of memory on the file"),
    "Stack overflow": (GapKind.PARTIAL, "semgrep ran out of stack on the file"),
    "Timeout during interfile analysis": (GapKind.TIMEOUT, "semgrep took too long"),
}


def _gaps(answer: _Answer, back: dict[str, str]) -> list[Gap]:
    """One gap per file, kind and line: a file that fails for forty rules is one gap."""
    gaps: dict[tuple[str, str, int], Gap] = {}
    for error in answer.errors:
        subject = back.get(error.file)
        if subject is None:
            continue
        kind, detail = _GAP_KINDS.get(error.name, (GapKind.INTERNAL, f"semgrep reported: {error.name}"))
        line = error.line if kind is not GapKind.TIMEOUT else 0
        gaps.setdefault(
            (subject, kind, line), Gap(scanner="semgrep", kind=kind, subject=subject, detail=detail, line=line)
        )
    return list(gaps.values())


_FALLBACK_SEVERITY = {"ERROR": Severity.HIGH, "WARNING": Severity.MEDIUM, "INFO": Severity.LOW}


def _findings(answer: _Answer, back: dict[str, str]) -> list[Finding]:
    """Findings, and as evidence the places where only a sanitizer stands between source and sink.

    A shadow rule is a taint rule without its sanitizers. Where the shadow reports a flow and the rule does not, a
    sanitizer was seen; correlation weighs that against a pattern's guess at the same place.
    """
    real = {(one.check_id, one.path, one.start.line, one.start.col) for one in answer.results}
    findings = []
    for result in answer.results:
        path = back.get(result.path)
        if path is None:
            continue
        rule = result.check_id.removesuffix(SHADOW_SUFFIX)
        if rule != result.check_id:
            if (rule, result.path, result.start.line, result.start.col) in real:
                continue
            findings.append(_finding(result, rule, path, back, note="sanitizer-seen"))
        else:
            findings.append(_finding(result, rule, path, back))
    return findings


def _finding(result: _Result, rule: str, path: str, back: dict[str, str], note: str = "") -> Finding:
    about = result.extra.metadata.get("secscan") or {}
    class_id = str(about.get("class", OTHER))
    severity = (
        Severity(about["severity"])
        if "severity" in about
        else _FALLBACK_SEVERITY.get(result.extra.severity, Severity.UNKNOWN)
    )
    confidence = Confidence(about.get("confidence", "medium"))
    region = _region(result.start, result.end)
    references = tuple(str(url) for url in result.extra.metadata.get("references", ()))
    info = defect(class_id)
    cwes = result.extra.metadata.get("cwe") or [f"CWE-{cwe}" for cwe in info.cwes[:1]]
    return Finding(
        kind=Kind.SAST,
        defect=class_id,
        title=info.title,
        message=result.extra.message.strip(),
        severity=severity,
        confidence=confidence,
        location=Location(path=path, region=region),
        identifiers=tuple(sorted({str(cwe).split(":")[0] for cwe in cwes})),
        remediation=info.remedy,
        references=references,
        trace=_trace(result.extra.dataflow_trace, back),
        sources=(
            Source(
                scanner="semgrep",
                rule=rule,
                severity=severity,
                confidence=confidence,
                message=result.extra.message.strip(),
                region=region,
                url=references[0] if references else "",
                note=note,
            ),
        ),
    )


def _region(start: _Position, end: _Position) -> Region:
    return Region(start_line=start.line, start_column=start.col, end_line=end.line, end_column=end.col)


def _trace(flow: _Flow | None, back: dict[str, str]) -> tuple[TraceStep, ...]:
    """Read the data flow: `["CliLoc", [span, text]]` for source and sink, `{"location": span, ...}` between."""
    if flow is None:
        return ()
    spans = [
        _cli_span(flow.taint_source),
        *(step.get("location") for step in flow.intermediate_vars or ()),
        _cli_span(flow.taint_sink),
    ]
    steps = []
    for span in spans:
        if span is None:
            continue
        where: _Span = typed(span, _Span, tool="semgrep")
        path = back.get(where.path)
        if path is not None:
            steps.append(TraceStep(path=path, region=_region(where.start, where.end)))
    return tuple(steps)


def _cli_span(call: list[Any] | None) -> Any:
    """The span of a `CliLoc` or, of a `CliCall` (through a function), that of the call itself."""
    if not call or len(call) != 2 or not isinstance(call[1], list) or not call[1]:
        return None
    head = call[1][0]
    return head[0] if isinstance(head, list) and head else head


SCANNER = Semgrep()
"""What the registry finds."""
