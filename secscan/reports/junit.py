"""JUnit XML, as Jenkins and other CI servers read it (https://github.com/jenkinsci/xunit-plugin, junit-10.xsd).

A test is something that was judged: the verdict, each scanner, each gap, each finding. What is blocked has failed;
what is only warned of has passed, with its words as output; what is accepted or tolerated was skipped, with the
reason; what had to be looked at and was not is an error. So a CI server is as red as the gate.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from xml.etree import ElementTree as ET

from secscan.findings.levels import Action, Kind, RunStatus, Verdict
from secscan.findings.model import Gap, ScannerRun
from secscan.findings.scan import Scan
from secscan.reports.contract import Format
from secscan.reports.escape import one_line, plain
from secscan.reports.present import Judged, Presentation, decided_by, main_identifier, newness, ran_as, sources_of


@dataclass(frozen=True)
class _Case:
    """One test."""

    name: str
    outcome: str = ""
    """The element that tells how it ended; empty where it passed."""
    type: str = ""
    message: str = ""
    text: str = ""
    seconds: float = 0.0


def parts(view: Presentation) -> Iterator[bytes]:
    """Yield the document."""
    scan = view.scan
    suites = [("gate", [*_verdict(view)]), ("scanners", [*_scanners(view)]), ("gaps", [*_gaps(view)])]
    suites += [(kind.value, [_finding(one) for one in view.judged if one.finding.kind is kind]) for kind in Kind]
    root = ET.Element("testsuites", {"name": "secscan", **_counts([case for _, cases in suites for case in cases])})
    for name, cases in suites:
        if cases:
            root.append(build_suite(scan, name, cases))
    ET.indent(root)
    yield ET.tostring(root, encoding="utf-8", xml_declaration=True)
    yield b"\n"


def build_suite(scan: Scan, name: str, cases: list[_Case]) -> ET.Element:
    """Return one suite."""
    attributes = {"name": f"secscan.{name}", **_counts(cases)}
    if scan.run and scan.run.started:
        attributes["timestamp"] = one_line(scan.run.started.removesuffix("Z"))
    suite = ET.Element("testsuite", attributes)
    for case in cases:
        test = ET.SubElement(
            suite,
            "testcase",
            {"classname": f"secscan.{name}", "name": one_line(case.name), "time": f"{case.seconds:.3f}"},
        )
        if case.outcome:
            given = {"message": one_line(case.message), "type": one_line(case.type)}
            ended = ET.SubElement(test, case.outcome, {name: text for name, text in given.items() if text})
            if case.outcome != "skipped":  # which has no text
                ended.text = plain(case.text)
        if case.text and case.outcome in ("", "skipped"):
            ET.SubElement(test, "system-out").text = plain(case.text)
    return suite


def _counts(cases: list[_Case]) -> dict[str, str]:
    ended = {name: sum(case.outcome == name for case in cases) for name in ("failure", "error", "skipped")}
    return {
        "tests": str(len(cases)),
        "failures": str(ended["failure"]),
        "errors": str(ended["error"]),
        "skipped": str(ended["skipped"]),
        "time": f"{sum(case.seconds for case in cases):.3f}",
    }


def _verdict(view: Presentation) -> Iterator[_Case]:
    judgement = view.judgement
    outcome = {Verdict.PASSED: "", Verdict.FAILED: "failure", Verdict.INCOMPLETE: "error"}[judgement.verdict]
    said = f"{judgement.verdict}: {view.sentence} (policy {judgement.policy})"
    lines = [said, *(f"{one.verdict}: {one.text}" for one in judgement.reasons)]
    yield _Case("verdict", outcome, judgement.verdict, said, "\n".join(lines))
    for reason in view.failures:
        if reason.about == "waiver":
            yield _Case(f"waiver {reason.subject}", "failure", "waiver", reason.text, reason.hint)
    for reason in view.doubts:
        if reason.about not in ("scanner", "gap"):
            yield _Case(f"{reason.about} {reason.subject}", "error", reason.about, reason.text, reason.hint)
    there = {run.scanner for run in view.scan.scanners}
    for reason in view.doubts:
        if reason.about == "scanner" and reason.subject not in there:
            yield _Case(f"scanner {reason.subject}", "error", "scanner", reason.text, reason.hint)


def _scanners(view: Presentation) -> Iterator[_Case]:
    doubts = {one.subject: one for one in view.doubts if one.about == "scanner"}
    timings = view.scan.run.timings if view.scan.run else ()
    seconds = {one.scanner: one.seconds for one in timings}
    for run in view.scan.scanners:
        name = f"{run.scanner} {run.version}".strip()
        took = seconds.get(run.scanner, 0.0)
        doubt = doubts.get(run.scanner)
        if doubt:
            yield _Case(name, "error", run.status, doubt.text, doubt.hint, took)
        elif run.status is RunStatus.COMPLETED:
            yield _Case(name, text=ran_as(run), seconds=took)
        else:
            yield _Case(name, "skipped", message=_why(run), text=run.hint, seconds=took)


def _why(run: ScannerRun) -> str:
    return f"{run.status}: {run.reason}" if run.reason else run.status


def _gaps(view: Presentation) -> Iterator[_Case]:
    """A kind of which the policy tolerates some gaps and holds others against the scan is an error throughout."""
    held = {one.subject for one in view.doubts if one.about == "gap"}
    tolerated = {one.kind: one.reason for one in view.judgement.tolerated if one.kind not in held}
    for gap in view.scan.gaps:
        name = f"{gap.scanner}: {gap.kind}: {gap.subject}{f':{gap.line}' if gap.line else ''}"
        if gap.kind in tolerated:
            yield _Case(name, "skipped", message=f"tolerated: {tolerated[gap.kind]}", text=_gap_text(gap))
        else:
            yield _Case(name, "error", gap.kind, gap.detail or f"could not be looked at ({gap.kind})", _gap_text(gap))


def _gap_text(gap: Gap) -> str:
    return "\n".join(part for part in (gap.detail, gap.remedy) if part)


_OUTCOMES = {Action.BLOCK: "failure", Action.WARN: "", Action.ACCEPT: "skipped"}


def _finding(judged: Judged) -> _Case:
    finding, decision = judged.finding, judged.decision
    # CI servers follow a test by its name, so there is no line in it.
    name = f"{finding.location.path}: {finding.title} [{finding.fingerprint}]"
    message = f"{finding.title} ({finding.severity}): {decision.reason or decision.action}"
    by = decided_by(decision) if decision.waiver or decision.rule else ""
    lines = [
        f"{decision.action}: {decision.reason} ({by})" if by else f"{decision.action}: {decision.reason}",
        f"at: {finding.place}",
        f"severity: {finding.severity}; confidence: {finding.confidence}",
        finding.message,
        f"fix: {finding.remediation}" if finding.remediation else "",
        f"id: {main_identifier(finding)}" if main_identifier(finding) else "",
        f"by: {sources_of(finding)}",
        newness(decision),
        *(f"also in {one.finding.place}: {one.decision.action}" for one in judged.places),
    ]
    text = "\n".join(line for line in lines if line)
    return _Case(name, _OUTCOMES[decision.action], finding.defect, message, text)


FORMAT = Format(name="junit", suffix=".junit.xml", title="JUnit XML for CI servers", parts=parts)
"""What the registry finds."""
