"""Slack: a message of Block Kit to an incoming webhook.

Sources: https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks,
https://docs.slack.dev/reference/block-kit/blocks (limits), https://docs.slack.dev/messaging/formatting-message-text.
"""

from __future__ import annotations

from typing import Any

import msgspec

from secscan.http.line import Answer
from secscan.notify.contract import Message, News, Options, Secrets, Service, limited
from secscan.reports.escape import slack_code

_MOST_SECTION = 3000
_MOST_NAME = 120
"""Of a hostile text before it is escaped, which makes it at most five times as long."""
_SIGNS = {"passed": ":white_check_mark:", "failed": ":x:", "incomplete": ":warning:"}


def _messages(news: News, secrets: Secrets, _options: Options) -> tuple[Message, ...]:
    head = f"{_SIGNS[news.verdict]} *{news.change}*: {_code(news.target)}"
    about = [f"policy {_code(news.policy)}"]
    about += [f"branch {_code(news.branch)}"] if news.branch else []
    about += [f"commit {_code(news.revision[:12])}"] if news.revision else []
    blocks = [_section(f"{head}\n{news.sentence}.")]
    blocks += [_section(text) for text in _lines(news)]
    if news.link:
        button = {"type": "button", "text": {"type": "plain_text", "text": "Open the CI run"}, "url": news.link}
        blocks.append({"type": "actions", "elements": [button]})
    blocks.append({"type": "context", "elements": [_markdown("secscan, " + ", ".join(about))]})
    body = msgspec.json.encode({"text": f"secscan: {news.change}: {_code(news.target)}", "blocks": blocks})
    return (Message(secrets["url"].reveal(), body),)


def _lines(news: News) -> list[str]:
    """What blocks and what was not looked at, in texts that are each short enough for a section."""
    lines = [f"• {one.severity}: {_code(one.title)} in {_code(one.place)}" for one in news.items]
    lines += [f"• {news.unnamed} more"] if news.items and news.unnamed else []
    lines += [f"• not done: {_code(one)}" for one in news.doubts]
    texts: list[str] = []
    for line in lines:
        if texts and len(texts[-1]) + len(line) < _MOST_SECTION:
            texts[-1] += f"\n{line}"
        else:
            texts.append(line)
    return texts


def _code(text: str) -> str:
    return slack_code(limited(text, _MOST_NAME))


def _section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": _markdown(text)}


def _markdown(text: str) -> dict[str, Any]:
    # `verbatim`: names of people, channels and hosts are not made links.
    return {"type": "mrkdwn", "text": text, "verbatim": True}


def _arrived(answer: Answer) -> bool:
    return answer.status == 200 and answer.body.strip() == b"ok"


SLACK = Service(name="slack", secrets=("url",), messages=_messages, arrived=_arrived)
"""What the registry holds."""
