"""How Vault is reached and asked: the section `vault` of trusted settings, completed by the environment of the caller.

Never from what is scanned: whoever names the server names who gets the token.

    vault:
      address: https://vault.corp.example:8200   # or VAULT_ADDR
      namespace: team-a                          # or VAULT_NAMESPACE
      ca: /etc/ssl/corp-ca.pem                   # or VAULT_CACERT
      certificate: /etc/ssl/client.pem           # or VAULT_CLIENT_CERT, with key or VAULT_CLIENT_KEY
      key: /etc/ssl/client.key
      auth: {method: jwt, mount: github, role: secscan-pr, audience: https://vault.corp.example}
      mode: index                                # index, crawl or audit-hash
      mounts: [secret, team-a/kv]                # empty: every KV mount that the token may see
      not_read: [break-glass/**]                 # paths that this role is not meant to read: no gaps
      index: /srv/secscan/vault-index.json       # what `secscan vault index` wrote
      max_index_age: 48                          # hours
      transit: {mount: transit, key: secscan-index}
      audit_log: {file: /var/log/vault/audit.log, device: file}
      paths: auto                                # show, ids, or auto: ids in what a pull request shows
      most_queries: 20000                        # values that Vault is asked about in one scan
      workers: 8
      seconds: 10                                # for one answer
      budget: 60                                 # seconds of waiting and trying again, in all
      audit:                                     # for `secscan vault audit`
        secret_days: 365                         # an older secret should have been replaced
        lease_days: 32                           # the longest life of a token or lease
        owner: owner                             # the key of custom metadata that says whose a secret is
        oldest_version: 1.19.0                   # of the server; as text. Left out: what its makers support

Credentials never stand in a file: VAULT_TOKEN; SECSCAN_VAULT_SECRET_ID or SECSCAN_VAULT_WRAPPED_SECRET_ID with
SECSCAN_VAULT_ROLE_ID (AppRole); SECSCAN_VAULT_USERNAME and SECSCAN_VAULT_PASSWORD (userpass); SECSCAN_VAULT_JWT, or in
GitHub Actions the id token of the job (JWT); the service account's token file (Kubernetes).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from secscan.findings.globs import problem_with
from secscan.yamlfile import Fields, Node


class Mode(StrEnum):
    """How found secrets are compared with what Vault holds, from least to most that the token may do."""

    AUDIT_HASH = "audit-hash"
    """No secret is read: hashes by Vault are looked up in its audit log."""
    INDEX = "index"
    """No secret is read: HMACs by Transit are looked up in an index that a trusted job wrote."""
    CRAWL = "crawl"
    """Every secret in scope is read, in a child process that ends after it. For protected branches only."""


class PathDisplay(StrEnum):
    """Whether paths of Vault are shown in findings."""

    AUTO = "auto"
    """As ids in pull and merge requests, else in full."""
    SHOW = "show"
    IDS = "ids"


METHODS = ("token", "approle", "jwt", "kubernetes", "userpass", "agent")

_VERSION = re.compile(r"\d{1,6}(?:\.\d{1,6}){0,2}")
_KNOWN = (
    "address", "namespace", "ca", "certificate", "key", "auth", "mode", "mounts", "not_read", "index", "max_index_age",
    "transit", "audit_log", "paths", "most_queries", "workers", "seconds", "budget", "audit",
)  # fmt: skip
_AUTH = ("method", "mount", "role", "audience", "token_file", "socket")


@dataclass(frozen=True, kw_only=True)
class Auth:
    """How to log in."""

    method: str = "token"
    """One of `METHODS`."""
    mount: str = ""
    """Where the method is mounted; empty for its usual mount."""
    role: str = ""
    audience: str = ""
    """Of GitHub's id token; empty for the address of Vault."""
    token_file: str = ""
    """The service account's token (Kubernetes), or a file with a JWT."""
    socket: str = ""
    """The agent's Unix socket, or its address on loopback."""


@dataclass(frozen=True, kw_only=True)
class AuditSettings:
    """What `secscan vault audit` judges by."""

    secret_days: float = 365.0
    lease_days: float = 32.0
    """Vault's own default for leases and tokens."""
    owner: str = "owner"
    oldest_version: str = ""
    """Empty for our own list."""


