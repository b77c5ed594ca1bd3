"""Services and Ingresses that open more than is needed."""

from __future__ import annotations

from collections.abc import Iterator

from secscan.findings.levels import Confidence, Severity
from secscan.manifests.issues import Issue, short
from secscan.manifests.objects import Object

_INTERNAL = ("internal", "private")
_EVERYWHERE = frozenset({"0.0.0.0/0", "::/0"})
_TLS_ELSEWHERE = ("certificate", "ssl-cert", "pre-shared-cert")
"""In names of annotations by which a load balancer is given the certificate."""


def service_issues(service: Object) -> Iterator[Issue]:
    """Yield how a Service is open to more than its cluster."""
    spec = service.node.get("spec")
    kind = spec.get("type")
    if kind.text == "NodePort":
        yield Issue(
            defect="network-exposure",
            rule="node-port",
            title="is open on every node",
            words="a NodePort listens on all addresses of all nodes, and has no list of who may come",
            severity=Severity.LOW,
            node=kind,
            fix={"spec": {"type": "ClusterIP"}},
            advice="Publish it through an Ingress.",
        )
    elif kind.text == "LoadBalancer" and not _is_internal(service):
        ranges = spec.get("loadBalancerSourceRanges")
        wide = [one for one in ranges.items if one.text in _EVERYWHERE]
        if wide or not ranges.items:
            yield Issue(
                defect="network-exposure",
                rule="open-load-balancer",
                title="is open to every address",
                words="its load balancer lets everybody in"
                + ("" if wide else ", since loadBalancerSourceRanges is missing"),
                severity=Severity.LOW,
                confidence=Confidence.HIGH if wide else Confidence.MEDIUM,
                node=wide[0] if wide else kind,
                fix={"spec": {"loadBalancerSourceRanges": ["10.0.0.0/8"]}},
            )
    if outside := spec.get("externalIPs").texts:
        yield Issue(
            defect="network-exposure",
            rule="external-addresses",
            title="takes addresses from outside",
            words=f"traffic to {short(outside[0])} is sent to it, whoever owns that address (CVE-2020-8554)",
            severity=Severity.MEDIUM,
            node=spec.get("externalIPs"),
            advice="Remove spec.externalIPs.",
        )


def ingress_issues(ingress: Object) -> Iterator[Issue]:
    """Yield whether an Ingress speaks without encryption."""
    if ingress.node.get("spec", "tls").items or _annotated(ingress, _TLS_ELSEWHERE):
        return
    yield Issue(
        defect="cleartext-transport",
        rule="ingress-without-tls",
        title="has no TLS",
        words="what passes through it can be read and changed on the way",
        severity=Severity.LOW,
        confidence=Confidence.MEDIUM,
        node=ingress.node.get("spec"),
        fix={"spec": {"tls": ["{hosts: [HOST], secretName: CERTIFICATE}"]}},
    )


def _is_internal(service: Object) -> bool:
    named = {
        name.lower(): one.text.lower() for name, one in service.node.get("metadata", "annotations").members.items()
    }
    return any(
        any(word in name or word in value for word in _INTERNAL) and value not in ("false", "0", "internet-facing")
        for name, value in named.items()
        if "load-balancer" in name or "loadbalancer" in name
    )


def _annotated(one: Object, words: tuple[str, ...]) -> bool:
    names = one.node.get("metadata", "annotations").members
    return any(any(word in name.lower() for word in words) for name in names)
