"""Gradle's lock files. Format: https://docs.gradle.org/current/userguide/dependency_locking.html"""

from __future__ import annotations

from secscan.inventory.contract import Declared, Inventory, Scope, broken, joined, reading
from secscan.inventory.documents import decode_text
from secscan.inventory.maven import MAVEN


@reading
def read_gradle_lock(path: str, data: bytes) -> Inventory:
    """Read lines such as `group:artifact:1.0=compileClasspath,runtimeClasspath`."""
    parts = []
    for number, raw in enumerate(decode_text(data).splitlines(), start=1):
        line, _, configurations = raw.strip().partition("=")
        if not line or line.startswith("#") or line == "empty":
            continue
        coordinates = line.split(":")
        if len(coordinates) != 3 or not all(coordinates):
            parts.append(broken(path, f"{line[:60]!r} is not group:artifact:version", number))
            continue
        group, artifact, version = coordinates
        used = [one for one in configurations.split(",") if one]
        scope = Scope.DEV if used and all(one.lower().startswith("test") for one in used) else Scope.UNKNOWN
        parts.append(Inventory(packages=(Declared(f"{group}:{artifact}", version, MAVEN, path, number, scope=scope),)))
    return joined(parts)
