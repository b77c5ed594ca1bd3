"""What a check finds, and the rules of all checks with the class of defect of each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from secscan.findings.levels import Confidence, Kind, Severity


class Rule(NamedTuple):
    """One rule."""

    defect: str
    title: str
    kind: Kind = Kind.MISCONFIGURATION


RULES = {
    "root-user": Rule("container-root-user", "Container runs as root"),
    "unpinned-base": Rule("unpinned-image", "Base image that can change without notice"),
    "unpinned-frontend": Rule("unpinned-image", "Frontend of the build that can change without notice"),
    "pipe-to-shell": Rule("unverified-download", "Download that is run at once"),
    "unverified-download": Rule("unverified-download", "Download that nothing verifies"),
    "remote-add": Rule("unverified-download", "ADD of a remote file without checksum"),
    "unsigned-packages": Rule("unverified-download", "Packages installed without their signatures"),
    "cleartext-download": Rule("cleartext-transport", "Download over cleartext"),
    "tls-off": Rule("tls-verification", "TLS verification switched off"),
    "ssh-host-key": Rule("ssh-host-key", "SSH host key not verified"),
    "secret": Rule("hardcoded-credential", "Secret in the image", Kind.SECRET),
    "secret-argument": Rule("hardcoded-credential", "Secret handed over as build argument"),
    "secret-file": Rule("information-exposure", "File of secrets copied into the image"),
    "sudo": Rule("attack-surface", "sudo in the image"),
    "sudo-without-password": Rule("container-hardening", "sudo without password"),
    "writable-by-all": Rule("insecure-permissions", "Files that everybody may change"),
    "setuid": Rule("setuid-file", "Program that runs with its owner's rights"),
    "remote-login": Rule("network-exposure", "Port of a remote login or of the engine"),
    "host-access": Rule("host-access", "Container or build with access to its host"),
    "no-healthcheck": Rule("missing-healthcheck", "No health check"),
}
"""By what follows `secscan.dockerfile.` in the id of a finding's rule."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One thing that is wrong, and where: characters from `start` up to `end` of the file."""

    rule: str
    start: int
    end: int
    message: str
    remedy: str
    severity: Severity = Severity.MEDIUM
    confidence: Confidence = Confidence.HIGH


@dataclass(frozen=True, slots=True)
class Lost:
    """A part of a file that was not understood."""

    detail: str
    at: int = 0
    """Where it begins in the file."""
