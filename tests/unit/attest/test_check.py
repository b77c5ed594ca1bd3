"""An attestation holds for the very files it was made of, and for nothing else."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from functools import cache

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from secscan.attest import check, signing
from secscan.attest.check import attested
from secscan.attest.envelope import pack, unpack
from secscan.attest.statement import Statement, payload_of, read_statement
from secscan.errors import AttestationError, SecscanError, UsageError
from tests.support.attested import judged_bytes, key_pair, terms
from tests.support.scans import waiver

PRIVATE, PUBLIC = key_pair("P-256")
SCAN = judged_bytes()


@cache
def statement() -> Statement:
    return attested(SCAN, terms(), version="0.1.0")


@cache
def attestation() -> bytes:
    key = signing.KeyFile(PRIVATE, "key.pem", lambda: "")
    return pack(signing.sign(payload_of(statement()), key.public_key, key.sign))


def replayed(data: bytes, scan: bytes) -> None:
    """What `secscan replay` does."""
    signed = unpack(data, "file")
    signing.verify(signed, (signing.read_public_key(PUBLIC, "key.pub"),), "file")
    found = read_statement(signed.payload, "file")
    check.check_form(found, "file")
    check.replay(found, scan, "scan")


def replayed_unsigned(data: bytes, scan: bytes) -> None:
    found = read_statement(data, "file")
    check.check_form(found, "file")
    check.replay(found, scan, "scan")


def test_what_was_attested_is_reached_again() -> None:
    replayed(attestation(), SCAN)
    replayed_unsigned(payload_of(statement()), SCAN)


@given(data=st.data())
def test_one_changed_byte_of_the_attestation_is_refused(data: st.DataObject) -> None:
    whole = attestation()
    changed = flipped(data, whole)
    with pytest.raises(AttestationError):
        replayed(changed, SCAN)


@given(data=st.data())
def test_one_changed_byte_of_the_scan_is_refused(data: st.DataObject) -> None:
    with pytest.raises(AttestationError):
        replayed(attestation(), flipped(data, SCAN))


@given(data=st.data())
def test_one_changed_byte_of_an_unsigned_statement_is_refused_but_for_the_version(data: st.DataObject) -> None:
    """Nothing but the platform's signature protects who made it; what it says follows from the scan."""
    whole = payload_of(statement())
    version = whole.index(b'"secscan":"0.1.0"')
    at = data.draw(st.integers(0, len(whole) - 1).filter(lambda at: not version < at < version + 17))
    new = data.draw(st.integers(0, 255).filter(lambda byte: byte != whole[at]))
    with pytest.raises(AttestationError):
        replayed_unsigned(whole[:at] + bytes([new]) + whole[at + 1 :], SCAN)


def flipped(data: st.DataObject, whole: bytes) -> bytes:
    at = data.draw(st.integers(0, len(whole) - 1))
    new = data.draw(st.integers(0, 255).filter(lambda byte: byte != whole[at]))
    return whole[:at] + bytes([new]) + whole[at + 1 :]


def test_a_signed_statement_that_says_more_than_the_scan_is_refused() -> None:
    """Whoever has the key can sign anything; replay tells."""
    said = statement().predicate
    better = msgspec.structs.replace(said, verdict="passed")
    with pytest.raises(AttestationError, match="does not say what the scan does: verdict"):
        check.replay(msgspec.structs.replace(statement(), predicate=better), SCAN, "scan")


def test_other_terms_are_refused_also_with_their_digests() -> None:
    said = statement().predicate
    for changes in (
        {"waivers": (*said.terms.waivers, waiver("more", fingerprints=("aaaa0001",)))},
        {"baseline": None},
        {"pending": ()},
    ):
        other = msgspec.structs.replace(said, terms=msgspec.structs.replace(said.terms, **changes))
        changed = msgspec.structs.replace(statement(), predicate=other)
        with pytest.raises(AttestationError, match="not byte for byte"):
            check.replay(changed, SCAN, "scan")


def test_another_time_is_refused() -> None:
    """A waiver that ends in February counts in January only."""
    later = SCAN.replace(b'"judged_at":"2026-01-31T12:00:00Z"', b'"judged_at":"2026-03-31T12:00:00Z"')
    assert later != SCAN
    with pytest.raises(UsageError, match="not byte for byte"):
        attested(later, terms(), version="1")


def test_terms_that_nobody_could_have_judged_by_are_refused_not_a_bug() -> None:
    said = statement().predicate.terms
    broken = msgspec.structs.replace(said, waivers=(waiver("broken", fingerprints=("aaaa0001",), expires="never"),))
    with pytest.raises(UsageError, match="cannot be judged by these terms"):
        attested(SCAN, broken, version="1")


def test_a_platform_may_name_fewer_subjects_and_no_others() -> None:
    """GitHub's actions/attest makes the statement itself, of our predicate and the files that it is given."""
    fewer = msgspec.structs.replace(statement(), subject=statement().subject[:1])
    check.replay(fewer, SCAN, "scan")
    with pytest.raises(AttestationError, match="not about scan"):
        check.replay(msgspec.structs.replace(statement(), subject=statement().subject[1:]), SCAN, "scan")
    other = msgspec.structs.replace(statement().subject[1], digest={"sha256": "1" * 64})
    more = msgspec.structs.replace(statement(), subject=(*statement().subject, other))
    with pytest.raises(AttestationError, match="its subjects"):
        check.replay(more, SCAN, "scan")


def test_what_is_demanded_must_hold() -> None:
    check.check_subject(statement(), "sha256:" + "0" * 64)
    check.check_subject(statement(), "F" * 40)
    check.check_demands(statement(), passed=False, policy=terms().policy.digest)
    demands: list[tuple[Callable[[], None], str]] = [
        (lambda: check.check_subject(statement(), "f" * 39), "not about"),
        (lambda: check.check_demands(statement(), passed=True, policy=None), "failed, not passed"),
        (lambda: check.check_demands(statement(), passed=False, policy="0" * 64), "the digest"),
        (lambda: check.check_demands(statement(), passed=False, policy=""), "the digest"),
        (lambda: check.check_subject(statement(), ""), "not about"),
    ]
    for demand, words in demands:
        with pytest.raises(AttestationError, match=words):
            demand()


def test_without_the_extra_signing_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "securesystemslib.dsse", None)
    monkeypatch.delitem(sys.modules, "secscan.attest.signing")
    with pytest.raises(UsageError, match="extra `attest`") as missing:
        import secscan.attest.signing  # noqa: F401
    assert "secscan[attest]" in missing.value.hint


def test_a_statement_as_another_tool_writes_it_is_the_same() -> None:
    replayed_unsigned(json.dumps(json.loads(payload_of(statement())), indent=2).encode(), SCAN)


def test_every_refusal_has_a_hint() -> None:
    for refused in (
        lambda: replayed(attestation(), SCAN + b"\n"),
        lambda: replayed(attestation()[:-1], SCAN),
        lambda: check.check_demands(statement(), passed=True, policy=None),
    ):
        with pytest.raises(SecscanError) as error:
            refused()
        assert error.value.hint
