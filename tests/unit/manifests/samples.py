"""A pod, a service and a policy with which nothing is wrong, to be made worse by one thing at a time."""

from __future__ import annotations

import json
from typing import Any

from secscan.manifests.analyse import Answer, analyse

DIGEST = "@sha256:" + "0123456789abcdef" * 4
LABELS = {"app": "web"}
NO_EFFECT: dict[str, Any] = {}


def container(**changes: Any) -> dict[str, Any]:
    """A container as it should be, with changes; None takes a field out. `context` changes its security context."""
    context = changes.pop("context", {})
    good = {
        "name": "web",
        "image": f"registry.test/web:1.2{DIGEST}",
        "resources": {"limits": {"memory": "256Mi", "cpu": "500m"}},
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
            "readOnlyRootFilesystem": True,
            "runAsNonRoot": True,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
    }
    merged = {**good, **changes, "securityContext": _changed(good["securityContext"], context)}  # type: ignore[arg-type]
    return {name: value for name, value in merged.items() if value is not None}


def pod(
    *containers: dict[str, Any],
    labels: Any = LABELS,
    annotations: Any = NO_EFFECT,
    namespace: str = "shop",
    **spec: Any,
) -> dict[str, Any]:
    """A Pod as it should be, with changes of its specification; None takes a field out."""
    whole = _changed(
        {"automountServiceAccountToken": False, "containers": list(containers) or [container()]},
        spec,
    )
    metadata = {"name": "web", "namespace": namespace, "labels": labels, "annotations": annotations}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": whole}


def policy(
    namespace: str = "shop", kind: str = "NetworkPolicy", api: str = "networking.k8s.io/v1", **spec: Any
) -> dict[str, Any]:
    """A NetworkPolicy that closes both directions for every pod of a namespace, with changes."""
    good = {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    metadata = {"name": "closed", "namespace": namespace}
    return {"apiVersion": api, "kind": kind, "metadata": metadata, "spec": _changed(good, spec)}


def service(**changes: Any) -> dict[str, Any]:
    """A service of a Compose file as it should be, with changes; None takes a field out."""
    good = {
        "image": f"registry.test/web:1.2{DIGEST}",
        "user": "10001",
        "read_only": True,
        "cap_drop": ["ALL"],
        "security_opt": ["no-new-privileges:true"],
        "mem_limit": "256m",
        "cpus": 0.5,
        "pids_limit": 100,
    }
    return _changed(good, changes)


def judged(*documents: dict[str, Any], path: str = "deploy/app.yaml", whole: bool = True) -> Answer:
    """What is said of documents in one file."""
    return analyse([(path, "\n---\n".join(json.dumps(one, indent=1) for one in documents))], whole=whole)


def rules(answer: Answer) -> list[str]:
    """The ids of the rules that were broken, without their common beginning, each as often as it was."""
    return sorted(
        one["rule"].removeprefix("secscan.").removeprefix("kubernetes.").removeprefix("compose.")
        for _, finding in answer.findings
        for one in finding["rules"]
    )


def _changed(good: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in {**good, **changes}.items() if value is not None}
