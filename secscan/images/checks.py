"""What is wrong with an image itself: who runs it, what lies in it, what it tells."""

from __future__ import annotations

import re
import shlex
from collections import defaultdict
from collections.abc import Iterator
from datetime import date

from secscan.findings.levels import Confidence, Kind, Severity
from secscan.findings.model import Finding, Layer, Location, Region, Source
from secscan.images.limits import SCANNER
from secscan.images.reading import IN_CONFIG, FileFact, FoundSecret, ImageConfig, ImageReading
from secscan.inventory.distribution import distribution_of

_OF_DISTRIBUTIONS = frozenset(
    """
    su mount umount passwd chsh chfn newgrp gpasswd chage expiry wall write sudo sudoedit ping ping6 fusermount
    fusermount3 unix_chkpwd pam_timestamp_check dbus-daemon-launch-helper ssh-agent ssh-keysign crontab pkexec bbsuid
    doas at utempter pppd Xorg.wrap polkit-agent-helper-1 snap-confine userhelper chkpwd
    """.split()  # noqa: SIM905 - a list of words
)
"""Programs that distributions ship with another's rights."""
_ZERO = re.compile(r"[+-]?0+")
"""The user 0, as engines read numbers."""
_PORTS = {
    "22": "SSH", "23": "Telnet", "2375": "Docker's API without TLS", "2376": "Docker's API", "3389": "RDP",
    "5900": "VNC", "5985": "WinRM", "10250": "the kubelet's API", "2379": "etcd", "6443": "the API of Kubernetes",
}  # fmt: skip
_SURFACE = {
    "package-manager": ("package managers", Severity.LOW, "install whatever is missing for the next step of an attack"),
    "shell": ("shells", Severity.INFO, "run commands of whoever breaks in"),
    "builder": ("compilers and network tools", Severity.LOW, "build, fetch and listen"),
}


def findings_of(reading: ImageReading, today: date) -> tuple[Finding, ...]:
    """Return what is wrong with an image; `today` decides whether its distribution still gets security updates."""
    config = reading.config
    return (
        *(_of_config(config) if config else ()),
        *_of_distribution(reading, today),
        *(_of_file(fact, _layer(reading, fact.layer)) for fact in reading.facts if fact.fact not in _SURFACE),
        *_surface(reading),
        *(_secret(one, _layer(reading, one.layer)) for one in reading.secrets),
    )


def _layer(reading: ImageReading, index: int | None) -> Layer | None:
    return reading.layers[index] if index is not None and index < len(reading.layers) else None


def _finding(
    rule: str,
    defect: str,
    title: str,
    message: str,
    severity: Severity,
    remediation: str,
    *,
    path: str = IN_CONFIG,
    symbol: str = "",
    layer: Layer | None = None,
    confidence: Confidence = Confidence.HIGH,
) -> Finding:
    return Finding(
        kind=Kind.MISCONFIGURATION,
        defect=defect,
        title=title,
        message=message,
        severity=severity,
        confidence=confidence,
        location=Location(path=path, symbol=symbol),
        sources=(Source(scanner=SCANNER, rule=f"secscan.image.{rule}", severity=severity, confidence=confidence),),
        remediation=remediation,
        layer=layer,
    )


def _of_config(config: ImageConfig) -> Iterator[Finding]:
    user = config.user.partition(":")[0]
    if user in ("", "root") or _ZERO.fullmatch(user):
        why = "The image names no user, so its program runs as root." if not user else f"Its user is {user}."
        yield _finding(
            "root-user", "container-root-user", "The container runs as root",
            f"{why} Who breaks out of the program is root in the container, and on the host unless user namespaces "
            "hold.", Severity.MEDIUM, "Add a user and switch to it at the end of the Dockerfile: USER 10001:10001.",
        )  # fmt: skip
    if not config.has_healthcheck:
        yield _finding(
            "no-healthcheck", "missing-healthcheck", "The image has no health check",
            "Nobody notices a program that hangs. (Kubernetes uses probes of its own instead; images in OCI's format "
            "cannot have one.)", Severity.INFO, "Add a HEALTHCHECK, or probes where it is deployed.",
        )  # fmt: skip
    for port in config.ports:
        number = port.partition("/")[0]
        if number in _PORTS:
            yield _finding(
                "exposed-port", "network-exposure", f"Port {number} is exposed: {_PORTS[number]}",
                f"The image offers {_PORTS[number]} (EXPOSE {port[:20]}): a way in that no application needs.",
                Severity.MEDIUM, f"Remove EXPOSE {number} and what listens there.", symbol=f"port {number}",
            )  # fmt: skip
    base = config.labels.get("org.opencontainers.image.base.name", "")
    if base and "@" not in base and (base.endswith(":latest") or ":" not in base.rpartition("/")[2]):
        yield _finding(
            "latest-base", "unpinned-image", "The base image is whatever was the latest",
            f"The image tells that it was built from {base[:200]}: another build gets another base.", Severity.LOW,
            "Name the base by version and digest: FROM debian:12.7@sha256:...",
        )  # fmt: skip


