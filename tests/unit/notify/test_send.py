"""Sending to a real server: what arrives, what is tried again, what is not, and that no address or key is ever told."""

from __future__ import annotations

import base64
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from secscan.errors import UsageError
from secscan.notify import send as sending
from secscan.notify.news import news_of
from secscan.notify.send import Ended, send
from secscan.notify.settings import Channel
from tests.support.receiver import Answers, Receiver, cut, dripping, hung_up, nonsense, receiving, silent
from tests.support.scans import ordinary

CANARY = "canary0123456789"
KEY = (CANARY * 2)[:32]
NEWS = news_of(ordinary(), findings=5)


@pytest.fixture(autouse=True)
def _in_a_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "_FIRST_WAIT", 0.01)
    monkeypatch.setattr(sending, "SECONDS", 0.4)


def told(secrets: Mapping[str, str], service: str = "slack", **options: str) -> Ended:
    channel = Channel(name="one", service=service, secrets={name: f"env:{name}" for name in secrets}, options=options)
    (ended,) = send({"one": NEWS}, (channel,), lambda place: secrets[place.removeprefix("env:")])
    assert CANARY not in repr(ended)
    return ended


def slack(receiver: Receiver) -> Ended:
    return told({"url": f"{receiver.address}/services/{CANARY}?x={CANARY}"})


def test_what_arrives() -> None:
    with receiving() as receiver:
        assert slack(receiver) == Ended("one")
    (got,) = receiver.got
    assert (got.method, got.path) == ("POST", f"/services/{CANARY}?x={CANARY}")
    assert got.headers["content-type"] == "application/json; charset=utf-8"
    assert got.headers["user-agent"] == "secscan"
    assert "cookie" not in got.headers


def test_every_service_at_its_own_address(tmp_path: Path) -> None:
    signing = "whsec_" + base64.b64encode(CANARY.encode() * 2).decode()
    with receiving(Answers(202, b'{"status": "success"}')) as receiver:
        assert not told({"key": KEY}, "pagerduty", address=receiver.address).problem
        assert not told({"key": KEY}, "opsgenie", address=receiver.address).problem
        assert not told({"url": f"{receiver.address}/t"}, "teams").problem
        assert not told({"url": f"{receiver.address}/w", "secret": signing}, "webhook").problem
    assert [one.path for one in receiver.got] == ["/v2/enqueue", "/v2/alerts", "/t", "/w"]
    webhook = receiver.got[-1]
    assert webhook.headers["content-type"].startswith("application/cloudevents+json")
    assert webhook.headers["webhook-signature"].startswith("v1,")


@pytest.mark.parametrize("status", [429, 500, 502, 503])
def test_a_busy_service_is_asked_again(status: int) -> None:
    with receiving(Answers(status), Answers(status, headers={"Retry-After": "0"}), Answers()) as receiver:
        assert slack(receiver) == Ended("one")
    assert len(receiver.got) == 3


def test_it_is_given_the_time_it_asks_for() -> None:
    with receiving(Answers(429, headers={"Retry-After": "1"}), Answers()) as receiver:
        started = time.monotonic()
        assert slack(receiver) == Ended("one")
        assert time.monotonic() - started >= 1


def test_but_not_an_hour() -> None:
    with receiving(Answers(429, headers={"Retry-After": "3600"})) as receiver:
        started = time.monotonic()
        assert "takes no more messages for now" in slack(receiver).problem
        assert time.monotonic() - started < 5
    assert len(receiver.got) == 1


def test_there_is_an_end_to_trying() -> None:
    with receiving(Answers(503, CANARY.encode())) as receiver:
        assert slack(receiver).problem == "it is in trouble (503)"
    assert len(receiver.got) == 3


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        (Answers(400, b"invalid_payload " + CANARY.encode()), "it refused the message (400)"),
        (Answers(403, b"invalid_token"), "it refused the message (403)"),
        (Answers(404, b"no_service"), "it refused the message (404)"),
        (Answers(410), "it refused the message (410)"),
        (Answers(200, b"<html>please log in</html>"), "it answered (200), but not as this service does"),
    ],
)
def test_a_refusal_is_not_tried_again(answer: Answers, problem: str) -> None:
    with receiving(answer) as receiver:
        assert slack(receiver).problem == problem
    assert len(receiver.got) == 1


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_refused(status: int) -> None:
    with receiving() as elsewhere, receiving(Answers(status, headers={"Location": elsewhere.address})) as receiver:
        assert slack(receiver).problem == f"it answered with a redirect ({status}), which is not followed"
    assert len(receiver.got) == 1
    assert elsewhere.got == []


@pytest.mark.parametrize("broken", [silent, dripping, nonsense, cut, hung_up])
def test_broken_answers(broken: object) -> None:
    with receiving(Answers(broken=broken)) as receiver:  # type: ignore[arg-type]
        started = time.monotonic()
        assert slack(receiver).problem.startswith("it cannot be reached: ")
        assert time.monotonic() - started < 5
    assert len(receiver.got) == 3


def test_nobody_listens_and_nobody_has_the_name() -> None:
    with receiving() as receiver:
        pass
    assert slack(receiver).problem == "it cannot be reached: nobody listens there"
    ended = told({"url": f"https://{CANARY}.invalid/services/x"})
    assert ended.problem == "it cannot be reached: its name leads nowhere"


def test_tls_by_the_ca_that_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with receiving(pem=tmp_path / "ca.pem") as receiver:
        ended = slack(receiver)
        assert ended == Ended(
            "one", "it cannot be reached: its certificate is not trusted", "name its CA with SSL_CERT_FILE"
        )
        assert receiver.got == []
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
        assert slack(receiver) == Ended("one")


@pytest.mark.parametrize("url", [f"http://hooks.example/{CANARY}", CANARY, f"https://u:{CANARY}@h/", f"ftp://{CANARY}"])
def test_an_address_that_is_no_safe_way_is_not_asked_and_not_repeated(url: str) -> None:
    ended = told({"url": url})
    assert ended.problem == "the URL of slack is not a safe way to it"
    assert "env:url" in ended.hint


def test_a_key_of_another_form_is_not_sent() -> None:
    with receiving() as receiver:
        ended = told({"key": CANARY}, "pagerduty", address=receiver.address)
    assert ended.problem == "a routing key of PagerDuty has 32 letters and digits"
    assert receiver.got == []


def test_a_proxy_of_the_environment_gets_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    with receiving() as proxy, receiving() as receiver:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "HTTPS_PROXY"):
            monkeypatch.setenv(name, proxy.address)
        assert slack(receiver) == Ended("one")
    assert proxy.got == []


def test_one_that_is_slow_keeps_no_other_waiting() -> None:
    with receiving(Answers(broken=silent)) as slow, receiving() as quick:
        channels = tuple(
            Channel(name=name, service="slack", secrets={"url": f"env:{name}"}) for name in ("slow", "quick", "unset")
        )
        urls = {"env:slow": slow.address, "env:quick": quick.address}

        def reveal(place: str) -> str:
            if place not in urls:
                raise UsageError("the variable is not set", hint="set it")
            return urls[place]

        ended = send(dict.fromkeys(("slow", "quick", "unset"), NEWS), channels, reveal)
    assert [one.channel for one in ended] == ["slow", "quick", "unset"]
    assert [bool(one.problem) for one in ended] == [True, False, True]
    assert ended[2] == Ended("unset", "the variable is not set", "set it")


def test_nobody_to_tell() -> None:
    assert send({}, (), str) == ()
