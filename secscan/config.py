"""`secscan.yaml` -> frozen settings.

The file may lie in the tree that is scanned, and then belongs to the one who is judged. So it can say nothing about
programs or services; its paths stay inside the tree and the output folder; and `from_tree` tells the rest of the
program whose word it is: of such a file all that softens the scan, or names a server, does not count (`honoured`).
The fields, all optional but `version`:

    version: 1
    scan:
      include: ["/build/**"]        # path globs, see findings.globs: brought back into scope
      exclude: ["/docs/**"]         # left out, and shown as such
    scanners:
      enable: [bandit, semgrep]     # only these; or
      disable: [pip-audit]          # all but these. What the policy requires is the policy's word.
      timeout: 900                  # seconds for one run of a scanner
      memory: 4096                  # MB for one run of a scanner
    policy: default                 # a shipped policy by name, or a file relative to this one
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
    credentials:                    # variables that one scanner needs, and the field of Vault that holds each
      semgrep: {SEMGREP_APP_TOKEN: "vault:secret/ci/semgrep#token"}
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath

from secscan.errors import ConfigError
from secscan.findings.globs import problem_with
from secscan.findings.model import Notice
from secscan.reports.contract import FORMATS
from secscan.stores.aws.settings import AwsSettings
from secscan.stores.aws.settings import parse as parse_aws
from secscan.stores.vault.settings import VaultSettings
from secscan.stores.vault.settings import parse as parse_vault
from secscan.targets.content import NotRegularError, read_regular
from secscan.yamlfile import MAX_BYTES, Fields, Node, load_mapping

FILE_NAME = "secscan.yaml"

_VARIABLE = re.compile(r"[A-Z][A-Z0-9_]{0,99}")


@dataclass(frozen=True, slots=True)
class Settings:
    """What a settings file says. The defaults are those of a target without one."""

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
    origin: str = ""
    """The file; empty where there is none."""
    from_tree: bool = False
    """Whether the file was found in the tree that is scanned, so that its author may be the one who is judged."""

    def softening(self) -> tuple[str, ...]:
        """The fields by which the file makes the scan smaller or chooses its judge."""
        said = {
            "scan.exclude": self.exclude,
            "scanners.enable": self.enable,
            "scanners.disable": self.disable,
            "policy": self.policy,
            "reports": [name for name, path in self.reports.items() if not path],
            "cache": self.cache,
            "advisories": self.online,
            "vault": self.vault,
            "aws": self.aws,
            "credentials": self.credentials,
        }
        return tuple(name for name, value in said.items() if value)

    def notices(self) -> tuple[Notice, ...]:
        """What the reader of a report should know of settings that the scanned tree brought itself."""
        if not self.from_tree:
            return ()
        return tuple(
            Notice(
                topic="settings",
                subject=FILE_NAME,
                text=f"{name} is not honoured: the scanned tree does not choose its judge; "
                f"name the file with --config to let it count",
            )
            for name in self.softening()
        )

    def honoured(self) -> Settings:
        """The settings that count: all of a file that the user named; of one found in the scanned tree, only what can
        neither make the scan smaller nor choose the policy, the reports, or who is shown a token."""
        if not self.from_tree:
            return self
        return replace(
            self,
            exclude=(),
            enable=(),
            disable=(),
            policy="",
            reports={},
            cache="",
            online=False,
            vault=None,
            aws=None,
            credentials={},
        )


def load_settings(target: Path, config: Path | None) -> Settings:
    """Read the settings: `config` if the user gave one, else `secscan.yaml` in the folder `target`, if it is there.

    Raises `ConfigError` with file, line and field.
    """
    path = config or target / FILE_NAME
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
    return parse_settings(data, origin=str(path), from_tree=config is None)


def parse_settings(data: bytes, *, origin: str, from_tree: bool) -> Settings:
    """Turn the content of a settings file into settings. Raises `ConfigError`."""
    top = Fields(
        load_mapping(data, origin=origin, error=ConfigError),
        known=(
            "version",
            "scan",
            "scanners",
            "policy",
            "jobs",
            "reports",
            "cache",
            "advisories",
            "vault",
            "aws",
            "credentials",
        ),
    )
    version = top.required("version")
    if version.integer() != 1:
        raise version.fail(f"this secscan knows version 1, not {version.raw}", hint="use a newer secscan")
    scan = _section(top, "scan", ("include", "exclude"))
    scanners = _section(top, "scanners", ("enable", "disable", "timeout", "memory"))
    enable = _names(scanners, "enable")
    disable = _names(scanners, "disable")
    if enable and disable:
        raise scanners["disable"].fail("enable and disable exclude each other", hint="keep one of them")
    policy, jobs = top.optional("policy"), top.optional("jobs")
    advisories = top.optional("advisories")
    vault, aws, cache = top.optional("vault"), top.optional("aws"), top.optional("cache")
    return Settings(
        include=_globs(scan.get("include")),
        exclude=_globs(scan.get("exclude")),
        enable=enable,
        disable=disable,
        timeout=scanners["timeout"].number(least=1, most=86_400) if "timeout" in scanners else 0.0,
        memory=scanners["memory"].integer(least=64, most=1_048_576) if "memory" in scanners else 0,
        policy=_policy(policy, origin) if policy else "",
        jobs=jobs.integer(least=1, most=1024) if jobs else 0,
        cache=_cache(cache, origin) if cache else "",
        reports=dict(_reports(_section(top, "reports", FORMATS))),
        online=advisories.one_of(("index", "online")) == "online" if advisories else False,
        vault=parse_vault(vault) if vault else None,
        aws=parse_aws(aws) if aws else None,
        credentials=_credentials(top.optional("credentials")),
        origin=origin,
        from_tree=from_tree,
    )


def _section(top: Fields, name: str, known: tuple[str, ...]) -> dict[str, Node]:
    node = top.optional(name)
    if node is None:
        return {}
    Fields(node, known=known)
    return node.mapping()


def _globs(node: Node | None) -> tuple[str, ...]:
    for item in node.items() if node else ():
        problem = problem_with(item.text())
        if problem:
            raise item.fail(f"{item.raw!r}: {problem[0]}", hint=problem[1])
    return node.texts() if node else ()


def _names(scanners: dict[str, Node], name: str) -> tuple[str, ...]:
    node = scanners.get(name)
    names = node.texts() if node else ()
    if node and not names:
        raise node.fail("the list is empty", hint="name a scanner, or leave the field out")
    return names


def _policy(node: Node, origin: str) -> str:
    """A name stays as it is; a path is made relative to the settings file, and must not lead out of its folder."""
    text = node.text()
    if "/" not in text and not text.endswith((".yaml", ".yml")):
        return text
    _refuse_outside(node, "the folder of the settings file")
    return f"{Path(origin).parent.resolve()}/{text}"


def _cache(node: Node, origin: str) -> str:
    """A relative path is one below the folder of the settings file."""
    if node.value is False or node.value == "off":
        return "off"
    if not node.text() or not node.text().isprintable():
        raise node.fail(f"{node.raw!r} is no folder", hint="give a path, or off")
    place = PurePosixPath(node.text())
    return node.text() if place.is_absolute() or place.parts[0] == "~" else f"{Path(origin).parent.resolve()}/{place}"


def _reports(section: dict[str, Node]) -> Iterator[tuple[str, str]]:
    for name, node in section.items():
        if node.value is False or node.value == "off":
            yield name, ""
        else:
            _refuse_outside(node, "the output folder")
            yield name, node.text()


def _credentials(node: Node | None) -> dict[str, dict[str, str]]:
    return {
        scanner: {name: _reference(name, value) for name, value in variables.mapping().items()}
        for scanner, variables in (node.mapping() if node else {}).items()
    }


def _reference(name: str, node: Node) -> str:
    if not _VARIABLE.fullmatch(name):
        raise node.fail(f"{name[:60]!r} is not the name of a variable", hint="write it like SEMGREP_APP_TOKEN")
    if not node.text().startswith("vault:"):
        raise node.fail(
            "a credential never stands in a file", hint="name the field of Vault that holds it: vault:MOUNT/PATH#FIELD"
        )
    return node.text().removeprefix("vault:")


def _refuse_outside(node: Node, folder: str) -> None:
    path = PurePosixPath(node.text())
    if path.is_absolute() or ".." in path.parts or not node.text().isprintable():
        raise node.fail(f"{node.raw!r} leads out of {folder}", hint="give a relative path without `..`")
