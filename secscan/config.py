"""`secscan.yaml` -> frozen settings.

The file may lie in the tree that is scanned, and then belongs to the one who is judged. So it can say nothing about
programs or services; its paths stay inside the tree and the output folder; and `from_tree` tells the rest of the
program whose word it is: of such a file all that softens the scan, or names a server, does not count (`honoured`).
The fields, all optional but `version`:

    version: 1
    targets: [services/pay, services/shop, "oci:build/image"]   # what to scan; without it, the working directory
    scan:
      include: ["/build/**"]        # path globs, see findings.globs: brought back into scope
      exclude: ["/docs/**"]         # left out, and shown as such
    scanners:
      enable: [bandit, semgrep]     # only these. What the policy requires is the policy's word.
      # disable: [pip-audit]        # or: all but these
      timeout: 900                  # seconds for one run of a scanner
      memory: 4096                  # MB for one run of a scanner
    policy: default                 # a shipped policy by name, or a file relative to this one
    environment: production         # of the policy
    floor: company                  # a policy below which the other may not go
    waivers: [waivers.yaml]         # files relative to this one, beside .secscan/waivers.yaml
    vex: [product.openvex.json]     # statements that count as waivers
    baseline: baseline.json         # what was there before, instead of .secscan/baseline.json
    output: build/secscan           # the folder for reports
    jobs: 2                         # processor cores
    cache: off                      # or the folder in which results are kept by file, see docs/cache.md
    reports:
      json: secscan.json            # a path relative to the output folder, or off
      junit: secscan.junit.xml      # any format of `secscan report --formats`
    advisories: index               # or online: pip-audit asks its public service, too; the index is asked as ever
    vault:                          # see stores.vault.settings
      address: https://vault.corp.example:8200
    aws:                            # see stores.aws.settings
      region: eu-central-1
    notify:                         # see notify.settings
      to: [{service: slack, url: "env:SLACK_WEBHOOK_URL"}]
    telemetry: {traces: otlp}       # see telemetry.settings
    credentials:                    # variables that one scanner needs, and the field of Vault that holds each
      semgrep: {SEMGREP_APP_TOKEN: "vault:secret/ci/semgrep#token"}

docs/settings.md has each with its default, flag and variable, as `settings.table` does.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from secscan.errors import ConfigError
from secscan.findings.model import Notice
from secscan.reports.contract import FORMATS
from secscan.settings import fields
from secscan.settings.places import SETTINGS_FILE
from secscan.stores.aws.settings import AwsSettings
from secscan.stores.aws.settings import parse as parse_aws
from secscan.stores.vault.settings import VaultSettings
from secscan.stores.vault.settings import parse as parse_vault
from secscan.targets.content import NotRegularError, read_regular
from secscan.yamlfile import MAX_BYTES, Fields, Node, load_mapping

if TYPE_CHECKING:
    from secscan.notify.settings import NotifySettings
    from secscan.telemetry.settings import TelemetrySettings

_KNOWN = (
    "version", "targets", "scan", "scanners", "policy", "environment", "floor", "waivers", "vex", "baseline", "output",
    "jobs", "reports", "cache", "advisories", "vault", "aws", "credentials", "notify", "telemetry",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Settings:
    """What a settings file says. The defaults are those of a target without one."""

    targets: tuple[str, ...] = ()
    """What to scan where the command line names nothing; paths are relative to the file."""
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    enable: tuple[str, ...] = ()
    """Names of the only scanners to use; empty for all."""
    disable: tuple[str, ...] = ()
    """Names of scanners not to use."""
    timeout: float = 0.0
    """Seconds for one run of a scanner; 0 for the default."""
    memory: int = 0
    """MB for one run of a scanner; 0 for the default."""
    policy: str = ""
    """A path (it holds a `/`) or the name of a shipped policy; empty for the default."""
    environment: str = ""
    """An environment of the policy."""
    floor: str = ""
    """As `policy`: one below which the other may not go."""
    waivers: tuple[str, ...] = ()
    """Paths of files."""
    vex: tuple[str, ...] = ()
    """Paths of documents whose statements count as waivers."""
    baseline: str = ""
    """A path; empty for the usual one, where it is there."""
    output: str = ""
    """The folder for reports; empty for the working directory."""
    jobs: int = 0
    """Processor cores; 0 for all."""
    cache: str = ""
    """The folder of the cache of results, or `off`; empty for the user's own."""
    reports: dict[str, str] = field(default_factory=dict)
    """Report -> path relative to the output folder; empty for one that is switched off. Only what the file names."""
    online: bool = False
    """Whether pip-audit asks its public service in place of ours on loopback."""
    vault: VaultSettings | None = None
    """How Vault is reached and asked; None where the file says nothing of it."""
    aws: AwsSettings | None = None
    """How AWS is asked; None where the file says nothing of it."""
    credentials: dict[str, dict[str, str]] = field(default_factory=dict)
    """Scanner -> variable of its environment -> the field of Vault that holds it, as MOUNT/PATH#FIELD."""
    notify: NotifySettings | None = None
    """Who is told of verdicts; None for nobody."""
    telemetry: TelemetrySettings | None = None
    """Which traces and metrics are sent; None for none."""
    origin: str = ""
    """The file; empty where there is none."""
    told: dict[str, fields.Told] = field(default_factory=dict, compare=False, repr=False)
    """What the file says, setting by setting, whether it counts or not."""
    from_tree: bool = False
    """Whether the file was found in the tree that is scanned, so that its author may be the one who is judged."""

    def softening(self) -> tuple[str, ...]:
        """The fields by which the file makes the scan smaller or chooses its judge."""
        said = {
            "targets": self.targets,
            "scan.exclude": self.exclude,
            "scanners.enable": self.enable,
            "scanners.disable": self.disable,
            **{name: getattr(self, name) for name in _OF_THE_JUDGE},
            "reports": [name for name, path in self.reports.items() if not path],
            "cache": self.cache,
            "advisories": self.online,
            "vault": self.vault,
            "aws": self.aws,
            "credentials": self.credentials,
            "notify": self.notify,
            "telemetry": self.telemetry,
        }
        return tuple(name for name, value in said.items() if value)

    def notices(self) -> tuple[Notice, ...]:
        """What the reader of a report should know of settings that the scanned tree brought itself."""
        if not self.from_tree:
            return ()
        return tuple(
            Notice(
                topic="settings",
                subject=SETTINGS_FILE,
                text=f"{name} is not honoured: the scanned tree does not choose its judge; "
                f"look at it and run `secscan config trust`, or name the file with --config",
            )
            for name in self.softening()
        )

    def honoured(self) -> Settings:
        """The settings that count: all of a file that the user named or trusts; of one found in the scanned tree, only
        what can neither make the scan smaller nor choose the policy, the reports, or who is shown a token."""
        if not self.from_tree:
            return self
        return Settings(
            include=self.include,
            timeout=self.timeout,
            memory=self.memory,
            jobs=self.jobs,
            origin=self.origin,
            told=self.told,
            from_tree=True,
        )


