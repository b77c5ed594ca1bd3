"""Checks of one container of Kubernetes, by the Pod Security Standards, and of its limits and its image.

https://kubernetes.io/docs/concepts/security/pod-security-standards/. What the level "baseline" forbids gives a way to
the host or takes a fence down; what only "restricted" asks for is hardening.
"""

from __future__ import annotations

from collections.abc import Iterator

from secscan.findings.levels import Confidence, Severity
from secscan.manifests.host import BASELINE, SELINUX_TYPES, capability, capability_severity
from secscan.manifests.issues import Issue, short
from secscan.manifests.nodes import NOTHING, Node
from secscan.manifests.objects import Container
from secscan.manifests.references import image_issue, is_unknown

_APPARMOR = "container.apparmor.security.beta.kubernetes.io/"


def container_issues(container: Container) -> Iterator[Issue]:
    """Yield what is wrong with a container."""
    yield from _host(container)
    yield from _user(container)
    if not container.workload.is_windows:
        yield from _hardening(container)
        yield from _profiles(container)
    yield from _resources(container)
    yield from image_issue(container.node.get("image"))


def _host(container: Container) -> Iterator[Issue]:
    privileged = container.setting("privileged")
    if privileged.truth:
        yield Issue(
            defect="host-access",
            rule="privileged",
            title="runs privileged",
            words="it has every capability and every device, so whoever breaks in has the node",
            severity=Severity.HIGH,
            node=privileged,
            fix={"securityContext": {"privileged": False}},
        )
    if container.setting("windowsOptions").get("hostProcess").truth:
        yield Issue(
            defect="host-access",
            rule="host-process",
            title="runs as a process of a Windows host",
            words="it has the rights of a service of the node",
            severity=Severity.HIGH,
            node=container.setting("windowsOptions").get("hostProcess"),
            fix={"securityContext": {"windowsOptions": {"hostProcess": False}}},
        )
    mount = container.setting("procMount")
    if mount.text and mount.text != "Default":
        yield Issue(
            defect="host-access",
            rule="proc-mount",
            title="sees all of /proc",
            words=f"procMount {short(mount.text)} unmasks parts of /proc through which the kernel is reached",
            severity=Severity.MEDIUM,
            node=mount,
            fix={"securityContext": {"procMount": "Default"}},
        )
    yield from _capabilities(container.setting("capabilities").get("add"))
    for port in container.node.get("ports").items:
        if port.get("hostPort").number or is_unknown(port.get("hostPort").text):
            yield Issue(
                defect="network-exposure",
                rule="host-port",
                title="takes a port of its node",
                words=f"port {short(port.get('hostPort').text)} is open on every address of the node, past any Service",
                severity=Severity.MEDIUM,
                node=port.get("hostPort"),
                advice="Remove hostPort, and reach the container through a Service.",
            )


def _capabilities(added: Node) -> Iterator[Issue]:
    for node in added.items:
        name = capability(node.text)
        if name in BASELINE:
            if name != "NET_BIND_SERVICE":
                yield Issue(
                    defect="container-hardening",
                    rule="capability-kept",
                    title=f"keeps the capability {name}",
                    words="hardened containers have none but NET_BIND_SERVICE",
                    severity=Severity.LOW,
                    node=node,
                    advice=f"Take {name} out of capabilities.add where the program works without it.",
                )
        elif name:
            yield Issue(
                defect="host-access",
                rule="capability-added",
                title=f"adds the capability {short(name)}",
                words="it reaches beyond the container into the kernel or the network of the node",
                severity=capability_severity(name),
                node=node,
                advice=f"Take {short(name)} out of capabilities.add.",
            )


def _user(container: Container) -> Iterator[Issue]:
    if container.workload.is_windows:
        return
    user, non_root = container.setting("runAsUser"), container.setting("runAsNonRoot")
    fix = {"securityContext": {"runAsNonRoot": True, "runAsUser": 10001}}
    if user.number == 0:
        yield Issue(
            defect="container-root-user",
            rule="run-as-root",
            title="runs as root",
            words="runAsUser 0 makes every mistake in the runtime or the kernel one by root",
            severity=Severity.MEDIUM,
            node=user,
            fix=fix,
        )
    elif non_root.truth:
        return
    elif user.number is None or non_root.truth is False:
        said = "runAsNonRoot: false lets it" if non_root.truth is False else "nothing says that it must not"
        yield Issue(
            defect="container-root-user",
            rule="may-run-as-root",
            title="may run as root",
            words=f"{said}, and the image decides which user it is",
            severity=Severity.MEDIUM,
            confidence=Confidence.MEDIUM,
            node=non_root,
            fix=fix,
        )


