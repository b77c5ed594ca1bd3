"""What a service of a Compose file has of its host's file system and devices."""

from __future__ import annotations

from collections.abc import Iterator

from secscan.findings.levels import Severity
from secscan.manifests.compose_files import Service, filled
from secscan.manifests.host import path_danger
from secscan.manifests.issues import Issue, short
from secscan.manifests.nodes import Node

_RAW_DEVICES = (
    "/dev/mem",
    "/dev/kmem",
    "/dev/port",
    "/dev/sd",
    "/dev/nvme",
    "/dev/vd",
    "/dev/xvd",
    "/dev/dm-",
    "/dev/mapper",
)


def volume_issues(service: Service) -> Iterator[Issue]:
    """Yield the folders of the host that a service has. Folders of the project itself are none of them."""
    for volume in service.node.get("volumes").items:
        source, read_only = _source(volume)
        source = service.volumes.get(source, source)
        if not source.startswith(("/", "~", "$HOME", "${HOME")):
            continue
        if not source.startswith("/"):
            severity, what = Severity.MEDIUM, "the home folder of whoever starts it, keys and credentials with it"
        else:
            severity, what = path_danger(source, read_only=read_only)
        yield Issue(
            defect="host-access",
            rule="host-path",
            title=f"has {short(source)} of its host",
            words=f"that is {what}",
            severity=severity,
            node=volume,
            advice="Use a named volume, `volumes: [data:/data]`, or a folder of the project, read-only.",
        )


def device_issues(node: Node) -> Iterator[Issue]:
    """Yield the devices of the host that a service has."""
    for one in node.get("devices").items:
        path = (filled(one.text or one.get("source").text) or "").partition(":")[0]
        if path.startswith("/dev/") and not path.startswith(("/dev/null", "/dev/zero", "/dev/urandom")):
            raw = path.startswith(_RAW_DEVICES)
            yield Issue(
                defect="host-access",
                rule="host-device",
                title=f"has the device {short(path)} of its host",
                words="it holds the host's memory or disks" if raw else "its driver is a part of the kernel",
                severity=Severity.HIGH if raw else Severity.LOW,
                node=one,
                advice=f"Take {short(path)} out of devices.",
            )


def _source(volume: Node) -> tuple[str, bool]:
    """What a volume is mounted from, and whether read-only; in the short form or the long one."""
    if volume.members:
        text = volume.get("source").text
        return filled(text) or text, volume.get("read_only").truth is True
    text = filled(volume.text) or volume.text
    source, colon, rest = text.partition(":")
    options = rest.partition(":")[2].split(",")
    # One path alone is a volume without a name, mounted there.
    return (source, "ro" in options) if colon else ("", False)