_OF_THE_JUDGE = ("policy", "environment", "floor", "waivers", "vex", "baseline", "output")


def load_settings(target: Path, config: Path | None, *, trusted: Callable[[bytes], bool] = lambda _: False) -> Settings:
    """Read the settings: `config` if the user gave one, else `secscan.yaml` in the folder `target`, if it is there.

    `trusted` says of the content of the latter whether it is what the user trusts. Raises `ConfigError` with file, line
    and field.
    """
    path = config or target / SETTINGS_FILE
    try:
        data = read_regular(path.resolve() if config else path, most=MAX_BYTES + 1)
    except (FileNotFoundError, NotADirectoryError) as error:
        if config is None and not path.is_symlink():
            return Settings()
        raise ConfigError(f"the settings file {path} does not exist", hint="check --config") from error
    except NotRegularError as error:
        raise ConfigError(f"{path} is not a regular file", hint="give a YAML file") from error
    except OSError as error:
        what = "is a symbolic link" if path.is_symlink() and config is None else f"cannot be read: {error.strerror}"
        raise ConfigError(
            f"the settings file {path} {what}",
            hint="settings in the scanned tree must be a plain file; or use --config",
        ) from error
    return parse_settings(data, origin=str(path), from_tree=config is None and not trusted(data))


def parse_settings(data: bytes, *, origin: str, from_tree: bool) -> Settings:
    """Turn the content of a settings file into settings. Raises `ConfigError`."""
    document = load_mapping(data, origin=origin, error=ConfigError)
    top = Fields(document, known=_KNOWN)
    version = top.required("version")
    if version.integer() != 1:
        raise version.fail(f"this secscan knows version 1, not {version.raw}", hint="use a newer secscan")
    scan = _section(top, "scan", ("include", "exclude"))
    scanners = _section(top, "scanners", ("enable", "disable", "timeout", "memory"))
    enable, disable = fields.names(scanners.get("enable")), fields.names(scanners.get("disable"))
    if enable and disable:
        raise scanners["disable"].fail("enable and disable exclude each other", hint="keep one of them")
    jobs, advisories, environment = top.optional("jobs"), top.optional("advisories"), top.optional("environment")
    vault, aws, cache = top.optional("vault"), top.optional("aws"), top.optional("cache")
    return Settings(
        targets=fields.targets(top.optional("targets")),
        include=fields.globs(scan.get("include")),
        exclude=fields.globs(scan.get("exclude")),
        enable=enable,
        disable=disable,
        timeout=scanners["timeout"].number(least=1, most=86_400) if "timeout" in scanners else 0.0,
        memory=scanners["memory"].integer(least=64, most=1_048_576) if "memory" in scanners else 0,
        policy=fields.policy(top.optional("policy"), origin),
        environment=environment.text() if environment else "",
        floor=fields.policy(top.optional("floor"), origin),
        waivers=fields.files(top.optional("waivers"), origin),
        vex=fields.files(top.optional("vex"), origin),
        baseline=fields.file(top.optional("baseline"), origin),
        output=fields.file(top.optional("output"), origin),
        jobs=jobs.integer(least=1, most=1024) if jobs else 0,
        cache=fields.cache(cache, origin),
        reports=dict(fields.reports(_section(top, "reports", FORMATS))),
        online=advisories.one_of(("index", "online")) == "online" if advisories else False,
        vault=parse_vault(vault) if vault else None,
        aws=parse_aws(aws) if aws else None,
        credentials=fields.credentials(top.optional("credentials")),
        notify=_parsed_by("secscan.notify.settings", top.optional("notify")),
        telemetry=_parsed_by("secscan.telemetry.settings", top.optional("telemetry")),
        origin=origin,
        told=dict(fields.told(document)),
        from_tree=from_tree,
    )


def _section(top: Fields, name: str, known: tuple[str, ...]) -> dict[str, Node]:
    node = top.optional(name)
    if node is None:
        return {}
    Fields(node, known=known)
    return node.mapping()


def _parsed_by(module: str, node: Node | None) -> Any:
    """What the parser of a module makes of a section. It is imported only where there is one: more comes with it."""
    return importlib.import_module(module).parse(node) if node else None
