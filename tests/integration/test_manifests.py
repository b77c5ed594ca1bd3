"""The embedded judge of manifests in its child process, and the real trivy and checkov beside it."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest

from secscan import pipeline
from secscan.correlate.merge import merge
from secscan.findings.levels import GapKind, RunStatus
from secscan.findings.model import Finding
from secscan.findings.scan import Scan, dumps
from secscan.gate.weakening import Terms
from secscan.policy.load import load_policy
from secscan.process import Ended, run
from secscan.scanners import trivy_program
from secscan.scanners.contract import Scanner, Setup
from secscan.scanners.enrich import enrich
from secscan.scanners.programs import is_installed
from secscan.scanners.registry import all_scanners, choose
from secscan.scanners.runner import Outcome, run_scanners
from secscan.targets.open import TargetRequest
from tests.support.targets import folder_target
from tests.unit.manifests.samples import container, pod, policy

TOOLS = ("trivy-config", "checkov")
BAD = """apiVersion: apps/v1
kind: Deployment
metadata:
  name: shop
  namespace: prod
spec:
  template:
    metadata:
      labels: {app: shop}
    spec:
      hostPID: true
      containers:
        - name: web
          image: nginx
          securityContext:
            privileged: true
        - name: log
          image: nginx:1.27
"""


@pytest.fixture(params=TOOLS)
def tool(request: pytest.FixtureRequest) -> Scanner[Any]:
    scanner = all_scanners()[request.param]
    if not is_installed(scanner):
        pytest.skip(f"{scanner.needs.programs[0]} is not installed")
    return scanner


def scanned(folder: Path, files: dict[str, bytes | str], *scanners: Scanner[Any], kind: str = "tree") -> list[Outcome]:
    folder.mkdir(exist_ok=True)
    target = folder_target(folder, files)
    target = dataclasses.replace(target, info=msgspec_replace(target.info, kind))
    setup = Setup(target=target, place=folder.joinpath, jobs=2)
    return list(run_scanners({one.name: one for one in scanners}, setup))


def msgspec_replace(info: Any, kind: str) -> Any:
    import msgspec

    return msgspec.structs.replace(info, kind=kind)


MANIFESTS = all_scanners()["manifests"]


def test_every_file_is_looked_at_and_the_control_is_found(tmp_path: Path) -> None:
    files: dict[str, bytes | str] = {
        "k8s/shop.yaml": BAD,
        "compose.yaml": "services: {web: {image: nginx, privileged: true}}\n",
        "package.json": "{}",
        "utf16.yaml": BAD.encode("utf-16"),
        "broken.yaml": "apiVersion: v1\nkind: Pod\nspec: [",
        "readme.md": "apiVersion: v1",
    }
    (outcome,) = scanned(tmp_path, files, MANIFESTS)
    assert outcome.run.status is RunStatus.COMPLETED
    assert (outcome.run.selected, outcome.run.looked_at, outcome.run.control) == (5, 4, True)
    assert [(gap.subject, gap.kind, gap.line) for gap in outcome.gaps] == [("broken.yaml", GapKind.UNPARSABLE, 4)]
    assert {one.location.path for one in outcome.findings} == {"k8s/shop.yaml", "compose.yaml", "utf16.yaml"}
    assert {one.location.symbol for one in outcome.findings if one.location.path == "k8s/shop.yaml"} == {
        "Deployment/shop",
        "Deployment/shop/container web",
        "Deployment/shop/container log",
    }


def test_nothing_to_do(tmp_path: Path) -> None:
    (outcome,) = scanned(tmp_path, {"a.py": "x = 1\n"}, MANIFESTS)
    assert outcome.run.status is RunStatus.SKIPPED


def test_a_file_that_cannot_be_read_is_a_gap(tmp_path: Path) -> None:
    target = folder_target(tmp_path, {"a.yaml": BAD, "b.yaml": BAD})
    (tmp_path / "b.yaml").unlink()
    (outcome,) = run_scanners({"manifests": MANIFESTS}, Setup(target=target, place=tmp_path.joinpath))
    assert [(one.subject, one.kind) for one in outcome.gaps] == [("b.yaml", GapKind.UNREADABLE)]


def test_templates_of_a_chart_are_one_gap(tmp_path: Path) -> None:
    files: dict[str, bytes | str] = {
        "charts/web/Chart.yaml": "apiVersion: v2\nname: web\n",
        "charts/web/values.yaml": "image: x\n",
        "charts/web/templates/a.yaml": '{{ include "common.deployment" . }}\n',
        "charts/web/templates/b.yaml": "apiVersion: v1\nkind: Service\nmetadata: {name: {{ .Values.n }}}\n",
        "charts/web/templates/plain.yaml": BAD,
        "docs/templates/page.yaml": "title: {{ title }}\n",
    }
    (outcome,) = scanned(tmp_path, files, MANIFESTS)
    assert [(gap.subject, gap.kind) for gap in outcome.gaps] == [("charts/web", GapKind.UNSUPPORTED_MANIFEST)]
    assert outcome.gaps[0].detail.startswith("2 templates")
    assert "helm template" in outcome.gaps[0].remedy
    assert {one.location.path for one in outcome.findings} == {"charts/web/templates/plain.yaml"}


def test_a_bomb_among_the_files_is_a_gap_and_the_others_are_judged(tmp_path: Path) -> None:
    laughs = "\n".join(f"a{at}: &a{at} [{', '.join([f'*a{at - 1}'] * 9)}]" for at in range(1, 40))
    bomb = f"apiVersion: v1\nkind: Pod\na0: &a0 [x]\n{laughs}\n"
    deep = "apiVersion: v1\nkind: Pod\nspec: " + "[" * 200_000
    (outcome,) = scanned(tmp_path, {"a.yaml": bomb, "b.yaml": deep, "c.yaml": BAD}, MANIFESTS)
    assert [gap.subject for gap in outcome.gaps] == ["a.yaml", "b.yaml"]
    assert {one.location.path for one in outcome.findings} == {"c.yaml"}


def test_a_part_of_the_files_makes_missing_policies_unsure(tmp_path: Path) -> None:
    missing = [
        next(one for one in outcome.findings if one.defect == "network-exposure").confidence
        for kind in ("tree", "diff")
        for outcome in scanned(tmp_path, {"a.yaml": BAD}, MANIFESTS, kind=kind)
    ]
    assert missing == ["medium", "low"]


def scan(folder: Path, *names: str) -> Scan:
    request = pipeline.ScanRequest(
        target=TargetRequest(path=folder),
        scanners=choose(names),
        terms=Terms(load_policy("secrets-only")),
        advisories=None,
        jobs=2,
    )
    return pipeline.scan(request, progress=lambda _: None)


def test_a_secret_is_one_finding_with_what_the_detector_says_and_is_never_written(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(
        BAD.replace("image: nginx\n", "image: nginx\n          env: [{name: DB_PASSWORD, value: Tr0ub4dor&3xyz}]\n"),
        encoding="utf-8",
    )
    seen = scan(tmp_path, "secrets", "manifests")
    (secret,) = [one for one in seen.findings if one.kind == "secret"]
    assert "manifests" in {source.scanner for source in secret.sources}
    assert b"Tr0ub4dor" not in dumps(seen)


def test_findings_survive_lines_above_them(tmp_path: Path) -> None:
    prints = []
    for name, text in (("a", BAD), ("b", "# a comment\n---\n" + BAD.replace("image: nginx:1.27", "image: nginx:1.28"))):
        (tmp_path / name).mkdir()
        (tmp_path / name / "x.yaml").write_text(text, encoding="utf-8")
        prints.append({one.fingerprint for one in scan(tmp_path / name, "manifests").findings})
    assert prints[0] == prints[1]


def test_a_tool_finds_its_control_and_says_what_it_looked_at(tmp_path: Path, tool: Scanner[Any]) -> None:
    files: dict[str, bytes | str] = {"a.yaml": BAD, "b.json": json.dumps(pod(hostIPC=True)), "c.yaml": "x: 1\n"}
    (outcome,) = scanned(tmp_path, files, tool)
    assert outcome.run.status is RunStatus.COMPLETED, outcome.run.reason
    assert (outcome.run.selected, outcome.run.looked_at, outcome.gaps) == (3, 3, ())
    assert {one.location.path for one in outcome.findings} == {"a.yaml", "b.json"}
    assert not [one for one in outcome.findings if "secscan-control" in one.message]


def test_what_a_tool_and_we_see_is_one_finding(tmp_path: Path, tool: Scanner[Any]) -> None:
    folder = tmp_path / "scanned"
    outcomes = scanned(folder, {"a.yaml": BAD}, MANIFESTS, tool)
    merged = merge(
        enrich([one for outcome in outcomes for one in outcome.findings], folder_target(folder, {"a.yaml": BAD}))
    )
    together = {(one.defect, one.location.symbol) for one in merged if _seen_by(one) == {"manifests", tool.name}}
    web = "Deployment/shop/container web"
    assert {
        ("host-access", web),
        ("container-hardening", web),
        ("missing-resource-limits", web),
        ("unpinned-image", web),
        ("host-access", "Deployment/shop"),
    } <= together
    keys = [(one.defect, one.location.symbol) for one in merged if one.defect != "other"]
    assert len(keys) == len(set(keys))


def _seen_by(finding: Finding) -> set[str]:
    return {source.scanner for source in finding.sources}


HIDING = """apiVersion: v1
kind: Pod
metadata:
  name: web
  annotations:
    checkov.io/skip1: CKV_K8S_16=it is fine
    bridgecrew.io/skip2: CKV_K8S_17=it is fine
