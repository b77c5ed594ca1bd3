"""Roles and bindings that give more than anybody should have: https://kubernetes.io/docs/concepts/security/rbac-good-practices/."""

from __future__ import annotations

from collections.abc import Iterator

from secscan.findings.levels import Severity
from secscan.manifests.issues import Issue, short
from secscan.manifests.nodes import Node
from secscan.manifests.objects import Object

GROUP = "rbac.authorization.k8s.io"
_READ = frozenset({"get", "list", "watch"})
_ANYBODY = frozenset({"system:anonymous", "system:unauthenticated"})
_EVERYBODY = frozenset({"system:authenticated", "system:serviceaccounts"})
_POWERS = (
    (
        "escalate-bind-impersonate",
        {"escalate", "bind"},
        {"roles", "clusterroles"},
        "can give itself any role",
        Severity.HIGH,
    ),
    (
        "escalate-bind-impersonate",
        {"impersonate"},
        {"users", "groups", "serviceaccounts", "userextras", "uids"},
        "can act as somebody else",
        Severity.HIGH,
    ),
    (
        "pods-exec",
        {"create", "get"},
        {"pods/exec", "pods/attach"},
        "can run commands in every pod it reaches",
        Severity.MEDIUM,
    ),
    ("account-tokens", {"create"}, {"serviceaccounts/token"}, "can make tokens of other accounts", Severity.HIGH),
    (
        "nodes-proxy",
        {"create", "get"},
        {"nodes/proxy"},
        "can reach every kubelet past audit and admission",
        Severity.HIGH,
    ),
)


_MIGHTY_GROUPS = frozenset({"*", "", "rbac.authorization.k8s.io"})
"""Groups of which one is enough for everything: that of Secrets and pods, and that of rights. An operator has all
rights over its own group as a matter of course."""


def role_issues(role: Object) -> Iterator[Issue]:
    """Yield what is too much in a Role or ClusterRole."""
    wide = role.kind == "ClusterRole"
    for rule in role.node.get("rules").items:
        verbs = {one.lower() for one in rule.get("verbs").texts}
        resources = {one.lower() for one in rule.get("resources").texts}
        if "*" in verbs and "*" in resources:
            groups = {one.lower() for one in rule.get("apiGroups").texts}
            within = "" if not groups or groups & _MIGHTY_GROUPS else f" in {', '.join(sorted(groups))[:100]}"
            yield _issue(
                "wildcard",
                f"may do everything{within}",
                f"verbs and resources are *{within}{' in the whole cluster' if wide else ''}",
                Severity.HIGH if wide and not within else Severity.MEDIUM,
                rule,
            )
            continue
        if "*" in verbs or "*" in resources:
            which = "verbs" if "*" in verbs else "resources"
            words = f"{which} are *, which also holds what later versions add"
            yield _issue("wildcard", f"names its {which} by *", words, Severity.MEDIUM, rule.get(which))
        named = bool(rule.get("resourceNames").items)
        if _holds(resources, {"secrets"}) and _holds(verbs, _READ) and not named and "*" not in resources:
            words = "every Secret it reaches, tokens of other accounts among them"
            yield _issue("read-secrets", "reads Secrets", words, Severity.MEDIUM, rule)
        for name, needed, of, title, severity in _POWERS:
            asked = verbs & needed or ("*" in verbs and needed)
            if asked and resources & of and not named:
                words = f"{', '.join(sorted(asked))} on {', '.join(sorted(resources & of))}"
                yield _issue(name, title, words, severity, rule)


def binding_issues(binding: Object) -> Iterator[Issue]:
    """Yield what is wrong with a RoleBinding or ClusterRoleBinding."""
    role = binding.node.get("roleRef", "name")
    admin = role.text == "cluster-admin"
    if admin:
        cluster = binding.kind == "ClusterRoleBinding"
        yield _issue(
            "cluster-admin",
            "gives cluster-admin",
            f"whoever has it may do everything{' in the whole cluster' if cluster else ' in its namespace'}",
            Severity.HIGH if cluster else Severity.MEDIUM,
            role,
        )
    for subject in binding.node.get("subjects").items:
        name = subject.get("name").text
        if name in _ANYBODY:
            words = f"{name} is whoever reaches the API server, without a password"
            severity = Severity.CRITICAL if admin else Severity.HIGH
            yield _issue("anonymous-subject", "gives rights to anybody", words, severity, subject.get("name"))
        elif name in _EVERYBODY or name.startswith("system:serviceaccounts:"):
            words = f"{short(name)} is every account there, of every pod"
            severity = Severity.HIGH if admin else Severity.MEDIUM
            yield _issue("everybody-subject", "gives rights to all accounts", words, severity, subject.get("name"))


def bound_default_accounts(binding: Object) -> Iterator[str]:
    """Yield the namespaces whose default account a binding gives a role; an empty one for its own."""
    for subject in binding.node.get("subjects").items:
        if subject.get("kind").text == "ServiceAccount" and subject.get("name").text == "default":
            yield subject.get("namespace").text or binding.namespace


def _holds(given: set[str], wanted: frozenset[str] | set[str]) -> bool:
    return bool(given & wanted) or "*" in given


def _issue(rule: str, title: str, words: str, severity: Severity, node: Node) -> Issue:
    return Issue(
        defect="excessive-permissions",
        rule=rule,
        title=title,
        words=words,
        severity=severity,
        node=node,
        advice="Name the resources and verbs that are needed, and no others: "
        "`rules: [{apiGroups: [apps], resources: [deployments], verbs: [get]}]`.",
    )
