"""Checks an attestation: does it say what it should, is it about these files, and does judging again give the same?"""

from __future__ import annotations

import hashlib

from secscan.attest import terms as saved_terms
from secscan.attest.document import canonical, digest_of
from secscan.attest.statement import SCAN_NAME, Statement, digest_of_waivers, statement_of
from secscan.attest.terms import SavedTerms, judged_again
from secscan.errors import AttestationError, SecscanError, UsageError
from secscan.findings.levels import Verdict
from secscan.findings.scan import loads


def attested(data: bytes, terms: SavedTerms, *, version: str) -> Statement:
    """Return the statement of the saved scan in `data`. It is judged again first.

    Raises `UsageError` unless that gives the same judgement, byte for byte, and `SavedScanError` for what is no judged
    scan.
    """
    scan = loads(data)
    try:
        judged_again(scan, terms)
    except AttestationError as error:
        raise UsageError(error.message, hint=error.hint) from error
    statement = statement_of(scan, data, terms, version=version)
    check_form(statement, "the statement")
    return statement


def check_form(statement: Statement, origin: str) -> None:
    """Raise `AttestationError` where the terms that a statement carries are not those that it names."""
    said = statement.predicate
    saved_terms.check(said.terms, origin)
    policy, baseline = said.terms.policy, said.terms.baseline
    for what, same in (
        ("the policy", (said.policy.name, said.policy.digest) == (policy.name, policy.digest)),
        ("the waivers", said.waivers_digest == digest_of_waivers(said.terms)),
        ("the baseline", (said.baseline.digest if said.baseline else "") == (digest_of(baseline) if baseline else "")),
    ):
        if not same:
            raise AttestationError(f"{origin}: {what} that it carries is not what it names", hint="it was changed")


def check_scan(statement: Statement, data: bytes, origin: str) -> None:
    """Raise `AttestationError` unless the statement is about the saved scan in `data`."""
    digest = hashlib.sha256(data).hexdigest()
    if not any(one.digest.get("sha256") == digest and one.name == SCAN_NAME for one in statement.subject):
        raise AttestationError(
            f"the attestation is not about {origin}: its SHA-256 is {digest}",
            hint="give the very file that was attested; one changed byte makes it another",
        )


def check_subject(statement: Statement, digest: str) -> None:
    """Raise `AttestationError` unless something with this digest (of an image, a commit, a file) is a subject."""
    wanted = digest.removeprefix("sha256:").lower()
    if not any(wanted in one.digest.values() for one in statement.subject):
        raise AttestationError(
            f"the attestation is not about {digest[:80]}", hint="see what it is about, without --subject"
        )


def check_demands(statement: Statement, *, passed: bool, policy: str | None) -> None:
    """Raise `AttestationError` where the verdict must have been `passed`, or the policy another one.

    None demands no policy; an empty digest is that of none.
    """
    said = statement.predicate
    if passed and said.verdict is not Verdict.PASSED:
        raise AttestationError(f"the attested verdict is {said.verdict}, not passed", hint="that is what --passed asks")
    if policy is not None and said.policy.digest != policy.lower():
        raise AttestationError(
            f"the policy that judged ({said.policy.name!r}) has the digest {said.policy.digest}, not {policy[:80]}",
            hint="that is what --policy asks",
        )


def replay(statement: Statement, data: bytes, origin: str) -> None:
    """Judge the saved scan again by the attested terms at the attested time, and make the statement anew.

    Raises `AttestationError` unless the judgement is the same, byte for byte, and so is everything that the statement
    says. A platform that makes the statement itself (of our predicate) may name fewer subjects, but no others.
    """
    check_scan(statement, data, origin)
    said = statement.predicate
    try:
        scan = loads(data, origin=origin)
        judged_again(scan, said.terms)
        anew = statement_of(scan, data, said.terms, version=said.secscan)
    except AttestationError:
        raise
    except (SecscanError, ValueError) as error:
        raise AttestationError(f"{origin} cannot be judged again: {error}", hint="scan and attest anew") from error
    known = {canonical(one) for one in anew.subject}
    if canonical(anew.predicate) != canonical(said) or not known.issuperset(map(canonical, statement.subject)):
        differing = [name for name in said.__struct_fields__ if getattr(said, name) != getattr(anew.predicate, name)]
        raise AttestationError(
            f"the attestation does not say what the scan does: {', '.join(differing) or 'its subjects'}",
            hint="it was not made of this scan by secscan, or by another version",
        )
