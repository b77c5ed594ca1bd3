"""What semgrep says: its report, read strictly, and the findings and gaps that are made of it."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import msgspec

from secscan.findings.defects import OTHER, defect
from secscan.findings.levels import Confidence, GapKind, Kind, Severity
from secscan.findings.model import Finding, Gap, Location, Region, Source, TraceStep
from secscan.scanners.contract import MalformedOutput
from secscan.scanners.semgrep_rules import SHADOW_SUFFIX
from secscan.scanners.toolkit import typed


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


class Answer(msgspec.Struct):
    """The whole report of the engine, or of its front."""

    results: list[_Result]
    errors: list[_Error]
    paths: _Paths
    skipped_rules: list[Any]
    rules_by_engine: list[tuple[str, Any]] = msgspec.field(default_factory=list)
    """Of the engine: the rules that it ran, by their ids."""
    time: _Time | None = None
    """Of its front: the same."""


def refuse_rule_errors(answer: Answer) -> None:
    """Raise `MalformedOutput` where a rule was not run."""
    if answer.skipped_rules:
        raise MalformedOutput(f"it skipped {len(answer.skipped_rules)} rules")
    for error in answer.errors:
        if error.name in {"Rule parse error", "IncompatibleRule", "RuleParseError", "MissingPlugin"} or not error.file:
            raise MalformedOutput(
                f"{error.name} {error.rule_id}: {error.message.splitlines()[0][:200] if error.message else ''}"
            )


def refuse_lost_rules(answer: Answer, asked: Collection[str]) -> None:
    """Raise `MalformedOutput` where one of the rules that were asked for was not run.

    The control shows that its own rules were run; of the others the program must say it, whichever file of rules
    and whichever language they are of."""
    ran = {name for name, _ in answer.rules_by_engine} or set(answer.time.rules if answer.time else ())
    lost = sorted(set(asked) - ran)
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


def gaps_of(answer: Answer, back: dict[str, str]) -> list[Gap]:
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


def findings_of(answer: Answer, back: dict[str, str]) -> list[Finding]:
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
