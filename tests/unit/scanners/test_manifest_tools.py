"""What adapters of tools of manifests make of recorded real output, together with our own judge."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from secscan.correlate.merge import merge
from secscan.findings.defects import OTHER
from secscan.findings.levels import GapKind, Severity
from secscan.scanners.checkov_checks import verdict as checkov_verdict
from secscan.scanners.contract import MalformedOutput, Report, Setup
from secscan.scanners.manifest_files import ManifestFiles
from secscan.scanners.manifest_shown import placed_by_us, show
from secscan.scanners.registry import all_scanners
from secscan.scanners.trivy_checks import verdict as trivy_verdict
from tests.recorded.cases import Case, cases_of
from tests.support.targets import folder_target

NAMES = ("manifests", "trivy-config", "checkov")
WEB = "Deployment/shop/container web"


def case(name: str) -> Case:
    return next(one for one in cases_of(all_scanners()[name]) if one.name == "found")


def report(name: str) -> Report:
    return all_scanners()[name].parse(case(name).ended, case(name).piece)


def test_what_three_tools_say_of_a_container_is_one_finding_for_each_class() -> None:
    merged = merge(finding for name in NAMES for finding in report(name).findings)
    by_all = {
        (one.defect, one.location.symbol) for one in merged if {source.scanner for source in one.sources} == set(NAMES)
    }
    assert {
        ("host-access", WEB),
        ("container-hardening", WEB),
        ("container-hardening", "Deployment/shop/container log"),
        ("missing-resource-limits", WEB),
        ("unpinned-image", WEB),
        ("host-access", "Deployment/shop"),
        ("excessive-permissions", "ClusterRole/all"),
    } <= by_all
    keys = [(one.location.path, one.defect, one.location.symbol) for one in merged if one.defect != OTHER]
    assert len(keys) == len(set(keys))


def test_a_tool_that_shouts_does_not_make_it_worse() -> None:
    merged = merge(finding for name in NAMES for finding in report(name).findings)
    (hardening,) = [one for one in merged if (one.defect, one.location.symbol) == ("container-hardening", WEB)]
    assert Severity.HIGH in {source.severity for source in hardening.sources}
    assert hardening.severity is Severity.LOW


def test_what_would_have_silenced_a_tool_is_a_marker() -> None:
    for name, rule in (("trivy-config", "KSV017"), ("checkov", "CKV_K8S_16")):
        (found,) = [one for one in report(name).findings if one.sources[0].rule == rule]
        assert [marker.tool for marker in found.markers] == [name.partition("-")[0]]


def test_an_old_trivy_is_told() -> None:
    (notice,) = report("trivy-config").notices
    assert "CVE-2026-54448" in notice.text


@pytest.mark.parametrize("name", NAMES[1:])
def test_a_file_that_a_tool_does_not_speak_of_is_a_gap(name: str) -> None:
    one = case(name)
    shown = json.loads(one.ended.files["shown.json"])
    shown["files"]["000099.yaml"] = {**shown["files"]["000002.yaml"], "path": "dropped.yaml"}
    ended = replace(one.ended, files={"shown.json": json.dumps(shown).encode()})
    told = all_scanners()[name].parse(ended, one.piece)
    assert ("dropped.yaml", GapKind.PARTIAL) in {(gap.subject, gap.kind) for gap in told.gaps}
    assert "dropped.yaml" not in told.looked_at


def test_a_workload_that_checkov_does_not_speak_of_is_a_gap() -> None:
    one = case("checkov")
    shown = json.loads(one.ended.files["shown.json"])
    shown["files"]["000002.yaml"]["file"]["objects"][0]["name"] = "Deployment.prod.other"
    ended = replace(one.ended, files={"shown.json": json.dumps(shown).encode()})
    assert "deployment.yaml" in {gap.subject for gap in all_scanners()["checkov"].parse(ended, one.piece).gaps}


@pytest.mark.parametrize("name", NAMES[1:])
def test_a_file_that_was_not_shown_is_malformed(name: str) -> None:
    one = case(name)
    ended = replace(one.ended, stdout=one.ended.stdout.replace(b"000002.yaml", b"000077.yaml"))
    with pytest.raises(MalformedOutput, match="was not shown"):
        all_scanners()[name].parse(ended, one.piece)


def test_what_a_tool_is_shown_keeps_its_lines_and_silences_nothing(tmp_path: Path) -> None:
    text = (
        "apiVersion: v1\r\nkind: Pod # checkov:skip=A trivy:ignore:B\r\nmetadata:\r\n  annotations:\r\n"
        "    checkov.io/skip1: C=d\r\nspec: {containers: [{name: a}]}"
    )
    folder_target(tmp_path / "tree", {"a.yaml": text, "b.yaml": "x: 1"})
    placed = {name: str(tmp_path / "tree" / name) for name in ("a.yaml", "b.yaml")}
    piece = ManifestFiles(placed=placed, whole=True)
    places = placed_by_us(piece, Setup(target=folder_target(tmp_path / "tree", {"a.yaml": text})))
    (tmp_path / "shown").mkdir()
    shown = show("trivy-config", piece, places, tmp_path / "shown")
    written = (tmp_path / "shown" / "000000.yaml").read_bytes().decode()
    assert written.startswith(
        text.replace("checkov:skip", "checkov-skip")
        .replace("trivy:ignore", "trivy-ignore")
        .replace("io/skip", "io/kept")
    )
    assert shown.others == ["b.yaml"]
    assert [(one.tool, one.line, one.ids) for one in shown.files["000000.yaml"].silencers] == [
        ("checkov", 2, ["A"]),
        ("trivy", 2, ["B"]),
        ("checkov", 5, ["C"]),
    ]


def test_a_check_that_nobody_knows_is_of_no_class() -> None:
    assert trivy_verdict("KSV9999").defect == OTHER
    assert checkov_verdict("CKV_K8S_9999").defect == OTHER
