"""Whether secrets in the code are in use, by what Vault holds: asked in a child process whose memory ends with it.

Vault is asked only where the caller wants it (`--vault`), never for a fork, and read only for protected branches; see
`stores.guard`. What crosses back is where a value stands in the code and where Vault holds it, never the value.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from secscan import __version__
from secscan.findings.levels import Confidence, GapKind, Kind, SecretState, Severity
from secscan.findings.model import Finding, Gap, Location, Notice, Region, Source
from secscan.process import Ended
from secscan.scanners.contract import MalformedOutput, Needs, Plan, Report, Scanner, ScannerError, Setup, refuse_trouble
from secscan.scanners.toolkit import FileBatch, strict_json, typed
from secscan.stores.answer import Answer, Lost, Refusal, Task, Told, TooMuch, Where
from secscan.stores.ask import ask
from secscan.stores.contract import MissedKind, StoreError
from secscan.stores.vault.settings import VaultSettings

_ROOT = "vault:"
"""Begins the names of what lies in Vault, where findings and gaps name it."""

_GAPS = {
    MissedKind.DENIED: GapKind.STORE_DENIED,
    MissedKind.DELETED: GapKind.STORE_DELETED,
    MissedKind.UNAVAILABLE: GapKind.STORE_UNAVAILABLE,
    MissedKind.TOO_MUCH: GapKind.STORE_UNAVAILABLE,
}
_REMEDIES = {
    GapKind.STORE_DENIED: "let the role read it, or name it in `vault.not_read`",
    GapKind.STORE_UNAVAILABLE: "ask again when Vault answers; see its own log",
}


class Vault(Scanner[FileBatch]):
    """See `scanners.contract`."""

    name = "vault"
    title = "whether secrets are in use, by what Vault holds"
    kinds = (Kind.SECRET, Kind.MISCONFIGURATION)
    needs = Needs(vault=True)
    piece_type = FileBatch

    def plan(self, setup: Setup) -> Plan[FileBatch]:
        """One piece: what Vault holds is read once."""
        placed = {file.path: str(setup.place(file.path)) for file in setup.target.files}
        return Plan(pieces=(FileBatch(placed=placed),) if placed else (), selected=frozenset(placed))

    def run(self, piece: FileBatch, setup: Setup) -> Ended:
        """Ask Vault, if it may be asked."""
        try:
            return ask(
                Task.LOOK,
                setup.vault or VaultSettings(),
                setup.limits,
                files=piece.back(),
                values_key=setup.values_key,
            )
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
        back = piece.back()
        return Report(
            findings=(
                *(_finding(one, back[one.place]) for one in answer.told if one.place in back),
                *_excess(answer.excess),
            ),
            gaps=tuple(_gap(one, back) for one in answer.lost),
            looked_at=frozenset(back[place] for place in answer.looked_at if place in back),
            notices=tuple(Notice(topic="vault", subject="Vault", text=fact) for fact in answer.facts),
            control=answer.control,
        )

    def version(self, setup: Setup) -> str:  # noqa: ARG002 - as the contract has it
        """See `Scanner.version`."""
        return __version__


def _gap(lost: Lost, back: dict[str, str]) -> Gap:
    if lost.file:
        return Gap(scanner=Vault.name, kind=GapKind(lost.kind), subject=back[lost.subject], detail=lost.detail)
    kind = _GAPS[MissedKind(lost.kind)]
    return Gap(
        scanner=Vault.name,
        kind=kind,
        subject=f"{_ROOT}{lost.subject}",
        detail=lost.detail,
        remedy=_REMEDIES.get(kind, ""),
    )


def _finding(told: Told, path: str) -> Finding:
    region = Region(
        start_line=told.start_line,
        start_column=told.start_column,
        end_line=told.end_line,
        end_column=told.end_column,
    )
    title, severity, confidence = _HEADS.get(told.state, (told.title, told.severity, told.confidence))
    rule = told.state or "not-compared"
    return Finding(
        kind=Kind.SECRET,
        defect="hardcoded-credential",
        title=title,
        message=f"{_MESSAGES[told.state](told)} It stands here as {told.preview}{_form(told)}.",
        severity=severity,
        confidence=confidence,
        location=Location(path=path, region=region),
        sources=(Source(scanner=Vault.name, rule=f"secscan.vault.{rule}", severity=severity, region=region),),
        identifiers=("CWE-798",),
        secret_state=told.state,
        secret_id=told.secret_id,
        same=told.same,
        remediation=_remedy(told),
        notes=_notes(told),
    )


def _excess(rights: list[TooMuch]) -> Iterator[Finding]:
    """One finding for each path: who gets hold of this token can do more than secscan ever does."""
    by_path: dict[str, list[str]] = {}
    for one in rights:
        by_path.setdefault(one.path, []).append(one.capability)
    for path, capabilities in by_path.items():
        everything = "root" in capabilities
        yield Finding(
            kind=Kind.MISCONFIGURATION,
            defect="excessive-permissions",
            title="Scanner's token may do more than it needs",
            message="The token is one of root."
            if everything
            else f"The token may {' and '.join(capabilities)} at {path}; secscan never does that.",
            severity=Severity.HIGH if everything else Severity.MEDIUM,
            confidence=Confidence.HIGH,
            location=Location(path=f"{_ROOT}{path or 'token'}"),
            sources=(Source(scanner=Vault.name, rule="secscan.vault.token-rights", severity=Severity.MEDIUM),),
            remediation="Give secscan a role of its own; `secscan vault policy` prints what it needs.",
        )


_HEADS: dict[SecretState | None, tuple[str, Severity, Confidence]] = {
    SecretState.LIVE: ("Secret that is in use", Severity.CRITICAL, Confidence.HIGH),
    SecretState.ROTATED: ("Secret that was replaced", Severity.LOW, Confidence.HIGH),
    SecretState.DELETED: ("Secret whose entry was deleted", Severity.LOW, Confidence.HIGH),
}
_MESSAGES: dict[SecretState | None, Callable[[Told], str]] = {
    SecretState.LIVE: lambda told: f"Vault gives this value to those who ask it now: {_places(told)}.",
    SecretState.ROTATED: lambda told: f"Vault held this value and holds another now: {_places(told)}.",
    SecretState.DELETED: lambda told: f"Vault held this value in an entry that was deleted: {_places(told)}.",
    SecretState.UNKNOWN: lambda _: "Vault does not know this value: it may be in use all the same.",
    None: lambda told: f"Vault was not asked about this value: {told.why}.",
}


def _places(told: Told) -> str:
    first = told.where[0]
    more = f", and {told.places - 1} more" if told.places > 1 else ""
    version = f", version {first.version}" if first.version else ""
    replaced = f", replaced {first.replaced[:10]}" if first.replaced else ""
    return f"{_name(first)}{version}{replaced}{more}"


def _name(where: Where) -> str:
    return f"{_ROOT}{where.path}#{where.field}" if where.field else f"{_ROOT}{where.path}"


def _notes(told: Told) -> tuple[str, ...]:
    if told.why:
        return (f"Vault: not checked, {told.why}",)
    if not told.where:
        return ("Vault: does not know it, so it may be in use all the same",)
    return tuple(_note(told, where) for where in told.where)


def _note(told: Told, where: Where) -> str:
    parts = [f"Vault: {told.state} at {_name(where)}"]
    if where.version:
        parts.append(f"version {where.version}")
    if where.since:
        parts.append(f"since {where.since}")
    if where.replaced:
        parts.append(f"replaced {where.replaced}")
    return ", ".join(parts)


def _form(told: Told) -> str:
    return f", written as {told.form}" if told.form else ""


def _remedy(told: Told) -> str:
    revoke = told.revoke or "end it where it is used"
    if told.state is SecretState.LIVE:
        return (
            f"Rotate it now. Make a new one where it is used; write it to {_name(told.where[0])} as a new version; end"
            f" the old one: {revoke}. Then put a reference to Vault in the place of the literal; `secscan vault"
            " rotate-plan` has the steps."
        )
    if told.state in (SecretState.ROTATED, SecretState.DELETED):
        return f"Make sure that the old value opens nothing any more: {revoke}. Then take it out of the code."
    return f"Revoke it: {revoke}. Then take it out, and keep the new one in Vault."


SCANNER = Vault()
"""Says of each secret whether Vault holds it, and as what."""
