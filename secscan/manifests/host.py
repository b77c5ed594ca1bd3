"""What of a host a container can be given, and what each part of it is worth to whoever breaks in.

The lists of capabilities, kernel settings and SELinux types are those of the Pod Security Standards, level "baseline":
https://kubernetes.io/docs/concepts/security/pod-security-standards/. Compose asks the same kernel for the same things.
"""

from __future__ import annotations

import posixpath
import re

from secscan.findings.levels import Severity

BASELINE = frozenset(
    (
        "AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD", "NET_BIND_SERVICE", "SETFCAP",
        "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT",
    )
)  # fmt: skip
"""Capabilities that a container has anyway, unless it drops them."""
_WHOLE_HOST = frozenset(
    (
        "ALL", "BPF", "DAC_READ_SEARCH", "MAC_ADMIN", "MAC_OVERRIDE", "PERFMON", "SYS_ADMIN", "SYS_BOOT", "SYS_MODULE",
        "SYS_PTRACE", "SYS_RAWIO",
    )
)  # fmt: skip
"""Those with which its walls can be taken down from within."""

SAFE_SYSCTLS = frozenset(
    (
        "kernel.shm_rmid_forced", "net.ipv4.ip_local_port_range", "net.ipv4.ip_local_reserved_ports",
        "net.ipv4.ip_unprivileged_port_start", "net.ipv4.ping_group_range", "net.ipv4.tcp_fin_timeout",
        "net.ipv4.tcp_keepalive_intvl", "net.ipv4.tcp_keepalive_probes", "net.ipv4.tcp_keepalive_time",
        "net.ipv4.tcp_rmem", "net.ipv4.tcp_syncookies", "net.ipv4.tcp_wmem",
    )
)  # fmt: skip
SELINUX_TYPES = frozenset(("container_t", "container_init_t", "container_kvm_t", "container_engine_t"))

_SOCKET = re.compile(r"(?:docker|containerd|crio|podman|cri-dockerd|buildkitd|kubelet)\.sock$")
_SOCKET_FOLDERS = ("/var/run", "/run", "/run/containerd", "/run/podman", "/run/crio", "/run/docker")
_SENSITIVE = (
    "/boot", "/dev", "/etc", "/lib/modules", "/proc", "/root", "/sys", "/usr", "/home", "/bin", "/sbin", "/lib",
    "/opt/cni", "/var/lib/kubelet", "/var/lib/docker", "/var/lib/containerd", "/var/lib/etcd",
    "/var/log", "/var/lib/rancher", "/var/spool/cron",
)  # fmt: skip
_HARMLESS = frozenset(("/etc/localtime", "/etc/timezone", "/usr/share/zoneinfo", "/etc/ssl/certs", "/dev/null"))


def capability(text: str) -> str:
    """The name of a capability as the kernel's manual has it, without `CAP_`."""
    return text.strip().upper().removeprefix("CAP_")


def capability_severity(name: str) -> Severity:
    """How bad it is to add a capability that is not among `BASELINE`."""
    return Severity.HIGH if name in _WHOLE_HOST else Severity.MEDIUM


def path_danger(text: str, *, read_only: bool) -> tuple[Severity, str]:
    """How bad it is to mount a path of the host, and what it gives away."""
    path = posixpath.normpath("/" + text.strip().lstrip("/"))
    if path == "/":
        return Severity.HIGH, "the whole file system of the host"
    bare = path.removeprefix("/var") if path.startswith("/var/run") else path
    if _SOCKET.search(bare) or path in _SOCKET_FOLDERS or bare in _SOCKET_FOLDERS:
        return (
            Severity.HIGH,
            "the socket of the container engine, which is root on the host, also when it is mounted read-only",
        )
    if path in _HARMLESS and read_only:
        return Severity.INFO, "a harmless file of the host, read-only"
    if any(path == one or path.startswith(f"{one}/") for one in _SENSITIVE) or path == "/var":
        what = "a folder in which the host keeps what it runs and trusts"
        return (Severity.MEDIUM, f"{what}, read-only") if read_only else (Severity.HIGH, what)
    return (Severity.LOW if read_only else Severity.MEDIUM), "a folder of the host" + (
        ", read-only" if read_only else ""
    )
