"""trivy and our own matcher on one image, read by our own reader: one defect is one finding, and its age is judged."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from secscan import pipeline
from secscan.correlate.merge import merge
from secscan.errors import TargetError
from secscan.findings.levels import RunStatus, Verdict
from secscan.findings.scan import Scan, dumps, loads
from secscan.gate.weakening import Terms
from secscan.images.reference import ImageReference, parse_reference
from secscan.policy.load import load_policy
from secscan.process import Limits
from secscan.scanners.registry import choose
from secscan.scanners.trivy import CACHE_VARIABLE
from secscan.targets.open import TargetRequest
from tests.support.hostile_images import CASES
from tests.support.image_samples import alpine, application, debian, distroless, python_packages
from tests.support.images import ImageBuilder
from tests.support.osv_records import index_of, osv
from tests.support.scanned_images import real_trivy
from tests.support.tars import file
from tests.support.trivy_database import trivy_database

POLICY = """format: secscan.policy/1
name: images
required: [trivy]
max_advisory_age: 7
rules:
  - {id: rest, action: warn, reason: rest}
"""
TRIVY: dict[str, Any] = {
    "debian 12": {
        "openssl": {"CVE-2024-5535": {"FixedVersion": "3.0.14-1~deb12u1"}, "CVE-2024-0001": {"Status": 2}},
        "shadow": {"CVE-2023-4641": {"FixedVersion": "1:4.13+dfsg1-1+deb12u1"}},
    },
    "alpine 3.18": {"openssl": {"CVE-2023-2975": {"FixedVersion": "3.1.1-r2"}}},
    "pip::Made up": {"django": {"CVE-2019-14234": {"VulnerableVersions": ["<2.2.4"], "PatchedVersions": ["2.2.4"]}}},
    "npm::Made up": {"lodash": {"CVE-2021-23337": {"VulnerableVersions": ["<4.17.21"]}}},
    "go::Made up": {
        "golang.org/x/crypto": {"CVE-2022-1": {"VulnerableVersions": ["<0.17.0"]}},
        "golang.org/x/net": {"CVE-2023-39325": {"VulnerableVersions": ["<0.17.0"], "PatchedVersions": ["0.17.0"]}},
        "stdlib": {"CVE-2023-29400": {"VulnerableVersions": ["<1.19.9"], "PatchedVersions": ["1.19.9"]}},
    },
    "cargo::Made up": {
        "hyper": {"CVE-2017-1": {"VulnerableVersions": ["<0.9.18"]}},
        "time": {"CVE-2020-26235": {"VulnerableVersions": [">=0.1.0, <0.2.23"], "PatchedVersions": ["0.2.23"]}},
    },
    "rubygems::Made up": {
        "rack": {"CVE-2015-1": {"VulnerableVersions": ["<1.6"]}},
        "rails": {"CVE-2018-1": {"VulnerableVersions": ["<5.2.1"], "PatchedVersions": ["5.2.1"]}},
    },
    "maven::Made up": {"org.apache.logging.log4j:log4j-core": {"CVE-2021-44228": {"VulnerableVersions": ["<2.15.0"]}}},
}
"""What trivy knows, and the controls."""


def ours(name: str, ecosystem: str, package: str, fixed: str, *aliases: str) -> dict[str, Any]:
    events = [{"introduced": "0"}, {"fixed": fixed}]
    affected = {
        "package": {"ecosystem": ecosystem, "name": package},
        "ranges": [{"type": "ECOSYSTEM", "events": events}],
    }
    return {"id": name, "modified": "2026-11-20T00:00:00Z", "aliases": list(aliases), "affected": [affected]}


OURS = (
    ours("DEBIAN-CVE-2024-5535", "Debian:12", "openssl", "3.0.14-1~deb12u1", "CVE-2024-5535"),
    ours("DEBIAN-CVE-2023-4641", "Debian:12", "shadow", "1:4.13+dfsg1-1+deb12u1", "CVE-2023-4641"),
    ours("ALPINE-CVE-2023-2975", "Alpine:v3.18", "openssl", "3.1.1-r2", "CVE-2023-2975"),
    ours("GHSA-6r97-cj55-9hrq", "PyPI", "django", "2.2.4", "CVE-2019-14234"),
    ours("GHSA-35jh-r3h4-6jhm", "npm", "lodash", "4.17.21", "CVE-2021-23337"),
    ours("GO-2023-2102", "Go", "golang.org/x/net", "0.17.0", "CVE-2023-39325"),
    ours("GO-2023-1753", "Go", "stdlib", "1.19.9", "CVE-2023-29400"),
    ours("RUSTSEC-2020-0071", "crates.io", "time", "0.2.23", "CVE-2020-26235"),
    ours("GHSA-rails", "RubyGems", "rails", "5.2.1", "CVE-2018-1"),
)


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PATH", str(real_trivy().parent))
    folder = trivy_database(tmp_path / "cache", TRIVY)
    monkeypatch.setenv(CACHE_VARIABLE, str(folder))
    return folder


def scan(
    kind: str, place: Path, folder: Path, *names: str, at: str = "2026-11-21T12:00:00+00:00", name: str = ""
) -> Scan:
    (folder / "policy.yaml").write_text(POLICY)
    request = pipeline.ScanRequest(
        target=TargetRequest(path=folder),
        image=ImageReference(kind, str(place), name),
        scanners=choose(names),
        terms=Terms(load_policy(str(folder / "policy.yaml"), scanners=("trivy", "osv"))),
        advisories=index_of(folder / "index.sqlite", osv(), *OURS) if "osv" in names else None,
        limits=Limits(seconds=120),
        jobs=2,
        judged_at=datetime.fromisoformat(at).astimezone(UTC),
    )
    return pipeline.scan(request, progress=lambda _event: None)


def who(seen: Scan) -> dict[tuple[str, str], set[str]]:
    return {
        (one.package.name, one.identifiers[0]): {source.scanner for source in one.sources}
        for one in seen.findings
        if one.package
    }


@pytest.mark.parametrize("kind", ["docker-archive", "oci", "rootfs"])
def test_what_both_see_is_one_finding(cache: Path, tmp_path: Path, kind: str) -> None:
    image = ImageBuilder().layer(debian(), command="ADD root.tar /").layer(application(), command="COPY . /")
    writers = {"docker-archive": image.docker_archive, "oci": image.oci, "rootfs": image.rootfs}
    seen = scan(kind, writers[kind](tmp_path / "image"), tmp_path, "osv", "trivy")
    runs = {run.scanner: run for run in seen.scanners}
    assert runs["trivy"].status is RunStatus.COMPLETED, runs["trivy"]
    both = {"osv", "trivy"}
    assert who(seen) == {
        ("openssl", "CVE-2024-5535"): both,
        ("openssl", "CVE-2024-0001"): {"trivy"},
        ("shadow", "CVE-2023-4641"): both,
        ("django", "CVE-2019-14234"): both,
        ("lodash", "CVE-2021-23337"): both,
        ("golang.org/x/net", "CVE-2023-39325"): both,
        ("stdlib", "CVE-2023-29400"): both,
        ("time", "CVE-2020-26235"): both,
        ("rails", "CVE-2018-1"): both,
    }
    assert len(seen.findings) == 9
    assert loads(dumps(seen)) == seen
    assert merge(seen.findings) == seen.findings
    if kind != "rootfs":
        assert {one.layer.index for one in seen.findings if one.layer} == {0, 1}
    lost = {gap.subject for gap in seen.gaps if gap.scanner == "trivy"}
    assert all(subject.startswith("Maven:") for subject in lost)


@pytest.mark.parametrize("sample", ["distroless", "alpine"])
def test_other_distributions(cache: Path, tmp_path: Path, sample: str) -> None:
    version = file("etc/debian_version", "12.5\n")
    image = ImageBuilder().layer(distroless(), version) if sample == "distroless" else ImageBuilder().layer(alpine())
    seen = scan("docker-archive", image.docker_archive(tmp_path / "image.tar"), tmp_path, "osv", "trivy")
    assert {"osv", "trivy"} in who(seen).values()
    assert [names for names in who(seen).values() if names == {"osv"}] == []
    assert not [gap for gap in seen.gaps if gap.scanner == "trivy"]


@pytest.mark.parametrize(
    ("at", "verdict"),
    [("2026-11-21T12:00:00+00:00", Verdict.PASSED), ("2027-11-21T12:00:00+00:00", Verdict.INCOMPLETE)],
)
def test_the_age_of_its_database_is_judged(cache: Path, tmp_path: Path, at: str, verdict: Verdict) -> None:
    image = ImageBuilder().layer(debian()).layer(python_packages())
    seen = scan("docker-archive", image.docker_archive(tmp_path / "image.tar"), tmp_path, "trivy", at=at)
    assert [(one.name, one.as_of) for one in seen.advisories] == [("trivy", "2026-11-20T00:00:00Z")]
    assert seen.judgement is not None
    assert seen.judgement.verdict is verdict, seen.judgement.reasons
    if verdict is Verdict.INCOMPLETE:
        assert [one.subject for one in seen.judgement.reasons] == ["trivy"]


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name, case in CASES.items() if not case.slow])
def test_of_a_hostile_image_it_says_the_truth_or_what_it_lost(cache: Path, tmp_path: Path, name: str) -> None:
    """What trivy does with it is trivy's business; that nothing of ours crashes, and nothing is called clean that was
    not looked at, is ours."""
    case = CASES[name]
    (tmp_path / "made").mkdir()
    reference = parse_reference(case.make(tmp_path / "made"))
    assert reference is not None
    try:
        seen = scan(reference.kind, Path(reference.place), tmp_path, "trivy", name=reference.name)
    except TargetError:
        return  # our own reader says that it is no image
    (run,) = [one for one in seen.scanners if one.scanner == "trivy"]
    gaps = {gap.subject for gap in seen.gaps if gap.scanner == "trivy"}
    if run.status is RunStatus.COMPLETED:
        assert run.control
        assert run.looked_at + len(gaps) >= run.selected
    elif run.status is RunStatus.FAILED:
        assert run.reason
        assert run.hint
    assert "evil" not in {one.package.name for one in seen.findings if one.package}
    assert loads(dumps(seen)) == seen
    assert not any(place.exists() for place in (Path("/tmp/evil"), Path("/evil")))
