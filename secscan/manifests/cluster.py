"""The objects of all files together: some answers stand in another file than what they are about."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from secscan.manifests import rbac
from secscan.manifests.containers import container_issues
from secscan.manifests.exposure import ingress_issues, service_issues
from secscan.manifests.issues import as_findings
from secscan.manifests.literals import secret_findings
from secscan.manifests.network import Policies
from secscan.manifests.nodes import Node
from secscan.manifests.objects import DEFAULT_NAMESPACE, Container, Object, Workload, workload_of
from secscan.manifests.pods import pod_issues


class Cluster:
    """Everything that the files of a target would make."""

    def __init__(self, found: list[Object], *, whole: bool) -> None:
        self._objects = found
        self._whole = whole
        self._policies = Policies(found)
        self._accounts = {
            one.namespace or DEFAULT_NAMESPACE: one.node.get("automountServiceAccountToken")
            for one in found
            if one.kind == "ServiceAccount" and one.name == "default"
        }
        self._with_rights = {
            namespace or DEFAULT_NAMESPACE
            for one in found
            if one.kind in ("RoleBinding", "ClusterRoleBinding")
            for namespace in rbac.bound_default_accounts(one)
        }

    def findings(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yield every finding with its file, in the order of the objects."""
        for one in self._objects:
            for finding in self._of(one):
                yield one.path, finding

    def _of(self, one: Object) -> Iterator[dict[str, Any]]:
        workload = workload_of(one)
        if workload is not None:
            yield from self._of_workload(workload)
        elif one.group == rbac.GROUP and one.kind in ("Role", "ClusterRole"):
            yield from as_findings(one.subject, rbac.role_issues(one))
        elif one.group == rbac.GROUP and one.kind in ("RoleBinding", "ClusterRoleBinding"):
            yield from as_findings(one.subject, rbac.binding_issues(one))
        elif one.kind == "Service" and not one.group:
            yield from as_findings(one.subject, service_issues(one))
        elif one.kind == "Ingress" and one.group in ("networking.k8s.io", "extensions"):
            yield from as_findings(one.subject, ingress_issues(one))

    def _of_workload(self, workload: Workload) -> Iterator[dict[str, Any]]:
        namespace = workload.object.namespace or DEFAULT_NAMESPACE
        issues = [
            *pod_issues(
                workload,
                default_account=self._accounts.get(namespace),
                account_has_rights=namespace in self._with_rights,
            ),
            *self._policies.about(workload, whole=self._whole),
        ]
        yield from as_findings(workload.object.subject, issues)
        for container in workload.containers:
            yield from as_findings(container.subject, container_issues(container))
            yield from _secrets(container)


def _secrets(container: Container) -> Iterator[dict[str, Any]]:
    for entry in container.node.get("env").items:
        value: Node = entry.get("value")
        if value.text:
            yield from secret_findings(container.subject, entry.get("name").text, value, container.workload.object.path)
