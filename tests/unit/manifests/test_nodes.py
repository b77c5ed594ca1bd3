"""The reader of YAML of others: what it understands, and what is made to harm it."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secscan.findings.levels import GapKind
from secscan.manifests import nodes
from secscan.manifests.analyse import analyse
from secscan.manifests.nodes import MAX_DEPTH, Node, read


def only(text: str) -> Node:
    reading = read(text)
    assert reading.problems == ()
    (document,) = reading.documents
    return document


def test_places_are_those_of_names_and_of_values() -> None:
    node = only("a:\n  bc: 'x'\n").get("a", "bc")
    assert (node.line, node.column, node.own_line, node.own_column) == (2, 3, 2, 7)
    assert (node.end_line, node.end_column) == (2, 10)


def test_what_is_not_there_is_nothing() -> None:
    node = only("a: [1]").get("a", "b", "c")
    assert not node
    assert (node.members, node.items, node.texts, node.text, node.truth, node.number) == ({}, [], [], "", None, None)


@pytest.mark.parametrize("text", ["true", "True", "yes", "on", "'true'", "ON"])
def test_words_for_true(text: str) -> None:
    assert only(f"a: {text}").get("a").truth is True


@pytest.mark.parametrize(
    ("text", "number"),
    [("0", 0), ("0x0", 0), ("00", 0), ("-0", 0), ("010", 8), ("0o10", 8), ("1_000", 1000), ("0b11", 3)],
)
def test_ways_of_writing_a_number(text: str, number: int) -> None:
    assert only(f"a: {text}").get("a").number == number


@pytest.mark.parametrize("text", ["1.5", "x", "9" * 5000, "0x", "''"])
def test_what_is_no_whole_number(text: str) -> None:
    assert only(f"a: {text}").get("a").number is None


def test_a_merged_mapping_gives_what_the_own_one_does_not_say() -> None:
    node = only("b: &b {x: 1, y: 2}\nc: &c {y: 3, z: 4}\nd: {y: 0, <<: [*b, *c]}").get("d")
    assert {name: one.text for name, one in node.members.items()} == {"x": "1", "y": "0", "z": "4"}


def test_a_name_in_base64_is_the_name_that_readers_see() -> None:
    assert only("!!binary YXBpVmVyc2lvbg==: v1").get("apiVersion").text == "v1"
    assert only("!!binary '***': v1").get("***").text == "v1"


def test_a_name_that_is_given_twice_is_told() -> None:
    (problem,) = read("a: 1\nb: 2\na: 3\n").problems
    assert (problem.kind, problem.line) == (GapKind.UNPARSABLE, 3)
    assert "first in line 1" in problem.words


def test_documents_before_a_mistake_are_kept() -> None:
    reading = read("a: 1\n---\nb: [\n---\nc: 1\n")
    assert reading.documents[0].get("a").text == "1"
    assert [one.kind for one in reading.problems] == [GapKind.UNPARSABLE]


def laughs(levels: int = 30) -> str:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{at}: &a{at} [{', '.join([f'*a{at - 1}'] * 9)}]" for at in range(1, levels)]
    return "\n".join(lines)


HOSTILE = {
    "a billion laughs": laughs(),
    "laughs by merging": "a0: &a0 {x: 1}\n"
    + "\n".join(f"a{n}: &a{n} {{<<: *a{n - 1}, k{n}: *a{n - 1}}}" for n in range(1, 60)),
    "an alias of itself": "a: &a [*a]",
    "an alias of nothing": "a: *b",
    "deep lists": "[" * 200_000,
    "deep and closed": "[" * 200_000 + "]" * 200_000,
    "deep on lines": "[\n" * 200_000,
    "deep dashes": "- " * 200_000,
    "deep questions": "? " * 100_000,
    "deep mappings": "{a: " * 200_000,
    "deep by indentation": "\n".join(" " * at + "a:" for at in range(2_000)),
    "deep by aliases": "a0: &a0 [x]\n" + "\n".join(f"a{at}: &a{at} [*a{at - 1}]" for at in range(1, 100)),
    "an escape that is no character": 'a: "\\UFFFFFFFF"',
    "a surrogate": 'a: "\\uD800"\n',
    "a version that is none": "%YAML 99999999999999999999.1\n--- a",
    "a tag that is none": "!<%zz> a",
    "a zero": "a: \0",
    "a tab": "a:\n\t- b",
    "two anchors": "&a &b c",
    "a text that does not end": '"' + "a" * 300_000,
    "many anchors": "\n".join(f"- &a{at} x" for at in range(2_000)) + "\n[",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_yaml_is_a_problem_and_no_more(name: str) -> None:
    reading = read(HOSTILE[name])
    assert reading.problems or name == "a surrogate"
    assert all(one.size <= 400_000 and one.height <= MAX_DEPTH + 1 for one in reading.documents)


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_yaml_in_a_manifest_is_a_gap(name: str) -> None:
    text = f"apiVersion: v1\nkind: Pod\nspec: {{containers: [{{name: a, image: b}}]}}\n---\n{HOSTILE[name]}"
    answer = analyse([("a.yaml", text)], whole=True)
    assert answer.gaps or name == "a surrogate"
    assert answer.findings or name == "a zero"  # of the document before it, unless no character of the text is read


def test_more_values_than_a_manifest_has_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nodes, "MAX_NODES", 1_000)
    (problem,) = read("[" + "a," * 1_000 + "]").problems
    assert problem.kind is GapKind.TOO_LARGE


@given(st.text(alphabet="ab:-?[]{}&*!|>%@`'\"#,\n\t \\<~0", max_size=200))
def test_no_text_makes_the_reader_fail(text: str) -> None:
    reading = read(text)
    assert isinstance(reading.documents, tuple)


@given(st.binary(max_size=200))
def test_no_bytes_make_the_judge_fail(data: bytes) -> None:
    analyse([("docker-compose.yml", data.decode("latin-1"))], whole=True)


_NAMES = (
    "spec", "template", "containers", "securityContext", "capabilities", "add", "name", "image", "volumes", "hostPath",
    "env", "value", "metadata", "labels", "rules", "subjects", "services", "ports", "podSelector", "items", "roleRef",
    "build", "extends", "environment", "matchExpressions", "user", "security_opt", "ingress", "deploy", "include",
    "drop", "verbs", "resources", "limits", "source", "type",
)  # fmt: skip
_SHAPES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(_NAMES), inner, max_size=5),
    max_leaves=25,
)
_APIS = {
    "Pod": "v1",
    "List": "v1",
    "Service": "v1",
    "NetworkPolicy": "networking.k8s.io/v1",
    "Ingress": "networking.k8s.io/v1",
    "ClusterRole": "rbac.authorization.k8s.io/v1",
    "RoleBinding": "rbac.authorization.k8s.io/v1",
    "CiliumNetworkPolicy": "cilium.io/v2",
}


@given(_SHAPES, st.sampled_from(sorted(_APIS)))
def test_no_shape_of_a_manifest_makes_the_judge_fail(one: object, kind: str) -> None:
    head = {"apiVersion": _APIS[kind], "kind": kind}
    for document in (
        {**head, "spec": one, "metadata": one, "items": one, "rules": one, "subjects": one},
        {**head, "spec": {"containers": [one, one], "volumes": [one], "podSelector": one}},
        {"services": {"a": one, "b": {"image": "x", "extends": "a"}}, "volumes": one, "include": one},
    ):
        analyse([("compose.yaml", json.dumps(document))], whole=True)