spec:
  # checkov:skip=CKV_K8S_16:it is fine
  #trivy:ignore:AVD-KSV-0017
  hostPID: true
  containers:
    - name: web #trivy:ignore:KSV010 checkov:skip=CKV_K8S_17
      image: nginx
      securityContext:
        privileged: true
"""


def test_nothing_in_the_tree_hides_anything(tmp_path: Path, tool: Scanner[Any]) -> None:
    proof = tmp_path / "it-ran"
    files: dict[str, bytes | str] = {
        "a.yaml": HIDING,
        ".checkov.yaml": "skip-check: [CKV_K8S_16]\nexternal-checks-dir: [checks]\nframework: [dockerfile]\n",
        ".checkov.yml": "skip-check: [CKV_K8S_16, CKV_K8S_17]\n",
        "checks/__init__.py": f"open({str(proof)!r}, 'w')\n",
        "checks/own.py": f"open({str(proof)!r}, 'w')\n",
        "trivy.yaml": "severity: [LOW]\n",
        ".trivyignore": "AVD-KSV-0017\nKSV017\nAVD-KSV-0010\n",
        ".trivyignore.yaml": "misconfigurations: [{id: AVD-KSV-0017}]\n",
    }
    (outcome,) = scanned(tmp_path / "tree", files, tool)
    found = {source.rule: one for one in outcome.findings for source in one.sources}
    wanted = {"trivy-config": ("KSV017", "KSV010"), "checkov": ("CKV_K8S_16", "CKV_K8S_17")}[tool.name]
    assert set(wanted) <= found.keys()
    assert all(found[rule].markers for rule in wanted)
    assert not proof.exists()


def test_what_a_tool_would_drop_without_a_word_is_a_gap(tmp_path: Path, tool: Scanner[Any]) -> None:
    listed = json.dumps({"apiVersion": "v1", "kind": "List", "items": [pod(hostPID=True)]})
    files: dict[str, bytes | str] = {"a.yaml": BAD + "---\nkind: [\n", "list.json": listed, "good.yaml": BAD}
    files["mixed.yaml"] = f"{json.dumps(pod(hostPID=True))}\n---\n{BAD}"
    (outcome,) = scanned(tmp_path, files, tool)
    subjects = {gap.subject for gap in outcome.gaps}
    assert subjects == ({"a.yaml", "list.json", "mixed.yaml"} if tool.name == "trivy-config" else {"a.yaml"})


def test_a_good_workload_has_no_finding_of_ours(tmp_path: Path) -> None:
    documents = "\n---\n".join(json.dumps(one, indent=1) for one in (pod(container()), policy()))
    (outcome,) = scanned(tmp_path, {"a.yaml": documents}, MANIFESTS)
    assert outcome.findings == ()


def test_a_malicious_trivy_is_not_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "bin"
    folder.mkdir()
    program = folder / "trivy"
    program.write_text(
        f"#!/bin/sh\ncase $1 in version|--version) echo 'Version: 0.69.4';; *) touch {tmp_path / 'it-ran'};; esac\n",
        encoding="utf-8",
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder))
    (outcome,) = scanned(tmp_path / "tree", {"a.yaml": BAD}, all_scanners()["trivy-config"])
    assert outcome.run.status is RunStatus.FAILED
    assert "malicious" in outcome.run.reason
    assert not (tmp_path / "it-ran").exists()


def test_trivy_left_to_itself_passes_over_lists_and_broken_files(tmp_path: Path) -> None:
    scanner = all_scanners()["trivy-config"]
    if not is_installed(scanner):
        pytest.skip("trivy is not installed")
    from secscan.scanners.programs import find_programs

    folder_target(
        tmp_path,
        {
            "broken.yaml": "apiVersion: v1\nkind: Pod\nspec: [",
            "list.yaml": json.dumps({"apiVersion": "v1", "kind": "List", "items": [pod(hostPID=True)]}),
            "a.yaml": BAD,
        },
    )
    ended: Ended = run(
        [str(find_programs(scanner, ())["trivy"]), "config", "--format=json", "--skip-check-update", str(tmp_path)],
        env=trivy_program.environment(),
    )
    assert ended.exit_code == 0
    assert [one["Target"] for one in json.loads(ended.stdout)["Results"]] == ["a.yaml"]
