"""What scanners that ask a store of secrets share: from the answer of the child process to findings and gaps.

What crosses back is where a value stands in the code and where the store holds it, never the value.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from secscan import __version__
from secscan.findings.levels import Confidence, GapKind, Kind, SecretState, Severity
from secscan.findings.model import Finding, Gap, Location, Notice, Region, Source
from secscan.process import Ended
from secscan.scanners.contract import MalformedOutput, Plan, Report, Scanner, ScannerError, Setup, refuse_trouble
from secscan.scanners.toolkit import FileBatch, strict_json, typed
from secscan.stores.answer import Answer, Lost, Refusal, Told, TooMuch, Where
from secscan.stores.contract import MissedKind, StoreError

_GAPS = {
    MissedKind.DENIED: GapKind.STORE_DENIED,
    MissedKind.DELETED: GapKind.STORE_DELETED,
    MissedKind.UNAVAILABLE: GapKind.STORE_UNAVAILABLE,
    MissedKind.TOO_MUCH: GapKind.STORE_UNAVAILABLE,
}
_REMEDIES = {
    GapKind.STORE_DENIED: "let the role read it, or leave it out of what is read in the settings",
    GapKind.STORE_UNAVAILABLE: "ask again when it answers; see its own log",
}


class StoreScanner(Scanner[FileBatch]):
    """A scanner that asks a store; see `scanners.contract`."""

    kinds = (Kind.SECRET, Kind.MISCONFIGURATION)
    piece_type = FileBatch

    store: ClassVar[str]
    """How sentences name the store."""
    root: ClassVar[str]
    """Begins the names of what lies in the store, where findings and gaps name it."""

    @abstractmethod
    def ask(self, piece: FileBatch, setup: Setup) -> Ended:
        """Start the child process that asks. Raises `StoreError` where the store may not be asked."""

    def plan(self, setup: Setup) -> Plan[FileBatch]:
        """One piece: what the store holds is read once."""
        placed = {file.path: str(setup.place(file.path)) for file in setup.target.files}
        return Plan(pieces=(FileBatch(placed=placed),) if placed else (), selected=frozenset(placed))

    def run(self, piece: FileBatch, setup: Setup) -> Ended:
        """Ask the store, if it may be asked."""
        try:
            return self.ask(piece, setup)
        except StoreError as error:
            raise ScannerError(error.message, hint=error.hint) from error

    def parse(self, ended: Ended, piece: FileBatch) -> Report:
        """See `Scanner.parse`."""
        refuse_trouble(ended, exit_codes=(0,))
        document = strict_json(ended.stdout, tool=self.name)
        if "error" in document:
            refused: Refusal = typed(document, Refusal, tool=self.name)
            raise ScannerError(refused.error, hint=refused.hint)
        answer: Answer = typed(document, Answer, tool=self.name)
        if not answer.complete:
            raise MalformedOutput("it did not come to its end")
        back, words = piece.back(), _Words(self.name, self.store, self.root)
        return Report(
            findings=(
                *(words.finding(one, back[one.place]) for one in answer.told if one.place in back),
                *words.excess(answer.excess),
            ),
            gaps=tuple(words.gap(one, back) for one in answer.lost),
            looked_at=frozenset(back[place] for place in answer.looked_at if place in back),
            notices=tuple(Notice(topic=self.name, subject=self.store, text=fact) for fact in answer.facts),
            control=answer.control,
        )

    def version(self, setup: Setup) -> str:  # noqa: ARG002 - as the contract has it
        """See `Scanner.version`."""
        return __version__


@dataclass(frozen=True)
class _Words:
    """How one scanner says what its store answered."""

    scanner: str
    store: str
    root: str

    def gap(self, lost: Lost, back: dict[str, str]) -> Gap:
        """A file, or a part of the store, that was not looked at."""
        if lost.file:
            return Gap(scanner=self.scanner, kind=GapKind(lost.kind), subject=back[lost.subject], detail=lost.detail)
        kind = _GAPS[MissedKind(lost.kind)]
        return Gap(
            scanner=self.scanner,
            kind=kind,
            subject=f"{self.root}{lost.subject}",
            detail=lost.detail,
            remedy=_REMEDIES.get(kind, ""),
        )

    def finding(self, told: Told, path: str) -> Finding:
        """A value that stands in a file, with what the store says of it."""
        region = Region(
            start_line=told.start_line,
            start_column=told.start_column,
            end_line=told.end_line,
            end_column=told.end_column,
        )
        title, severity, confidence = _HEADS.get(told.state, (told.title or _NO_TITLE, told.severity, told.confidence))
        rule = f"secscan.{self.scanner}.{told.state or 'not-compared'}"
        form = f", written as {told.form}" if told.form else ""
        return Finding(
            kind=Kind.SECRET,
            defect="hardcoded-credential",
            title=title,
            message=f"{self._message(told)} It stands here as {told.preview}{form}.",
            severity=severity,
            confidence=confidence,
            location=Location(path=path, region=region),
            sources=(
                Source(scanner=self.scanner, rule=rule, severity=severity, region=region),
                *self._alone(told),
            ),
            identifiers=("CWE-798",),
            secret_state=told.state,
            secret_id=told.secret_id,
            same=told.same,
            remediation=self._remedy(told),
            notes=self._notes(told),
        )

    def _alone(self, told: Told) -> Iterator[Source]:
        """That no other value stands in these lines: whatever a scanner means by them, it means this one."""
        if told.line_end and told.state is not None:
            region = Region(
                start_line=told.start_line, start_column=1, end_line=told.end_line, end_column=told.line_end
            )
            yield Source(scanner=self.scanner, rule=f"secscan.{self.scanner}.only-value-of-its-lines", region=region)

    def excess(self, rights: list[TooMuch]) -> Iterator[Finding]:
        """One finding for each path: who gets hold of this login can do more than secscan ever does."""
        by_path: dict[str, list[str]] = {}
        for one in rights:
            by_path.setdefault(one.path, []).append(one.capability)
        for path, capabilities in by_path.items():
            everything = "root" in capabilities
            severity = Severity.HIGH if everything else Severity.MEDIUM
            rule = f"secscan.{self.scanner}.token-rights"
            yield Finding(
                kind=Kind.MISCONFIGURATION,
                defect="excessive-permissions",
                title="Scanner's token may do more than it needs",
                message="The token is one of root."
                if everything
                else f"The token may {' and '.join(capabilities)} at {path}; secscan never does that.",
                severity=severity,
                confidence=Confidence.HIGH,
                location=Location(path=f"{self.root}{path or 'token'}"),
                sources=(Source(scanner=self.scanner, rule=rule, severity=severity),),
                remediation="Give secscan a role of its own; secscan vault policy prints what it needs.",
            )

    def _message(self, told: Told) -> str:
        if told.state is SecretState.LIVE:
            return f"{self.store} gives this value to those who ask it now: {self._places(told)}."
        if told.state is SecretState.ROTATED:
            return f"{self.store} held this value and holds another now: {self._places(told)}."
        if told.state is SecretState.DELETED:
            return f"{self.store} held this value in an entry that was deleted: {self._places(told)}."
        if told.state is SecretState.UNKNOWN and told.where:
            return (
                f"{self.store} held this value, and does not say whether it still does, for the current version was not"
                f" read: {self._places(told)}."
            )
        if told.state is SecretState.UNKNOWN:
            return f"{self.store} does not know this value: it may be in use all the same."
        return f"{self.store} was not asked about this value: {told.why}."

    def _places(self, told: Told) -> str:
        first = told.where[0]
        more = f", and {told.places - 1} more" if told.places > 1 else ""
        version = f", version {first.version}" if first.version else ""
        replaced = f", replaced {first.replaced[:10]}" if first.replaced else ""
        return f"{self._name(first)}{version}{replaced}{more}"

    def _name(self, where: Where) -> str:
        return f"{self.root}{where.path}#{where.field}" if where.field else f"{self.root}{where.path}"

    def _notes(self, told: Told) -> tuple[str, ...]:
        if told.why:
            return (f"{self.store}: not checked, {told.why}",)
        if not told.where:
            return (f"{self.store}: does not know it, so it may be in use all the same",)
        return tuple(self._note(told, where) for where in told.where)

    def _note(self, told: Told, where: Where) -> str:
        parts = [f"{self.store}: {told.state} at {self._name(where)}"]
        if where.version:
            parts.append(f"version {where.version}")
        if where.since:
            parts.append(f"since {where.since}")
        if where.replaced:
            parts.append(f"replaced {where.replaced}")
        return ", ".join(parts)

    def _remedy(self, told: Told) -> str:
        revoke = told.revoke or "end it where it is used"
        if told.state is SecretState.LIVE:
            return (
                "Rotate it now. Make a new one where it is used; write it to"
                f" {self._name(told.where[0])} as a new version; end the old one: {revoke}. Then put a reference to"
                f" {self.store} in the place of the literal{_STEPS.get(self.store, '')}."
            )
        if told.state in (SecretState.ROTATED, SecretState.DELETED):
            return f"Make sure that the old value opens nothing any more: {revoke}. Then take it out of the code."
        return f"Revoke it: {revoke}. Then take it out, and keep the new one in {self.store}."


_STEPS = {"Vault": "; secscan vault rotate-plan has the steps"}
"""By store: where the steps of a rotation are told. Those write to Vault, and to no other store."""
_NO_TITLE = "Secret that may be in use"
"""Of a value that no pattern notices, and a store held."""
_HEADS: dict[SecretState | None, tuple[str, Severity, Confidence]] = {
    SecretState.LIVE: ("Secret that is in use", Severity.CRITICAL, Confidence.HIGH),
    SecretState.ROTATED: ("Secret that was replaced", Severity.LOW, Confidence.HIGH),
    SecretState.DELETED: ("Secret whose entry was deleted", Severity.LOW, Confidence.HIGH),
}
