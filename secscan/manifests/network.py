"""Which workloads no network policy selects, or only in one direction, over all files of the target.

A NetworkPolicy holds the pods that it selects in its namespace, each direction for itself: without one, everything may
come in and go out. https://kubernetes.io/docs/concepts/services-networking/network-policies/,
https://docs.cilium.io/en/stable/security/policy/.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from secscan.findings.levels import Confidence, Severity
from secscan.manifests.issues import Issue, short
from secscan.manifests.nodes import Node
from secscan.manifests.objects import DEFAULT_NAMESPACE, Object, Workload
from secscan.manifests.references import is_unknown

INGRESS, EGRESS = "ingress", "egress"
_ANYWHERE = "*"
_CILIUM = "cilium.io"
_NAMESPACE_LABEL = "io.kubernetes.pod.namespace"
_PREFIXES = ("k8s:", "any:", "k8s.")


@dataclass(frozen=True)
class Policy:
    """What one policy (or one of the specifications of a Cilium policy) selects and closes."""

    namespace: str
    """As written, so empty where it is left to whoever applies it; `*` for every namespace."""
    selector: Node
    closes: frozenset[str]
    """The directions in which only what it names may pass."""
    opens: frozenset[str]
    """The directions in which it names everything."""
    cilium: bool = False


class Policies:
    """Every policy of the target, found by namespace."""

    def __init__(self, found: Iterable[Object]) -> None:
        self._by_namespace: dict[str, list[Policy]] = defaultdict(list)
        self.foreign = False
        """Whether there are policies that only their own controller can evaluate."""
        self.count = 0
        for one in found:
            for policy in _policies(one):
                self._by_namespace[policy.namespace or DEFAULT_NAMESPACE].append(policy)
                self.count += 1
            self.foreign = self.foreign or _is_foreign(one)

    def about(self, workload: Workload, *, whole: bool) -> Iterator[Issue]:
        """Yield in which directions nothing holds a workload. `whole`: whether all files of the project were seen."""
        if workload.pod.get("hostNetwork").truth:  # it has the network of its node, which no policy holds
            return
        sure = [one for one in self._of(workload) if selects(one, workload)]
        closed = frozenset[str]().union(*(one.closes for one in sure))
        opened = frozenset[str]().union(*(one.opens for one in sure))
        free = [way for way in (INGRESS, EGRESS) if way not in closed or way in opened]
        if not free:
            return
        confidence, doubt = self._confidence(workload, whole=whole)
        if not sure:
            title = "is selected by no NetworkPolicy"
            words = "every pod of the cluster can reach it, and it can reach every address"
        else:
            title = f"is open for {' and '.join(free)}"
            said = "names everything" if set(free) & opened else "says nothing"
            words = f"what selects it {said} for {' and '.join(free)}"
        yield Issue(
            defect="network-exposure",
            rule="no-network-policy" if not sure else "open-network-policy",
            title=title,
            words=f"{words}{doubt}",
            severity=Severity.MEDIUM if INGRESS in free else Severity.LOW,
            confidence=confidence,
            node=workload.object.anchor,
            advice=_example(workload),
        )

    def _of(self, workload: Workload) -> list[Policy]:
        namespace = workload.object.namespace or DEFAULT_NAMESPACE
        return [*self._by_namespace.get(namespace, ()), *self._by_namespace.get(_ANYWHERE, ())]

    def _confidence(self, workload: Workload, *, whole: bool) -> tuple[Confidence, str]:
        namespace = workload.object.namespace
        if is_unknown(namespace) or any(is_unknown(value) for value in workload.labels.values()):
            return Confidence.LOW, "; its namespace or labels are a template's, so this is not certain"
        if not whole:
            return Confidence.LOW, "; only a part of the files was looked at"
        if self.foreign:
            return Confidence.LOW, "; there are policies of another kind, which were not evaluated"
        every = (one for several in self._by_namespace.values() for one in several)
        if any(_may_be(one.namespace, namespace) and selects(one, workload) for one in every):
            return Confidence.LOW, "; a policy of a namespace that may turn out to be the same would select it"
        return (Confidence.HIGH if self.count else Confidence.MEDIUM), ""


def selects(policy: Policy, workload: Workload) -> bool:
    """Whether a policy's selector matches the labels of a workload's pods."""
    labels = workload.labels
    if policy.cilium:
        labels = {**labels, _NAMESPACE_LABEL: workload.object.namespace or DEFAULT_NAMESPACE}
    return matches(policy.selector, labels, prefixes=_PREFIXES if policy.cilium else ())


def matches(selector: Node, labels: dict[str, str], *, prefixes: tuple[str, ...] = ()) -> bool:
    """Whether a label selector matches: all its labels and all its expressions. An empty one matches everything."""
    return all(
        labels.get(_bare(name, prefixes)) == one.text for name, one in selector.get("matchLabels").members.items()
    ) and all(_holds(one, labels, prefixes) for one in selector.get("matchExpressions").items)


def _holds(expression: Node, labels: dict[str, str], prefixes: tuple[str, ...]) -> bool:
    name, values = _bare(expression.get("key").text, prefixes), expression.get("values").texts
    match expression.get("operator").text:
        case "In":
            return labels.get(name) in values
        case "NotIn":
            return labels.get(name) not in values
        case "Exists":
            return name in labels
        case "DoesNotExist":
            return name not in labels
    return False  # what nobody understands selects nothing


def _bare(name: str, prefixes: tuple[str, ...]) -> str:
    return next((name.removeprefix(prefix) for prefix in prefixes if name.startswith(prefix)), name)


def _policies(one: Object) -> Iterator[Policy]:
    if one.kind == "NetworkPolicy" and one.group in ("networking.k8s.io", "extensions"):
        spec = one.node.get("spec")
        types = {text.lower() for text in spec.get("policyTypes").texts}
        closes = types or ({INGRESS, EGRESS} if spec.get("egress").items else {INGRESS})
        opens = {way for way in closes if any(_names_everything(rule, way) for rule in spec.get(way).items)}
        yield Policy(one.namespace, spec.get("podSelector"), frozenset(closes), frozenset(opens))
    elif one.group == _CILIUM and one.kind in ("CiliumNetworkPolicy", "CiliumClusterwideNetworkPolicy"):
        namespace = _ANYWHERE if "Clusterwide" in one.kind else one.namespace
        for spec in [*([one.node.get("spec")] if one.node.get("spec") else []), *one.node.get("specs").items]:
            if "endpointSelector" not in spec.members:
                continue  # it selects nodes
            closes = {
                way
                for way in (INGRESS, EGRESS)
                if (way in spec.members or f"{way}Deny" in spec.members)
                and spec.get("enableDefaultDeny", way).truth is not False
            }
            opens = {way for way in closes if any(_names_all_entities(rule, way) for rule in spec.get(way).items)}
            yield Policy(namespace, spec.get("endpointSelector"), frozenset(closes), frozenset(opens), cilium=True)


def _names_everything(rule: Node, way: str) -> bool:
    """Whether a rule has neither peers nor ports."""
    return not rule.get("from" if way == INGRESS else "to").items and not rule.get("ports").items


def _names_all_entities(rule: Node, way: str) -> bool:
    prefix = "from" if way == INGRESS else "to"
    return "all" in rule.get(f"{prefix}Entities").texts and not rule.get("toPorts").items


def _is_foreign(one: Object) -> bool:
    return one.kind.endswith("NetworkPolicy") and one.group not in ("networking.k8s.io", "extensions", _CILIUM)


def _may_be(policy_namespace: str, namespace: str) -> bool:
    """Whether two that are not the same as written may be one: one is a template's, or left to whoever applies it."""
    if policy_namespace in (namespace, _ANYWHERE):
        return False
    return is_unknown(policy_namespace) or not policy_namespace or not namespace


def _example(workload: Workload) -> str:
    labels = ", ".join(f"{short(name)}: {short(value)}" for name, value in list(workload.labels.items())[:3])
    return (
        "Close both directions, then name who may come and go: `kind: NetworkPolicy` with "
        f"`spec: {{podSelector: {{matchLabels: {{{labels}}}}}, policyTypes: [Ingress, Egress], "
        "ingress: [{from: [{podSelector: {matchLabels: {app: CALLER}}}]}], "
        "egress: [{to: [{podSelector: {matchLabels: {app: CALLED}}}]}]}`."
    )
