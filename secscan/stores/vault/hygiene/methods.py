"""Who may log in: roles and methods that let in more than they mean to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from secscan.findings.levels import Severity
from secscan.stores.vault.hygiene.asking import Asking, part, texts, whole_number
from secscan.stores.vault.hygiene.checks import CONTROL, LONG_LIVED, UNBOUND, Check, Entry, Problem, Section, Terms
from secscan.stores.vault.hygiene.claims import REF, REPOSITORY, WHO, bounds, globs

_BIND = (
    "Bind the role to what the platform cannot give to others: on GitHub `repository_id`, `repository_owner_id`, `ref`"
    " (or `environment`) and `job_workflow_ref`; on GitLab `project_id`, `ref`, `ref_type` and `ref_protected`; with"
    " `bound_claims_type` `string` and an audience of its own."
)

NO_AUDIENCE = Check(
    id="3.1",
    title="JWT role for any audience",
    severity=Severity.MEDIUM,
    remedy="Set `bound_audiences` to one that is asked for this Vault only: a token made for another service must not"
    " open it.",
    cwes=(287, 345),
    defect=UNBOUND,
)
ANYBODY = Check(
    id="3.2",
    title="JWT role for whoever the issuer signs for",
    severity=Severity.HIGH,
    remedy=_BIND,
    cwes=(287, 863),
    defect=UNBOUND,
)
GLOB = Check(
    id="3.3",
    title="JWT role with wildcards in its claims",
    severity=Severity.MEDIUM,
    remedy=_BIND,
    cwes=(287, 863),
    defect=UNBOUND,
)
ORGANISATION = Check(
    id="3.4",
    title="JWT role for a whole organisation",
    severity=Severity.HIGH,
    remedy=f"Every repository of the organisation, and whoever may start a workflow there, gets its token. {_BIND}",
    cwes=(287, 863),
    defect=UNBOUND,
)
ANY_BRANCH = Check(
    id="3.5",
    title="JWT role for every branch of a repository",
    severity=Severity.MEDIUM,
    remedy=f"Whoever may push a branch gets its token, before any review. {_BIND}",
    cwes=(863,),
    defect=UNBOUND,
)
SECRET_ID = Check(
    id="3.6",
    title="AppRole whose secret ids do not end",
    severity=Severity.MEDIUM,
    remedy="Set `secret_id_ttl` to minutes, and `secret_id_num_uses` to the number of logins of one job.",
    cwes=(613, 324),
    defect=LONG_LIVED,
)
NO_SECRET_ID = Check(
    id="3.7",
    title="AppRole without a secret id",
    severity=Severity.HIGH,
    remedy="Set `bind_secret_id=true`: a role id is a name, not a secret.",
    cwes=(287, 306),
    defect=UNBOUND,
)
ANYWHERE = Check(
    id="3.8",
    title="AppRole from any address",
    severity=Severity.LOW,
    remedy="Set `secret_id_bound_cidrs` and `token_bound_cidrs`, where the addresses of its users are known.",
    cwes=(284,),
    defect=UNBOUND,
)
NO_LOCKOUT = Check(
    id="3.9",
    title="Passwords may be guessed without a pause",
    severity=Severity.MEDIUM,
    remedy="Take `lockout_disable` back: `vault auth tune -user-lockout-disable=false PATH`.",
    cwes=(307,),
    defect=UNBOUND,
)
ANY_ACCOUNT = Check(
    id="3.10",
    title="Kubernetes role for any service account",
    severity=Severity.MEDIUM,
    remedy="Name the service accounts and namespaces: whoever may start a pod there gets its token.",
    cwes=(287, 863),
    defect=UNBOUND,
)

_JWT = (NO_AUDIENCE, ANYBODY, GLOB, ORGANISATION, ANY_BRANCH)
_APPROLE = (SECRET_ID, NO_SECRET_ID, ANYWHERE)
_OF_KIND = {
    "jwt": _JWT,
    "oidc": _JWT,
    "approle": _APPROLE,
    "kubernetes": (ANY_ACCOUNT,),
    "userpass": (NO_LOCKOUT,),
    "ldap": (NO_LOCKOUT,),
}
_CHECKS = (*_JWT, *_APPROLE, NO_LOCKOUT, ANY_ACCOUNT)


def _gather(asking: Asking) -> Iterator[Entry]:
    everything = tuple(one.id for one in _CHECKS)
    for mount, told in sorted((asking.get("sys/auth", everything, there=True) or {}).items()):
        kind = told.get("type") if isinstance(told, dict) else None
        checks = tuple(one.id for one in _OF_KIND.get(str(kind), ()))
        if not checks:
            continue
        path = f"auth/{mount.strip('/')}"
        if kind in {"userpass", "ldap"}:
            yield from _entries(asking, str(kind), [f"sys/{path}/tune"], checks)
        else:
            names = asking.list(f"{path}/role", checks)
            yield from _entries(asking, str(kind), [f"{path}/role/{name}" for name in names], checks)


def _entries(asking: Asking, kind: str, paths: list[str], checks: tuple[str, ...]) -> Iterator[Entry]:
    told_of = asking.each(paths, lambda one: asking.get(one, checks, there=True))
    for path, told in zip(paths, told_of, strict=True):
        if told is not None:
            yield Entry(path, {"kind": kind, "told": told})


def _judge(entry: Entry, _terms: Terms) -> Iterator[Problem]:
    told: Mapping[str, Any] = entry.data["told"]
    match entry.data["kind"]:
        case "jwt" | "oidc":
            yield from _jwt(entry.path, told)
        case "approle":
            yield from _approle(entry.path, told)
        case "kubernetes":
            yield from _kubernetes(entry.path, told)
        case _:
            if told.get("user_lockout_disable") is True:
                yield Problem(NO_LOCKOUT.id, entry.path, "After wrong passwords nobody is locked out.")


def _jwt(path: str, role: Mapping[str, Any]) -> Iterator[Problem]:
    jwt = role.get("role_type") != "oidc"
    subject, claims = role.get("bound_subject") or "", part(role, "bound_claims")
    glob = role.get("bound_claims_type") == "glob"
    if jwt and not texts(role.get("bound_audiences")):
        yield Problem(NO_AUDIENCE.id, path, "It has no `bound_audiences`.")
    if not subject and not claims:
        severity = None if jwt else Severity.MEDIUM
        yield Problem(ANYBODY.id, path, "It has neither `bound_subject` nor `bound_claims`.", severity)
        return
    bound = bounds(str(subject), claims, glob=glob)
    wild = globs(claims) if glob else ()
    if wild:
        severity = None if REPOSITORY in bound else Severity.HIGH
        yield Problem(GLOB.id, path, f"Wildcards count in: {', '.join(wild)}.", severity)
    names = ", ".join(sorted(claims)) or "its subject"
    if bound <= {WHO}:
        yield Problem(ORGANISATION.id, path, f"It is bound by {names} only.")
    elif REPOSITORY in bound and REF not in bound:
        yield Problem(ANY_BRANCH.id, path, f"It is bound by {names}, and to no branch, environment or workflow.")


def _approle(path: str, role: Mapping[str, Any]) -> Iterator[Problem]:
    if role.get("bind_secret_id") is False:
        yield Problem(NO_SECRET_ID.id, path, "Whoever knows the role id can log in.")
    else:
        uses, seconds = whole_number(role.get("secret_id_num_uses")), whole_number(role.get("secret_id_ttl"))
        if not uses or not seconds:
            said = " and ".join(
                word for word, is_so in (("any number of times", not uses), ("for ever", not seconds)) if is_so
            )
            yield Problem(SECRET_ID.id, path, f"A secret id of it can be used {said}.")
    if not texts(role.get("secret_id_bound_cidrs")) and not texts(role.get("token_bound_cidrs")):
        yield Problem(ANYWHERE.id, path, "It is bound to no range of addresses.")


def _kubernetes(path: str, role: Mapping[str, Any]) -> Iterator[Problem]:
    names, spaces = (texts(role.get(f"bound_service_account_{what}")) for what in ("names", "namespaces"))
    wild = [word for word, given in (("service accounts", names), ("namespaces", spaces)) if "*" in given]
    if wild:
        severity = Severity.HIGH if len(wild) == 2 else None
        yield Problem(ANY_ACCOUNT.id, path, f"It is for all {' of all '.join(wild)}.", severity)


def _control(kind: str, told: dict[str, Any]) -> Entry:
    return Entry(f"auth/{kind}/role/{CONTROL}", {"kind": kind, "told": told})


SECTION = Section(
    checks=_CHECKS,
    controls=(
        _control("jwt", {"role_type": "jwt"}),
        _control("jwt", {"bound_claims_type": "glob", "bound_claims": {"sub": "repo:acme/*"}}),
        _control("jwt", {"bound_claims": {"repository_owner": "acme"}}),
        _control("jwt", {"bound_claims": {"repository_id": "1"}}),
        _control("approle", {"bind_secret_id": False}),
        _control("approle", {"secret_id_num_uses": 0, "secret_id_ttl": 0}),
        _control("userpass", {"user_lockout_disable": True}),
        _control("kubernetes", {"bound_service_account_names": ["*"]}),
    ),
    gather=_gather,
    judge=_judge,
)
