"""The statement: an in-toto Statement v1 with our own predicate, a pure function of the saved scan and its terms.

Format: https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md; the predicate: docs/attestations.md.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from typing import Any

import msgspec

from secscan.attest.document import MAX_BYTES, canonical, digest_of, read_strictly
from secscan.attest.terms import SavedTerms
from secscan.errors import AttestationError, UsageError
from secscan.findings.judgement import Judgement
from secscan.findings.levels import Action, Verdict, WaiverState
from secscan.findings.model import ScannerRun, TargetInfo, Value, at_each_place
from secscan.findings.scan import AdvisoryState, RunInfo, Scan

STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
PREDICATE_TYPE = "https://secscan.dev/attestation/decision/v1"
"""The number is raised when a reader of the old predicate would misunderstand the new one."""

_MOST_PAYLOAD = MAX_BYTES * 3 // 4 - 10_000
"""An envelope holds it in base64."""

SCAN_NAME = "secscan.json"
"""What the subject is called that is the saved scan, whatever its file is called."""

_AT_COMMIT = frozenset({"commit", "commits", "diff", "history"})
"""Kinds of target whose content comes out of the commit; a work tree is like it only where it is not dirty."""


class Subject(Value, frozen=True, kw_only=True, omit_defaults=False):
    """What the statement is about."""

    name: str
    digest: dict[str, str]
    """By algorithm, hexadecimal: `sha256`, or `gitCommit`."""


class PolicyUsed(Value, frozen=True, kw_only=True, omit_defaults=False):
    """The policy that judged."""

    name: str
    digest: str
    """SHA-256 of its canonical form, as in every report."""
    version: str = ""
    environment: str = ""
    floor: str = ""
    """Name of the floor; empty where there is none."""


class WaiverCounted(Value, frozen=True, kw_only=True, omit_defaults=False):
    """A waiver, and what became of it."""

    id: str
    state: WaiverState
    owner: str
    expires: str
    approved_by: str = ""
    findings: int = 0
    """How many it matches."""


class BaselineUsed(Value, frozen=True, kw_only=True, omit_defaults=False):
    """The baseline that new findings were told by."""

    target: str
    digest: str
    findings: int


class FindingsCounted(Value, frozen=True, kw_only=True, omit_defaults=False):
    """The findings, by what was decided at each place."""

    total: int
    digest: str
    """SHA-256 of their canonical form."""
    block: int
    warn: int
    accept: int


class Predicate(Value, frozen=True, kw_only=True, omit_defaults=False):
    """The decision, and everything that it depends on."""

    secscan: str
    """Version that made the statement."""
    scanned_by: str
    """Version that made the saved scan."""
    verdict: Verdict
    log_only: bool
    """The policy's `mode: log`: the verdict did not stop the build."""
    judged_at: str
    started: str
    """When the scan began."""
    ci: str
    """Address of the CI run, by its environment."""
    target: TargetInfo
    """Without its layers and what was out of scope, which stand in the scan."""
    out_of_scope: int
    policy: PolicyUsed
    waivers: tuple[WaiverCounted, ...]
    waivers_digest: str
    """SHA-256 over all waivers there were: of the floor, the policy, beside it, and those that did not count yet."""
    baseline: BaselineUsed | None
    scanners: tuple[ScannerRun, ...]
    """How each ended: version, positive control, and the digest of its rules or its advisory index."""
    advisories: tuple[AdvisoryState, ...]
    gaps: int
    tolerated_gaps: int
    findings: FindingsCounted
    reasons: int
    judgement_digest: str
    """SHA-256 of the canonical form of the whole judgement."""
    terms: SavedTerms
    """What it was judged by, in full: with it and the saved scan the judgement can be repeated."""


_NAMES = {"type": "_type", "predicate_type": "predicateType"}


class Statement(Value, frozen=True, kw_only=True, omit_defaults=False, rename=_NAMES):
    """An in-toto Statement."""

    type: str
    subject: tuple[Subject, ...]
    predicate_type: str
    predicate: Predicate


def statement_of(scan: Scan, data: bytes, terms: SavedTerms, *, version: str) -> Statement:
    """Return what is to be attested of a scan whose file holds `data`. Raises `ValueError` for one nobody judged."""
    if scan.judgement is None or scan.run is None:
        raise ValueError("only a judged scan can be attested")
    return Statement(
        type=STATEMENT_TYPE,
        subject=tuple(_subjects(scan.target, data)),
        predicate_type=PREDICATE_TYPE,
        predicate=_predicate(scan, scan.judgement, scan.run, terms, version),
    )


