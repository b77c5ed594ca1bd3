"""The section `notify` of secscan.yaml: who is told, and when.

Addresses of webhooks and keys are secrets, and never stand in the file.

    notify:
      on: change                    # change, new, not-passed or always; a channel may have its own
      findings: 5                   # so many are named, 0 to 20
      pull_requests: false          # whether verdicts on pull requests are told
      to:
        - service: slack
          url: env:SLACK_WEBHOOK_URL
        - service: pagerduty
          name: on-call             # how it is called in messages and in the state
          key: vault:secret/ci/pagerduty#key
          region: eu
          on: always
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from secscan.http.line import LineError, origin
from secscan.notify.contract import Service
from secscan.yamlfile import Fields, Node

MOST_FINDINGS = 20
_USUAL_FINDINGS = 5
_MOST_CHANNELS = 20
_ENVIRONMENT = re.compile(r"env:[A-Za-z_][A-Za-z0-9_]{0,99}")
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,39}")


class When(StrEnum):
    """On which verdicts a channel is told."""

    CHANGE = "change"
    """The verdict is another than the one that was told last; the first one, unless it is `passed`."""
    NEW = "new"
    """On a change, and when something blocks that did not."""
    NOT_PASSED = "not-passed"
    ALWAYS = "always"


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """One service that is told."""

    name: str
    service: str
    secrets: Mapping[str, str]
    """Field -> where its secret is: `env:NAME` or `vault:MOUNT/PATH#FIELD`."""
    options: Mapping[str, str] = field(default_factory=dict)
    on: When = When.CHANGE


@dataclass(frozen=True, slots=True, kw_only=True)
class NotifySettings:
    """Who is told what."""

    channels: tuple[Channel, ...]
    findings: int = _USUAL_FINDINGS
    """How many are named at most."""
    pull_requests: bool = False


def parse(node: Node) -> NotifySettings:
    """Read the section. Raises the error of the file that it stands in."""
    top = Fields(node, known=("on", "findings", "pull_requests", "to"))
    on, findings, pulls, to = (top.optional(name) for name in ("on", "findings", "pull_requests", "to"))
    if to is None or not 1 <= len(to.items()) <= _MOST_CHANNELS:
        raise (to or node).fail("nobody is told", hint=f"name 1 to {_MOST_CHANNELS} services below `to`")
    usual = When(on.one_of([one.value for one in When])) if on else When.CHANGE
    return NotifySettings(
        channels=tuple(_channels(to.items(), usual)),
        findings=findings.integer(most=MOST_FINDINGS) if findings else _USUAL_FINDINGS,
        pull_requests=pulls.boolean() if pulls else False,
    )


def _channels(nodes: list[Node], usual: When) -> Iterator[Channel]:
    from secscan.notify.services import SERVICES

    names: set[str] = set()
    for node in nodes:
        kind = node.mapping().get("service")
        if kind is None:
            raise node.fail("the field 'service' is missing", hint=f"the services are: {', '.join(SERVICES)}")
        service = SERVICES[kind.one_of(SERVICES)]
        fields = Fields(node, known=("service", "name", "on", *service.secrets, *service.options))
        named, on = fields.optional("name"), fields.optional("on")
        name = named.text() if named else service.name
        if not _NAME.fullmatch(name):
            raise (named or node).fail(f"{name[:60]!r} is no name of a channel", hint="write it like `on-call`")
        if name in names:
            raise (named or node).fail(f"two channels have the name {name}", hint="give one of them another `name`")
        names.add(name)
        yield Channel(
            name=name,
            service=service.name,
            secrets=dict(_secrets(fields, service)),
            options=dict(_options(fields, service)),
            on=When(on.one_of([one.value for one in When])) if on else usual,
        )


def _secrets(fields: Fields, service: Service) -> Iterator[tuple[str, str]]:
    fields.required(service.secrets[0])
    for name in service.secrets:
        node = fields.optional(name)
        if node is None:
            continue
        text = node.text()
        if not (_ENVIRONMENT.fullmatch(text) or text.startswith("vault:")):
            # What stands there may be the secret, so that it is not repeated.
            raise node.fail(
                "a secret never stands in a file",
                hint="name where it is: env:NAME, or vault:MOUNT/PATH#FIELD; and make a new one, if this was one",
            )
        yield name, text


def _options(fields: Fields, service: Service) -> Iterator[tuple[str, str]]:
    for name, values in service.options.items():
        node = fields.optional(name)
        if node is None:
            continue
        if values:
            yield name, node.one_of(values)
            continue
        try:
            end = origin(node.text(), service.name)
        except LineError as error:
            raise node.fail(error.message, hint=error.hint) from None
        if end.unix:
            raise node.fail(f"{service.name} has no socket on this machine", hint="write it as https://HOST")
        yield name, node.text().rstrip("/")
