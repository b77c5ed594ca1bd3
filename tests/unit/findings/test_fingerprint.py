from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from secscan.findings.fingerprint import (
    RECIPE,
    fingerprint,
    purl_without_qualifiers,
    purl_without_version,
    structure_digest,
    subject_of,
    with_fingerprints,
)
from secscan.findings.levels import Confidence, Kind, SecretState, Severity
from secscan.findings.model import Finding, Location, Package, Region, Source

SUBJECTS = st.lists(st.text(max_size=5), max_size=5).map(tuple)


def found(**about: object) -> Finding:
    fields = {
        "kind": Kind.SAST,
        "defect": "xss",
        "title": "t",
        "message": "m",
        "severity": Severity.HIGH,
        "confidence": Confidence.HIGH,
        "location": Location(path="a.py", region=Region(start_line=3), symbol="f", context="c"),
        "sources": (Source(scanner="s", rule="r"),),
        **about,
    }
    return Finding(**fields)  # type: ignore[arg-type]


def vulnerable(purl: str, *ids: str) -> Finding:
    package = Package(purl=purl, name="n", version="1", ecosystem="PyPI")
    return found(kind=Kind.DEPENDENCY, package=package, identifiers=ids, location=Location(path="r.txt"))


@given(SUBJECTS, SUBJECTS, st.integers(0, 3), st.integers(0, 3))
def test_different_subjects_have_different_fingerprints(
    one: tuple[str, ...], other: tuple[str, ...], first: int, second: int
) -> None:
    same = (one, first) == (other, second)
    assert (fingerprint(one, first) == fingerprint(other, second)) == same


def test_a_vulnerability_is_known_by_its_cve_before_all_other_names() -> None:
    purl = "pkg:rpm/almalinux/x@1"
    one, other = (vulnerable(purl, "ALSA-2026:1", cve) for cve in ("CVE-2026-1000", "CVE-2026-1001"))
    assert subject_of(one)[-1] == "CVE-2026-1000"
    assert subject_of(other)[-1] == "CVE-2026-1001"
    assert subject_of(vulnerable(purl, "ALSA-2026:1", "CWE-1"))[-1] == "ALSA-2026:1"
    assert subject_of(vulnerable(purl, "CWE-1"))[-1] == ""


def test_a_fingerprint_has_its_recipe_and_a_fixed_length() -> None:
    mark = fingerprint(("a", "\ud800"), 0)
    assert (mark[0], len(mark)) == (RECIPE, 32)


def test_the_recipe_does_not_change_unseen() -> None:
    """Waivers and baselines hold fingerprints: another value here needs another `RECIPE`."""
    assert subject_of(found()) == ("place", "xss", "a.py", "f", "c")
    assert fingerprint(subject_of(found()), 0) == "13d5e62ff5cb2d84630a95c137d68f30"
    assert structure_digest("f ( a )") == "505e2e421a2c3d3b61c10e7497d41daf"


@pytest.mark.parametrize(
    "change",
    [
        {"kind": Kind.SECRET},
        {"severity": Severity.LOW},
        {"message": "another version of the tool says it so"},
        {"sources": (Source(scanner="other", rule="x"),)},
        {"location": Location(path="a.py", region=Region(start_line=99), symbol="f", context="c", snippet="s")},
        {"fingerprint": "old"},
    ],
)
def test_what_tools_and_edits_elsewhere_change_is_no_part_of_it(change: dict[str, object]) -> None:
    assert subject_of(found(**change)) == subject_of(found())


@pytest.mark.parametrize(
    "change",
    [
        {"defect": "csrf"},
        {"location": Location(path="b.py", symbol="f", context="c")},
        {"location": Location(path="a.py", symbol="g", context="c")},
        {"location": Location(path="a.py", symbol="f", context="d")},
    ],
)
def test_class_path_symbol_and_structure_are_part_of_it(change: dict[str, object]) -> None:
    assert subject_of(found(**change)) != subject_of(found())


def test_a_package_is_known_without_its_version_and_by_its_first_alias() -> None:
    subject = subject_of(vulnerable("pkg:pypi/a@1?x=y", "CVE-1", "CWE-2", "GHSA-3"))
    assert subject == ("package", "xss", "r.txt", "pkg:pypi/a", "CVE-1")
    assert subject_of(vulnerable("pkg:pypi/a@2", "CVE-1")) == subject
    assert subject_of(vulnerable("pkg:pypi/a@2", "CWE-2"))[-1] == ""


@pytest.mark.parametrize(
    ("purl", "bare"),
    [
        ("pkg:npm/%40scope/name@1.0?arch=x#sub", "pkg:npm/%40scope/name"),
        ("pkg:npm/@scope/name@1.0", "pkg:npm/@scope/name"),
        ("pkg:npm/@scope/name", "pkg:npm/@scope/name"),
        ("pkg:npm/@name", "pkg:npm/@name"),
        ("pkg:pypi/a", "pkg:pypi/a"),
        ("pkg:pypi/a?vcs_url=git@x/y@z", "pkg:pypi/a"),
    ],
)
def test_package_urls_lose_their_version(purl: str, bare: str) -> None:
    assert purl_without_version(purl) == bare
    assert purl_without_qualifiers(bare) == bare


@given(st.lists(st.sampled_from(["xss", "csrf"]), max_size=8))
def test_equal_defects_stay_apart(classes: list[str]) -> None:
    marks = [one.fingerprint for one in with_fingerprints(found(defect=name) for name in classes)]
    assert len(set(marks)) == len(classes)


def test_one_more_equal_defect_below_changes_nothing_above() -> None:
    one = with_fingerprints([found()])
    two = with_fingerprints([found(), msgspec.structs.replace(found(), title="second")])
    assert two[0].fingerprint == one[0].fingerprint


def test_a_real_secret_in_the_place_of_a_made_up_one_is_another_finding() -> None:
    place = Location(path="a.py", symbol="", context="c" * 32, region=Region(start_line=1))
    before = [secret(place, None), secret(place, None)]
    after = [secret(place, SecretState.LIVE), secret(place, None)]
    (made_up, other), (live, same) = ([one.fingerprint for one in with_fingerprints(each)] for each in (before, after))
    assert live not in (made_up, other)
    assert same == other  # what is live does not move the others up
    assert with_fingerprints([secret(place, SecretState.UNKNOWN)])[0].fingerprint == made_up


def secret(location: Location, state: SecretState | None) -> Finding:
    return Finding(
        kind=Kind.SECRET,
        defect="hardcoded-credential",
        title="a secret",
        message="",
        severity=Severity.HIGH,
        confidence=Confidence.HIGH,
        location=location,
        sources=(Source(scanner="secrets", rule="r"),),
        secret_state=state,
    )
