"""What each service is sent: by the schema that it documents; and nothing of a hostile scan means anything to it."""

from __future__ import annotations

import base64
import functools
import json
import re
from dataclasses import replace
from typing import Any

import jsonschema_rs
import msgspec
import pytest
from cloudevents.core.bindings.http import HTTPMessage, from_structured
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent
from standardwebhooks import Webhook, WebhookVerificationError

from secscan.findings.levels import Verdict
from secscan.findings.scan import RunInfo, Scan
from secscan.http.line import Answer
from secscan.notify.contract import Message, News, Unfit
from secscan.notify.news import news_of, trial
from secscan.notify.services import SERVICES
from secscan.notify.settings import MOST_FINDINGS
from secscan.secrets.secret import Secret
from tests.support.hostile_scans import hostile
from tests.support.hostile_strings import HOST, STRINGS
from tests.support.scans import clean, ordinary
from tests.support.service_schemas import OPSGENIE_CLOSE, OPSGENIE_CREATE, PAGERDUTY, SLACK, TEAMS

KEY = "0123456789abcdef0123456789ABCDEF"
SIGNING = "whsec_" + base64.b64encode(bytes(range(32))).decode()
URL = "https://hooks.example/services/T0/B0/canaryCANARY"
SECRETS = {"url": Secret(URL), "key": Secret(KEY), "secret": Secret(SIGNING)}
_SLACK, _TEAMS, _PAGERDUTY, _CREATE, _CLOSE = (
    jsonschema_rs.Draft202012Validator(one, validate_formats=True)
    for one in (SLACK, TEAMS, PAGERDUTY, OPSGENIE_CREATE, OPSGENIE_CLOSE)
)
LINK = "https://ci.example/runs/1"


def with_link(scan: Scan) -> Scan:
    assert scan.run
    return msgspec.structs.replace(scan, run=msgspec.structs.replace(scan.run, ci=LINK))


def sent(service: str, news: News, options: dict[str, str] | None = None) -> tuple[Message, ...]:
    one = SERVICES[service]
    given = {name: SECRETS[name] for name in one.secrets}
    return one.messages(news, given, options or {})


def body_of(message: Message) -> Any:
    return json.loads(message.body)


def check(service: str, message: Message) -> None:
    """Hold a message against what the service documents."""
    body = body_of(message)
    if service == "slack":
        _SLACK.validate(body)
    elif service == "teams":
        _TEAMS.validate(body)
        assert len(message.body) <= 28_000
    elif service == "pagerduty":
        _PAGERDUTY.validate(body)
        assert len(message.body) <= 512_000
    elif service == "opsgenie":
        (_CLOSE if "/close?" in message.url else _CREATE).validate(body)
        assert sum(map(len, body.get("details", {}).values())) <= 8000
    else:
        event = event_of(message)
        assert event.get_specversion() == "1.0"


def event_of(message: Message) -> Any:
    told = HTTPMessage(headers=dict(message.headers), body=message.body)
    return from_structured(told, JSONFormat(), CloudEvent)


NEWS = {
    "failed": news_of(with_link(ordinary()), findings=5),
    "passed": news_of(with_link(clean()), findings=5),
    "no link": news_of(ordinary(), findings=0),
    "test": trial("2026-01-31T12:00:00Z", LINK),
}


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("which", NEWS)
def test_messages_are_what_the_service_documents(service: str, which: str) -> None:
    messages = sent(service, NEWS[which])
    assert messages
    for message in messages:
        check(service, message)


@pytest.mark.parametrize("service", SERVICES)
def test_texts_of_a_scan_mean_nothing_to_the_service(service: str) -> None:
    for news in hostile_news():
        for message in sent(service, news):
            check(service, message)
            ORACLES.get(service, no_markup)(body_of(message))


@functools.cache
def hostile_news() -> tuple[News, ...]:
    """News of which every text is a hostile one, with as many findings as there can be."""
    each = (news_of(hostile(text), findings=MOST_FINDINGS) for text in STRINGS)
    return tuple(replace(one, items=(one.items * MOST_FINDINGS)[:MOST_FINDINGS]) for one in each)


