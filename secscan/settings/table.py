"""Every setting there is: its name in `secscan.yaml`, what it may be, its default, and how else it can be given.

The schema, `secscan config show` and docs/settings.md are made of this table or held against it, and the table is held
against the reader (`secscan.config`) by tests.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from secscan.notify.settings import MOST_FINDINGS, When
from secscan.reports.contract import FORMATS
from secscan.stores.aws.settings import SERVICES
from secscan.stores.vault.settings import METHODS, Mode, PathDisplay

TEXT: dict[str, Any] = {"type": "string", "minLength": 1}
TEXTS: dict[str, Any] = {"type": "array", "items": TEXT}
_NAMES: dict[str, Any] = {**TEXTS, "minItems": 1}
_INSIDE: dict[str, Any] = {**TEXT, "not": {"pattern": r"^/|(^|/)\.\.(/|$)"}}
"""A path that does not lead out of its folder."""
_REPORTS: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "properties": {name: {"anyOf": [{"enum": [False, "off"]}, _INSIDE]} for name in FORMATS},
}
_CREDENTIALS: dict[str, Any] = {
    "type": "object",
    "additionalProperties": {
        "type": "object",
        "propertyNames": {"pattern": "^[A-Z][A-Z0-9_]{0,99}$"},
        "additionalProperties": {"type": "string", "pattern": "^vault:."},
    },
}


def _number(least: float, most: float, kind: str = "number") -> dict[str, Any]:
    return {"type": kind, "minimum": least, "maximum": most}


def _one_of(*words: object) -> dict[str, Any]:
    return {"enum": list(words)}


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting."""

    name: str
    """Its place in the file, as `scan.exclude`."""
    about: str
    schema: dict[str, Any]
    """What it may be, as JSON Schema. A schema can say less than the reader knows; the reader decides."""
    default: object = ""
    """What holds where nobody says anything; empty for nothing."""
    option: str = ""
    """The option of `secscan scan` that says the same."""
    variable: str = ""
    """The environment variable that does."""
    of_tree: bool = False
    """Whether it counts in a file of the scanned tree that nobody trusts: it can neither soften nor choose."""
    place: str = field(default="", kw_only=True)
    """The parameter of the command that `option` fills; empty for the option's own name."""

    @property
    def parameter(self) -> str:
        """The name of the parameter that the option fills."""
        return self.place or self.option.removeprefix("--").replace("-", "_")


_OWN = (
    Setting("version", "The version of this format.", {"const": 1}),
    Setting(
        "targets",
        "What to scan where the command line names nothing: folders, files and images, relative to this file. Each has "
        "its reports in a folder of its own, and the worst verdict counts.",
        {**TEXTS, "minItems": 1},
        "the working directory",
    ),
    Setting(
        "scan.include",
        "Path globs of what is brought back into scope, though git ignores it or it lies in a folder of packages.",
        TEXTS,
        of_tree=True,
    ),
    Setting("scan.exclude", "Path globs of what is left out; shown in every report.", TEXTS),
    Setting(
        "scanners.enable",
        "The only scanners to use. What the policy requires stays required.",
        _NAMES,
        "all that are usual",
        "--scanner",
    ),
    Setting("scanners.disable", "Scanners not to use; not together with enable.", _NAMES),
    Setting(
        "scanners.timeout",
        "Most seconds for one run of a scanner.",
        _number(1, 86_400),
        900,
        "--timeout",
        "SECSCAN_TIMEOUT",
        of_tree=True,
    ),
    Setting(
        "scanners.memory",
        "Most MB of memory for one run of a scanner.",
        _number(64, 1_048_576, "integer"),
        4096,
        "--memory",
        "SECSCAN_MEMORY",
        of_tree=True,
    ),
    Setting(
        "policy",
        "A shipped policy by name, or a file relative to this one. Without it, .secscan/policy.yaml if it counts.",
        TEXT,
        "default",
        "--policy",
        "SECSCAN_POLICY",
    ),
    Setting(
        "environment", "The environment of the policy to judge by.", TEXT, "", "--environment", "SECSCAN_ENVIRONMENT"
    ),
    Setting("floor", "A policy below which the other may not go.", TEXT, "", "--floor", "SECSCAN_FLOOR"),
    Setting(
        "waivers",
        "Files of waivers, relative to this one. .secscan/waivers.yaml is read besides, if it counts.",
        {"type": "array", "items": _INSIDE},
        "",
        "--waivers",
    ),
    Setting(
        "vex",
        "VEX documents, relative to this file, whose statements count as waivers.",
        {"type": "array", "items": _INSIDE},
        "",
        "--vex",
    ),
    Setting(
        "baseline",
        "What was there before. Without it, .secscan/baseline.json if it counts.",
        _INSIDE,
        "",
        "--baseline",
    ),
    Setting(
        "output",
        "The folder for reports, relative to this file.",
        _INSIDE,
        "the working directory",
        "--output",
        "SECSCAN_OUTPUT",
    ),
    Setting(
        "jobs",
        "Processor cores to use.",
        _number(1, 1024, "integer"),
        "all",
        "--jobs",
        "SECSCAN_JOBS",
        of_tree=True,
    ),
    Setting(
        "reports",
        "By format: the file to write, relative to the output folder; or off.",
        _REPORTS,
        "json, sarif and html",
        "--report",
    ),
    Setting(
        "cache",
        "The folder in which results are kept by file, relative to this file; or off. See docs/cache.md.",
        {"anyOf": [{"enum": [False, "off"]}, TEXT]},
        "your own",
        "--cache",
    ),
    Setting(
        "advisories",
        "index: only the advisory index is asked. online: pip-audit asks its public service, too.",
        _one_of("index", "online"),
        "index",
    ),
    Setting(
        "credentials",
        "By scanner: variables that it needs, and the field of Vault that holds each, as vault:MOUNT/PATH#FIELD.",
        _CREDENTIALS,
    ),
)

