from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from alertrelay.channels.slack import SlackSettings
from alertrelay.notification import Message
from slack_sdk.models.blocks import Block

from tests.channels.example import Example, Rendered, Sent
from tests.render.checks import check_clean, check_json, utf16

WEBHOOK_PATH = "/services/T0NOTREAL/B0NOTREAL/notarealwebhook1234567"
WEBHOOK_ADDRESS = f"https://hooks.slack.com{WEBHOOK_PATH}"
BOT_TOKEN = "xoxb-not-a-real-token-1234567890"
SLACK_MESSAGE: Message = {"text": "CPU high"}
SLACK_BOT = SlackSettings(
    mode="bot", key="slack_bot_token", url="https://slack.com/api/chat.postMessage", channel="#critical-alerts"
)
SLACK_WEBHOOK = SlackSettings(mode="incoming", key="slack_url", url="", channel="")
SLACK_MARKUP = re.compile(
    r"<!date\^-?\d+\^(\{date_short_pretty\} \{time\}\|\d{4}-\d\d-\d\d \d\d:\d\d UTC|\{ago\}\|[a-z0-9 ]+)>"
    r"|<https?://[^<>|\s]+\|[A-Za-z][^<>|]*>"
)


def check_slack(message: Message) -> None:
    check_json(message)
    check_clean(message)
    assert set(message) <= {"text", "blocks", "attachments", "channel"}
    check_mrkdwn(message["text"], 3000)
    assert message["text"].strip()
    assert message["attachments"] == []
    assert message["blocks"][0]["text"]["text"] == message["text"]
    assert 0 < len(message["blocks"]) <= 45
    assert len(json.dumps(message["blocks"], ensure_ascii=False)) < 12_000  # 13,200: msg_blocks_too_long
    for block in message["blocks"]:
        assert Block.parse(block).to_dict() == block  # type: ignore[union-attr]  # None would be an AttributeError: fails too
        check_block(block)


def check_block(block: Mapping[str, Any]) -> None:
    """What slack_sdk's models do not look at: the length of fields and context, and empty texts."""
    texts = [(block["text"], 2700)] if "text" in block else []
    texts += [(field, 1800) for field in block.get("fields", [])]
    texts += [(element, 2700) for element in block.get("elements", [])]
    assert len(block.get("fields", [])) <= 10
    assert texts or block == {"type": "divider"}
    for text, limit in texts:
        assert set(text) == {"type", "text"}
        assert text["type"] == "mrkdwn"
        check_mrkdwn(text["text"], limit)


def check_mrkdwn(text: str, limit: int) -> None:
    """Within the limit; nothing but our own links and dates is markup, no entity is cut, nobody is mentioned."""
    assert 0 < utf16(text) <= limit
    bare = SLACK_MARKUP.sub("", text)
    assert "<" not in bare
    assert ">" not in bare
    assert not re.search(r"&(?!amp;|lt;|gt;)", bare)
    assert not re.search("@(channel|here|everyone|group)", bare, re.IGNORECASE)
    assert bare.count("`") in (0, 6)
    if "`" in bare:
        assert bare.startswith(("```", "*Silence for 2 h*\n```"))
        assert bare.endswith("```")


BY_WEBHOOK = Sent(
    settings=SlackSettings(mode="incoming", key="slack_webhook", url="", channel="#critical"),
    message=SLACK_MESSAGE,
    secret=WEBHOOK_ADDRESS,
    parts=("notarealwebhook1234567", "B0NOTREAL", "/services/"),
)
BY_BOT = Sent(
    settings=SlackSettings(
        mode="bot", key="slack_token", url="https://slack.com/api/chat.postMessage", channel="#critical-alerts"
    ),
    message=SLACK_MESSAGE,
    secret=BOT_TOKEN,
    parts=("xoxb-not", "1234567890"),
)
EXAMPLE = Example(
    rendered={"slack": Rendered(settings=SLACK_BOT, check=check_slack)},
    sent={"slack webhook": BY_WEBHOOK, "slack bot": BY_BOT},
)