def _hardening(container: Container) -> Iterator[Issue]:
    escalation = container.setting("allowPrivilegeEscalation")
    if escalation.truth is not False:
        yield Issue(
            defect="container-hardening",
            rule="privilege-escalation",
            title="may gain rights",
            words="with allowPrivilegeEscalation: true a setuid program in it becomes root"
            if escalation.truth
            else "allowPrivilegeEscalation is not set, so a setuid program in it becomes root",
            severity=Severity.MEDIUM if escalation.truth else Severity.LOW,
            node=escalation,
            fix={"securityContext": {"allowPrivilegeEscalation": False}},
        )
    dropped = {capability(one) for one in container.setting("capabilities").get("drop").texts}
    if "ALL" not in dropped:
        yield Issue(
            defect="container-hardening",
            rule="capabilities-not-dropped",
            title="keeps default capabilities",
            words="capabilities.drop has no ALL, and few programs need one of the fourteen",
            severity=Severity.LOW,
            node=container.setting("capabilities"),
            fix={"securityContext": {"capabilities": {"drop": ["ALL"]}}},
        )
    writable = container.setting("readOnlyRootFilesystem")
    if writable.truth is not True:
        yield Issue(
            defect="container-hardening",
            rule="writable-root",
            title="has a writable root file system",
            words="whoever breaks in can change its programs and leave tools behind",
            severity=Severity.LOW,
            node=writable,
            fix={"securityContext": {"readOnlyRootFilesystem": True}},
        )


def _profiles(container: Container) -> Iterator[Issue]:
    seccomp = container.setting("seccompProfile").get("type")
    if seccomp.text not in ("RuntimeDefault", "Localhost"):
        yield Issue(
            defect="container-hardening",
            rule="seccomp-unconfined" if seccomp else "seccomp-missing",
            title="has no seccomp profile",
            words="every system call of the kernel can be made from it",
            severity=Severity.MEDIUM if seccomp else Severity.LOW,
            node=seccomp,
            fix={"securityContext": {"seccompProfile": {"type": "RuntimeDefault"}}},
        )
    annotations = container.workload.template.get("metadata", "annotations")
    for node in (annotations.get(f"{_APPARMOR}{container.name}"), container.setting("appArmorProfile").get("type")):
        if node.text.lower() == "unconfined":
            yield Issue(
                defect="container-hardening",
                rule="apparmor-unconfined",
                title="is not held by AppArmor",
                words="the runtime's profile is switched off",
                severity=Severity.MEDIUM,
                node=node,
                fix={"securityContext": {"appArmorProfile": {"type": "RuntimeDefault"}}},
            )
    selinux = container.setting("seLinuxOptions")
    odd = [
        one
        for one, allowed in (
            (selinux.get("type"), SELINUX_TYPES),
            (selinux.get("user"), frozenset[str]()),
            (selinux.get("role"), frozenset[str]()),
        )
        if one.text and one.text not in allowed
    ]
    for node in odd[:1]:
        yield Issue(
            defect="container-hardening",
            rule="selinux-options",
            title="has SELinux options of its own",
            words=f"{short(node.text)} is none of the types that hold containers",
            severity=Severity.MEDIUM,
            node=node,
            advice="Remove seLinuxOptions.user, role, and a type other than container_t.",
        )


def _resources(container: Container) -> Iterator[Issue]:
    if container.sort == "ephemeral container":  # it may have none
        return
    limits = container.node.get("resources", "limits")
    pods = container.workload.pod.get("resources", "limits")
    for name, severity, words, example in (
        ("memory", Severity.MEDIUM, "one leak takes the memory of the node, and others are killed for it", "256Mi"),
        ("cpu", Severity.LOW, "it can take every core of the node", "500m"),
    ):
        if not limits.get(name) and not pods.get(name):
            yield Issue(
                defect="missing-resource-limits",
                rule=f"{name}-limit",
                title=f"has no limit on {'CPU' if name == 'cpu' else name}",
                words=words,
                severity=severity,
                node=NOTHING,
                fix={"resources": {"limits": {name: example}}},
            )
