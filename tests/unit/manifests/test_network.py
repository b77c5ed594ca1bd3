"""Which workloads a network policy holds."""

from __future__ import annotations

import json
from typing import Any

import pytest

from secscan.manifests.analyse import Answer, analyse
from tests.unit.manifests.samples import judged, pod, policy, rules

NONE, PART = ["no-network-policy"], ["open-network-policy"]


def expression(operator: str, *values: str, key: str = "app") -> dict[str, Any]:
    return {"podSelector": {"matchExpressions": [{"key": key, "operator": operator, "values": list(values)}]}}


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ({}, []),
        ({"podSelector": None}, []),
        ({"podSelector": {"matchLabels": {"app": "web"}}}, []),
        ({"podSelector": {"matchLabels": {"app": "db"}}}, NONE),
        ({"podSelector": {"matchLabels": {"app": "web", "tier": "x"}}}, NONE),
        (expression("In", "web", "db"), []),
        (expression("In", "db"), NONE),
        (expression("NotIn", "db"), []),
        (expression("NotIn", "web"), NONE),
        (expression("NotIn", "x", key="tier"), []),
        (expression("Exists"), []),
        (expression("Exists", key="tier"), NONE),
        (expression("DoesNotExist", key="tier"), []),
        (expression("DoesNotExist"), NONE),
        (expression("Guess", "web"), NONE),
        ({"policyTypes": ["Ingress"]}, PART),
        ({"policyTypes": ["Egress"]}, PART),
        ({"policyTypes": None}, PART),
        ({"policyTypes": None, "egress": [{"to": [{"podSelector": {}}]}]}, []),
        ({"ingress": [{}]}, PART),
        ({"ingress": [{"from": []}]}, PART),
        ({"ingress": [{"from": [{"podSelector": {}}]}]}, []),
        ({"egress": [{"ports": [{"port": 53}]}]}, []),
    ],
)
def test_what_a_policy_selects_and_closes(spec: dict[str, Any], expected: list[str]) -> None:
    assert rules(judged(pod(), policy(**spec))) == expected


def only(answer: Answer) -> dict[str, Any]:
    ((_, finding),) = answer.findings
    return finding


def test_the_open_direction_is_named() -> None:
    ingress = only(judged(pod(), policy(policyTypes=["Egress"])))
    egress = only(judged(pod(), policy(policyTypes=["Ingress"])))
    assert (ingress["title"], ingress["severity"]) == ("Pod web is open for ingress", "medium")
    assert (egress["title"], egress["severity"]) == ("Pod web is open for egress", "low")


def test_two_policies_close_one_direction_each() -> None:
    assert rules(judged(pod(), policy(policyTypes=["Ingress"]), policy(policyTypes=["Egress"]))) == []


def test_a_policy_of_another_namespace_does_not_count() -> None:
    assert only(judged(pod(), policy(namespace="other")))["confidence"] == "high"


def test_a_policy_in_another_file_counts() -> None:
    files = [("a.yaml", json.dumps(pod())), ("net/b.json", json.dumps(policy()))]
    assert analyse(files, whole=True).findings == []


def test_without_any_policy_it_is_less_sure() -> None:
    assert only(judged(pod()))["confidence"] == "medium"


@pytest.mark.parametrize(
    ("workload", "closed"),
    [
        (pod(namespace=""), policy()),
        (pod(), policy(namespace="")),
        (pod(namespace="{{ .Release.Namespace }}"), policy()),
        (pod(labels={"app": "${NAME}"}), policy(podSelector={"matchLabels": {"app": "web"}})),
        (pod(), policy(namespace="${NAMESPACE}")),
    ],
)
def test_what_only_a_template_knows_makes_it_unsure(workload: dict[str, Any], closed: dict[str, Any]) -> None:
    assert only(judged(workload, closed))["confidence"] == "low"


def test_without_a_namespace_both_are_in_the_same() -> None:
    assert rules(judged(pod(namespace=""), policy(namespace=""))) == []
    assert rules(judged(pod(namespace=""), policy(namespace="default"))) == []


def test_a_part_of_the_files_makes_it_unsure() -> None:
    finding = only(judged(pod(), whole=False))
    assert finding["confidence"] == "low"
    assert "only a part of the files" in finding["message"]


def test_a_policy_of_another_kind_makes_it_unsure() -> None:
    other = policy(api="projectcalico.org/v3", kind="GlobalNetworkPolicy")
    assert only(judged(pod(), other))["confidence"] == "low"


def test_no_policy_holds_the_network_of_the_node() -> None:
    assert rules(judged(pod(hostNetwork=True))) == ["host-network"]


CILIUM = {"api": "cilium.io/v2", "kind": "CiliumNetworkPolicy", "podSelector": None, "policyTypes": None}
BOTH: dict[str, Any] = {"ingress": [{"fromEndpoints": [{}]}], "egress": [{"toEndpoints": [{}]}]}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"endpointSelector": {}, **BOTH}, []),
        ({"endpointSelector": {"matchLabels": {"k8s:app": "web"}}, **BOTH}, []),
        ({"endpointSelector": {"matchLabels": {"any:app": "db"}}, **BOTH}, NONE),
        ({"endpointSelector": {}, "ingress": [{}]}, PART),
        ({"endpointSelector": {}, "ingressDeny": [{}], "egressDeny": [{}]}, []),
        ({"endpointSelector": {}, **BOTH, "enableDefaultDeny": {"egress": False}}, PART),
        ({"endpointSelector": {}, **BOTH, "egress": [{"toEntities": ["all"]}]}, PART),
        ({"nodeSelector": {}, **BOTH}, NONE),
    ],
)
def test_a_policy_of_cilium(changes: dict[str, Any], expected: list[str]) -> None:
    assert rules(judged(pod(), policy(**CILIUM, **changes))) == expected  # type: ignore[arg-type]


def test_a_policy_of_cilium_for_the_whole_cluster() -> None:
    wide = {**CILIUM, "kind": "CiliumClusterwideNetworkPolicy"}
    named = {"matchLabels": {"k8s:io.kubernetes.pod.namespace": "shop"}}
    assert rules(judged(pod(), policy(namespace="", **wide, endpointSelector=named, **BOTH))) == []  # type: ignore[arg-type]
    elsewhere = {"matchLabels": {"k8s:io.kubernetes.pod.namespace": "x"}}
    assert rules(judged(pod(), policy(namespace="", **wide, endpointSelector=elsewhere, **BOTH))) == NONE  # type: ignore[arg-type]
