"""Roles, bindings, Services and Ingresses."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.manifests.samples import judged, rules

RBAC = "rbac.authorization.k8s.io/v1"


def role(*given: dict[str, Any], kind: str = "ClusterRole") -> dict[str, Any]:
    return {"apiVersion": RBAC, "kind": kind, "metadata": {"name": "r"}, "rules": list(given)}


def rule(verbs: str, resources: str, **more: Any) -> dict[str, Any]:
    return {"apiGroups": [""], "verbs": verbs.split(), "resources": resources.split(), **more}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (rule("get list", "configmaps pods"), []),
        (rule("*", "*"), ["wildcard"]),
        (rule("*", "configmaps"), ["wildcard"]),
        (rule("get", "*"), ["wildcard"]),
        (rule("get list", "secrets"), ["read-secrets"]),
        (rule("create", "secrets"), []),
        (rule("get", "secrets", resourceNames=["mine"]), []),
        (rule("bind", "clusterroles"), ["escalate-bind-impersonate"]),
        (rule("escalate", "roles"), ["escalate-bind-impersonate"]),
        (rule("impersonate", "users"), ["escalate-bind-impersonate"]),
        (rule("bind", "pods"), []),
        (rule("create", "pods/exec"), ["pods-exec"]),
        (rule("create", "serviceaccounts/token"), ["account-tokens"]),
        (rule("get", "nodes/proxy"), ["nodes-proxy"]),
    ],
)
def test_what_a_role_may_do(given: dict[str, Any], expected: list[str]) -> None:
    assert rules(judged(role(given))) == expected


def test_a_role_of_the_cluster_is_worse_than_one_of_a_namespace() -> None:
    severities = [
        judged(role(rule("*", "*"), kind=kind)).findings[0][1]["severity"] for kind in ("Role", "ClusterRole")
    ]
    assert severities == ["medium", "high"]


@pytest.mark.parametrize(
    ("groups", "severity", "title"),
    [
        (["shop.example.com"], "medium", "ClusterRole r may do everything in shop.example.com"),
        (["apps", "batch"], "medium", "ClusterRole r may do everything in apps, batch"),
        (["apps", ""], "high", "ClusterRole r may do everything"),
        (["rbac.authorization.k8s.io"], "high", "ClusterRole r may do everything"),
        (["*"], "high", "ClusterRole r may do everything"),
        ([], "high", "ClusterRole r may do everything"),
    ],
)
def test_everything_in_one_group_of_its_own_is_not_everything(groups: list[str], severity: str, title: str) -> None:
    ((_, finding),) = judged(role(rule("*", "*", apiGroups=groups))).findings
    assert (finding["severity"], finding["title"]) == (severity, title)


def binding(name: str, subject: str, kind: str = "ClusterRoleBinding") -> dict[str, Any]:
    return {
        "apiVersion": RBAC,
        "kind": kind,
        "metadata": {"name": "b"},
        "roleRef": {"kind": "ClusterRole", "name": name},
        "subjects": [{"kind": "Group", "name": subject}],
    }


@pytest.mark.parametrize(
    ("given", "expected", "severity"),
    [
        (binding("cluster-admin", "admins"), ["cluster-admin"], "high"),
        (binding("cluster-admin", "admins", kind="RoleBinding"), ["cluster-admin"], "medium"),
        (binding("cluster-admin", "system:anonymous"), ["anonymous-subject", "cluster-admin"], "critical"),
        (binding("view", "system:unauthenticated"), ["anonymous-subject"], "high"),
        (binding("view", "system:serviceaccounts:shop"), ["everybody-subject"], "medium"),
        (binding("view", "readers"), [], ""),
    ],
)
def test_who_is_given_a_role(given: dict[str, Any], expected: list[str], severity: str) -> None:
    answer = judged(given)
    assert rules(answer) == expected
    assert [finding["severity"] for _, finding in answer.findings] == ([severity] if severity else [])


def service(annotations: dict[str, str] | None = None, **spec: Any) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "s", "annotations": annotations or {}},
        "spec": spec,
    }


INTERNAL = {"service.beta.kubernetes.io/aws-load-balancer-scheme": "internal"}
OUTSIDE = {"service.beta.kubernetes.io/aws-load-balancer-scheme": "internet-facing"}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (service(type="ClusterIP"), []),
        (service(), []),
        (service(type="NodePort"), ["node-port"]),
        (service(type="LoadBalancer"), ["open-load-balancer"]),
        (service(type="LoadBalancer", loadBalancerSourceRanges=["10.0.0.0/8"]), []),
        (service(type="LoadBalancer", loadBalancerSourceRanges=["10.0.0.0/8", "0.0.0.0/0"]), ["open-load-balancer"]),
        (service(INTERNAL, type="LoadBalancer"), []),
        (service(OUTSIDE, type="LoadBalancer"), ["open-load-balancer"]),
        (service(externalIPs=["192.0.2.1"]), ["external-addresses"]),
    ],
)
def test_how_open_a_service_is(given: dict[str, Any], expected: list[str]) -> None:
    assert rules(judged(given)) == expected


@pytest.mark.parametrize(
    ("spec", "annotations", "expected"),
    [
        ({"rules": []}, {}, ["ingress-without-tls"]),
        ({"tls": [{"secretName": "c"}]}, {}, []),
        ({"rules": []}, {"alb.ingress.kubernetes.io/certificate-arn": "arn"}, []),
        ({"rules": []}, {"nginx.ingress.kubernetes.io/ssl-redirect": "false"}, ["ingress-without-tls"]),
    ],
)
def test_an_ingress_without_tls(spec: dict[str, Any], annotations: dict[str, str], expected: list[str]) -> None:
    metadata = {"name": "i", "annotations": annotations}
    document = {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": metadata, "spec": spec}
    assert rules(judged(document)) == expected
