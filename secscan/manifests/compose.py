"""Checks of one service of a Compose file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from secscan.findings.levels import Confidence, Severity
from secscan.manifests.compose_files import Service, filled
from secscan.manifests.compose_ports import port_issues
from secscan.manifests.compose_volumes import device_issues, volume_issues
from secscan.manifests.host import BASELINE, capability, capability_severity
from secscan.manifests.issues import Issue, short
from secscan.manifests.nodes import NOTHING, Node
from secscan.manifests.references import image_issue

_NAMESPACES = (
    ("network_mode", "host-network", "shares the network of its host", Severity.HIGH),
    ("pid", "host-pid", "shares the processes of its host", Severity.HIGH),
    ("ipc", "host-ipc", "shares the memory segments of its host", Severity.HIGH),
    ("uts", "host-uts", "shares the name of its host", Severity.LOW),
    ("userns_mode", "host-users", "has the user ids of its host", Severity.MEDIUM),
    ("cgroup", "host-cgroup", "sees the control groups of its host", Severity.MEDIUM),
)


def service_issues(service: Service) -> Iterator[Issue]:
    """Yield what is wrong with a service. What is missing counts only where the service is whole."""
    node = service.node
    yield from _host(node)
    yield from _capabilities(node)
    yield from volume_issues(service)
    yield from device_issues(node)
    yield from port_issues(node)
    yield from _options(node)
    yield from _user(node, partial=service.partial)
    if not service.partial:
        yield from _missing(node)
    if node.get("image") and not node.get("build"):
        image = node.get("image")
        name = filled(image.text)
        yield from image_issue(replace(image, value=name or ""))


def _host(node: Node) -> Iterator[Issue]:
    if node.get("privileged").truth or _default(node.get("privileged")) == "true":
        yield Issue(
            defect="host-access",
            rule="privileged",
            title="runs privileged",
            words="it has every capability and every device, so whoever breaks in has the host",
            severity=Severity.HIGH,
            node=node.get("privileged"),
            fix={"privileged": False},
        )
    for field, rule, title, severity in _NAMESPACES:
        if _default(node.get(field)) == "host":
            yield Issue(
                defect="host-access",
                rule=rule,
                title=title,
                words=f"{field}: host takes that wall away",
                severity=severity,
                node=node.get(field),
                advice=f"Remove {field}: host.",
            )
    if node.get("use_api_socket").truth:
        yield Issue(
            defect="host-access",
            rule="engine-socket",
            title="may command the container engine",
            words="use_api_socket gives it the engine's socket, which is root on the host",
            severity=Severity.HIGH,
            node=node.get("use_api_socket"),
            fix={"use_api_socket": False},
        )
    build = node.get("build")
    if build.get("privileged").truth or "security.insecure" in build.get("entitlements").texts:
        yield Issue(
            defect="host-access",
            rule="privileged-build",
            title="is built with all rights",
            words="whatever its Dockerfile downloads runs without a wall while it is built",
            severity=Severity.MEDIUM,
            node=build,
            advice="Remove build.privileged and the entitlement security.insecure.",
        )


def _capabilities(node: Node) -> Iterator[Issue]:
    for one in node.get("cap_add").items:
        name = capability(one.text)
        if name and name not in BASELINE:
            yield Issue(
                defect="host-access",
                rule="capability-added",
                title=f"adds the capability {short(name)}",
                words="it reaches beyond the container into the kernel or the network of the host",
                severity=capability_severity(name),
                node=one,
                advice=f"Take {short(name)} out of cap_add.",
            )


def _options(node: Node) -> Iterator[Issue]:
    """Fences that are taken down by name."""
    for one in node.get("security_opt").items:
        name, _, value = one.text.replace("=", ":", 1).partition(":")
        if (name, value) in (("seccomp", "unconfined"), ("apparmor", "unconfined"), ("label", "disable")):
            fence = {"seccomp": "a seccomp profile", "apparmor": "AppArmor", "label": "SELinux"}[name]
            yield Issue(
                defect="container-hardening",
                rule=f"{'selinux-disabled' if name == 'label' else f'{name}-unconfined'}",
                title=f"is not held by {fence}",
                words=f"{one.text} switches it off",
                severity=Severity.MEDIUM,
                node=one,
                advice=f"Remove {one.text} from security_opt.",
            )
        elif (name, value) == ("systempaths", "unconfined"):
            yield Issue(
                defect="host-access",
                rule="proc-mount",
                title="sees all of /proc and /sys",
                words="paths through which the kernel is reached are not masked",
                severity=Severity.MEDIUM,
                node=one,
                advice="Remove systempaths from security_opt.",
            )


def _user(node: Node, *, partial: bool) -> Iterator[Issue]:
    user = node.get("user")
    named = _default(user).partition(":")[0]
    if named == "root" or (named.isdecimal() and int(named[:9]) == 0 and not named.strip("0")):
        yield Issue(
            defect="container-root-user",
            rule="run-as-root",
            title="runs as root",
            words=f"user: {short(user.text)} makes every mistake in the runtime or the kernel one by root",
            severity=Severity.MEDIUM,
            node=user,
            fix={"user": '"10001:10001"'},
        )
    elif not user and not partial:
        yield Issue(
            defect="container-root-user",
            rule="may-run-as-root",
            title="may run as root",
            words="user is missing, and the image decides which user it is",
            severity=Severity.MEDIUM,
            confidence=Confidence.LOW,
            node=NOTHING,
            fix={"user": '"10001:10001"'},
        )


def _missing(node: Node) -> Iterator[Issue]:
    options = {one.text.replace("=", ":", 1).lower() for one in node.get("security_opt").items}
    if not options & {"no-new-privileges", "no-new-privileges:true"}:
        yield _hardening(
            "privilege-escalation",
            "may gain rights",
            "security_opt has no no-new-privileges, so a setuid program in it becomes root",
            {"security_opt": ["no-new-privileges:true"]},
        )
    if "ALL" not in {capability(one.text) for one in node.get("cap_drop").items}:
        yield _hardening(
            "capabilities-not-dropped",
            "keeps default capabilities",
            "cap_drop has no ALL, and few programs need one of the fourteen",
            {"cap_drop": ["ALL"]},
        )
    if not node.get("read_only").truth:
        yield _hardening(
            "writable-root",
            "has a writable root file system",
            "whoever breaks in can change its programs and leave tools behind",
            {"read_only": True},
        )
    limits = node.get("deploy", "resources", "limits")
    for rule, words, there, severity, fix in (
        (
            "memory",
            "one leak takes the memory of the host",
            ("mem_limit", "memory"),
            Severity.MEDIUM,
            {"mem_limit": "256m"},
        ),
        ("CPU", "it can take every core of the host", ("cpus", "cpus"), Severity.LOW, {"cpus": 0.5}),
        ("processes", "a fork bomb stops the host", ("pids_limit", "pids"), Severity.LOW, {"pids_limit": 200}),
    ):
        if not node.get(there[0]) and not limits.get(there[1]) and not (rule == "CPU" and node.get("cpu_quota")):
            yield Issue(
                defect="missing-resource-limits",
                rule=f"{rule.lower()}-limit",
                title=f"has no limit on {rule}",
                words=words,
                severity=severity,
                node=NOTHING,
                fix=fix,
            )


def _hardening(rule: str, title: str, words: str, fix: dict[str, object]) -> Issue:
    return Issue(
        defect="container-hardening",
        rule=rule,
        title=title,
        words=words,
        severity=Severity.LOW,
        node=NOTHING,
        fix=fix,
    )


def _default(node: Node) -> str:
    """What a field says, its variables filled in; empty where nobody knows."""
    return (filled(node.text) or "").strip()
