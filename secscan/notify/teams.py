"""Microsoft Teams: an Adaptive Card to the webhook of a workflow ("When a Teams webhook request is received").

Texts of others stand in text runs, which are no Markdown, and mention nobody: that takes `msteams.entities`.
Sources: https://learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors/how-to/connectors-using,
https://adaptivecards.io/schemas/1.4.0/adaptive-card.json.
"""

from __future__ import annotations

from typing import Any

import msgspec

from secscan.http.line import Answer
from secscan.notify.contract import Message, News, Options, Secrets, Service, limited
from secscan.reports.escape import one_line

_MOST_NAME = 120
"""With 20 findings the card stays below the 28 KB that Teams takes."""
_COLOURS = {"passed": "good", "failed": "attention", "incomplete": "warning"}


def _messages(news: News, secrets: Secrets, _options: Options) -> tuple[Message, ...]:
    about = [f"policy {_shown(news.policy)}"]
    about += [f"branch {_shown(news.branch)}"] if news.branch else []
    about += [f"commit {_shown(news.revision[:12])}"] if news.revision else []
    lines = [f"{one.severity}: {_shown(one.title)} in {_shown(one.place)}" for one in news.items]
    lines += [f"{news.unnamed} more"] if news.items and news.unnamed else []
    lines += [f"not done: {_shown(one)}" for one in news.doubts]
    card: dict[str, Any] = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "fallbackText": f"secscan: {news.change}",
        "body": [
            _text(f"{news.change}: ", _shown(news.target), weight="bolder", color=_COLOURS[news.verdict]),
            _text(f"{news.sentence}."),
            *(_text(line) for line in lines),
            _text(f"secscan, {', '.join(about)}", isSubtle=True),
        ],
    }
    if news.link:
        card["actions"] = [{"type": "Action.OpenUrl", "title": "Open the CI run", "url": news.link}]
    attachment = {"contentType": "application/vnd.microsoft.card.adaptive", "content": card}
    return (Message(secrets["url"].reveal(), msgspec.json.encode({"type": "message", "attachments": [attachment]})),)


def _text(*texts: str, **look: Any) -> dict[str, Any]:
    return {"type": "RichTextBlock", "inlines": [{"type": "TextRun", "text": "".join(texts), **look}]}


def _shown(text: str) -> str:
    return limited(one_line(text[: _MOST_NAME + 1]), _MOST_NAME)


def _arrived(answer: Answer) -> bool:
    # 202 and nothing, unless the workflow answers by a step of its own; a page is from a proxy that wants a login.
    return answer.status in {200, 202} and not answer.body.lstrip().startswith(b"<")


TEAMS = Service(name="teams", secrets=("url",), messages=_messages, arrived=_arrived)
"""What the registry holds."""
