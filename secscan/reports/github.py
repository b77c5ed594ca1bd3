"""SARIF as code scanning of GitHub takes it: what of the complete log it can use, within its limits.

GitHub opens an alert for every result, whatever its suppressions say, and closes those that an upload does not have. So
the file has only what the policy does not accept; one run and category for each kind of finding, an empty one where
there is none; and no run at all for a kind that was not looked for to the end. That, too, is told there: the run
`coverage` is always present, with an alert for each kind that is missing, and for each scanner that had to be there.
"""

from __future__ import annotations

import zlib
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from secscan.findings.levels import Action, RunStatus
from secscan.findings.model import Finding
from secscan.reports.contract import Format
from secscan.reports.escape import sarif_text
from secscan.reports.json_parts import prepared
from secscan.reports.present import Judged, Presentation
from secscan.reports.sarif_log.coverage import not_looked_at
from secscan.reports.sarif_log.log import Run, driver, extensions, log_parts, origin
from secscan.reports.sarif_log.notes import build_invocation, not_uploaded
from secscan.reports.sarif_log.numbers import CUT_SHORT, LEFT_OUT, NOT_LOOKED_AT
from secscan.reports.sarif_log.places import ROOT, Addresses, elsewhere, physical
from secscan.reports.sarif_log.results import build_result
from secscan.reports.sarif_log.rules import MESSAGE, build_rule, rule_id_by_severity
from secscan.reports.sarif_log.upload import Upload, category, left_out, uploads, withheld_texts
from secscan.reports.sarif_log.words import HOME, ended

_MOST_BYTES = 9_500_000
"""Of the compressed file; GitHub refuses more than 10 MB, and its own tools compress a little differently."""
_SURELY_FITS = 10_000_000
"""A file of this size fits, uncompressed."""


def parts(view: Presentation) -> Iterator[bytes]:
    """Yield the log for code scanning, with as many findings as fit, the worst before others."""
    made = uploads(view)
    output = b"".join(log_parts(build_runs(view, made)))
    while len(output) > _SURELY_FITS and (size := len(zlib.compress(output))) > _MOST_BYTES:
        kept = sum(len(one.kept) for one in made)
        if not kept:
            break  # it is not findings that make it so large
        made = uploads(view, int(kept * 0.97 * _MOST_BYTES / size))
        output = b"".join(log_parts(build_runs(view, made)))
    yield output


def build_runs(view: Presentation, made: tuple[Upload, ...]) -> Iterator[Run]:
    """Yield how the scan went, then the findings of each kind."""
    told = left_out(view, made)
    yield _coverage(view, told)
    for upload in made:
        yield _run(view, upload, told)


def _coverage(view: Presentation, told: tuple[str, ...]) -> Run:
    """The run that is always there: what is not in the others, as alerts that close when it is again."""
    target = view.scan.target
    head = {
        "tool": {
            "driver": driver(view.scan, map(prepared, _COVERAGE_RULES)),
            "extensions": extensions(view.scan.scanners),
        },
        "automationDetails": {"id": category(target, "coverage")},
        **origin(target, one_base=True),
        "invocations": [build_invocation(view, not_uploaded(told))],
        "properties": {"verdict": view.judgement.verdict.value, "policy": view.judgement.policy},
    }
    missing = [_missing(kind.value, text, LEFT_OUT) for kind, text in withheld_texts(view)]
    unseen = [_missing(sarif_text(name), "; ".join(why), NOT_LOOKED_AT) for name, why in not_looked_at(view).items()]
    return Run(head, [*missing, *unseen])


def _run(view: Presentation, upload: Upload, told: tuple[str, ...]) -> Run:
    groups: defaultdict[str, list[Finding]] = defaultdict(list)
    for judged in upload.kept:
        groups[rule_id_by_severity(judged.finding)].append(judged.finding)
    names = sorted(groups)
    rules = [prepared(build_rule(name, groups[name], {}, by_severity=True)) for name in names]
    rules.append(prepared(_CUT_SHORT_RULE))
    looked = [run for run in view.scan.scanners if upload.kind in run.kinds and run.status is RunStatus.COMPLETED]
    invocation: dict[str, Any] = {"executionSuccessful": True}
    if told:
        invocation["toolExecutionNotifications"] = list(not_uploaded(told))
    head = {
        "tool": {"driver": driver(view.scan, rules), "extensions": extensions(looked)},
        "automationDetails": {"id": category(view.scan.target, upload.kind.value)},
        **origin(view.scan.target, one_base=True),
        "invocations": [invocation],
        "properties": {"kind": upload.kind.value},
    }
    return Run(head, _results(view, upload, {name: at for at, name in enumerate([*names, CUT_SHORT])}))


