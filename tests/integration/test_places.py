"""The same password in several files, by real scans: one finding, and no place covers another."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from secscan import pipeline
from secscan.findings.judgement import Decision
from secscan.findings.levels import Action, Confidence, Severity, Verdict
from secscan.findings.scan import Scan, dumps, loads
from secscan.gate.weakening import Terms
from secscan.policy.baseline import baseline_of
from secscan.policy.load import Reader, load_policy
from secscan.policy.model import Match, Policy, Waiver
from secscan.scanners.registry import choose
from secscan.secrets.keys import KEY_VARIABLE
from secscan.targets.open import TargetRequest

PASSWORD = "c0pper-Lantern.42"
AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
FILES = {
    "app/settings.py": f'DB_PASSWORD = "{PASSWORD}"\n',
    "deploy/db.env": f"# the database\nDB_PASSWORD={PASSWORD}\n",
    "tests/test_db.py": f'password = "{PASSWORD}"\n',
}
NEW_ONLY = b"""
format: secscan.policy/1
name: new-only
required: [secrets]
rules:
  - {id: new, match: {kind: [secret], new: true}, action: block, reason: it is new}
  - {id: rest, action: accept, reason: it was there before}
"""
NOT_IN_TESTS = b"""
format: secscan.policy/1
name: not-in-tests
required: [secrets]
rules:
  - {id: tests, match: {kind: [secret], paths: [tests/**]}, action: accept, reason: made up for tests}
  - {id: secret, match: {kind: [secret]}, action: block, reason: a secret}
  - {id: rest, action: accept, reason: the rest}
"""


def written(folder: Path, files: dict[str, str]) -> Path:
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    return folder


def read(policy: bytes) -> Policy:
    return load_policy("policy.yaml", scanners=(), reader=Reader(file=lambda _: policy))


def scan(folder: Path, *, jobs: int = 1, scanners: tuple[str, ...] = ("secrets",), **terms: object) -> Scan:
    judged_by = {"policy": load_policy("secrets-only"), **terms}
    request = pipeline.ScanRequest(
        target=TargetRequest(path=folder),
        scanners=choose(scanners),
        terms=Terms(**judged_by),  # type: ignore[arg-type]
        advisories=None,
        jobs=jobs,
        judged_at=AT,
    )
    return pipeline.scan(request, progress=lambda _: None)


def verdict(seen: Scan) -> Verdict:
    assert seen.judgement is not None
    return seen.judgement.verdict


def decisions(seen: Scan) -> dict[str, Decision]:
    """By path."""
    assert seen.judgement is not None
    by_fingerprint = {one.fingerprint: one for one in seen.judgement.decisions}
    return {one.location.path: by_fingerprint[one.fingerprint] for finding in seen.findings for one in finding.each}


def waiver(*fingerprints: str, match: Match | None = None) -> Waiver:
    ends = (AT + timedelta(days=30)).date().isoformat()
    return Waiver(id="w", reason="a made-up value", owner="ana", expires=ends, fingerprints=fingerprints, match=match)


@pytest.mark.parametrize("scanners", [("secrets",), ("secrets", "bandit", "semgrep")])
def test_one_finding_with_three_places_each_as_it_would_be_alone(tmp_path: Path, scanners: tuple[str, ...]) -> None:
    seen = scan(written(tmp_path / "all", FILES), scanners=scanners)
    (one,) = [finding for finding in seen.findings if finding.kind == "secret"]
    assert [place.location.path for place in one.each] == ["app/settings.py", "deploy/db.env", "tests/test_db.py"]
    assert [place.confidence for place in one.each][-1] is Confidence.MEDIUM
    alone = {}
    for path, text in FILES.items():
        (single,) = scan(written(tmp_path / Path(path).name, {path: text}), scanners=scanners).findings
        alone[path] = single
    assert {place.location.path: place for place in one.each} == alone


def test_what_names_the_value_is_not_saved_and_the_bytes_are_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = written(tmp_path / "tree", {**FILES, "z.env": "DB_PASSWORD=an0ther-Lantern.43\n"})
    first, second = (dumps(msgspec.structs.replace(scan(folder, jobs=jobs), run=None)) for jobs in (1, 3))
    assert first == second
    assert b'"same"' not in first
    assert PASSWORD.encode() not in first
    assert len(loads(first).findings) == 2
    monkeypatch.setenv(KEY_VARIABLE, "k" * 32)
    (one, _) = scan(folder).findings
    assert len({place.secret_id for place in one.each}) == 1


def test_a_new_copy_of_what_the_baseline_has_is_new(tmp_path: Path) -> None:
    before = written(tmp_path / "before", {"tests/test_db.py": FILES["tests/test_db.py"]})
    baseline = baseline_of(scan(before))
    terms = {"policy": read(NEW_ONLY), "baseline": baseline}
    assert verdict(scan(before, **terms)) is Verdict.PASSED
    seen = scan(written(tmp_path / "now", FILES), **terms)
    assert verdict(seen) is Verdict.FAILED
    assert len(seen.findings) == 1
    assert {path: one.new for path, one in decisions(seen).items()} == {
        "app/settings.py": True,
        "deploy/db.env": True,
        "tests/test_db.py": False,
    }
    assert verdict(scan(tmp_path / "now", policy=read(NEW_ONLY), baseline=baseline_of(seen))) is Verdict.PASSED


def test_a_waiver_for_one_copy_waives_no_other(tmp_path: Path) -> None:
    folder = written(tmp_path / "tree", FILES)
    (one,) = scan(folder).findings
    by_path = {place.location.path: place.fingerprint for place in one.each}
    waived = scan(folder, policy=read(NOT_IN_TESTS), waivers=(waiver(by_path["app/settings.py"]),))
    assert verdict(waived) is Verdict.FAILED
    assert {path: str(said.action) for path, said in decisions(waived).items()} == {
        "app/settings.py": "accept",
        "deploy/db.env": "block",
        "tests/test_db.py": "accept",
    }
    both = waiver(by_path["app/settings.py"], by_path["deploy/db.env"])
    assert verdict(scan(folder, policy=read(NOT_IN_TESTS), waivers=(both,))) is Verdict.PASSED
    by_folder = waiver(match=Match(paths=("app/**",)))
    assert verdict(scan(folder, policy=read(NOT_IN_TESTS), waivers=(by_folder,))) is Verdict.FAILED


def test_a_copy_among_tests_covers_none_elsewhere(tmp_path: Path) -> None:
    only_tests = written(tmp_path / "tests-only", {"tests/test_db.py": FILES["tests/test_db.py"]})
    assert verdict(scan(only_tests, policy=read(NOT_IN_TESTS))) is Verdict.PASSED
    seen = scan(written(tmp_path / "all", FILES), policy=read(NOT_IN_TESTS))
    assert verdict(seen) is Verdict.FAILED
    assert decisions(seen)["tests/test_db.py"].action is Action.ACCEPT


def test_two_secrets_in_one_line_are_two_findings(tmp_path: Path) -> None:
    token = "ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"
    line = f'connect(password="{PASSWORD}", url="postgres://app:n1ght-Harbour.7@db.corp.internal/x", token="{token}")\n'
    single = scan(written(tmp_path / "one", {"a.py": line})).findings
    both = scan(written(tmp_path / "two", {"a.py": line, "b.env": f"DB_PASSWORD={PASSWORD}\n"})).findings
    assert len(single) > 1
    assert len(both) == len(single)
    assert [[place.location.path for place in one.each] for one in both if one.places] == [["a.py", "b.env"]]
    assert all(one.severity is not Severity.UNKNOWN for one in both)


def test_a_scan_of_the_base_knows_each_place(tmp_path: Path) -> None:
    from tests.support.repositories import commit, repository

    repo = repository(tmp_path / "repo", {"tests/test_db.py": FILES["tests/test_db.py"]})
    written(repo, FILES)
    commit(repo)
    request = pipeline.ScanRequest(
        target=TargetRequest(path=repo),
        scanners=choose(("secrets",)),
        terms=Terms(read(NEW_ONLY)),
        advisories=None,
        judged_at=AT,
        baseline_ref="HEAD~1",
    )
    assert verdict(pipeline.scan(request, progress=lambda _: None)) is Verdict.FAILED
    assert verdict(pipeline.scan(replace(request, baseline_ref="HEAD"), progress=lambda _: None)) is Verdict.PASSED
