"""Opsgenie: alerts of its Alert API, which Jira Service Management has, too. What did not pass creates an alert of the
target, what passed closes it.

Atlassian ends Opsgenie on 5 April 2027; Jira Service Management takes the same requests at
`address: https://api.atlassian.com/jsm/ops/integration`.
Source: https://docs.opsgenie.com/docs/alert-api.
"""

from __future__ import annotations

import re
from typing import Any

import msgspec

from secscan.findings.levels import Severity, Verdict
from secscan.http.line import Answer
from secscan.notify.contract import Message, News, Options, Secrets, Service, Unfit, limited
from secscan.reports.escape import without_tags

_ADDRESSES = {"us": "https://api.opsgenie.com", "eu": "https://api.eu.opsgenie.com"}
_KEY = re.compile(r"[A-Za-z0-9-]{16,200}")
_MOST_MESSAGE = 130
_MOST_DESCRIPTION = 15_000
_MOST_NAME = 250
"""All texts of the details together stay below the 8000 characters that it takes."""


def _messages(news: News, secrets: Secrets, options: Options) -> tuple[Message, ...]:
    key = secrets["key"].reveal()
    if not _KEY.fullmatch(key):
        raise Unfit("a key of Opsgenie is made of letters, digits and hyphens")
    base = (options.get("address") or _ADDRESSES[options.get("region", "us")]) + "/v2/alerts"
    headers = {"Authorization": f"GenieKey {key}"}
    alias = f"secscan-{news.key}"
    close = Message(
        f"{base}/{alias}/close?identifierType=alias",
        msgspec.json.encode({"source": "secscan", "note": f"secscan: {news.change}. {news.link}".strip()}),
        headers,
    )
    create = Message(base, msgspec.json.encode(_alert(news) | {"alias": alias}), headers)
    return (create, close) if news.test else (close,) if news.passed else (create,)


def _alert(news: News) -> dict[str, Any]:
    lines = [f"{news.sentence}."]
    lines += [f"- {one.severity}: {_shown(one.title)} in {_shown(one.place)}" for one in news.items]
    lines += [f"- {news.unnamed} more"] if news.items and news.unnamed else []
    lines += [f"- not done: {_shown(one)}" for one in news.doubts]
    lines += [news.link] if news.link else []
    details = {"policy": news.policy, "branch": news.branch, "revision": news.revision, "verdict": news.verdict.value}
    return {
        "message": limited(f"secscan: {_shown(news.target)} {news.change}", _MOST_MESSAGE),
        "description": limited("\n".join(lines), _MOST_DESCRIPTION),
        "entity": _shown(news.target),
        "source": "secscan",
        "priority": _priority(news),
        "tags": ["secscan", news.verdict.value],
        "details": {name: _shown(text) for name, text in details.items()},
    }


def _priority(news: News) -> str:
    if news.test:
        return "P5"
    if Severity.CRITICAL in news.blocked:
        return "P1"
    return "P2" if news.verdict is Verdict.FAILED else "P3"


def _shown(text: str) -> str:
    return limited(without_tags(text[: _MOST_NAME + 1]), _MOST_NAME)


def _arrived(answer: Answer) -> bool:
    return answer.status == 202


OPSGENIE = Service(
    name="opsgenie",
    secrets=("key",),
    options={"region": ("us", "eu"), "address": ()},
    messages=_messages,
    arrived=_arrived,
)
"""What the registry holds."""
