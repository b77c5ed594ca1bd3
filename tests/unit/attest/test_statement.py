"""What is attested: an in-toto statement that says what the scan does."""

from __future__ import annotations

import hashlib
import json

import jsonschema_rs
import msgspec
import pytest

from secscan.attest.check import attested
from secscan.attest.statement import PREDICATE_TYPE, STATEMENT_TYPE, payload_of, read_statement, schema
from secscan.attest.terms import dumps, loads
from secscan.errors import AttestationError, SavedScanError, UsageError
from secscan.findings.model import ImageInfo, TargetInfo
from secscan.findings.scan import dumps as dump_scan
from tests.support.attested import judged_bytes, judged_scan, terms
from tests.support.scans import scan_of


@pytest.fixture(scope="module")
def payload() -> bytes:
    return payload_of(attested(judged_bytes(), terms(), version="9.9"))


def test_it_is_an_in_toto_statement_about_the_scan_the_target_and_the_commit(payload: bytes) -> None:
    said = json.loads(payload)
    assert (said["_type"], said["predicateType"]) == (STATEMENT_TYPE, PREDICATE_TYPE)
    assert said["subject"] == [
        {"name": "secscan.json", "digest": {"sha256": hashlib.sha256(judged_bytes()).hexdigest()}},
        {"name": "target:shop", "digest": {"sha256": "0" * 64}},
        {"name": "git:shop", "digest": {"gitCommit": "f" * 40}},
    ]


def test_it_says_what_was_decided_and_by_what(payload: bytes) -> None:
    said = json.loads(payload)["predicate"]
    scan = judged_scan()
    judgement = scan.judgement
    assert judgement is not None
    assert (said["verdict"], said["judged_at"], said["secscan"]) == ("failed", "2026-01-31T12:00:00Z", "9.9")
    assert said["policy"]["digest"] == judgement.policy_digest == terms().policy.digest
    assert said["policy"]["floor"]
    assert {one["id"]: one["state"] for one in said["waivers"]} == {
        "flask": "expiring",
        "old": "expired",
        "brought-along": "pending",
    }
    assert said["baseline"]["findings"] == 2
    assert [(one["scanner"], one["control"]) for one in said["scanners"]] == [
        ("bandit", True),
        ("pip-audit", True),
        ("semgrep", True),
    ]
    decided = said["findings"]
    assert decided["total"] == decided["block"] + decided["warn"] + decided["accept"] == 4
    assert said["judgement_digest"] == _digest(msgspec.to_builtins(judgement))
    assert decided["digest"] == _digest(msgspec.to_builtins(scan.findings))


def _digest(value: object) -> str:
    """By hand, without our own code: members sorted, no white space, UTF-8."""
    return hashlib.sha256(
        json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    ).hexdigest()


def test_its_schema_describes_it(payload: bytes) -> None:
    jsonschema_rs.validator_for(schema()).validate(json.loads(payload))


@pytest.mark.parametrize(
    ("target", "names"),
    [
        ({"kind": "tree", "dirty": True}, ["secscan.json", "target:shop"]),
        ({"kind": "tree", "dirty": False}, ["secscan.json", "target:shop", "git:shop"]),
        ({"kind": "staged"}, ["secscan.json", "target:shop"]),
        ({"kind": "diff"}, ["secscan.json", "target:shop", "git:shop"]),
        ({"kind": "image", "image": ImageInfo(), "revision": ""}, ["secscan.json", "image:shop"]),
    ],
)
def test_a_commit_is_a_subject_only_where_it_is_what_was_looked_at(target: dict, names: list[str]) -> None:
    given = {"name": "shop", "digest": "1" * 64, "files": 1, "bytes": 1, "revision": "e" * 40, **target}
    by = terms()
    plain = msgspec.structs.replace(by, waivers=(), pending=(), baseline=None)
    scan = scan_of(target=TargetInfo(**given))
    from secscan.gate.judge import judged
    from tests.support.scans import AT

    statement = attested(dump_scan(judged(scan, by.policy, AT)), plain, version="1")
    assert [one.name for one in statement.subject] == names


def test_what_was_not_judged_by_these_terms_is_not_attested() -> None:
    other = msgspec.structs.replace(terms(), waivers=())
    with pytest.raises(UsageError, match="not byte for byte"):
        attested(judged_bytes(), other, version="1")


def test_what_nobody_judged_is_not_attested() -> None:
    scan = msgspec.structs.replace(judged_scan(), judgement=None)
    with pytest.raises(SavedScanError, match="nobody has judged"):
        attested(dump_scan(scan), terms(), version="1")


def test_terms_come_back_as_they_were() -> None:
    assert loads(dumps(terms()), "terms") == terms()


def test_terms_whose_policy_was_changed_are_refused() -> None:
    softer = dumps(terms()).replace(b'"action":"block"', b'"action":"warn"', 1)
    assert softer != dumps(terms())
    with pytest.raises(AttestationError, match="not the one that its digest names"):
        loads(softer, "terms")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda text: text.replace(b"Statement/v1", b"Statement/v2"), "_type"),
        (lambda text: text.replace(b"decision/v1", b"decision/v2"), "predicateType"),
        (lambda text: text.replace(b'"verdict":"failed"', b'"verdict":"failed","verdict":"passed"'), "twice"),
        (lambda text: text.replace(b'"verdict":"failed"', b'"verdict":"fine"'), "damaged"),
        (lambda text: text.replace(b'"verdict":', b'"more":1,"verdict":'), "damaged"),
        (lambda text: text + b"{}", "damaged"),
        (lambda text: text[:-1], "damaged"),
        (lambda text: text.decode().encode("utf-16"), "damaged"),
        (lambda text: b"[" * 100_000, "damaged"),
        (lambda text: b"[]", "damaged"),
    ],
)
def test_another_or_a_damaged_statement_is_refused(payload: bytes, change, words: str) -> None:  # type: ignore[no-untyped-def]
    changed = change(payload)
    assert changed != payload
    with pytest.raises(AttestationError, match=words):
        read_statement(changed, "file")
