"""What a step tells the steps after it: verdict, counts and files."""

from __future__ import annotations

from pathlib import Path

from secscan.attest.document import digest_of
from secscan.errors import ExitCode
from secscan.findings.levels import Verdict
from secscan.findings.scan import Scan
from secscan.gate.exit import exit_code
from secscan.reports.present import Presentation

FILES = {
    "json": "secscan.json",
    "terms": "secscan.terms.json",
    "sarif": "secscan.sarif",
    "html": "secscan.html",
    "github": "secscan.github.sarif",
}
"""By name: files that the action always writes. Their outputs are called `json-file` and so on."""

JUDGED = frozenset({ExitCode.PASSED, ExitCode.FAILED, ExitCode.INCOMPLETE})
"""How a scan ends that was judged."""


def outputs_of(scan: Scan, code: int) -> dict[str, str]:
    """Return the outputs of a scan that ended with an exit code."""
    view, judgement = Presentation(scan), scan.judgement
    verdict = view.judgement.verdict
    if judgement is None or (code != exit_code(judgement) and verdict is Verdict.PASSED):
        verdict = Verdict.INCOMPLETE  # such as a report that could not be written
    known = any(one.decision.new is not None for one in view.judged)
    as_of = [one.as_of for one in scan.advisories if one.as_of]
    return {
        "judged": "true",
        "verdict": verdict,
        "exit-code": str(int(code)),
        "findings": str(len(view.judged)),
        "new": str(sum(bool(one.decision.new) for one in view.judged)) if known else "",
        "blocked": str(view.by_action["block"]),
        "warned": str(view.by_action["warn"]),
        "accepted": str(view.by_action["accept"]),
        **{level: str(count) for level, count in view.by_severity.items()},
        "gaps": str(len(scan.gaps)),
        "policy": view.judgement.policy,
        "policy-digest": view.judgement.policy_digest,
        "decision-digest": digest_of(judgement) if judgement else "",
        "advisories-as-of": min(as_of, default=""),
    }


def outputs_without_scan(code: int) -> dict[str, str]:
    """Return the outputs where nothing was judged."""
    return {"verdict": Verdict.INCOMPLETE, "exit-code": str(int(code) or int(ExitCode.INCOMPLETE))}


def outputs_of_files(folder: Path) -> dict[str, str]:
    """Return where the files lie that are there."""
    named = {f"{name}-file": folder / file for name, file in FILES.items()}
    return {"report-folder": str(folder), **{name: str(path) for name, path in named.items() if path.is_file()}}
