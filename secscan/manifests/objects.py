"""Objects of Kubernetes: lists taken apart, and workloads with their containers, in every kind that has a pod in it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from secscan.manifests.issues import Subject, short
from secscan.manifests.nodes import NOTHING, Node

DEFAULT_NAMESPACE = "default"

_POD_AT = (
    (),
    ("template",),
    ("spec", "template"),
    ("spec", "jobTemplate", "spec", "template"),
    ("spec", "jobTargetRef", "template"),
)
"""Where the template of a pod lies: of a Pod itself, of a PodTemplate, of a Deployment and most others (an Argo
Rollout, a service of Knative), of a CronJob, of a ScaledJob."""
_LISTS = (
    ("containers", "container"),
    ("initContainers", "init container"),
    ("ephemeralContainers", "ephemeral container"),
)


@dataclass(frozen=True)
class Object:
    """One object, and the file it stands in."""

    path: str
    node: Node

    @property
    def kind(self) -> str:
        """Such as `Deployment`."""
        return self.node.get("kind").text

    @property
    def group(self) -> str:
        """The group of its API; empty for the core."""
        return self.node.get("apiVersion").text.rpartition("/")[0]

    @property
    def name(self) -> str:
        """Its own name, or how the name that it will get begins."""
        metadata = self.node.get("metadata")
        return metadata.get("name").text or (f"{made}*" if (made := metadata.get("generateName").text) else "unnamed")

    @property
    def namespace(self) -> str:
        """Empty where it does not say."""
        return self.node.get("metadata", "namespace").text

    @property
    def anchor(self) -> Node:
        """Where its findings are shown: at its name."""
        return self.node.get("metadata", "name") or self.node.get("kind") or self.node

    @property
    def subject(self) -> Subject:
        """The object as that which issues are about."""
        kind, name = short(self.kind), short(self.name)
        return Subject(node=self.anchor, symbol=f"{kind}/{name}", name=f"{kind} {name}", dialect="kubernetes")


@dataclass(frozen=True)
class Container:
    """A container of a workload."""

    node: Node
    sort: str
    """`container`, `init container` or `ephemeral container`."""
    name: str
    workload: Workload

    @property
    def subject(self) -> Subject:
        """The container as that which issues are about; shown at its name."""
        whole = self.workload.object.subject
        return Subject(
            node=self.node.get("name") or self.node,
            symbol=f"{whole.symbol}/{self.sort} {short(self.name)}",
            name=f"{self.sort} {short(self.name)} of {whole.name}",
            dialect="kubernetes",
            under=f"in the {self.sort} {short(self.name)}",
        )

    def setting(self, name: str) -> Node:
        """A field of the security context; where it is the pod's, too, the container's own comes first."""
        own = self.node.get("securityContext", name)
        return own or (self.workload.pod.get("securityContext", name) if name in _OF_PODS_TOO else NOTHING)


_OF_PODS_TOO = frozenset(
    ("appArmorProfile", "runAsNonRoot", "runAsUser", "runAsGroup", "seLinuxOptions", "seccompProfile", "windowsOptions")
)


@dataclass(frozen=True)
class Workload:
    """An object that makes pods."""

    object: Object
    template: Node
    """The pod's template: its metadata and `spec`."""

    @property
    def pod(self) -> Node:
        """The pod's specification."""
        return self.template.get("spec")

    @cached_property
    def labels(self) -> dict[str, str]:
        """The labels that its pods have."""
        return {name: one.text for name, one in self.template.get("metadata", "labels").members.items()}

    @property
    def is_windows(self) -> bool:
        """Whether it says that its pods are for Windows, which has none of Linux's fences."""
        return self.pod.get("os", "name").text == "windows"

    @cached_property
    def containers(self) -> tuple[Container, ...]:
        """All of them, in the order of the file."""
        return tuple(
            Container(node, sort, node.get("name").text or f"{number}", self)
            for field, sort in _LISTS
            for number, node in enumerate(self.pod.get(field).items, start=1)
        )


def objects(path: str, document: Node) -> Iterator[Object]:
    """Yield the objects of one document: itself, or what a list holds. The nesting of documents is bounded."""
    items = document.get("items")
    if document.get("kind").text.endswith("List") and items.items:
        for item in items.items:
            yield from objects(path, item)
    elif document.get("apiVersion").text and document.get("kind").text:
        yield Object(path, document)


def workload_of(one: Object) -> Workload | None:
    """The object as a workload; None where it makes no pods."""
    for at in _POD_AT:
        template = one.node.get(*at)
        if any(template.get("spec", field).items for field, _ in _LISTS):
            return Workload(one, template)
    return None
