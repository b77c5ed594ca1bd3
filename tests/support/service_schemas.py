"""What services document of the requests that they take, as JSON Schema in our own words.

Sources: docs.slack.dev (Block Kit), developer.pagerduty.com (Events API v2), docs.opsgenie.com (Alert API),
adaptivecards.io (1.4) and learn.microsoft.com (Teams).
"""

from __future__ import annotations

from typing import Any


def _text(most: int, least: int = 1) -> dict[str, Any]:
    return {"type": "string", "minLength": least, "maxLength": most}


def _object(required: tuple[str, ...], **members: Any) -> dict[str, Any]:
    return {"type": "object", "required": list(required), "properties": members, "additionalProperties": False}


_WEB = {"type": "string", "pattern": "^https?://[!-~]+$", "maxLength": 3000}
_MRKDWN = _object(("type", "text", "verbatim"), type={"const": "mrkdwn"}, text=_text(3000), verbatim={"const": True})
_BUTTON = _object(
    ("type", "text", "url"),
    type={"const": "button"},
    text=_object(("type", "text"), type={"const": "plain_text"}, text=_text(75)),
    url=_WEB,
)
SLACK = _object(
    ("text", "blocks"),
    text=_text(4000),
    blocks={
        "type": "array",
        "minItems": 1,
        "maxItems": 50,
        "items": {
            "oneOf": [
                _object(("type", "text"), type={"const": "section"}, text=_MRKDWN),
                _object(
                    ("type", "elements"),
                    type={"const": "actions"},
                    elements={"type": "array", "minItems": 1, "maxItems": 25, "items": _BUTTON},
                ),
                _object(
                    ("type", "elements"),
                    type={"const": "context"},
                    elements={"type": "array", "minItems": 1, "maxItems": 10, "items": _MRKDWN},
                ),
            ]
        },
    },
)

_RUN = _object(
    ("type", "text"),
    type={"const": "TextRun"},
    text={"type": "string"},
    weight={"enum": ["lighter", "default", "bolder"]},
    color={"enum": ["default", "dark", "light", "accent", "good", "warning", "attention"]},
    isSubtle={"type": "boolean"},
)
_CARD = _object(
    ("type", "version", "body"),
    **{"$schema": {"type": "string"}},
    type={"const": "AdaptiveCard"},
    version={"const": "1.4"},
    fallbackText={"type": "string"},
    body={
        "type": "array",
        "items": _object(
            ("type", "inlines"),
            type={"const": "RichTextBlock"},
            inlines={"type": "array", "minItems": 1, "items": _RUN},
        ),
    },
    actions={
        "type": "array",
        "items": _object(
            ("type", "title", "url"), type={"const": "Action.OpenUrl"}, title={"type": "string"}, url=_WEB
        ),
    },
)
TEAMS = _object(
    ("type", "attachments"),
    type={"const": "message"},
    attachments={
        "type": "array",
        "minItems": 1,
        "maxItems": 1,
        "items": _object(
            ("contentType", "content"),
            contentType={"const": "application/vnd.microsoft.card.adaptive"},
            content=_CARD,
        ),
    },
)

_TRIGGER = _object(
    ("routing_key", "event_action", "payload"),
    routing_key=_text(32, 32),
    event_action={"const": "trigger"},
    dedup_key=_text(255),
    client={"type": "string"},
    client_url=_WEB,
    links={"type": "array", "items": _object(("href",), href=_WEB, text={"type": "string"})},
    payload={
        **_object(
            ("summary", "source", "severity"),
            summary=_text(1024),
            source=_text(1024),
            severity={"enum": ["critical", "error", "warning", "info"]},
            timestamp={"type": "string", "format": "date-time"},
            component={"type": "string"},
            group={"type": "string"},
            custom_details={"type": "object"},
            **{"class": {"type": "string"}},
        )
    },
)
_RESOLVE = _object(
    ("routing_key", "event_action", "dedup_key"),
    routing_key=_text(32, 32),
    event_action={"enum": ["resolve", "acknowledge"]},
    dedup_key=_text(255),
)
PAGERDUTY = {"oneOf": [_TRIGGER, _RESOLVE]}

OPSGENIE_CREATE = _object(
    ("message",),
    message=_text(130),
    alias=_text(512),
    description=_text(15_000),
    entity=_text(512, 0),
    source=_text(100),
    priority={"enum": ["P1", "P2", "P3", "P4", "P5"]},
    tags={"type": "array", "maxItems": 20, "items": _text(50)},
    details={"type": "object", "additionalProperties": {"type": "string"}},
)
OPSGENIE_CLOSE = _object((), user=_text(100), source=_text(100), note=_text(25_000))
