"""References to Vault: whether what code, manifests and pipelines ask for is there.

Only names, versions and names of keys are asked for, never a value: a role for pull requests can be allowed no more.
Vault is asked only where the caller wants it, and never for a fork; see `stores.guard`.
"""

from __future__ import annotations

import os
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import msgspec

from secscan import __version__
from secscan.findings.levels import Confidence, GapKind, Kind, Severity
from secscan.findings.model import Finding, Gap, Location, Notice, Source
from secscan.process import Ended
from secscan.scanners.contract import MalformedOutput, Needs, Plan, Report, Scanner, ScannerError, Setup, refuse_trouble
from secscan.scanners.toolkit import FileBatch, strict_json, typed
from secscan.stores.ask import credentials
from secscan.stores.contract import Missed, StoreError
from secscan.stores.guard import refusal, shows_paths
from secscan.stores.references.checked import BROKEN, Checked, State
from secscan.stores.vault.settings import Mode, VaultSettings

if TYPE_CHECKING:
    from secscan.stores.follow import Answer

_GAPS = {
    State.DENIED: (GapKind.STORE_DENIED, "let the role read names there, or name it in `vault.not_read`"),
    State.UNCHECKED: (GapKind.REFERENCE_UNCHECKED, ""),
    State.TOO_MANY: (GapKind.STORE_UNAVAILABLE, "raise `vault.most_queries`"),
}
_PROSE = (".md", ".rst", ".adoc", ".txt")
"""Files in which a reference is an example more often than not."""


class VaultReferences(Scanner[FileBatch]):
    """See `scanners.contract`."""

    name = "vault-references"
    title = "whether references to Vault lead to what is there"
    kinds = (Kind.MISCONFIGURATION,)
    needs = Needs(vault=True)
    piece_type = FileBatch

    def plan(self, setup: Setup) -> Plan[FileBatch]:
        """One piece: a file may complete the references of another."""
        placed = {file.path: str(setup.place(file.path)) for file in setup.target.files}
        return Plan(pieces=(FileBatch(placed=placed),) if placed else (), selected=frozenset(placed))

    def run(self, piece: FileBatch, setup: Setup) -> Ended:
        """Follow the references, if Vault may be asked. What is near to a name that is not there is kept only where
        paths of Vault may be shown."""
        from secscan.stores.follow import OutOfTime, follow  # hvac takes time and memory, which other scans need not

        settings = (setup.vault or VaultSettings()).completed(os.environ)
        if why := refusal(Mode.INDEX, os.environ):
            raise ScannerError(f"Vault was not asked: {why}", hint="see docs/vault.md, on modes and pull requests")
        started, stopped, output = time.monotonic(), "", b""
        try:
            answer = follow(settings, credentials(settings), piece.back(), seconds=setup.limits.seconds)
        except OutOfTime:
            stopped = f"time limit of {setup.limits.seconds:g} s"
        except StoreError as error:
            raise ScannerError(error.message, hint=error.hint) from error
        else:
            output = msgspec.json.encode(answer if shows_paths(settings.paths, os.environ) else _discreet(answer))
        return Ended(
            argv=(self.name,),
            exit_code=0,
            stdout=output,
            stderr=b"",
            seconds=time.monotonic() - started,
            peak_megabytes=0.0,
            stopped=stopped,
        )

    def parse(self, ended: Ended, piece: FileBatch) -> Report:
        """See `Scanner.parse`."""
        refuse_trouble(ended, exit_codes=(0,))
        from secscan.stores.follow import Answer

        answer: Answer = typed(strict_json(ended.stdout, tool=self.name), Answer, tool=self.name)
        if not answer.complete:
            raise MalformedOutput("it did not come to its end")
        back = piece.back()
        told = [(back[one.place], one.checked) for one in answer.told if one.place in back]
        return Report(
            findings=tuple(_finding(path, one) for path, one in told if one.state in _WORDS),
            gaps=(
                *(_gap(path, one) for path, one in told if one.state in _GAPS),
                *(
                    Gap(scanner=self.name, kind=GapKind(one.kind), subject=back[one.place], detail=one.detail)
                    for one in answer.lost
                    if one.place in back
                ),
                *(_mount_gap(one) for one in answer.missed),
            ),
            looked_at=frozenset(back[place] for place in answer.looked_at if place in back),
            notices=tuple(Notice(topic="vault", subject="references", text=fact) for fact in answer.facts),
            control=answer.control,
        )

    def version(self, setup: Setup) -> str:  # noqa: ARG002 - as the contract has it
        """See `Scanner.version`."""
        return __version__


