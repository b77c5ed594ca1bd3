"""What is a manifest, and what becomes of files that cannot be judged."""

from __future__ import annotations

import json

import pytest

from secscan.findings.levels import GapKind
from secscan.manifests.analyse import MOST_CHARACTERS, Answer, analyse
from secscan.manifests.nodes import read
from secscan.manifests.recognise import Form, chart_of, form_of, is_candidate, is_template
from tests.unit.manifests.samples import container, pod, rules


@pytest.mark.parametrize(
    ("path", "text", "form"),
    [
        ("a.yaml", "apiVersion: v1\nkind: Pod", Form.KUBERNETES),
        ("a.json", '{"apiVersion": "v1", "kind": "Pod"}', Form.KUBERNETES),
        ("Chart.yaml", "apiVersion: v2\nname: x", Form.OTHER),
        ("values.yaml", "image: x", Form.OTHER),
        ("compose.yaml", "services: {a: {image: x}}", Form.COMPOSE),
        ("docker-compose.prod.yml", "services: {a: {restart: always}}", Form.COMPOSE),
        ("app.compose.yaml", "services: {a: {}}", Form.COMPOSE),
        ("stack.yml", "services: {a: {build: .}}", Form.COMPOSE),
        ("stack.yml", "services: {a: {x: y}}", Form.OTHER),
        (".gitlab-ci.yml", "services: [postgres]", Form.OTHER),
        ("kustomization.yaml", "resources: [a.yaml]", Form.KUSTOMIZE),
        ("k.yaml", "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization", Form.KUSTOMIZE),
        ("a.yaml", "- 1", Form.OTHER),
        ("a.yaml", "text", Form.OTHER),
    ],
)
def test_forms(path: str, text: str, form: Form) -> None:
    assert form_of(path, read(text).documents[0]) is form


@pytest.mark.parametrize(
    "text",
    [
        "apiVersion: v1",
        '"\\x61piVersion": v1',
        '{"api\\u0056ersion": "v1"}',
        '"api\\\nVersion": v1',
        "!!binary YXBpVmVyc2lvbg==: v1",
        "%TAG ! tag:yaml.org,2002:bin\n---\n!ary YXBpVmVyc2lvbg==: v1",
        "services: {}",
    ],
)
def test_no_way_of_writing_hides_a_manifest(text: str) -> None:
    assert is_candidate("a.yaml", text)


def test_other_files_are_not_read() -> None:
    assert not is_candidate("i18n.json", '{"greeting": "\\u4f60\\u597d"}')


def test_a_hidden_name_is_found_out() -> None:
    text = json.dumps(pod(container(context={"privileged": True})), indent=1).replace("apiVersion", "\\u0061piVersion")
    assert "privileged" in rules(analyse([("a.yaml", text)], whole=True))


def gaps(answer: Answer) -> list[tuple[str, GapKind]]:
    return [(path, problem.kind) for path, problem, _ in answer.gaps]


BROKEN = "apiVersion: v1\nkind: Pod\nspec: [\n"
TEMPLATE = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: {{ .Values.name }}\n"


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        ("a.yaml", BROKEN, [("a.yaml", GapKind.UNPARSABLE)]),
        ("a.yaml", TEMPLATE, [("a.yaml", GapKind.UNSUPPORTED_MANIFEST)]),
        ("compose.yaml", "services: [", [("compose.yaml", GapKind.UNPARSABLE)]),
        ("a.yaml", "apiVersion: v1\nkind: Pod\nkind: Job\n", [("a.yaml", GapKind.UNPARSABLE)]),
        ("a.yaml", "x: [services", []),
        ("a.yaml", "a: {{ x }}: services", []),
        ("a.yaml", "a: 1\na: 2  # apiVersion", []),
        ("a.yaml", "", []),
    ],
)
def test_only_what_looks_like_a_manifest_can_be_a_gap(
    path: str, text: str, expected: list[tuple[str, GapKind]]
) -> None:
    answer = analyse([(path, text)], whole=True)
    assert gaps(answer) == expected
    assert answer.looked_at == ([] if expected else [path])
    assert all(way for _, _, way in answer.gaps)


def test_a_file_that_is_too_large_is_a_gap() -> None:
    answer = analyse([("a.yaml", "apiVersion: v1\n" + "#" * MOST_CHARACTERS)], whole=True)
    assert gaps(answer) == [("a.yaml", GapKind.TOO_LARGE)]
    assert answer.looked_at == []


def test_what_kustomize_changes_is_a_gap_and_its_patches_are_not_judged() -> None:
    files = [
        ("base/pod.yaml", json.dumps(pod(container(context={"privileged": True})))),
        ("base/kustomization.yaml", "resources: [pod.yaml]\n"),
        ("prod/kustomization.yaml", "resources: [../base]\npatches: [{path: less.yaml}]\n"),
        ("prod/less.yaml", json.dumps(pod({"name": "web"}))),
    ]
    answer = analyse(files, whole=True)
    assert {path for path, _ in answer.findings} == {"base/pod.yaml"}
    unsupported = GapKind.UNSUPPORTED_MANIFEST
    assert gaps(answer) == [("prod/kustomization.yaml", unsupported), ("prod/less.yaml", unsupported)]


@pytest.mark.parametrize(
    ("path", "chart"),
    [
        ("charts/web/templates/pod.yaml", "charts/web"),
        ("templates/pod.yaml", "."),
        ("web/templates/tests/a/pod.yaml", "web"),
        ("web/pod.yaml", None),
        ("mytemplates/pod.yaml", None),
    ],
)
def test_the_place_of_a_template(path: str, chart: str | None) -> None:
    assert chart_of(path) == chart


def test_templates() -> None:
    assert is_template("a: {{- .Values.x | quote -}}")
    assert is_template("{% if x %}")
    assert not is_template("a: {b: {c: 1}}")


def test_more_findings_than_anybody_reads_are_a_gap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("secscan.manifests.analyse.MOST_FINDINGS", 3)
    answer = analyse([("a.yaml", json.dumps(pod({"name": "a"}, {"name": "b"}, {"name": "c"})))], whole=True)
    assert len(answer.findings) == 3
    assert gaps(answer) == [("a.yaml", GapKind.PARTIAL)]