def _results(view: Presentation, upload: Upload, index: dict[str, int]) -> Iterator[dict[str, Any]]:
    addresses = Addresses(view.scan.target, one_base=True)
    if upload.beyond:
        yield _cut_short(upload, index[CUT_SHORT], addresses)
    for judged in upload.kept:
        name = rule_id_by_severity(judged.finding)
        places = [one for one in judged.places if one.decision.action is not Action.ACCEPT]
        result = build_result(judged, (name, index[name]), addresses, places)
        result["partialFingerprints"]["primaryLocationLineHash"] = _line_hash(judged.finding)
        result["properties"] = _properties(judged)
        yield result


def _line_hash(finding: Finding) -> str:
    """What GitHub knows an alert by, within a rule: its line, or, where there is none to hash, our own fingerprint."""
    return finding.location.line_hash or f"{finding.fingerprint}:1"


def _properties(judged: Judged) -> dict[str, Any]:
    finding = judged.finding
    return {
        "action": judged.decision.action.value,
        "policyRule": judged.decision.rule,
        "severity": finding.severity.value,
        "confidence": finding.confidence.value,
    }


def _missing(name: str, text: str, rule: str) -> dict[str, Any]:
    """An alert for a kind of finding that is not in the file, or for what else was not looked at."""
    instead = {"rendered": {"text": f"{name} (there is no file for it)"}}
    region = {"startLine": 1, "startColumn": 1, "endLine": 1, "endColumn": 1, "snippet": instead}
    place = {
        "artifactLocation": {"uri": elsewhere("secscan", name), "uriBaseId": ROOT},
        "region": region,
        "contextRegion": {"startLine": 1, "endLine": 1, "snippet": instead},
    }
    return {
        "ruleId": rule,
        "ruleIndex": [one["id"] for one in _COVERAGE_RULES].index(rule),
        "level": "error",
        "message": {"text": ended(sarif_text(text)), "id": MESSAGE, "arguments": [name]},
        "locations": [{"physicalLocation": place}],
        "partialFingerprints": {"primaryLocationLineHash": f"{name}:1"},
    }


def _cut_short(upload: Upload, rule_index: int, addresses: Addresses) -> dict[str, Any]:
    """An alert for findings that are beyond what GitHub takes, at the worst of them."""
    first = upload.beyond[0].finding
    return {
        "ruleId": CUT_SHORT,
        "ruleIndex": rule_index,
        "level": "error",
        "message": {
            "text": ended(sarif_text("; ".join(upload.told))),
            "id": MESSAGE,
            "arguments": [str(len(upload.beyond))],
        },
        "locations": [{"physicalLocation": physical(first, addresses)}],
        "partialFingerprints": {"primaryLocationLineHash": f"{upload.kind.value}:1"},
    }


def _own_rule(name: str, title: str, text: str, to_do: str, template: str, called: str) -> dict[str, Any]:
    return {
        "id": name,
        "name": called,
        "shortDescription": {"text": title},
        "fullDescription": {"text": text},
        "help": {"text": to_do, "markdown": f"**What to do**\n\n{to_do}"},
        "helpUri": f"{HOME}/sarif",
        "messageStrings": {MESSAGE: {"text": template}},
        "defaultConfiguration": {"level": "error"},
        "properties": {"tags": ["security", "coverage"], "precision": "very-high", "problem.severity": "error"},
    }


_LEFT_OUT_RULE = _own_rule(
    LEFT_OUT,
    "A kind of finding was not looked for to the end.",
    "Nothing of that kind was uploaded: code scanning would take what is missing for fixed and close its alerts.",
    "Let the scan finish what it began: the message says what failed. This alert closes with the next complete scan.",
    "Findings of kind '{0}' are not uploaded.",
    "KindNotUploaded",
)
_NOT_LOOKED_AT_RULE = _own_rule(
    NOT_LOOKED_AT,
    "Something had to be looked at and was not.",
    "The policy demands it, and nobody knows what would have been found there.",
    "Scan again with what the message names. This alert closes with the next complete scan.",
    "'{0}' had to be looked at or had to look, and nothing shows that this was done.",
    "NotLookedAt",
)
_COVERAGE_RULES = [_LEFT_OUT_RULE, _NOT_LOOKED_AT_RULE]
_CUT_SHORT_RULE = _own_rule(
    CUT_SHORT,
    "There are more findings than code scanning takes.",
    "The worst are uploaded, the others are only in the complete report.",
    "Read the complete report, or let the policy accept what nobody will look at.",
    "'{0}' findings are not uploaded.",
    "TooManyFindings",
)


FORMAT = Format(name="github", suffix=".github.sarif", title="SARIF for GitHub code scanning", parts=parts)
"""What the registry finds."""
