"""SARIF 2.1.0 (OASIS, errata 01), complete.

One run, by the driver `secscan`; the scanners are its extensions. What the policy accepts is there with a suppression
that says so, what the baseline had and is fixed with the state `absent`: a report that drops it would let it vanish.
The document holds no clock and no place on this machine. It has no `fixes`, since no finding carries an edit.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from secscan.findings.model import Finding
from secscan.reports.contract import Format
from secscan.reports.json_parts import prepared
from secscan.reports.present import Presentation
from secscan.reports.sarif_log.cwe import cwe_ids, taxonomy
from secscan.reports.sarif_log.log import Run, driver, extensions, log_parts, origin
from secscan.reports.sarif_log.notes import build_invocation, not_uploaded
from secscan.reports.sarif_log.numbers import FIXED
from secscan.reports.sarif_log.places import Addresses
from secscan.reports.sarif_log.properties import Properties
from secscan.reports.sarif_log.results import build_fixed, build_result, suppressions
from secscan.reports.sarif_log.rules import MESSAGE, build_rule, rule_id
from secscan.reports.sarif_log.upload import left_out
from secscan.reports.sarif_log.words import HOME


def parts(view: Presentation) -> Iterator[bytes]:
    """Yield the SARIF log."""
    return log_parts([build_run(view)])


def build_run(view: Presentation) -> Run:
    """Return the one run."""
    scan = view.scan
    groups: defaultdict[str, list[Finding]] = defaultdict(list)
    for judged in view.judged:
        groups[rule_id(judged.finding)].append(judged.finding)
    cwes = cwe_ids(one.finding for one in view.judged)
    taxa = {cwe: at for at, cwe in enumerate(cwes)}
    names = sorted(groups)
    # A vulnerability is a rule, so that there can be as many rules as findings.
    rules = [prepared(build_rule(name, groups[name], taxa)) for name in names]
    rules.append(prepared(_FIXED_RULE))
    head = {
        "tool": {
            "driver": {**driver(scan, rules), "supportedTaxonomies": [{"name": "CWE", "index": 0}]},
            "extensions": extensions(scan.scanners),
        },
        **origin(scan.target),
        "invocations": [build_invocation(view, not_uploaded(left_out(view)))],
        "taxonomies": [taxonomy(cwes)],
        "properties": {
            "verdict": view.judgement.verdict.value,
            "policy": view.judgement.policy,
            "policyDigest": view.judgement.policy_digest,
            "targetKind": scan.target.kind,
            "targetName": scan.target.name,
            "targetDigest": scan.target.digest,
            "decisions": view.by_action,
        },
    }
    return Run(head, _results(view, {name: at for at, name in enumerate([*names, FIXED])}))


def _results(view: Presentation, index: dict[str, int]) -> Iterator[dict[str, Any]]:
    addresses, properties = Addresses(view.scan.target), Properties()
    for judged in view.judged:
        name = rule_id(judged.finding)
        result = build_result(judged, (name, index[name]), addresses)
        if judged.decision.new is not None:
            result["baselineState"] = "new" if judged.decision.new else "unchanged"
        if hidden := list(suppressions(judged)):
            result["suppressions"] = hidden
        result["properties"] = properties.of(judged)
        yield result
    for fixed in view.judgement.fixed:
        yield build_fixed(fixed, index[FIXED], addresses)


_FIXED_RULE: dict[str, Any] = {
    "id": FIXED,
    "name": "FixedFinding",
    "shortDescription": {"text": "A finding of the baseline that is fixed."},
    "fullDescription": {"text": "A finding that the baseline has and this scan looked for without finding it."},
    "help": {"text": "Nothing is left to do."},
    "helpUri": f"{HOME}/sarif#fixed",
    "messageStrings": {MESSAGE: {"text": "Fixed in '{0}'."}},
    "defaultConfiguration": {"level": "none"},
}


FORMAT = Format(name="sarif", suffix=".sarif", title="SARIF 2.1.0", parts=parts)
"""What the registry finds."""
