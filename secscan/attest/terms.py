"""What a scan was judged by, as a document: with it and the saved scan anybody can judge again.

`secscan scan` and `secscan gate` write it beside the saved scan (`secscan.terms.json`); an attestation carries it. It
holds what was read, not where it was read: policies with all that they extend, waivers of files, commits and Vault, and
the baseline, also one that was scanned for this judgement only.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from secscan.attest.document import canonical, read_strictly
from secscan.errors import AttestationError, SavedScanError, SecscanError
from secscan.findings.judgement import Judgement
from secscan.findings.model import Value
from secscan.findings.scan import Scan, is_time
from secscan.gate.judge import judge
from secscan.gate.weakening import Terms
from secscan.policy.baseline import Baseline
from secscan.policy.model import Policy, Waiver, with_digest

FORMAT = "secscan.terms/1"
"""Name and version of the document."""


class SavedTerms(Value, frozen=True, kw_only=True, omit_defaults=False):
    """Everything besides the scan and the time that the judgement depends on."""

    format: str
    policy: Policy
    waivers: tuple[Waiver, ...] = ()
    """Besides those of the policy."""
    pending: tuple[Waiver, ...] = ()
    """Those that the change brought along, which did not count."""
    baseline: Baseline | None = None


def saved(terms: Terms, pending: Sequence[Waiver] = ()) -> SavedTerms:
    """Return the terms as a document."""
    return SavedTerms(
        format=FORMAT,
        policy=terms.policy,
        waivers=tuple(terms.waivers),
        pending=tuple(pending),
        baseline=terms.baseline,
    )


def dumps(terms: SavedTerms) -> bytes:
    """Return the document as JSON."""
    return canonical(terms)


def loads(data: bytes, origin: str) -> SavedTerms:
    """Read the document. Raises `AttestationError`."""
    found = read_strictly(data, SavedTerms, origin)
    check(found, origin)
    return found


def place_of(scan: Path) -> Path:
    """Where the terms of a saved scan lie: `secscan.terms.json` of `secscan.json`."""
    return scan.with_suffix(".terms.json")


def check(terms: SavedTerms, origin: str) -> None:
    """Raise `AttestationError` for terms of another format, or a policy that is not what its digest says."""
    if terms.format != FORMAT:
        raise AttestationError(
            f"{origin} has the format {terms.format[:60]!r}; this secscan reads {FORMAT!r}",
            hint="use the version of secscan that wrote it",
        )
    for policy in (terms.policy, terms.policy.floor):
        if policy is not None and with_digest(policy).digest != policy.digest:
            raise AttestationError(
                f"{origin}: the policy {policy.name[:60]!r} is not the one that its digest names",
                hint="it was changed, or made by another version of secscan",
            )


def judged_again(scan: Scan, terms: SavedTerms) -> Judgement:
    """Judge the saved scan by the terms as at the time of its judgement.

    Raises `AttestationError` unless what comes out is, byte for byte, the judgement that the scan carries.
    """
    if scan.judgement is None or scan.run is None or not is_time(scan.run.judged_at):
        raise SavedScanError("nobody has judged this scan", hint="judge it with `secscan gate SCAN -o FOLDER`")
    try:
        again = judge(
            scan,
            terms.policy,
            datetime.fromisoformat(scan.run.judged_at),
            waivers=terms.waivers,
            pending=terms.pending,
            baseline=terms.baseline,
        )
    except (SecscanError, ValueError, TypeError, LookupError, ArithmeticError, RecursionError) as error:
        # A policy that `secscan.policy.load` made cannot do that; one that somebody wrote here can.
        raise AttestationError(
            f"the scan cannot be judged by these terms: {type(error).__name__}", hint="the terms were changed"
        ) from error
    if canonical(again) != canonical(scan.judgement):
        raise AttestationError(
            f"judged again, the scan comes out as {again.verdict} and not byte for byte as it was saved "
            f"({scan.judgement.verdict})",
            hint="scan, terms or secscan are not those of that judgement; `secscan gate` judges anew",
        )
    return again