_VAULT = (
    Setting("vault.address", "Vault's address.", TEXT, variable="VAULT_ADDR"),
    Setting("vault.namespace", "The namespace to ask in.", TEXT, variable="VAULT_NAMESPACE"),
    Setting("vault.ca", "A file with the certificates that Vault's own is checked by.", TEXT, variable="VAULT_CACERT"),
    Setting("vault.certificate", "A client's certificate.", TEXT, variable="VAULT_CLIENT_CERT"),
    Setting("vault.key", "The file with its key.", TEXT, variable="VAULT_CLIENT_KEY"),
    Setting("vault.auth.method", "How to log in.", _one_of(*METHODS), "token"),
    Setting("vault.auth.mount", "Where the method is mounted.", TEXT, "its usual mount"),
    Setting("vault.auth.role", "The role to log in to.", TEXT),
    Setting("vault.auth.audience", "The audience of GitHub's id token.", TEXT, "the address"),
    Setting("vault.auth.token_file", "A file with the token to log in with (Kubernetes, JWT).", TEXT),
    Setting("vault.auth.socket", "The agent's socket, or its address on loopback.", TEXT),
    Setting("vault.mode", "How secrets are compared.", _one_of(*Mode), "crawl"),
    Setting("vault.mounts", "The mounts to look at.", TEXTS, "every KV mount that the token may see"),
    Setting("vault.not_read", "Paths that the role is not meant to read: no gaps.", TEXTS),
    Setting("vault.index", "The file that `secscan vault index` wrote.", TEXT),
    Setting("vault.max_index_age", "Hours after which it is too old.", _number(0.1, 24 * 366), 48),
    Setting("vault.transit.mount", "The mount of Transit.", TEXT, "transit"),
    Setting("vault.transit.key", "The key of Transit.", TEXT, "secscan-index"),
    Setting("vault.audit_log.file", "Vault's audit log, for the mode audit-hash.", TEXT),
    Setting("vault.audit_log.device", "The audit device that writes it.", TEXT, "file"),
    Setting("vault.paths", "Whether paths of Vault are shown.", _one_of(*PathDisplay), "auto"),
    Setting("vault.most_queries", "Most values to ask about in one scan.", _number(1, 10_000_000, "integer"), 20_000),
    Setting("vault.workers", "Connections at a time.", _number(1, 64), 8),
    Setting("vault.seconds", "Most seconds for one answer.", _number(0.1, 600), 10),
    Setting("vault.budget", "Seconds of waiting and trying again, in all.", _number(1, 86_400), 60),
    Setting("vault.audit.secret_days", "Days after which a secret is old.", _number(1, 36_500), 365),
    Setting("vault.audit.lease_days", "The longest life of a token or lease.", _number(0.01, 36_500), 32),
    Setting("vault.audit.owner", "The key of custom metadata that says whose a secret is.", TEXT, "owner"),
    Setting(
        "vault.audit.oldest_version",
        "The oldest version of the server that will do.",
        {"type": "string", "pattern": r"^\d{1,6}(\.\d{1,6}){0,2}$"},
        "what its makers support",
    ),
)

_AWS = (
    Setting("aws.region", "The region.", TEXT, "that of the caller", variable="AWS_REGION"),
    Setting(
        "aws.services", "Which services are asked.", {**TEXTS, "items": _one_of(*SERVICES), "minItems": 1}, SERVICES
    ),
    Setting("aws.include", "Beginnings of names.", TEXTS, "everything that the role may list"),
    Setting("aws.endpoint", "An address in place of AWS's own.", TEXT),
    Setting("aws.workers", "Connections at a time.", _number(1, 64, "integer"), 8),
    Setting("aws.seconds", "Most seconds for one answer.", _number(0.1, 600), 10),
)

_CHANNELS: dict[str, Any] = {
    "type": "array",
    "minItems": 1,
    "items": {"type": "object", "required": ["service"], "properties": {"service": TEXT}},
}
_TOLD = (
    Setting("notify.on", "On which verdicts services are told.", _one_of(*When), When.CHANGE.value),
    Setting("notify.findings", "How many findings a message names.", _number(0, MOST_FINDINGS, "integer"), 5),
    Setting("notify.pull_requests", "Whether verdicts on pull requests are told.", {"type": "boolean"}, False),
    Setting("notify.to", "The services, each with where its secret is: see docs/notifications.md.", _CHANNELS),
    Setting("telemetry.traces", "otlp: send a trace of each scan.", _one_of(False, "off", "otlp"), "off"),
    Setting("telemetry.metrics", "otlp: send metrics of each scan.", _one_of(False, "off", "otlp"), "off"),
)

SETTINGS: tuple[Setting, ...] = (*_OWN, *_VAULT, *_AWS, *_TOLD)
REQUIRED = ("version", "vault.auth.method", "vault.audit_log.file", "notify.to")
"""Settings without which the section that they stand in is refused."""
