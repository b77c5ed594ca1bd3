"""Each check of Kubernetes manifests on what breaks it and on what does not: one thing at a time."""

from __future__ import annotations

from typing import Any

import pytest

from secscan.findings.defects import DEFECTS
from tests.unit.manifests.samples import DIGEST, container, judged, pod, policy, rules

PLAIN = [{"name": "data", "mountPath": "/data"}]
READ_ONLY = [{"name": "data", "mountPath": "/data", "readOnly": True}]


def host_path(path: str, mounts: list[dict[str, Any]] = PLAIN) -> dict[str, Any]:
    return pod(container(volumeMounts=mounts), volumes=[{"name": "data", "hostPath": {"path": path}}])


CASES: dict[str, tuple[dict[str, Any], list[str]]] = {
    "nothing": (pod(), []),
    "privileged": (pod(container(context={"privileged": True})), ["privileged"]),
    "privileged: no": (pod(container(context={"privileged": False})), []),
    "privileged in words": (pod(container(context={"privileged": "yes"})), ["privileged"]),
    "an init container": (pod(initContainers=[container(name="init", context={"privileged": True})]), ["privileged"]),
    "an ephemeral container": (
        pod(ephemeralContainers=[container(name="debug", resources=None, context={"privileged": True})]),
        ["privileged"],
    ),
    "host network": (pod(hostNetwork=True), ["host-network"]),
    "host network: no": (pod(hostNetwork=False), []),
    "host pid": (pod(hostPID=True), ["host-pid"]),
    "host ipc": (pod(hostIPC=True), ["host-ipc"]),
    "host path": (host_path("/srv/data"), ["host-path"]),
    "host path, the engine's socket": (host_path("/var/run/docker.sock", READ_ONLY), ["host-path"]),
    "empty folder": (pod(container(volumeMounts=PLAIN), volumes=[{"name": "data", "emptyDir": {}}]), []),
    "host port": (pod(container(ports=[{"containerPort": 80, "hostPort": 80}])), ["host-port"]),
    "host port 0": (pod(container(ports=[{"containerPort": 80, "hostPort": 0}])), []),
    "container port": (pod(container(ports=[{"containerPort": 80}])), []),
    "capability SYS_ADMIN": (
        pod(container(context={"capabilities": {"drop": ["ALL"], "add": ["SYS_ADMIN"]}})),
        ["capability-added"],
    ),
    "capability by its long name": (
        pod(container(context={"capabilities": {"drop": ["all"], "add": ["cap_net_raw"]}})),
        ["capability-added"],
    ),
    "capability of the baseline": (
        pod(container(context={"capabilities": {"drop": ["ALL"], "add": ["CHOWN"]}})),
        ["capability-kept"],
    ),
    "capability NET_BIND_SERVICE": (
        pod(container(context={"capabilities": {"drop": ["ALL"], "add": ["NET_BIND_SERVICE"]}})),
        [],
    ),
    "only NET_RAW dropped": (
        pod(container(context={"capabilities": {"drop": ["NET_RAW"]}})),
        ["capabilities-not-dropped"],
    ),
    "root by number": (pod(container(context={"runAsUser": 0})), ["run-as-root"]),
    "root by another number": (pod(container(context={"runAsUser": "0x0"})), ["run-as-root"]),
    "may be root": (pod(container(context={"runAsNonRoot": None})), ["may-run-as-root"]),
    "may be root, as said": (pod(container(context={"runAsNonRoot": False})), ["may-run-as-root"]),
    "user by number alone": (pod(container(context={"runAsNonRoot": None, "runAsUser": 10001})), []),
    "user of the pod": (
        pod(container(context={"runAsNonRoot": None}), securityContext={"runAsNonRoot": True}),
        [],
    ),
    "the container's own word against the pod's": (
        pod(container(context={"runAsUser": 0}), securityContext={"runAsUser": 10001}),
        ["run-as-root"],
    ),
    "a setting that pods do not have": (
        pod(container(context={"readOnlyRootFilesystem": None}), securityContext={"readOnlyRootFilesystem": True}),
        ["writable-root"],
    ),
    "writable root": (pod(container(context={"readOnlyRootFilesystem": False})), ["writable-root"]),
    "more rights": (pod(container(context={"allowPrivilegeEscalation": True})), ["privilege-escalation"]),
    "more rights, unsaid": (pod(container(context={"allowPrivilegeEscalation": None})), ["privilege-escalation"]),
    "no seccomp": (pod(container(context={"seccompProfile": None})), ["seccomp-missing"]),
    "seccomp unconfined": (
        pod(container(context={"seccompProfile": {"type": "Unconfined"}})),
        ["seccomp-unconfined"],
    ),
    "seccomp of the node": (
        pod(container(context={"seccompProfile": {"type": "Localhost", "localhostProfile": "p.json"}})),
        [],
    ),
    "seccomp of the pod": (
        pod(
            container(context={"seccompProfile": None}), securityContext={"seccompProfile": {"type": "RuntimeDefault"}}
        ),
        [],
    ),
    "apparmor by annotation": (
        pod(annotations={"container.apparmor.security.beta.kubernetes.io/web": "unconfined"}),
        ["apparmor-unconfined"],
    ),
    "apparmor of another container": (
        pod(annotations={"container.apparmor.security.beta.kubernetes.io/db": "unconfined"}),
        [],
    ),
    "apparmor by field": (
        pod(container(context={"appArmorProfile": {"type": "Unconfined"}})),
        ["apparmor-unconfined"],
    ),
    "selinux": (pod(container(context={"seLinuxOptions": {"type": "spc_t"}})), ["selinux-options"]),
    "selinux of containers": (pod(container(context={"seLinuxOptions": {"type": "container_t"}})), []),
    "proc": (pod(container(context={"procMount": "Unmasked"})), ["proc-mount"]),
    "sysctl": (pod(securityContext={"sysctls": [{"name": "kernel.msgmax", "value": "1"}]}), ["unsafe-sysctl"]),
    "safe sysctl": (pod(securityContext={"sysctls": [{"name": "net.ipv4.tcp_syncookies", "value": "1"}]}), []),
    "windows": (
        pod(container(context={"runAsNonRoot": None, "seccompProfile": None}), os={"name": "windows"}),
        [],
    ),
    "windows, a process of the host": (
        pod(container(context={"windowsOptions": {"hostProcess": True}}), os={"name": "windows"}),
        ["host-process"],
    ),
    "no limits": (pod(container(resources=None)), ["cpu-limit", "memory-limit"]),
    "no limit on CPU": (pod(container(resources={"limits": {"memory": "1Gi"}})), ["cpu-limit"]),
    "limits of the pod": (
        pod(container(resources=None), resources={"limits": {"memory": "1Gi", "cpu": 1}}),
        [],
    ),
    "token of the default account": (pod(automountServiceAccountToken=None), ["default-account-token"]),
    "token of an account of its own": (pod(automountServiceAccountToken=None, serviceAccountName="web"), []),
    "token of the default account, by name": (
        pod(automountServiceAccountToken=True, serviceAccountName="default"),
        ["default-account-token"],
    ),
    "no tag": (pod(container(image="nginx")), ["image-latest"]),
    "latest": (pod(container(image="registry.test:5000/nginx:latest")), ["image-latest"]),
    "a port is no tag": (pod(container(image="registry.test:5000/nginx")), ["image-latest"]),
    "a tag": (pod(container(image="nginx:1.27")), ["image-without-digest"]),
    "a digest": (pod(container(image=f"nginx{DIGEST}")), []),
    "latest with a digest": (pod(container(image=f"nginx:latest{DIGEST}")), []),
    "a digest that is none": (pod(container(image="nginx:1@sha256:abc")), ["image-without-digest"]),
    "an image of a template": (pod(container(image="{{ .Values.image }}")), []),
    "default namespace": (pod(namespace="default"), ["default-namespace"]),
    "secret in the environment": (
        pod(container(env=[{"value": "Tr0ub4dor&3xyz", "name": "DB_PASSWORD"}])),
        ["secret-in-environment"],
    ),
    "secret by reference": (
        pod(container(env=[{"name": "DB_PASSWORD", "valueFrom": {"secretKeyRef": {"name": "db", "key": "password"}}}])),
        [],
    ),
    "a variable that is no secret": (pod(container(env=[{"name": "MODE", "value": "production"}])), []),
    "a variable that is filled in": (pod(container(env=[{"name": "DB_PASSWORD", "value": "$(OTHER)"}])), []),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_exactly_what_is_wrong_is_told(name: str) -> None:
    document, expected = CASES[name]
    closed = policy(namespace=document["metadata"]["namespace"])
    answer = judged(document, closed)
    assert rules(answer) == expected
    assert answer.gaps == []
    for _, finding in answer.findings:
        assert finding["defect"] in DEFECTS
        assert finding["remedy"]
        assert finding["region"]["start_line"] > 0


KINDS = {
    "Deployment": ("apps/v1", ("spec", "template")),
    "StatefulSet": ("apps/v1", ("spec", "template")),
    "DaemonSet": ("apps/v1", ("spec", "template")),
    "ReplicaSet": ("apps/v1", ("spec", "template")),
    "ReplicationController": ("v1", ("spec", "template")),
    "Job": ("batch/v1", ("spec", "template")),
    "CronJob": ("batch/v1", ("spec", "jobTemplate", "spec", "template")),
    "PodTemplate": ("v1", ("template",)),
    "Rollout": ("argoproj.io/v1alpha1", ("spec", "template")),
    "Service": ("serving.knative.dev/v1", ("spec", "template")),
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_with_a_pod_is_a_workload(kind: str) -> None:
    api, way = KINDS[kind]
    inner: dict[str, Any] = pod(container(context={"privileged": True}))
    part: dict[str, Any] = {"metadata": inner["metadata"], "spec": inner["spec"]}
    for name in reversed(way):
        part = {name: part}
    document = {"apiVersion": api, "kind": kind, "metadata": {"name": "shop", "namespace": "shop"}, **part}
    answer = judged(document, policy())
    assert rules(answer) == ["privileged"]
    assert answer.findings[0][1]["symbol"] == f"{kind}/shop/container web"


def test_lists_are_taken_apart() -> None:
    inner = {"apiVersion": "v1", "kind": "PodList", "items": [pod(hostPID=True)]}
    document = {"apiVersion": "v1", "kind": "List", "items": [inner, pod(hostIPC=True), policy()]}
    assert rules(judged(document)) == ["host-ipc", "host-pid"]


def test_the_default_account_of_the_same_files_counts() -> None:
    account = {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": {"name": "default", "namespace": "shop"},
        "automountServiceAccountToken": False,
    }
    asks = pod(automountServiceAccountToken=None)
    assert rules(judged(asks, policy(), account)) == []
    insists = pod(automountServiceAccountToken=True)
    assert rules(judged(insists, policy(), account)) == ["default-account-token"]


def test_a_default_account_with_a_role_is_worse() -> None:
    binding = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "RoleBinding",
        "metadata": {"name": "b", "namespace": "shop"},
        "roleRef": {"kind": "Role", "name": "reader"},
        "subjects": [{"kind": "ServiceAccount", "name": "default"}],
    }
    ((_, alone),) = judged(pod(automountServiceAccountToken=None), policy()).findings
    ((_, bound),) = judged(pod(automountServiceAccountToken=None), policy(), binding).findings
    assert (alone["severity"], bound["severity"]) == ("low", "medium")


@pytest.mark.parametrize(
    ("path", "read_only", "severity"),
    [
        ("/", True, "high"),
        ("/../", True, "high"),
        ("/var/run/docker.sock", True, "high"),
        ("//run//containerd/containerd.sock", True, "high"),
        ("/var/run", True, "high"),
        ("/etc", False, "high"),
        ("/etc/kubernetes", True, "medium"),
        ("/etc/localtime", True, "info"),
        ("/srv/x", False, "medium"),
        ("/srv/x", True, "low"),
        ("/srv/../proc", False, "high"),
    ],
)
def test_how_bad_a_path_of_the_host_is(path: str, read_only: bool, severity: str) -> None:
    ((_, finding),) = judged(host_path(path, READ_ONLY if read_only else PLAIN), policy()).findings
    assert finding["severity"] == severity


def test_a_container_without_anything_is_one_finding_for_each_class() -> None:
    bare = {"name": "web", "image": "nginx", "securityContext": {"privileged": True}}
    answer = judged(pod(bare), policy())
    assert sorted(finding["defect"] for _, finding in answer.findings) == [
        "container-hardening",
        "container-root-user",
        "host-access",
        "missing-resource-limits",
        "unpinned-image",
    ]
    hardening = next(finding for _, finding in answer.findings if finding["defect"] == "container-hardening")
    assert hardening["remedy"] == (
        "Set in the container web: `securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}, "
        "readOnlyRootFilesystem: true, seccompProfile: {type: RuntimeDefault}}`."
    )


def test_a_secret_is_never_told() -> None:
    answer = judged(pod(container(env=[{"name": "DB_PASSWORD", "value": "Tr0ub4dor&3xyz"}])), policy())
    assert "Tr0ub4dor" not in repr(answer)


def test_long_names_are_cut() -> None:
    ((_, finding),) = judged(pod(container(name="n" * 100_000, image="nginx:1")), policy()).findings
    assert len(finding["symbol"]) < 300
    assert len(finding["message"]) < 1000
