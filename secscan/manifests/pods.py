"""Checks of what belongs to a workload as a whole: namespaces and folders of its node, kernel settings, its account."""

from __future__ import annotations

from collections.abc import Iterator

from secscan.findings.levels import Severity
from secscan.manifests.host import SAFE_SYSCTLS, path_danger
from secscan.manifests.issues import Issue, short
from secscan.manifests.nodes import NOTHING, Node
from secscan.manifests.objects import DEFAULT_NAMESPACE, Workload

_NAMESPACES = (
    (
        "hostNetwork",
        "shares the network of its node",
        "it hears and forges the node's traffic, and no NetworkPolicy holds it",
    ),
    ("hostPID", "shares the processes of its node", "it sees their arguments and environments, and can enter them"),
    ("hostIPC", "shares the memory segments of its node", "it reads what other processes of the node exchange"),
)


def pod_issues(workload: Workload, *, default_account: Node | None, account_has_rights: bool) -> Iterator[Issue]:
    """Yield what is wrong with a workload.

    `default_account` is what the files say of mounting the token of its namespace's default account;
    `account_has_rights`: whether they bind a role to that account.
    """
    pod = workload.pod
    for field, title, words in _NAMESPACES:
        if pod.get(field).truth:
            yield Issue(
                defect="host-access",
                rule=_kebab(field),
                title=title,
                words=words,
                severity=Severity.HIGH,
                node=pod.get(field),
                fix={field: False},
            )
    yield from _volumes(pod)
    for setting in pod.get("securityContext", "sysctls").items:
        name = setting.get("name").text
        if name not in SAFE_SYSCTLS:
            yield Issue(
                defect="host-access",
                rule="unsafe-sysctl",
                title="changes the kernel of its node",
                words=f"the setting {short(name)} is not kept apart for each pod",
                severity=Severity.MEDIUM,
                node=setting.get("name"),
                advice=f"Remove {short(name)} from securityContext.sysctls.",
            )
    yield from _account(pod, default_account, has_rights=account_has_rights)
    if workload.object.namespace == DEFAULT_NAMESPACE:
        yield Issue(
            defect="default-namespace",
            rule="default-namespace",
            title="runs in the default namespace",
            words="roles, policies and quotas of that namespace are shared with whatever else has none of its own",
            severity=Severity.INFO,
            node=workload.object.node.get("metadata", "namespace"),
            fix={"metadata": {"namespace": short(workload.object.name)}},
        )


def _volumes(pod: Node) -> Iterator[Issue]:
    mounts = [
        mount
        for field in ("containers", "initContainers", "ephemeralContainers")
        for container in pod.get(field).items
        for mount in container.get("volumeMounts").items
    ]
    writable = {mount.get("name").text for mount in mounts if mount.get("readOnly").truth is not True}
    for volume in pod.get("volumes").items:
        path = volume.get("hostPath", "path")
        if not volume.get("hostPath"):
            continue
        severity, what = path_danger(path.text, read_only=volume.get("name").text not in writable)
        yield Issue(
            defect="host-access",
            rule="host-path",
            title=f"has {short(path.text) or 'a folder'} of its node",
            words=f"the volume {short(volume.get('name').text)} is {what}",
            severity=severity,
            node=path or volume,
            advice="Use a volume of its own (emptyDir, persistentVolumeClaim, configMap) in place of hostPath.",
        )


def _account(pod: Node, default_account: Node | None, *, has_rights: bool) -> Iterator[Issue]:
    name = pod.get("serviceAccountName").text or pod.get("serviceAccount").text
    mounted = pod.get("automountServiceAccountToken")
    if name not in ("", "default") or mounted.truth is False:
        return
    if mounted.truth is None and default_account is not None and default_account.truth is False:
        return
    rights = (
        "a role is bound to it in these files" if has_rights else "whatever is bound to it one day, every pod can use"
    )
    yield Issue(
        defect="default-service-account",
        rule="default-account-token",
        title="gets the token of the default service account",
        words=f"whoever breaks in can speak to the API server; {rights}",
        severity=Severity.MEDIUM if has_rights else Severity.LOW,
        node=mounted or NOTHING,
        fix={"automountServiceAccountToken": False},
    )


def _kebab(field: str) -> str:
    return {"hostNetwork": "host-network", "hostPID": "host-pid", "hostIPC": "host-ipc"}[field]