@dataclass(frozen=True, kw_only=True)
class VaultSettings:
    """See the module. The defaults are those of a file that says nothing."""

    address: str = ""
    namespace: str = ""
    ca: str = ""
    certificate: str = ""
    key: str = ""
    auth: Auth = field(default_factory=Auth)
    mode: Mode = Mode.CRAWL
    mounts: tuple[str, ...] = ()
    not_read: tuple[str, ...] = ()
    index: str = ""
    max_index_age: float = 48.0
    """Hours."""
    transit_mount: str = "transit"
    transit_key: str = "secscan-index"
    audit_log: str = ""
    audit_device: str = "file"
    paths: PathDisplay = PathDisplay.AUTO
    most_queries: int = 20_000
    workers: int = 8
    seconds: float = 10.0
    """Most time for one answer."""
    budget: float = 60.0
    """Seconds of waiting and trying again that a whole scan may take."""
    audit: AuditSettings = field(default_factory=AuditSettings)

    def completed(self, environment: Mapping[str, str]) -> VaultSettings:
        """Return the settings with what they leave open taken from the variables that Vault's own tools heed."""
        return replace(
            self,
            address=self.address or environment.get("VAULT_ADDR", ""),
            namespace=self.namespace or environment.get("VAULT_NAMESPACE", ""),
            ca=self.ca or environment.get("VAULT_CACERT", ""),
            certificate=self.certificate or environment.get("VAULT_CLIENT_CERT", ""),
            key=self.key or environment.get("VAULT_CLIENT_KEY", ""),
        )


def parse(node: Node) -> VaultSettings:
    """Read the section `vault`. Raises the error of the file it stands in, with line and field."""
    top = Fields(node, known=_KNOWN)
    usual = VaultSettings()

    def text(name: str) -> str:
        found = top.optional(name)
        return found.text() if found else ""

    def number(name: str, default: float, least: float, most: float) -> float:
        found = top.optional(name)
        return found.number(least=least, most=most) if found else default

    transit, log = top.optional("transit"), top.optional("audit_log")
    transits = Fields(transit, known=("mount", "key")) if transit else None
    logs = Fields(log, known=("file", "device")) if log else None
    queries, mode, paths = top.optional("most_queries"), top.optional("mode"), top.optional("paths")
    return VaultSettings(
        address=text("address"),
        namespace=text("namespace"),
        ca=text("ca"),
        certificate=text("certificate"),
        key=text("key"),
        auth=_auth(top.optional("auth")),
        mode=Mode(mode.one_of(list(Mode))) if mode else usual.mode,
        mounts=tuple(one.strip("/") for one in _texts(top.optional("mounts"))),
        not_read=_globs(top.optional("not_read")),
        index=text("index"),
        max_index_age=number("max_index_age", usual.max_index_age, 0.1, 24 * 366),
        transit_mount=_inner(transits, "mount", usual.transit_mount),
        transit_key=_inner(transits, "key", usual.transit_key),
        audit_log=logs.required("file").text() if logs else "",
        audit_device=_inner(logs, "device", usual.audit_device),
        paths=PathDisplay(paths.one_of(list(PathDisplay))) if paths else usual.paths,
        most_queries=queries.integer(least=1, most=10_000_000) if queries else usual.most_queries,
        workers=int(number("workers", usual.workers, 1, 64)),
        seconds=number("seconds", usual.seconds, 0.1, 600),
        budget=number("budget", usual.budget, 1, 86_400),
        audit=_audit(top.optional("audit")),
    )


def _auth(node: Node | None) -> Auth:
    if node is None:
        return Auth()
    fields = Fields(node, known=_AUTH)
    method = fields.required("method").one_of(METHODS)
    return Auth(method=method, **{name: _inner(fields, name, "") for name in _AUTH[1:]})


def _audit(node: Node | None) -> AuditSettings:
    if node is None:
        return AuditSettings()
    fields, usual = Fields(node, known=("secret_days", "lease_days", "owner", "oldest_version")), AuditSettings()
    secret, lease = fields.optional("secret_days"), fields.optional("lease_days")
    oldest = _inner(fields, "oldest_version", usual.oldest_version)
    if oldest and not _VERSION.fullmatch(oldest):
        raise fields.required("oldest_version").fail("no version", hint='write it like "1.19.0"')
    return AuditSettings(
        secret_days=secret.number(least=1, most=36_500) if secret else usual.secret_days,
        lease_days=lease.number(least=0.01, most=36_500) if lease else usual.lease_days,
        owner=_inner(fields, "owner", usual.owner),
        oldest_version=oldest,
    )


def _inner(fields: Fields | None, name: str, default: str) -> str:
    found = fields.optional(name) if fields else None
    return found.text() if found else default


def _texts(node: Node | None) -> tuple[str, ...]:
    return node.texts() if node else ()


def _globs(node: Node | None) -> tuple[str, ...]:
    for item in node.items() if node else ():
        if problem := problem_with(item.text()):
            raise item.fail(f"{item.raw!r}: {problem[0]}", hint=problem[1])
    return _texts(node)