_WORDS: dict[State, tuple[str, str, Severity]] = {
    State.MISSING_ENTRY: ("Reference to a secret that is not there", "there is no such entry", Severity.HIGH),
    State.MISSING_KEY: ("Reference to a key that is not there", "the entry is there, without this key", Severity.HIGH),
    State.MISSING_VERSION: ("Reference to a version that is not there", "there is no such version", Severity.HIGH),
    State.DESTROYED: ("Reference to a destroyed secret", "the version was destroyed", Severity.HIGH),
    State.DELETED: ("Reference to a deleted secret", "the version was deleted", Severity.HIGH),
    State.OLD: ("Reference to an old version of a secret", "the entry has a newer version", Severity.MEDIUM),
    State.WALKS_OUT: ("Reference that leads out of its path", "Vault was not asked about this path", Severity.HIGH),
}


def _finding(path: str, checked: Checked) -> Finding:
    one = checked.reference
    title, words, severity = _WORDS[checked.state]
    if one.optional and checked.state in BROKEN - {State.WALKS_OUT}:
        severity = Severity.LOW
    return Finding(
        kind=Kind.MISCONFIGURATION,
        defect="broken-secret-reference",
        title=title,
        message=f"{one.style} asks for {_asked(checked)}: {words}{_more(checked)}.",
        severity=severity,
        confidence=Confidence.LOW if _is_prose(path) else Confidence.HIGH,
        location=Location(path=path, region=one.region),
        sources=(
            Source(
                scanner=VaultReferences.name,
                rule=f"secscan.vault-references.{checked.state}",
                severity=severity,
                region=one.region,
            ),
        ),
        remediation=_remedy(checked),
    )


def _gap(path: str, checked: Checked) -> Gap:
    kind, remedy = _GAPS[checked.state]
    if kind is GapKind.STORE_DENIED and _is_prose(path):
        kind = GapKind.REFERENCE_UNCHECKED  # an example names mounts that exist nowhere
    return Gap(
        scanner=VaultReferences.name,
        kind=kind,
        subject=path,
        detail=f"the reference to {_asked(checked)} was not followed: {checked.detail}",
        remedy=remedy,
        line=checked.reference.region.start_line,
    )


def _is_prose(path: str) -> bool:
    return path.lower().endswith(_PROSE)


def _mount_gap(missed: Missed) -> Gap:
    return Gap(
        scanner=VaultReferences.name,
        kind=GapKind.STORE_DENIED,
        subject=f"vault:{missed.path}",
        detail=missed.detail,
        remedy="correct `vault.mounts`, or let the role read names there",
    )


def _asked(checked: Checked) -> str:
    """What is asked for, in the words of the file."""
    one = checked.reference
    key, version = f"#{one.key}" if one.key else "", f", version {one.version}" if one.version else ""
    return f"{one.whole}{key}{version}"


def _more(checked: Checked) -> str:
    current = f"; its version is now {checked.current}" if checked.current else ""
    return f" ({checked.detail}){current}" if checked.detail else current


def _remedy(checked: Checked) -> str:
    if checked.near:
        return f"Did you mean {checked.near}? If not, write the secret to Vault before this is used."
    if checked.state is State.OLD:
        return f"Ask for version {checked.current}, if nothing needs the old one any more."
    if checked.state is State.WALKS_OUT:
        return "Write the path of the entry itself, without what leads elsewhere."
    return "Correct the reference, or write the secret to Vault before this is used."


def _discreet(answer: Answer) -> Answer:
    """The answer without names that only Vault knew."""
    told = [msgspec.structs.replace(one, checked=replace(one.checked, near="")) for one in answer.told]
    return msgspec.structs.replace(answer, told=told)


SCANNER = VaultReferences()