def _of_distribution(reading: ImageReading, today: date) -> Iterator[Finding]:
    found = distribution_of(reading.distribution)
    if found and found.supported_until and found.supported_until < today:
        yield _finding(
            "end-of-life", "unmaintained-distribution", f"{found.name} gets no more security updates",
            f"The support of {found.name} ended on {found.supported_until.isoformat()}"
            f"{found.support and f' ({found.support})'}. Vulnerabilities that are found from now on stay, and many of "
            "them are in no advisory.", Severity.HIGH,
            "Build on a release that is supported.",
        )  # fmt: skip


def _of_file(fact: FileFact, layer: Layer | None) -> Finding:
    mode, name = f"{fact.mode:04o}", fact.path.rpartition("/")[2]
    place = shlex.quote(f"/{fact.path}")  # whoever takes a command from a report runs it as it is
    if fact.fact in ("setuid", "setgid"):
        usual = name in _OF_DISTRIBUTIONS and fact.path.startswith(("usr/", "bin/", "sbin/", "lib/"))
        whose = f"user {fact.user}" if fact.fact == "setuid" else f"group {fact.group}"
        return _finding(
            fact.fact, "setuid-file", f"{name[:80]} runs with the rights of {whose}",
            f"{fact.path} has mode {mode}: whoever starts it gets the rights of {whose}."
            + (" Distributions ship it so; hardly any container needs it." if usual else ""),
            Severity.LOW if usual else Severity.HIGH,
            f"Remove it, or the bit: RUN chmod a-s {place}", path=fact.path, symbol=fact.fact, layer=layer,
        )  # fmt: skip
    if fact.fact == "device":
        return _finding(
            "device", "host-access", "A device file lies in the image",
            f"{fact.path} is a device: in a container that may use devices it leads to the host.", Severity.MEDIUM,
            "Remove it; engines make the devices that a container needs.", path=fact.path, layer=layer,
        )  # fmt: skip
    sensitive = fact.fact == "writable-sensitive"
    danger = (
        "who can write it can give himself any rights" if sensitive else "any process in the container can change it"
    )
    remedy = f"RUN chown root:root {place} && chmod 644 {place}" if sensitive else f"RUN chmod o-w {place}"
    return _finding(
        fact.fact, "insecure-permissions",
        "A file that decides who may what can be changed by others" if sensitive else "Everybody can write here",
        f"{fact.path} has mode {mode} and belongs to user {fact.user}: {danger}.",
        Severity.HIGH if sensitive else Severity.MEDIUM, remedy, path=fact.path, symbol=fact.fact, layer=layer,
    )  # fmt: skip


def _surface(reading: ImageReading) -> Iterator[Finding]:
    groups: dict[str, list[FileFact]] = defaultdict(list)
    for fact in reading.facts:
        if fact.fact in _SURFACE:
            groups[fact.fact].append(fact)
    for name, facts in sorted(groups.items()):
        what, severity, use = _SURFACE[name]
        names = sorted({fact.path.rpartition("/")[2] for fact in facts})
        yield _finding(
            f"left-in.{name}", "attack-surface", f"The image holds {what}",
            f"It holds {', '.join(names)}: they {use}.", severity,
            "Build in one stage, and copy what runs into another from a base without them (distroless, scratch).",
            symbol=what, layer=_layer(reading, min(fact.layer for fact in facts)),
        )  # fmt: skip


def _secret(one: FoundSecret, layer: Layer | None) -> Finding:
    found = one.found
    part = f" In {found['part']}." if "part" in found else ""
    severity, confidence = Severity(str(found["severity"])), Confidence(str(found["confidence"]))
    region = None
    if one.path != IN_CONFIG:
        names = ("start_line", "start_column", "end_line", "end_column")
        region = Region(**{name: int(found[name]) for name in names})
    revoke = f"Revoke it: {found['revoke']}. " if found.get("revoke") else "Revoke it. "
    return Finding(
        kind=Kind.SECRET,
        defect="hardcoded-credential",
        title=str(found["title"]),
        message=f"A secret stands in the image: {found['preview']}.{part} A later layer that deletes it does not take "
        "it out: whoever can pull the image can read every layer.",
        severity=severity,
        confidence=confidence,
        location=Location(path=one.path, region=region, symbol=str(found.get("part", ""))),
        sources=(
            Source(scanner=SCANNER, rule=f"secscan.secret.{found['rule']}", severity=severity, confidence=confidence),
        ),
        identifiers=("CWE-798",),
        secret_id=str(found.get("secret_id", "")),
        same=str(found.get("same", "")),
        remediation=f"{revoke}Then build without it: RUN --mount=type=secret, or read it from a secret store when the "
        "container starts.",
        layer=layer,
    )
