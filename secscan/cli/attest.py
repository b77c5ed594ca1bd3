"""`secscan attest`, `secscan verify`, `secscan replay`: the decision as a signed statement."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from secscan.attest.envelope import Signed
    from secscan.attest.signing import PublicKey
    from secscan.attest.statement import Statement
    from secscan.stores.vault.connection import Connection

PASSPHRASE = "SECSCAN_KEY_PASSPHRASE"  # noqa: S105 - the name of the variable
_LONGEST_KEY = 100_000
_BUDGET = 10.0
"""Seconds of trying Vault again, where no settings say so: somebody waits."""

_Key = Annotated[
    Path | None, typer.Option("--key", metavar="PEM", help="Public key (Ed25519, ECDSA) that must have signed.")
]
_VaultKey = Annotated[
    str,
    typer.Option(
        "--vault-key",
        metavar="NAME",
        help="Key of Vault's Transit engine that must have signed; Vault is asked for its public half.",
    ),
]
_Unsigned = Annotated[
    bool, typer.Option("--unsigned", help="Check a statement that carries no signature: it may be anybody's.")
]
_Config = Annotated[Path | None, typer.Option("--config", help="Settings file that says how Vault is reached.")]


def attest(
    saved: Annotated[Path, typer.Argument(metavar="SCAN", help="A saved scan (secscan.json), its secscan.terms.json beside it.")],
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FILE", help="File to write the attestation to.")],
    key: Annotated[Path | None, typer.Option("--key", metavar="PEM", help=f"Private key (Ed25519, ECDSA) to sign with. Its passphrase is read from {PASSPHRASE}, or asked for.")] = None,
    vault_key: Annotated[str, typer.Option("--vault-key", metavar="NAME", help="Sign with this key of Vault's Transit engine.")] = "",
    unsigned: Annotated[bool, typer.Option("--unsigned", help="Write the bare statement, for a platform that signs it.")] = False,
    public_key: Annotated[Path | None, typer.Option("--public-key", metavar="FILE", help="Also write the public key, for `secscan verify --key`.")] = None,
    terms: Annotated[Path | None, typer.Option("--terms", metavar="FILE", help="What the scan was judged by.", show_default="beside SCAN")] = None,
    config: _Config = None,
) -> None:  # fmt: skip
    """Attest a decision: an in-toto statement of a judged scan, signed (DSSE). It is judged again first.

    Exits 0 when it is written, whatever the verdict.
    """
    from secscan import __version__
    from secscan.attest.check import attested
    from secscan.attest.document import read_file
    from secscan.attest.envelope import pack
    from secscan.attest.statement import payload_of
    from secscan.attest.terms import loads, place_of
    from secscan.errors import AttestationError, UsageError
    from secscan.files import remove_stale, write_atomic

    _one_of("sign it by", key, vault_key, unsigned)
    if public_key and unsigned:
        raise UsageError("what is unsigned has no public key", hint="leave --public-key out")
    place = terms or place_of(saved)
    _keep_apart(
        {"SCAN": saved, "what the scan was judged by": place, "--key": key, "--config": config},
        {"--output": output, "--public-key": public_key},
    )
    if not place.is_file():
        hint = "`secscan scan` and `secscan gate -o` write it; give its place with --terms"
        raise UsageError(f"{place} is missing: what the scan was judged by", hint=hint)
    remove_stale(output)
    try:
        judged_by = loads(read_file(place), str(place))
    except AttestationError as error:
        raise UsageError(error.message, hint=error.hint) from error
    statement = attested(_scan_bytes(saved), judged_by, version=__version__)
    payload = payload_of(statement)
    if unsigned:
        write_atomic(output, payload)
    else:
        signed, public = _signed(payload, key, vault_key, config)
        write_atomic(output, pack(signed))
        if public_key:
            write_atomic(public_key, public.pem)
    _show(statement, f"Attested in {output}")


def verify(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="An attestation.")],
    key: _Key = None,
    vault_key: _VaultKey = "",
    unsigned: _Unsigned = False,
    scan: Annotated[Path | None, typer.Option("--scan", metavar="SCAN", help="Saved scan that it must be about.")] = None,
    subject: Annotated[str | None, typer.Option("--subject", metavar="DIGEST", help="Digest of an image, a target or a commit that it must be about.")] = None,
    policy: Annotated[str | None, typer.Option("--policy", metavar="DIGEST", help="Digest of the policy that must have judged.")] = None,
    passed: Annotated[bool, typer.Option("--passed", help="Also demand that the verdict is passed.")] = False,
    config: _Config = None,
) -> None:  # fmt: skip
    """Check an attestation: its signature, its form, and what it is about. The verdict in it is shown.

    Exits 0 if it holds, whatever the verdict (but see --passed), else 1.
    """
    from secscan.attest.check import check_demands, check_scan, check_subject
    from secscan.errors import UsageError

    for option, digest in (("--subject", subject), ("--policy", policy)):
        # A variable that is not set must not turn a demand into none.
        if digest is not None and not digest.strip():
            raise UsageError(f"{option} is empty", hint="give the digest, or leave the option out to demand none")
    statement, by = _checked(file, key, vault_key, unsigned, config)
    if scan is not None:
        check_scan(statement, _scan_bytes(scan), str(scan))
    if subject is not None:
        check_subject(statement, subject)
    check_demands(statement, passed=passed, policy=policy)
    _show(statement, f"{file} holds: {by}")


def replay(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="An attestation.")],
    saved: Annotated[Path, typer.Argument(metavar="SCAN", help="The saved scan that it is about.")],
    key: _Key = None,
    vault_key: _VaultKey = "",
    unsigned: _Unsigned = False,
    config: _Config = None,
) -> None:
    """Check an attestation, and judge the saved scan again by the attested terms at the attested time.

    Exits 0 if everything comes out the same, byte for byte, else 1.
    """
    from secscan.attest import check

    statement, by = _checked(file, key, vault_key, unsigned, config)
    check.replay(statement, _scan_bytes(saved), str(saved))
    _show(statement, f"{file} holds: {by}; judged again, the verdict is the same")


def _one_of(what: str, key: Path | None, vault_key: str, unsigned: bool) -> None:
    from secscan.errors import UsageError

    if sum(map(bool, (key, vault_key, unsigned))) != 1:
        raise UsageError(f"{what} one of --key, --vault-key and --unsigned", hint="give exactly one of them")


def _keep_apart(read: Mapping[str, Path | None], written: Mapping[str, Path | None]) -> None:
    """Raise `UsageError` where a file to write is one that is read, or another one to write."""
    from secscan.errors import UsageError
    from secscan.files import same_file

    taken = {name: path for name, path in read.items() if path is not None}
    for name, path in written.items():
        if path is None:
            continue
        for other, place in taken.items():
            if same_file(path, place):
                raise UsageError(f"{name} {path} is the file of {other}", hint="give another file to write to")
        taken[name] = path


def _scan_bytes(path: Path) -> bytes:
    from secscan.attest.document import read_file
    from secscan.findings.scan import MAX_BYTES

    return read_file(path, most=MAX_BYTES)


def _signed(payload: bytes, key: Path | None, vault_key: str, config: Path | None) -> tuple[Signed, PublicKey]:
    """The payload, signed and checked, and the public key that checks it."""
    from secscan.attest import signing
    from secscan.attest.document import read_file
    from secscan.errors import AttestationError
    from secscan.stores.contract import StoreError
    from secscan.stores.vault.signing import TransitKey

    if key is not None:
        local = signing.KeyFile(read_file(key, most=_LONGEST_KEY), str(key), lambda: _passphrase(key))
        return signing.sign(payload, local.public_key, local.sign), local.public_key
    with _vault(config) as connection:
        transit = TransitKey(connection, vault_key)
        newest = transit.versions()[0]
        public = signing.read_public_key(newest.pem, f"the Transit key {vault_key}")
        try:
            return signing.sign(payload, public, lambda data: transit.sign(data, newest)), public
        except AttestationError as error:
            raise StoreError(f"Vault's signature is refused: {error.message}", hint="see Vault's own log") from error


def _checked(
    file: Path, key: Path | None, vault_key: str, unsigned: bool, config: Path | None
) -> tuple[Statement, str]:
    """The statement in a file whose signature and form hold, and by what."""
    from secscan.attest.check import check_form
    from secscan.attest.document import read_file
    from secscan.attest.envelope import is_envelope, unpack
    from secscan.attest.statement import read_statement
    from secscan.errors import UsageError

    _one_of("check it by", key, vault_key, unsigned)
    data, origin = read_file(file), str(file)
    if not unsigned:
        from secscan.attest import signing

        signed = unpack(data, origin)
        keyid = signing.verify(signed, _public_keys(key, vault_key, config), origin)
        data, by = signed.payload, f"signed by the key {keyid[:16]}"
    elif is_envelope(data):
        raise UsageError(f"{file} is signed", hint="give the public key of whoever signed it, with --key")
    else:
        by = "unsigned, so nothing shows who made it"
    statement = read_statement(data, origin)
    check_form(statement, origin)
    return statement, by


def _public_keys(key: Path | None, vault_key: str, config: Path | None) -> Sequence[PublicKey]:
    from secscan.attest import signing
    from secscan.attest.document import read_file
    from secscan.stores.vault.signing import TransitKey

    if key is not None:
        return [signing.read_public_key(read_file(key, most=_LONGEST_KEY), str(key))]
    with _vault(config) as connection:
        versions = TransitKey(connection, vault_key).versions()
    return [signing.read_public_key(one.pem, f"the Transit key {vault_key}") for one in versions]


def _vault(config: Path | None) -> Connection:
    from secscan.config import load_settings
    from secscan.stores.vault.connection import Connection
    from secscan.stores.vault.settings import VaultSettings

    return Connection(load_settings(Path(), config).honoured().vault or VaultSettings(budget=_BUDGET), os.environ)


def _passphrase(key: Path) -> str:
    from getpass import getpass

    from secscan.errors import UsageError

    if PASSPHRASE in os.environ:
        return os.environ[PASSPHRASE]
    if not sys.stdin.isatty():
        raise UsageError(f"{key} has a passphrase", hint=f"set {PASSPHRASE}")
    return getpass(f"Passphrase of {key}: ")


def _show(statement: Statement, first: str) -> None:
    """Print what is attested."""
    from secscan.cli.terminal import print_lines
    from secscan.policy.baseline import PARTIAL
    from secscan.reports.escape import terminal
    from secscan.reports.present import counted

    said = statement.predicate
    ended = [f"{run.scanner} {run.version} {run.status}".replace("  ", " ") for run in said.scanners]
    part = ", a part only" if said.target.kind in PARTIAL else ""
    changed = ", changed since" if said.target.dirty else ""
    lines = [
        first,
        f"  verdict:  {said.verdict}{' (log only)' if said.log_only else ''}, judged at {said.judged_at}",
        f"  policy:   {said.policy.name}, digest {said.policy.digest}",
        f"  target:   {said.target.kind} {said.target.name}{part}",
        *([f"  commit:   {said.target.revision}{changed}"] if said.target.revision else []),
        f"  findings: {said.findings.total}: {said.findings.block} block, {said.findings.warn} warn, "
        f"{said.findings.accept} accepted; {counted(said.gaps, 'gap')}, {said.tolerated_gaps} of them tolerated",
        f"  scanners: {', '.join(ended)}",
        *(f"  subject:  {one.name} {'; '.join(f'{kind}:{value}' for kind, value in one.digest.items())}" for one in statement.subject),
    ]  # fmt: skip
    print_lines(terminal(line) for line in lines)
