"""Any other receiver: a CloudEvent in structured mode, signed by HMAC-SHA256 as Standard Webhooks has it.

The signature covers id, time and body, so that a receiver can refuse what is forged, changed or sent anew.
Sources: https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md,
https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import time
from typing import Any

import msgspec

from secscan import __version__
from secscan.http.line import Answer
from secscan.notify.contract import Message, News, Options, Secrets, Service, Unfit, limited
from secscan.reports.escape import plain_values
from secscan.secrets.secret import Secret

TYPE = "io.secscan.verdict.v1"
"""Of the event; another number where a receiver of the old one would misunderstand it."""
_PREFIX = "whsec_"
_SHORTEST = 24
"""Bytes of a secret, as the specification has it."""
_MOST_TEXT = 1000


def _messages(news: News, secrets: Secrets, _options: Options) -> tuple[Message, ...]:
    body = msgspec.json.encode(plain_values(_event(news)))
    headers = {"Content-Type": "application/cloudevents+json; charset=utf-8"}
    if "secret" in secrets:
        headers |= signature(secrets["secret"], news.id, int(time.time()), body)
    return (Message(secrets["url"].reveal(), body, headers),)


def signature(secret: Secret, message_id: str, at: int, body: bytes) -> dict[str, str]:
    """Return the headers that sign a message. Raises `Unfit` for a secret of another form, or a short one."""
    text = secret.reveal()
    try:
        key = base64.b64decode(text.removeprefix(_PREFIX), validate=True) if text.startswith(_PREFIX) else b""
    except (binascii.Error, ValueError):
        key = b""
    if len(key) < _SHORTEST:
        raise Unfit(f"the secret of a webhook is `{_PREFIX}` and the base64 of at least {_SHORTEST} random bytes")
    made = hmac.new(key, b"%s.%d.%s" % (message_id.encode(), at, body), hashlib.sha256).digest()
    return {
        "Webhook-Id": message_id,
        "Webhook-Timestamp": str(at),
        "Webhook-Signature": f"v1,{base64.b64encode(made).decode()}",
    }


def _event(news: News) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": news.id,
        "source": f"urn:secscan:target:{news.key}",
        "type": TYPE,
        "time": news.at,
        "datacontenttype": "application/json",
        "data": {
            "secscan": __version__,
            "test": news.test,
            "target": limited(news.target, _MOST_TEXT),
            "kind": news.kind,
            "repository": limited(news.repository, _MOST_TEXT),
            "branch": limited(news.branch, _MOST_TEXT),
            "revision": limited(news.revision, _MOST_TEXT),
            "policy": limited(news.policy, _MOST_TEXT),
            "verdict": news.verdict.value,
            "previous_verdict": news.before.value if news.before else None,
            "summary": news.sentence,
            "blocked": {severity.value: count for severity, count in news.blocked.items()},
            "findings": [
                {
                    "title": limited(one.title, _MOST_TEXT),
                    "severity": one.severity.value,
                    "place": limited(one.place, _MOST_TEXT),
                }
                for one in news.items
            ],
            "not_done": [limited(one, _MOST_TEXT) for one in news.doubts],
            "url": news.link,
        },
    }


def _arrived(answer: Answer) -> bool:
    return 200 <= answer.status < 300


WEBHOOK = Service(name="webhook", secrets=("url", "secret"), messages=_messages, arrived=_arrived)
"""What the registry holds."""
