"""Compose files of a target: the findings of every service, and what could not be followed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from secscan.manifests.compose import service_issues
from secscan.manifests.compose_files import ComposeFile, Service
from secscan.manifests.issues import as_findings
from secscan.manifests.literals import secret_findings
from secscan.manifests.nodes import Node

_DEFAULT = re.compile(r"\$\{\w{1,200}:?-(?P<value>[^{}]{0,4000})\}")


def project_findings(file: ComposeFile, path: str) -> Iterator[dict[str, Any]]:
    """Yield the findings of every service of a file."""
    for service in file.services():
        yield from as_findings(service.subject, service_issues(service))
        for field in (("environment",), ("build", "args")):
            yield from _secrets(service, service.node.get(*field), path)


def _secrets(service: Service, given: Node, path: str) -> Iterator[dict[str, Any]]:
    for name, value in given.members.items():
        yield from _secret(service, name, value, 0, path)
    for entry in given.items:
        name, equals, _ = entry.text.partition("=")
        if equals:
            yield from _secret(service, name, entry, len(name) + 1, path)


def _secret(service: Service, name: str, value: Node, offset: int, path: str) -> Iterator[dict[str, Any]]:
    """A secret in a literal, or in what stands there for a variable that is not set."""
    found = _DEFAULT.fullmatch(value.text, offset)
    start, end = found.span("value") if found else (offset, None)
    yield from secret_findings(service.subject, name, value, path, offset=start, end=end)
