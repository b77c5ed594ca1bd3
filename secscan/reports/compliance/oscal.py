"""The compliance report as OSCAL assessment results (NIST, OSCAL 1.2.1), one result for each target and framework.

A scanner's run and each finding are observations, a finding is a risk as well, with a waiver as its approved deviation,
and a control is a finding with a target. OSCAL knows two states: `satisfied` is written only where the status is
`evidence`; what nobody evaluated is `not-satisfied`, with the reason `other`. Ids are made from digests and
fingerprints and times are those of the scans, so the same input gives the same bytes.

The format: https://pages.nist.gov/OSCAL-Reference/models/v1.2.1/assessment-results/json-reference/
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from secscan.compliance.controls import Control
from secscan.compliance.inputs import Timeline
from secscan.compliance.model import Assessment, ControlState, Found, Status, SubjectAssessment
from secscan.compliance.tokens import token
from secscan.compliance.words import DISCLAIMER
from secscan.errors import UsageError
from secscan.findings.judgement import WaiverUse
from secscan.findings.model import ScannerRun
from secscan.reports.compliance.contract import ComplianceReport, Format
from secscan.reports.compliance.oscal_parts import VERSION, define, identifier, prop, resource
from secscan.reports.compliance.present import decision_words, findings_of, incomplete, limits, verdict_of
from secscan.reports.escape import oscal_markup

_REASONS = {Status.EVIDENCE: "pass", Status.FINDINGS_OPEN: "fail"}


def render(report: ComplianceReport) -> bytes:
    """Return the document, ASCII. Raises `UsageError` for a scan that does not say when it was made."""
    for timeline in report.inputs.timelines:
        if not timeline.last.at:
            raise UsageError(
                f"{timeline.last.name} does not say when it was made, and OSCAL asks for it",
                hint="give the scan as it was written, with its member `run`",
            )
    parts = [
        _Part(assessment, at, report) for assessment in report.assessments for at in range(len(report.inputs.timelines))
    ]
    times = [time for timeline in report.inputs.timelines for time in (timeline.last.at, _judged_at(timeline))]
    key = [part.key for part in parts]
    document = {
        "assessment-results": {
            "uuid": identifier("assessment-results", *key, report.since),
            "metadata": {
                "title": "Evidence from scans",
                "last-modified": max(filter(None, times)),
                "version": report.secscan,
                "oscal-version": VERSION,
                "remarks": oscal_markup(DISCLAIMER),
            },
            "import-ap": {
                "href": f"#{identifier('map', report.assessments[0].framework.digest)}",
                "remarks": "There is no assessment plan: control maps in the back matter stand for it.",
            },
            "results": [part.result() for part in parts],
            "back-matter": {"resources": list(_resources(report))},
        }
    }
    return (json.dumps(document, indent=1) + "\n").encode("ascii")


def _judged_at(timeline: Timeline) -> str:
    return timeline.last.scan.run.judged_at if timeline.last.scan.run else ""


def _resources(report: ComplianceReport) -> Iterator[dict[str, Any]]:
    for assessment in report.assessments:
        framework = assessment.framework
        title = f"Control map: {framework.map.title} {framework.map.edition}, version {framework.map.version}"
        yield resource(identifier("map", framework.digest), title, framework.origin, framework.digest)
    for timeline in report.inputs.timelines:
        for one in timeline.inputs:
            title = f"Saved scan of {timeline.subject.title}"
            yield resource(identifier("scan", one.digest), title, one.name, one.digest)


@dataclass(frozen=True)
class _Part:
    """One framework held against one target: what becomes a result."""

    assessment: Assessment
    at: int
    report: ComplianceReport

    @property
    def timeline(self) -> Timeline:
        return self.report.inputs.timelines[self.at]

    @property
    def held(self) -> SubjectAssessment:
        return self.assessment.subjects[self.at]

    @property
    def key(self) -> str:
        return f"{self.assessment.framework.digest} {' '.join(one.digest for one in self.timeline.inputs)}"

    def id(self, *names: str) -> str:
        """A UUID that is the same for the same input."""
        return identifier(self.key, *names)

    @property
    def found(self) -> tuple[Found, ...]:
        return findings_of(self.held.states, self.held.unmapped)

    def result(self) -> dict[str, Any]:
        scan, framework = self.timeline.last.scan, self.assessment.framework.map
        judgement = scan.judgement
        value: dict[str, Any] = {
            "uuid": self.id("result"),
            "title": oscal_markup(f"{framework.title} {framework.edition}: {self.timeline.subject.title}"),
            "description": oscal_markup(f"What the last of {len(self.timeline.inputs)} saved scans is evidence of."),
            "start": self.timeline.last.at,
            "props": [
                *prop("verdict", verdict_of(scan).value),
                *prop("scan-digest", scan.target.digest),
                *prop("repository", scan.target.repository),
                *prop("revision", scan.target.revision),
                *prop("local-changes", {True: "yes", False: "no", None: ""}[scan.target.dirty]),
                *prop("policy", judgement.policy if judgement else ""),
                *prop("policy-digest", judgement.policy_digest if judgement else ""),
                *prop("ci-run", scan.run.ci if scan.run else ""),
            ],
            "local-definitions": define(self.id, scan),
            "reviewed-controls": self._reviewed(),
            "observations": [*self._runs(), *(self._observation(one) for one in self.found)],
            "risks": [self._risk(one) for one in self.found],
            "findings": [*self._findings()],
        }
        if end := _judged_at(self.timeline):
            value["end"] = end
        if told := [*(f"incomplete: {text}" for text in incomplete(scan)), *limits(scan)]:
            value["remarks"] = oscal_markup("; ".join(told))
        return {name: part for name, part in value.items() if part}

    def _pairs(self) -> Iterator[tuple[Control, ControlState]]:
        yield from zip(self.assessment.framework.map.controls, self.held.states, strict=True)

    def _reviewed(self) -> dict[str, Any]:
        tested = [control for control, state in self._pairs() if state.status is not Status.MANUAL]
        manual = [control for control, state in self._pairs() if state.status is Status.MANUAL]
        selection: dict[str, Any] = {"include-controls": [{"control-id": token(one)} for one in tested or manual]}
        if tested and manual:
            selection["exclude-controls"] = [{"control-id": token(one)} for one in manual]
        left = "; ".join(f"{one.id}: {one.manual}" for one in manual)
        selection["remarks"] = oscal_markup(
            f"{len(tested)} controls were held against scans. No scanner can test these: {left or 'none'}"
        )
        return {"control-selections": [selection]}

    def _runs(self) -> Iterator[dict[str, Any]]:
        for at, run in enumerate(self.timeline.last.scan.scanners):
            yield {
                "uuid": self.id("run", str(at)),
                "title": oscal_markup(f"{run.scanner} {run.version}".strip() or "A scanner without a name"),
                "description": oscal_markup(_run_words(run)),
                "props": [
                    *prop("status", run.status.value),
                    *prop("positive-control", "found" if run.control else "not found"),
                    *prop("rules-digest", run.rules_digest),
                ],
                "methods": ["TEST-AUTOMATED"],
                "types": ["control-objective"],
                "origins": [{"actors": [{"type": "tool", "actor-uuid": self.id("scanner", str(at))}]}],
                **self._seen(),
            }

    def _seen(self) -> dict[str, Any]:
        """What every observation says of where it comes from."""
        return {
            "subjects": [{"subject-uuid": self.id("target"), "type": "component"}],
            "relevant-evidence": [
                {"href": f"#{identifier('scan', self.timeline.last.digest)}", "description": "The saved scan."}
            ],
            "collected": self.timeline.last.at,
        }

    def _observation(self, found: Found) -> dict[str, Any]:
        return {
            "uuid": self.id("observation", found.fingerprint),
            "title": oscal_markup(found.title or "A finding without a title"),
            "description": oscal_markup(f"{found.place}: {found.title}. Reported by {found.by}."),
            "props": [
                *prop("fingerprint", found.fingerprint),
                *prop("severity", found.severity.value),
                *(one for cwe in found.cwes for one in prop("cwe", f"CWE-{cwe}")),
            ],
            "methods": ["TEST-AUTOMATED"],
            "types": ["finding"],
            **self._seen(),
        }

    def _risk(self, found: Found) -> dict[str, Any]:
        waiver = self._waiver(found)
        value: dict[str, Any] = {
            "uuid": self.id("risk", found.fingerprint),
            "title": oscal_markup(found.title or "A finding without a title"),
            "description": oscal_markup(f"{found.severity.value} severity at {found.place}"),
            "statement": oscal_markup(decision_words(found)),
            "props": [
                *prop("fingerprint", found.fingerprint),
                *prop("rule", found.rule),
                *(_waiver_props(waiver) if waiver else ()),
            ],
            "status": "open" if found.open else "deviation-approved",
            "related-observations": [{"observation-uuid": self.id("observation", found.fingerprint)}],
        }
        if day := waiver.expires if waiver else found.due:
            value["deadline"] = f"{day}T{'23:59:59' if waiver else '00:00:00'}Z"
        return value

    def _waiver(self, found: Found) -> WaiverUse | None:
        judgement = self.timeline.last.scan.judgement
        waivers = judgement.waivers if judgement and found.waiver and not found.open else ()
        return next((one for one in waivers if one.id == found.waiver), None)

    def _findings(self) -> Iterator[dict[str, Any]]:
        runs = [{"observation-uuid": self.id("run", str(at))} for at in range(len(self.timeline.last.scan.scanners))]
        for control, state in self._pairs():
            if state.status is Status.MANUAL:
                continue
            seen = [{"observation-uuid": self.id("observation", one.fingerprint)} for one in state.found]
            value: dict[str, Any] = {
                "uuid": self.id("finding", control.id),
                "title": oscal_markup(f"{control.id}: {control.title}"),
                "description": oscal_markup(_control_words(state)),
                "props": [*prop("status", state.status.value), *prop("control", control.id)],
                "target": {
                    "type": "objective-id",
                    "target-id": token(control),
                    "status": {
                        "state": "satisfied" if state.status is Status.EVIDENCE else "not-satisfied",
                        "reason": "other" if control.manual and not state.open else _REASONS.get(state.status, "other"),
                        "remarks": oscal_markup(
                            f"For a person: {control.manual}"
                            if control.manual
                            else "As far as scanners have rules for it."
                        ),
                    },
                },
                "related-observations": runs + seen,
                "related-risks": [{"risk-uuid": self.id("risk", one.fingerprint)} for one in state.found],
            }
            yield {name: part for name, part in value.items() if part}


def _run_words(run: ScannerRun) -> str:
    why = f": {run.reason}" if run.reason else ""
    return f"{run.status.value}{why}; looked at {run.looked_at} of {run.selected}; looks for {', '.join(run.kinds)}"


def _control_words(state: ControlState) -> str:
    parts = [f"{state.status.value}: {state.open} open, {state.accepted} accepted"]
    parts += [f"not looked at: {text}" for text in state.doubts]
    parts += [f"not looked at, tolerated by the policy: {text}" for text in state.tolerated]
    return "; ".join((*parts, *state.looked))


def _waiver_props(waiver: WaiverUse) -> Iterator[dict[str, str]]:
    yield from prop("waiver", waiver.id)
    yield from prop("waiver-owner", waiver.owner)
    yield from prop("waiver-approved-by", waiver.approved_by)
    yield from prop("waiver-expires", waiver.expires)
    yield from prop("waiver-reason", waiver.reason)


FORMAT = Format(name="oscal", suffix=".oscal.json", title="OSCAL assessment results", render=render)
