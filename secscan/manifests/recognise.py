"""What a YAML or JSON file is: a manifest, a Compose file, something of Kustomize or Helm, or nobody's business.

Whether it can be one is asked of its text first, since most such files are none and reading one takes its time. The
name `apiVersion` can only be hidden from that by an escape or a tag, so a text with one that could is read.
"""

from __future__ import annotations

import re
from enum import StrEnum

from secscan.manifests.nodes import Node

SUFFIXES = (".yaml", ".yml", ".json")

_COMPOSE_NAME = re.compile(r"(?:^|[/.-])(?:docker-)?compose(?:[.-][\w.-]{1,80})?\.ya?ml$", re.IGNORECASE)
_KUSTOMIZATION_NAME = re.compile(r"(?:^|/)kustomization(?:\.ya?ml)?$", re.IGNORECASE)
_HIDING = re.compile(r"\\(?:x|u00|U000000)[4-7]|\\\r?\n|!!binary|:binary|%TAG")
_API = re.compile(r"(?m)(?:^|[\s{,\"'])apiVersion[\"']?\s{0,20}:")
_KIND = re.compile(r"(?m)(?:^|[\s{,\"'])kind[\"']?\s{0,20}:")
_SERVICES = re.compile(r"(?m)^[\"'{ ]{0,4}services[\"']?\s{0,20}:")
_TEMPLATE = re.compile(r"\{\{[-%#]?[^{}]{0,500}\}\}|\{%-?[^{}]{0,500}%\}")
_IN_CHART = re.compile(r"(?:^|(?P<chart>.+)/)templates/(?:[^/]+/){0,20}[^/]+$")


class Form(StrEnum):
    """What a document is."""

    KUBERNETES = "kubernetes"
    COMPOSE = "compose"
    KUSTOMIZE = "kustomize"
    OTHER = ""


def is_candidate(path: str, text: str) -> bool:
    """Whether any document of a file can be a manifest."""
    if is_compose_name(path) or _KUSTOMIZATION_NAME.search(path):
        return True
    return "apiVersion" in text or "services" in text or _HIDING.search(text) is not None


def looks_like_manifest(path: str, text: str) -> bool:
    """Whether a file that cannot be read is most likely a manifest, by its name and its text."""
    if is_compose_name(path) or _KUSTOMIZATION_NAME.search(path):
        return True
    if _API.search(text) and _KIND.search(text):
        return True
    return _SERVICES.search(text) is not None and re.search(r"(?m)^\s{1,40}(?:image|build)\s{0,9}:", text) is not None


def is_compose_name(path: str) -> bool:
    """Whether Compose would take a file of this name."""
    return _COMPOSE_NAME.search(path) is not None


def is_template(text: str) -> bool:
    """Whether a text is to be filled in before it is YAML."""
    return _TEMPLATE.search(text) is not None


def chart_of(path: str) -> str | None:
    """The folder of the Helm chart whose template a file is by its place; None for another."""
    found = _IN_CHART.match(path)
    return (found["chart"] or ".") if found else None


def form_of(path: str, document: Node) -> Form:
    """What a document is."""
    api, kind = document.get("apiVersion").text, document.get("kind").text
    if api.startswith("kustomize.config.k8s.io/") or (_KUSTOMIZATION_NAME.search(path) and document.members):
        return Form.KUSTOMIZE
    if api and kind:
        return Form.KUBERNETES
    services = document.get("services").members
    if services and (is_compose_name(path) or any(map(_is_service, services.values()))):
        return Form.COMPOSE
    return Form.OTHER


def _is_service(node: Node) -> bool:
    return bool(node.get("image") or node.get("build"))
