"""VEX documents: which statements accept something, for how long, and of what."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secscan.errors import PolicyError
from secscan.findings.levels import WaiverState
from secscan.policy.model import USUAL_TERMS, Waiver, WaiverTerms
from secscan.policy.vex import read_vex
from secscan.policy.waiving import waive
from tests.unit.policy.samples import FLASK, SQL, changed, decide_all, policy, rule

AT = datetime(2026, 1, 31, 12, tzinfo=UTC)
STATEMENT = {
    "vulnerability": {"name": "CVE-2023-30861", "aliases": ["GHSA-m2qf-hxjv-5gpq"]},
    "products": [{"@id": "pkg:pypi/flask@2.2.2"}],
    "status": "not_affected",
    "justification": "vulnerable_code_not_in_execute_path",
}


def openvex(*statements: dict[str, Any], **document: Any) -> bytes:
    head = {"@context": "https://openvex.dev/ns/v0.2.0", "author": "ana", "timestamp": "2026-01-01T00:00:00Z"}
    return json.dumps({**head, "statements": list(statements), **document}).encode()


def read(data: bytes) -> tuple[Waiver, ...]:
    return read_vex(data, origin="vex.json", longest_days=365)


def state(data: bytes, finding: Any = FLASK, terms: WaiverTerms = USUAL_TERMS) -> WaiverState:
    decided = decide_all(policy(rule("block")), [finding])
    (waiver,) = read(data)
    decisions, (use,) = waive(decided, {finding.fingerprint: finding}, [waiver], terms, AT)
    assert (use.state in (WaiverState.USED, WaiverState.EXPIRING)) == bool(decisions[0].waiver)
    assert use.vex == waiver.vex
    return use.state


def test_a_statement_is_a_waiver_of_its_own_kind() -> None:
    (one,) = read(openvex(STATEMENT))
    assert (one.id, one.owner, one.expires, one.vex) == ("vex.json: statement 1", "ana", "2027-01-01", "not_affected")
    assert one.reason == "VEX not affected: vulnerable code not in execute path"
    assert one.purls == ("pkg:pypi/flask@2.2.2",)


@pytest.mark.parametrize("status", ["affected", "under_investigation", "", "NOT_AFFECTED", None])
def test_other_statements_accept_nothing(status: str | None) -> None:
    assert read(openvex({**STATEMENT, "status": status})) == ()


def about(*products: Any, **more: Any) -> bytes:
    return openvex({**STATEMENT, "products": list(products), **more})


VERSION = FLASK.package.version if FLASK.package else ""


@pytest.mark.parametrize(
    ("product", "expected"),
    [
        ({"@id": f"pkg:pypi/flask@{VERSION}"}, WaiverState.USED),
        ({"@id": f"pkg:pypi/Flask@{VERSION}?x=y#z"}, WaiverState.USED),
        ({"@id": "pkg:pypi/flask"}, WaiverState.USED),
        ({"identifiers": {"purl": "pkg:pypi/flask"}}, WaiverState.USED),
        ({"@id": "pkg:oci/app@1", "subcomponents": [{"@id": f"pkg:pypi/flask@{VERSION}"}]}, WaiverState.USED),
        (f"pkg:pypi/flask@{VERSION}", WaiverState.USED),
        ({"@id": "pkg:pypi/flask@9.9"}, WaiverState.UNUSED),
        ({"@id": "pkg:npm/flask"}, WaiverState.UNUSED),
        ({"@id": "pkg:pypi/flas"}, WaiverState.UNUSED),
        # What a part of it is not affected by, the whole may be.
        ({"@id": "pkg:pypi/flask", "subcomponents": [{"@id": "pkg:pypi/other@1"}]}, WaiverState.UNUSED),
    ],
)
def test_it_is_about_the_packages_that_it_names(product: Any, expected: WaiverState) -> None:
    name = next(one for one in FLASK.identifiers if not one.startswith("CWE-"))
    assert state(about(product, vulnerability={"name": name})) is expected


def test_it_is_about_the_vulnerability_that_it_names() -> None:
    assert state(about({"@id": "pkg:pypi/flask"}, vulnerability={"name": "CVE-1999-0001"})) is WaiverState.UNUSED
    sql = changed(SQL, identifiers=("CVE-2023-30861",))
    assert state(openvex(STATEMENT), sql) is WaiverState.UNUSED


def test_what_names_no_package_says_nothing_here() -> None:
    assert read(about({"@id": "https://example.com/app"})) == ()
    assert read(about()) == ()


def test_it_counts_as_long_as_a_waiver_may() -> None:
    name = next(one for one in FLASK.identifiers if not one.startswith("CWE-"))
    given = {"vulnerability": {"name": name}, "products": [{"@id": "pkg:pypi/flask"}]}
    for since, expected in (("2024-12-31", "expired"), ("2026-06-01", "too-long"), ("2025-06-01", "used")):
        assert state(openvex({**STATEMENT, **given, "timestamp": f"{since}T00:00:00Z"})) == expected


CYCLONEDX = {
    "bomFormat": "CycloneDX",
    "metadata": {"timestamp": "2026-01-01T00:00:00Z", "authors": [{"name": "ana"}]},
    "components": [{"bom-ref": "a", "purl": "pkg:pypi/flask@2.2.2"}],
    "vulnerabilities": [
        {
            "id": "CVE-2023-30861",
            "references": [{"id": "GHSA-m2qf-hxjv-5gpq"}],
            "analysis": {"state": "not_affected", "justification": "code_not_reachable", "detail": "no sessions"},
            "affects": [{"ref": "a"}, {"ref": "urn:cdx:0/1#pkg%3Apypi%2Fjinja2%403.0"}, {"ref": "pkg:npm/x@1"}],
        },
        {"id": "CVE-2", "analysis": {"state": "exploitable"}, "affects": [{"ref": "a"}]},
        {"id": "CVE-3", "analysis": {"state": "resolved"}, "affects": [{"ref": "a"}]},
    ],
}


def test_cyclonedx() -> None:
    first, second = read(json.dumps(CYCLONEDX).encode())
    assert first.purls == ("pkg:npm/x@1", "pkg:pypi/flask@2.2.2", "pkg:pypi/jinja2@3.0")
    assert first.match is not None
    assert first.match.identifier == ("CVE-2023-30861", "GHSA-m2qf-hxjv-5gpq")
    assert (first.owner, first.reason) == ("ana", "VEX not affected: code not reachable, no sessions")
    assert (second.vex, second.id) == ("fixed", "vex.json: vulnerability 3")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"{}",
        b"[" * 100_000,
        openvex({**STATEMENT, "justification": ""}),
        openvex({**STATEMENT, "vulnerability": {}}),
        openvex(STATEMENT, timestamp="soon"),
        openvex(STATEMENT, timestamp="9999-12-31T00:00:00Z"),
        about({"@id": "pkg:"}),
    ],
)
def test_what_is_wrong_is_an_error_and_accepts_nothing(data: bytes) -> None:
    with pytest.raises(PolicyError) as caught:
        read(data)
    assert caught.value.hint


values = st.recursive(
    st.none() | st.integers() | st.sampled_from(["pkg:pypi/a@1", "not_affected", "2026-01-01", "x", ""]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["statements", "products", "@id", "vulnerability", "name", "status", "subcomponents", "x"]),
            inner,
            max_size=4,
        )
        | st.dictionaries(
            st.sampled_from(["vulnerabilities", "analysis", "state", "affects", "ref", "id", "metadata"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=15,
)


@given(values, st.sampled_from([{"@context": "https://openvex.dev/ns"}, {"bomFormat": "CycloneDX"}]))
def test_whatever_it_holds(value: object, head: dict[str, str]) -> None:
    try:
        read(json.dumps({**(value if isinstance(value, dict) else {}), **head}).encode())
    except PolicyError as error:
        assert error.hint  # noqa: PT017 - it is read, or refused with a hint