def slack_means(body: Any) -> None:
    """Outside of code spans there are only words of ours; within them nothing that Slack looks for."""
    texts = [body["text"]]
    for block in body["blocks"]:
        parts = [block["text"]] if "text" in block else block["elements"]
        texts += [one["text"] for one in parts if "verbatim" in one]
    for text in texts:
        assert text.count("`") % 2 == 0
        assert not re.search(r"[<>]|&(?!amp;|lt;|gt;)", text)
        for line in text.split("\n"):
            assert line.count("`") % 2 == 0  # no line break within one
            outside = "".join(line.split("`")[::2])
            assert re.fullmatch(r"[ -~•…]*", outside), outside
            assert HOST not in outside
            assert "FORGED" not in outside


def teams_means(body: Any) -> None:
    card = body["attachments"][0]["content"]
    assert "msteams" not in card
    for block in card["body"]:
        (run,) = block["inlines"]  # text runs have no Markdown
        assert "\n" not in run["text"]


def opsgenie_means(body: Any) -> None:
    """It takes HTML in some places."""
    assert not re.search("[<>&]", json.dumps(body, ensure_ascii=False))


def no_markup(body: Any) -> None:
    """Plain text that a program reads: nothing invisible."""

    def walk(value: Any) -> None:
        if isinstance(value, str):
            assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", value)
        elif isinstance(value, dict):
            for name, inner in value.items():
                walk(name)
                walk(inner)
        elif isinstance(value, list):
            for inner in value:
                walk(inner)

    walk(body)


ORACLES = {"slack": slack_means, "teams": teams_means, "opsgenie": opsgenie_means}


@pytest.mark.parametrize(
    "careless",
    ["*bold* <!channel>", "<@U012AB3CD>", "<https://evil.invalid|click>", "a `b", "&copy;", "FORGED"],
)
def test_the_oracle_of_slack_finds_a_careless_writer_out(careless: str) -> None:
    section = {"type": "section", "text": {"type": "mrkdwn", "verbatim": True, "text": f"in {careless}"}}
    with pytest.raises(AssertionError):
        slack_means({"text": "x", "blocks": [section]})


def test_secrets_stand_in_no_body_but_where_the_service_wants_them() -> None:
    for service in SERVICES:
        for message in sent(service, NEWS["failed"]):
            wanted = {"pagerduty": KEY}.get(service, "")
            rest = message.body.replace(wanted.encode(), b"") if wanted else message.body
            for secret in (URL, "canaryCANARY", KEY, SIGNING):
                assert secret.encode() not in rest
            assert "canary" not in repr(message)
            assert KEY not in repr(message)


def test_an_alert_of_a_target_opens_and_closes() -> None:
    failed, passed = NEWS["failed"], replace(NEWS["passed"], key=NEWS["failed"].key)
    (opened,), (closed,) = sent("pagerduty", failed), sent("pagerduty", passed)
    assert body_of(opened)["event_action"] == "trigger"
    assert body_of(opened)["payload"]["severity"] == "critical"
    assert body_of(closed) == {
        "routing_key": KEY, "event_action": "resolve", "dedup_key": body_of(opened)["dedup_key"],
    }  # fmt: skip
    (created,), (ended,) = sent("opsgenie", failed), sent("opsgenie", passed)
    assert created.url == "https://api.opsgenie.com/v2/alerts"
    alias = body_of(created)["alias"]
    assert ended.url == f"https://api.opsgenie.com/v2/alerts/{alias}/close?identifierType=alias"
    assert created.headers["Authorization"] == f"GenieKey {KEY}"
    assert body_of(created)["priority"] == "P1"


def test_other_regions_and_addresses() -> None:
    news = NEWS["failed"]
    assert sent("pagerduty", news, {"region": "eu"})[0].url == "https://events.eu.pagerduty.com/v2/enqueue"
    assert sent("opsgenie", news, {"region": "eu"})[0].url == "https://api.eu.opsgenie.com/v2/alerts"
    jira = {"address": "https://api.atlassian.com/jsm/ops/integration"}
    assert sent("opsgenie", news, jira)[0].url == "https://api.atlassian.com/jsm/ops/integration/v2/alerts"


def test_a_test_opens_an_alert_that_wakes_nobody_and_closes_it() -> None:
    opened, closed = map(body_of, sent("pagerduty", NEWS["test"]))
    assert (opened["event_action"], opened["payload"]["severity"]) == ("trigger", "info")
    assert closed["event_action"] == "resolve"
    created, ended = sent("opsgenie", NEWS["test"])
    assert body_of(created)["priority"] == "P5"
    assert "/close?" in ended.url


