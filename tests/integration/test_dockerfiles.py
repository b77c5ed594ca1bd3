"""Dockerfiles by our own checks in their child process and by the real hadolint, alone and together."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from secscan.correlate.merge import merge
from secscan.findings.levels import GapKind, Kind, RunStatus
from secscan.findings.model import Finding
from secscan.process import Limits
from secscan.scanners.contract import MalformedOutput, Setup
from secscan.scanners.dockerfile import SCANNER as OURS
from secscan.scanners.enrich import enrich
from secscan.scanners.hadolint import SCANNER as HADOLINT
from secscan.scanners.programs import find_programs
from secscan.scanners.runner import Outcome, run_scanners
from secscan.scanners.secrets import SCANNER as SECRETS
from secscan.targets.notices import scanner_settings
from tests.support.dockerfile_samples import DIGEST, SAMPLES
from tests.support.targets import folder_target

BAD = """FROM debian
RUN apt-get update && \\
    apt-get install -y curl && \\
    curl -fsSL https://a.example/install | sh && \\
    sudo make install
ENV DB_PASSWORD=Tr0ub4dor&3xyz
USER root
"""


def scanned(
    folder: Path, files: dict[str, bytes | str], *scanners: Any, **more: Any
) -> tuple[list[Outcome], list[Finding]]:
    """How each scanner ended, and what it found with its context."""
    folder.mkdir(exist_ok=True)
    target = folder_target(folder, files)
    setup = Setup(target=target, place=folder.joinpath, jobs=2, **more)
    outcomes = run_scanners({one.name: one for one in scanners}, setup)
    return list(outcomes), list(enrich([one for outcome in outcomes for one in outcome.findings], target))


def who(finding: Finding) -> set[str]:
    return {source.scanner for source in finding.sources}


def test_ours_looks_at_every_dockerfile_and_at_nothing_else(tmp_path: Path) -> None:
    names = ["Dockerfile", "a/Containerfile", "b/dev.Dockerfile", "Dockerfile.prod", "DOCKERFILE-x", "c.containerfile"]
    others = [
        "Dockerfile.md",
        "a.dockerignore",
        "Dockerfile.dockerignore",
        "docs/dockerfile.py",
        "mydockerfile",
        "a.txt",
    ]
    (outcome,), findings = scanned(tmp_path, dict.fromkeys(names + others, BAD), OURS)
    assert outcome.run.status is RunStatus.COMPLETED
    assert (outcome.run.selected, outcome.run.looked_at, outcome.run.control) == (6, 6, True)
    assert {one.location.path for one in findings} == set(names)
    assert {one.kind for one in findings} == {Kind.MISCONFIGURATION, Kind.SECRET}
    assert "Tr0ub4dor" not in repr(outcome)


def test_nothing_to_look_at_is_nothing_to_do(tmp_path: Path) -> None:
    outcomes, _ = scanned(tmp_path, {"a.py": "x = 1\n"}, OURS, HADOLINT)
    assert [one.run.status for one in outcomes] == [RunStatus.SKIPPED] * 2


def test_a_file_that_is_gone_is_a_gap(tmp_path: Path) -> None:
    target = folder_target(tmp_path, {"Dockerfile": BAD, "b/Dockerfile": BAD})
    (tmp_path / "b" / "Dockerfile").unlink()
    for scanner in (OURS, HADOLINT):
        (outcome,) = run_scanners({scanner.name: scanner}, Setup(target=target, place=tmp_path.joinpath))
        assert [(one.subject, one.kind) for one in outcome.gaps] == [("b/Dockerfile", GapKind.UNREADABLE)]
        assert (outcome.run.selected, outcome.run.looked_at, outcome.run.control) == (2, 1, True)


def test_what_both_see_is_one_finding_with_two_sources(tmp_path: Path) -> None:
    _, findings = scanned(tmp_path, {"Dockerfile": BAD}, OURS, HADOLINT, SECRETS)
    merged = merge(findings)
    by_class: dict[str, list[Finding]] = {}
    for one in merged:
        by_class.setdefault(one.defect, []).append(one)
    for defect, sources, line in (
        ("container-root-user", {"dockerfile", "hadolint"}, 7),
        ("unpinned-image", {"dockerfile", "hadolint"}, 1),
        ("attack-surface", {"dockerfile", "hadolint"}, 5),
        ("unverified-download", {"dockerfile"}, 4),
        ("hardcoded-credential", {"dockerfile", "hadolint", "secrets"}, 6),
    ):
        (one,) = by_class[defect]
        assert who(one) == sources
        assert one.location.region is not None
        assert one.location.region.start_line == line
    assert {who(one).pop() for one in by_class["other"]} == {"hadolint"}
    assert by_class["hardcoded-credential"][0].kind is Kind.SECRET
    assert merge(merged) == merged


def test_the_latest_tag_and_several_stages(tmp_path: Path) -> None:
    text = f"FROM golang:latest AS a\nUSER 0\nFROM alpine\nFROM debian@{DIGEST}\nUSER 5\nHEALTHCHECK CMD true\n"
    _, findings = scanned(tmp_path, {"Dockerfile": text}, OURS, HADOLINT)
    places = {one.place: who(one) for one in merge(findings) if one.defect == "unpinned-image"}
    assert places == {"Dockerfile:1": {"dockerfile", "hadolint"}, "Dockerfile:3": {"dockerfile", "hadolint"}}


HIDING = {
    "ignore": "# hadolint ignore=DL3006\nFROM debian\n# hadolint ignore=DL3004\nRUN sudo a\n",
    "global": "# hadolint global ignore=DL3006,DL3004\nFROM debian\nRUN sudo a\n",
    "shell": "FROM debian\n# hadolint shell=powershell\nRUN sudo a\n",
}


@pytest.mark.parametrize("text", HIDING.values(), ids=list(HIDING))
def test_comments_hide_nothing_and_are_shown(tmp_path: Path, text: str) -> None:
    _, findings = scanned(tmp_path, {"Dockerfile": text}, HADOLINT)
    rules = {source.rule: one for one in findings for source in one.sources}
    assert {"DL3006", "DL3004"} <= set(rules)
    for rule in ("DL3006", "DL3004"):
        markers = [one.tool for one in rules[rule].markers]
        assert markers == ([] if "shell=" in text else ["hadolint"])


def test_a_marker_speaks_of_its_rule_and_the_line_below(tmp_path: Path) -> None:
    text = "FROM debian\n# hadolint ignore=DL3020\n\nADD a /a\n# hadolint ignore=DL3006 # ours\nRUN sudo a\n"
    _, findings = scanned(tmp_path, {"Dockerfile": text}, HADOLINT)
    assert not any(one.markers for one in findings)


@pytest.mark.parametrize(
    "hiding", ["# hadolint shell=powershell\nRUN echo $X", "RUN <<E\n# shellcheck disable=SC2086\necho $X\nE"]
)
def test_comments_for_shellcheck_hide_nothing(tmp_path: Path, hiding: str) -> None:
    _, findings = scanned(tmp_path, {"Dockerfile": f"FROM debian:12\n{hiding}\n"}, HADOLINT)
    assert "SC2086" in {source.rule for one in findings for source in one.sources}


def test_settings_of_the_tree_are_not_honoured_and_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = "ignored: [DL3006, DL3002]\nfailure-threshold: none\ntrustedRegistries: [x]\n"
    files: dict[str, bytes | str] = {"Dockerfile": BAD, ".hadolint.yaml": settings, ".config/hadolint.yaml": settings}
    target = folder_target(tmp_path, files)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / ".config"))
    monkeypatch.setenv("HADOLINT_IGNORE", "DL3006,DL3002")
    (outcome,) = run_scanners({"hadolint": HADOLINT}, Setup(target=target, place=tmp_path.joinpath))
    assert {"DL3006", "DL3002"} <= {source.rule for one in outcome.findings for source in one.sources}
    assert [one.subject for one in scanner_settings(tmp_path, target.files)] == [".hadolint.yaml"]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("FROM debian:12\nRNU x\n", GapKind.UNPARSABLE),
        ("", GapKind.NOT_SEEN),
        ("ARG A=1\n", GapKind.NOT_SEEN),
        ("FROM debian:12\nLABEL secscan-looked=x\n", GapKind.NOT_SEEN),
        ("FROM debian:12\n" + "RUN true\n" * 12_000, GapKind.TOO_LARGE),
        ("FROM debian:12\nRUN " + "true && " * 3_000 + "true\n", GapKind.TOO_LARGE),
    ],
)
def test_what_hadolint_does_not_look_at_is_a_gap(tmp_path: Path, text: str, kind: GapKind) -> None:
    (outcome,), _ = scanned(tmp_path, {"Dockerfile": text, "b.Dockerfile": BAD}, HADOLINT)
    assert outcome.run.status is RunStatus.COMPLETED
    assert [(one.subject, one.kind) for one in outcome.gaps] == [("Dockerfile", kind)]
    assert {one.location.path for one in outcome.findings} == {"b.Dockerfile"}


def test_encodings_and_names(tmp_path: Path) -> None:
    files: dict[str, bytes | str] = {
        "a.Dockerfile": BAD.encode("utf-16"),
        "b.Dockerfile": b"\xef\xbb\xbf" + BAD.encode(),
        "c.Dockerfile": b"# caf\xe9\n" + BAD.encode(),
        "d e/--help.Dockerfile": BAD.replace("\n", "\r\n"),
    }
    (outcome,), findings = scanned(tmp_path, files, HADOLINT)
    assert (outcome.run.selected, outcome.run.looked_at) == (4, 4)
    assert {one.location.path for one in findings if one.sources[0].rule == "DL3002"} == set(files)


def test_hadolint_that_runs_out_of_time_did_not_scan(tmp_path: Path) -> None:
    text = "FROM a\n" + "RUN x && y && z\n" * 6_000
    (outcome,), _ = scanned(tmp_path, {"Dockerfile": text}, HADOLINT, limits=Limits(seconds=0.5))
    assert outcome.run.status is RunStatus.FAILED
    assert "time limit" in outcome.run.reason


@pytest.mark.parametrize("said", [b"", b"[", b"{}", b"[]", b"null", b'[{"file":"x"}]', b'[],"found":[]'])
def test_damaged_output_of_hadolint(tmp_path: Path, said: bytes) -> None:
    target = folder_target(tmp_path, {"Dockerfile": BAD})
    setup = Setup(target=target, programs=find_programs(HADOLINT, ()), place=tmp_path.joinpath)
    (piece,) = HADOLINT.plan(setup).pieces
    ended = HADOLINT.run(piece, setup)
    assert HADOLINT.parse(ended, piece).control
    damaged = replace(ended, stdout=said)
    if said == b"[]":
        report = HADOLINT.parse(damaged, piece)
        assert not report.control
        assert not report.looked_at
    else:
        with pytest.raises(MalformedOutput):
            HADOLINT.parse(damaged, piece)


def test_what_hadolint_sees_of_our_samples(tmp_path: Path) -> None:
    """Where hadolint has a rule for what ours find, ours find it in every sample in which hadolint does."""
    files: dict[str, bytes | str] = {f"{at:03d}.Dockerfile": one.text for at, one in enumerate(SAMPLES)}
    _, findings = scanned(tmp_path, files, OURS, HADOLINT)
    shared = {"DL3004", "DL3006", "DL3007"}
    seen: dict[str, set[tuple[str, str]]] = {"dockerfile": set(), "hadolint": set()}
    for one in findings:
        if one.sources[0].scanner == "dockerfile" or one.sources[0].rule in shared:
            seen[one.sources[0].scanner].add((one.location.path, one.defect))
    assert seen["hadolint"] <= seen["dockerfile"]