def read_statement(data: bytes, origin: str) -> Statement:
    """Read a statement. Raises `AttestationError` for one of another type, or another predicate."""
    head = read_strictly(data, dict[str, Any], origin)
    for member, expected in (("_type", STATEMENT_TYPE), ("predicateType", PREDICATE_TYPE)):
        if head.get(member) != expected:
            raise AttestationError(
                f"{origin} has the {member} {str(head.get(member))[:100]!r}, not {expected!r}",
                hint="give an attestation that `secscan attest` made; another version reads others",
            )
    return read_strictly(data, Statement, origin)


def schema() -> dict[str, Any]:
    """Return the JSON Schema of the statement, generated from the model."""
    document = msgspec.json.schema(Statement)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "https://secscan.dev/schema/attestation-1.json",
        "title": "secscan attestation of a decision, version 1",
        **document,
    }


def _subjects(target: TargetInfo, data: bytes) -> list[Subject]:
    """The saved scan, what was looked at, and the commit where that is what was looked at."""
    subjects = [Subject(name=SCAN_NAME, digest={"sha256": hashlib.sha256(data).hexdigest()})]
    if target.digest:
        kind = "image" if target.image else "target"
        subjects.append(Subject(name=f"{kind}:{target.name}", digest={"sha256": target.digest}))
    if target.revision and (target.kind in _AT_COMMIT or target.dirty is False):
        name = target.repository or target.name
        subjects.append(Subject(name=f"git:{name}", digest={"gitCommit": target.revision}))
    return subjects


def _predicate(scan: Scan, judgement: Judgement, run: RunInfo, terms: SavedTerms, version: str) -> Predicate:
    policy, decided = terms.policy, Counter(one.action for one in judgement.decisions)
    return Predicate(
        secscan=version,
        scanned_by=scan.secscan,
        verdict=judgement.verdict,
        log_only=judgement.log_only,
        judged_at=run.judged_at,
        started=run.started,
        ci=run.ci,
        target=msgspec.structs.replace(scan.target, out_of_scope=(), image=None),
        out_of_scope=len(scan.target.out_of_scope),
        policy=PolicyUsed(
            name=policy.name,
            digest=judgement.policy_digest,
            version=policy.version,
            environment=policy.environment,
            floor=policy.floor.name if policy.floor else "",
        ),
        waivers=tuple(
            WaiverCounted(
                id=use.id,
                state=use.state,
                owner=use.owner,
                expires=use.expires,
                approved_by=use.approved_by,
                findings=len(use.fingerprints),
            )
            for use in judgement.waivers
        ),
        waivers_digest=digest_of_waivers(terms),
        baseline=_baseline(terms),
        scanners=scan.scanners,
        advisories=scan.advisories,
        gaps=len(scan.gaps),
        tolerated_gaps=sum(one.count for one in judgement.tolerated),
        findings=FindingsCounted(
            total=sum(1 for _ in at_each_place(scan.findings)),
            digest=digest_of(scan.findings),
            block=decided[Action.BLOCK],
            warn=decided[Action.WARN],
            accept=decided[Action.ACCEPT],
        ),
        reasons=len(judgement.reasons),
        judgement_digest=digest_of(judgement),
        terms=terms,
    )


def _baseline(terms: SavedTerms) -> BaselineUsed | None:
    known = terms.baseline
    if known is None:
        return None
    return BaselineUsed(target=known.target, digest=digest_of(known), findings=len(known.findings))


def digest_of_waivers(terms: SavedTerms) -> str:
    """Return the SHA-256 over all waivers there were; see `Predicate.waivers_digest`."""
    of_floor = terms.policy.floor.waivers if terms.policy.floor else ()
    return digest_of((*of_floor, *terms.policy.waivers, *terms.waivers, *terms.pending))


def payload_of(statement: Statement) -> bytes:
    """Return the statement as it is signed. Raises `UsageError` where it is too large to be read again."""
    payload = canonical(statement)
    if len(payload) > _MOST_PAYLOAD:
        raise UsageError(
            f"the statement has {len(payload)} bytes, more than {_MOST_PAYLOAD}",
            hint="it holds the policy, the waivers and the baseline: judge by a smaller baseline",
        )
    return payload
