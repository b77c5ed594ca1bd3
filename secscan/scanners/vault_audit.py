"""Whether a Vault server is kept well: `stores.vault.hygiene`, as a scanner of a target that is a server.

It runs in this very process, since it reads no secret: settings, policies, roles, metadata, accessors. Its positive
control is one entry for every check, which that check must find wrong in the same run, by the same code.
"""

from __future__ import annotations

import os
import time

import msgspec

from secscan import __version__
from secscan.findings.levels import Confidence, GapKind, Kind, Severity
from secscan.findings.model import Finding, Gap, Location, Source
from secscan.findings.paths import encode_path
from secscan.process import Ended
from secscan.scanners.contract import (
    SERVER,
    MalformedOutput,
    Needs,
    Plan,
    Report,
    Scanner,
    ScannerError,
    Setup,
    refuse_trouble,
)
from secscan.scanners.toolkit import source_digest, strict_json, typed
from secscan.stores.contract import StoreError
from secscan.stores.guard import refusal
from secscan.stores.vault.hygiene.checks import PREFIX
from secscan.stores.vault.settings import Mode

_ROOT = "vault:"
"""Begins the names of what lies in Vault."""


class Checks(msgspec.Struct, frozen=True, kw_only=True):
    """The one piece of work: every check, by its id."""

    ids: tuple[str, ...]


class VaultAudit(Scanner[Checks]):
    """See `scanners.contract`."""

    name = "vault-audit"
    title = "how a Vault server is set up: tokens, policies, logins, mounts"
    looks_at = SERVER
    kinds = (Kind.MISCONFIGURATION,)
    needs = Needs(vault=True)
    piece_type = Checks

    def plan(self, setup: Setup) -> Plan[Checks]:
        """All checks at once: what Vault holds is asked for once."""
        from secscan.stores.vault.hygiene.audit import CHECKS

        if setup.vault is None:
            raise ScannerError("nobody said which Vault", hint="run `secscan vault audit`")
        return Plan(pieces=(Checks(ids=tuple(CHECKS)),), selected=frozenset(PREFIX + one for one in CHECKS))

    def run(self, piece: Checks, setup: Setup) -> Ended:  # noqa: ARG002 - all of it is done
        """Ask Vault, and write down what was found as a program of its own would."""
        from secscan.stores.vault.connection import Connection
        from secscan.stores.vault.hygiene.audit import audit

        if why := refusal(Mode.INDEX, os.environ):
            raise ScannerError(f"Vault was not asked: {why}", hint="audit it in a job of its own")
        started = time.monotonic()
        if setup.vault is None:
            raise ScannerError("nobody said which Vault", hint="run `secscan vault audit`")
        try:
            with Connection(setup.vault, os.environ) as connection:
                audited = audit(connection)
        except StoreError as error:
            raise ScannerError(error.message, hint=error.hint) from error
        answer = _Answer(
            problems=[_Problem(one.check, one.subject, one.seen, one.severity) for one in audited.problems],
            unlooked=[_Unlooked(one.check, one.detail, one.remedy) for one in audited.unlooked],
            done=sorted(audited.done),
            proved=sorted(audited.proved),
        )
        return Ended(
            argv=(),
            exit_code=0,
            stdout=msgspec.json.encode(answer),
            stderr=b"",
            seconds=time.monotonic() - started,
            peak_megabytes=0.0,
        )

    def parse(self, ended: Ended, piece: Checks) -> Report:
        """See `Scanner.parse`."""
        refuse_trouble(ended, exit_codes=(0,))
        answer: _Answer = typed(strict_json(ended.stdout, tool=self.name), _Answer, tool=self.name)
        said = [one.check for one in answer.problems] + [one.check for one in answer.unlooked]
        if {*said, *answer.done, *answer.proved} - set(piece.ids):
            raise MalformedOutput("it speaks of a check that nobody asked for")
        return Report(
            findings=tuple(_finding(one) for one in answer.problems),
            gaps=tuple(
                Gap(
                    scanner=self.name,
                    kind=GapKind.NOT_ASSESSED,
                    subject=PREFIX + one.check,
                    detail=one.detail,
                    remedy=one.remedy,
                )
                for one in answer.unlooked
            ),
            looked_at=frozenset(PREFIX + one for one in answer.done),
            control=set(answer.proved) == set(piece.ids),
        )

    def version(self, setup: Setup) -> str:  # noqa: ARG002 - as the contract has it
        """See `Scanner.version`."""
        return __version__

    def rules_digest(self, setup: Setup) -> str:  # noqa: ARG002 - as the contract has it
        """See `Scanner.rules_digest`: the checks' own source."""
        return source_digest("stores", "vault", "hygiene")


class _Problem(msgspec.Struct, array_like=True):
    check: str
    subject: str
    seen: str
    severity: Severity | None


class _Unlooked(msgspec.Struct, array_like=True):
    check: str
    detail: str
    remedy: str


class _Answer(msgspec.Struct):
    problems: list[_Problem]
    unlooked: list[_Unlooked]
    done: list[str]
    proved: list[str]


def _finding(problem: _Problem) -> Finding:
    from secscan.stores.vault.hygiene.audit import CHECKS

    check = CHECKS[problem.check]
    severity = problem.severity or check.severity
    return Finding(
        kind=Kind.MISCONFIGURATION,
        defect=check.defect,
        title=check.title,
        message=problem.seen,
        severity=severity,
        confidence=Confidence.HIGH,
        # Not a place in a file. The check is the name of the place, so that two at one path stay two.
        location=Location(
            path=encode_path(f"{_ROOT}{problem.subject}".encode("utf-8", errors="surrogatepass")), symbol=check.rule
        ),
        sources=(
            Source(
                scanner=VaultAudit.name,
                rule=check.rule,
                severity=severity,
                confidence=Confidence.HIGH,
                message=problem.seen,
            ),
        ),
        identifiers=tuple(sorted(f"CWE-{number}" for number in check.cwes)),
        remediation=check.remedy,
    )


SCANNER = VaultAudit()
"""Looks at the server that the caller named."""