def test_a_webhook_is_signed_as_the_reference_library_checks_it() -> None:
    (message,) = sent("webhook", NEWS["failed"])
    headers = dict(message.headers)
    told = Webhook(SIGNING).verify(message.body, headers)
    assert told["data"]["verdict"] == "failed"
    assert told["id"] == headers["Webhook-Id"]
    with pytest.raises(WebhookVerificationError):
        Webhook(SIGNING).verify(message.body.replace(b"failed", b"passed"), headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(SIGNING).verify(message.body, {**headers, "Webhook-Id": "0" * 32})
    event = event_of(message)
    assert event.get_type() == "io.secscan.verdict.v1"
    assert event.get_source() == f"urn:secscan:target:{NEWS['failed'].key}"
    assert event.get_data()["url"] == LINK


@pytest.mark.parametrize("text", ["plainwords" * 5, "whsec_", "whsec_AAAA", "whsec_not base64 at all, but long enough"])
def test_a_secret_that_signs_badly_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(Unfit) as caught:
        SERVICES["webhook"].messages(NEWS["failed"], {"url": Secret(URL), "secret": Secret(text)}, {})
    assert text not in str(caught.value) or text == "whsec_"


@pytest.mark.parametrize("service", ["pagerduty", "opsgenie"])
@pytest.mark.parametrize("key", ["", "short", "x\r\nHost: evil.invalid", "k" * 500])
def test_a_key_that_is_none_is_refused(service: str, key: str) -> None:
    with pytest.raises(Unfit) as caught:
        SERVICES[service].messages(NEWS["failed"], {"key": Secret(key)}, {})
    assert not key or key not in str(caught.value)


def test_what_counts_as_arrived() -> None:
    assert SERVICES["slack"].arrived(Answer(200, b"ok"))
    assert not SERVICES["slack"].arrived(Answer(200, b"<html>log in</html>"))
    for service in ("pagerduty", "opsgenie"):
        assert SERVICES[service].arrived(Answer(202, b"{}"))
        assert not SERVICES[service].arrived(Answer(200, b"<html>log in</html>"))
    assert SERVICES["webhook"].arrived(Answer(204, b""))
    assert not SERVICES["webhook"].arrived(Answer(301, b""))
    assert SERVICES["teams"].arrived(Answer(202, b""))
    assert not SERVICES["teams"].arrived(Answer(200, b"<html>log in</html>"))
    assert not SERVICES["teams"].arrived(Answer(404, b""))


def test_news_are_told_alike_for_the_same_judgement_and_apart_for_others() -> None:
    one = news_of(ordinary(), findings=5)
    assert news_of(ordinary(), findings=5) == one
    other = ordinary()
    assert other.run
    later = msgspec.structs.replace(other, run=msgspec.structs.replace(other.run, judged_at="2026-02-01T00:00:00Z"))
    assert news_of(later, findings=5).key == one.key
    assert news_of(later, findings=5).id != one.id
    branch = msgspec.structs.replace(other, target=msgspec.structs.replace(other.target, branch="other"))
    assert news_of(branch, findings=5).key != one.key


def test_no_finding_is_named_where_none_is_wanted() -> None:
    scan = ordinary()
    news = news_of(scan, findings=0)
    assert (news.items, news.doubts) == ((), ())
    assert sum(news.blocked.values()) == 3
    for service in SERVICES:
        for message in sent(service, news):
            assert b"catalog.py" not in message.body


def test_a_link_is_an_address_of_the_web_or_none() -> None:
    scan = ordinary()
    assert scan.run
    forged = msgspec.structs.replace(scan, run=RunInfo(started="", judged_at="", ci="javascript:alert(1)"))
    news = news_of(forged, findings=5)
    assert news.link == ""
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:]{8}Z", news.at)  # now, where the scan does not tell
    assert news.verdict is Verdict.FAILED


def test_the_verdict_before_is_told() -> None:
    news = NEWS["failed"]
    assert news.change == "failed"
    assert replace(news, before=Verdict.PASSED).change == "failed (was passed)"
    assert replace(news, before=Verdict.FAILED).change == "still failed"
