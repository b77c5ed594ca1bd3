"""The sections `notify` and `telemetry`: what they may say, and that no secret stands in them or is repeated."""

from __future__ import annotations

import pytest

from secscan.config import parse_settings
from secscan.errors import ConfigError
from secscan.notify.services import SERVICES
from secscan.notify.settings import Channel, NotifySettings, When
from secscan.telemetry.settings import TelemetrySettings

WHOLE = """\
version: 1
notify:
  on: new
  findings: 3
  pull_requests: true
  to:
    - {service: slack, url: "env:SLACK_WEBHOOK_URL"}
    - {service: slack, name: sec-team, url: "vault:secret/ci/slack#url", on: always}
    - {service: pagerduty, key: "env:PD_KEY", region: eu}
    - {service: opsgenie, key: "env:OG_KEY", address: "https://api.atlassian.com/jsm/ops/integration/"}
    - {service: webhook, url: "env:HOOK", secret: "env:HOOK_SECRET", on: not-passed}
telemetry: {traces: otlp, metrics: off}
"""


def parse(text: str, *, from_tree: bool = False) -> NotifySettings | None:
    return parse_settings(text.encode(), origin="secscan.yaml", from_tree=from_tree).honoured().notify


def test_every_field() -> None:
    assert parse(WHOLE) == NotifySettings(
        channels=(
            Channel(name="slack", service="slack", secrets={"url": "env:SLACK_WEBHOOK_URL"}, on=When.NEW),
            Channel(name="sec-team", service="slack", secrets={"url": "vault:secret/ci/slack#url"}, on=When.ALWAYS),
            Channel(
                name="pagerduty",
                service="pagerduty",
                secrets={"key": "env:PD_KEY"},
                options={"region": "eu"},
                on=When.NEW,
            ),
            Channel(
                name="opsgenie",
                service="opsgenie",
                secrets={"key": "env:OG_KEY"},
                options={"address": "https://api.atlassian.com/jsm/ops/integration"},
                on=When.NEW,
            ),
            Channel(
                name="webhook",
                service="webhook",
                secrets={"url": "env:HOOK", "secret": "env:HOOK_SECRET"},
                on=When.NOT_PASSED,
            ),
        ),
        findings=3,
        pull_requests=True,
    )
    telemetry = parse_settings(WHOLE.encode(), origin="x", from_tree=False).telemetry
    assert telemetry == TelemetrySettings(traces=True, metrics=False)


def test_the_scanned_tree_tells_nobody_and_that_it_tried_is_shown() -> None:
    settings = parse_settings(WHOLE.encode(), origin="secscan.yaml", from_tree=True)
    assert settings.honoured().notify is None
    assert settings.honoured().telemetry is None
    said = [one.text for one in settings.notices()]
    assert [text.split()[0] for text in said] == ["notify", "telemetry"]


@pytest.mark.parametrize(
    ("channel", "said"),
    [
        ("{service: slack}", "the field 'url' is missing"),
        ("{url: 'env:X'}", "the field 'service' is missing"),
        ("{service: slcak, url: 'env:X'}", "'slcak' is not one of slack"),
        ("{service: slack, url: 'env:X', key: 'env:Y'}", "unknown field"),
        ("{service: slack, url: 'env:X', on: failed}", "'failed' is not one of change, new, not-passed, always"),
        ("{service: slack, url: 'env:X', name: 'Ops Team'}", "'Ops Team' is no name of a channel"),
        ("{service: slack, url: 'env:'}", "a secret never stands in a file"),
        ("{service: pagerduty, key: 'env:X', region: mars}", "'mars' is not one of us, eu"),
        ("{service: opsgenie, key: 'env:X', address: 'http://corp.example'}", "is not a safe way"),
        ("{service: opsgenie, key: 'env:X', address: 'unix:///run/x'}", "has no socket"),
        ("{service: opsgenie, key: 'env:X', address: 'https://h.example/?a'}", "is not a safe way"),
        ("{service: slack, url: 'env:X'}, {service: slack, url: 'env:Y'}", "two channels have the name slack"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(channel: str, said: str) -> None:
    with pytest.raises(ConfigError, match=r"secscan\.yaml:2:") as caught:
        parse(f"version: 1\nnotify: {{to: [{channel}]}}\n")
    assert said in caught.value.message


@pytest.mark.parametrize("service", SERVICES)
def test_a_secret_in_the_file_is_refused_and_not_repeated(service: str) -> None:
    for field in SERVICES[service].secrets:
        others = "".join(f", {name}: 'env:X'" for name in SERVICES[service].secrets if name != field)
        with pytest.raises(ConfigError, match="a secret never stands in a file") as caught:
            parse(f"version: 1\nnotify: {{to: [{{service: {service}, {field}: 'https://h.example/canary'{others}}}]}}")
        assert "canary" not in f"{caught.value.message}{caught.value.hint}{caught.value.excerpt}"


@pytest.mark.parametrize("section", ["notify: {}", "notify: {to: []}", "notify: {on: change}"])
def test_a_section_that_tells_nobody_is_an_error(section: str) -> None:
    with pytest.raises(ConfigError, match="nobody is told"):
        parse(f"version: 1\n{section}\n")


@pytest.mark.parametrize("section", ["{traces: jaeger}", "{logs: otlp}", "{traces: true}"])
def test_telemetry_that_does_not_exist_is_an_error(section: str) -> None:
    with pytest.raises(ConfigError):
        parse(f"version: 1\ntelemetry: {section}\n")
