"""PagerDuty: events of its Events API v2. What did not pass opens an alert of the target, what passed resolves it.

Source: https://developer.pagerduty.com/docs/send-alert-event.
"""

from __future__ import annotations

import re
from typing import Any

import msgspec

from secscan.findings.levels import Severity, Verdict
from secscan.http.line import Answer
from secscan.notify.contract import Message, News, Options, Secrets, Service, Unfit, limited
from secscan.reports.escape import one_line

_ADDRESSES = {"us": "https://events.pagerduty.com", "eu": "https://events.eu.pagerduty.com"}
_KEY = re.compile(r"[A-Za-z0-9]{32}")
_MOST_SUMMARY = 1024
_MOST_NAME = 300


def _messages(news: News, secrets: Secrets, options: Options) -> tuple[Message, ...]:
    key = secrets["key"].reveal()
    if not _KEY.fullmatch(key):
        raise Unfit("a routing key of PagerDuty has 32 letters and digits")
    url = (options.get("address") or _ADDRESSES[options.get("region", "us")]) + "/v2/enqueue"
    resolve = {"routing_key": key, "event_action": "resolve", "dedup_key": f"secscan-{news.key}"}
    trigger: dict[str, Any] = {**resolve, "event_action": "trigger", "client": "secscan", "payload": _payload(news)}
    if news.link:
        trigger |= {"client_url": news.link, "links": [{"href": news.link, "text": "The CI run"}]}
    events = (trigger, resolve) if news.test else (resolve,) if news.passed else (trigger,)
    return tuple(Message(url, msgspec.json.encode(one)) for one in events)


def _payload(news: News) -> dict[str, Any]:
    summary = limited(f"secscan: {_shown(news.target)} {news.change}: {news.sentence}", _MOST_SUMMARY)
    details = {
        "verdict": news.verdict,
        "policy": _shown(news.policy),
        "branch": _shown(news.branch),
        "revision": _shown(news.revision),
        "blocked": {severity.value: count for severity, count in news.blocked.items()},
        "findings": [f"{one.severity}: {_shown(one.title)} in {_shown(one.place)}" for one in news.items],
        "not_done": [_shown(one) for one in news.doubts],
    }
    return {
        "summary": summary,
        "source": _shown(news.target) or "secscan",
        "severity": _severity(news),
        "timestamp": news.at,
        "component": _shown(news.target),
        "group": _shown(news.policy),
        "class": "security scan",
        "custom_details": details,
    }


def _severity(news: News) -> str:
    if news.test:
        return "info"
    if Severity.CRITICAL in news.blocked:
        return "critical"
    return "error" if news.verdict is Verdict.FAILED else "warning"


def _shown(text: str) -> str:
    return limited(one_line(text[: _MOST_NAME + 1]), _MOST_NAME)


def _arrived(answer: Answer) -> bool:
    return answer.status == 202


PAGERDUTY = Service(
    name="pagerduty",
    secrets=("key",),
    options={"region": ("us", "eu"), "address": ()},
    messages=_messages,
    arrived=_arrived,
)
"""What the registry holds."""
