from __future__ import annotations

import json
import re
from typing import Any

from alertrelay.channels.msteamsv2 import CHANNEL, MsTeamsSettings
from alertrelay.channels.msteamsv2.render import BUDGET
from alertrelay.notification import Message

from tests.channels.example import Example, Rendered, Sent
from tests.render.checks import check_address, check_clean, check_json, utf16

PATH = "/workflows/0notreal0workflow0/triggers/manual/paths/invoke?api-version=1&sig=notarealsignature123456789"
ADDRESS = f"https://default0.environment.api.powerplatform.com{PATH}"
SETTINGS = MsTeamsSettings(webhook_url="teams_workflow")
# Our own bold and italic, and what is escaped; what is left must not be markup.
OURS = re.compile(r"\\[\\*_\[\]`]|^\*\*|\*\*(?=$|: )|^_|_$")


def card(*body: Any) -> Message:
    """A message with a card of these elements."""
    content = {"type": "AdaptiveCard", "version": "1.2", "body": list(body)}
    attachment = {"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": None, "content": content}
    return {"type": "message", "attachments": [attachment]}


CARD = card({"type": "TextBlock", "text": "CPU high", "wrap": True})


def check_msteamsv2(message: Message) -> None:
    """Within Teams' size however it counts, of elements that every client shows, and without foreign markup."""
    check_json(message)
    check_clean(message)
    assert set(message) == {"type", "attachments"}
    (attachment,) = message["attachments"]
    assert (message["type"], attachment["contentUrl"]) == ("message", None)
    assert attachment["contentType"] == "application/vnd.microsoft.card.adaptive"
    content = attachment["content"]
    assert (content["type"], content["version"], content["msteams"]) == ("AdaptiveCard", "1.2", {"width": "Full"})
    assert len(json.dumps(message)) <= BUDGET < CHANNEL.limits["message bytes"] * 0.8
    banner, *rest = content["body"]
    assert (banner["type"], banner["bleed"]) == ("Container", True)
    assert banner["style"] in {"attention", "warning", "accent", "emphasis", "good"}
    for element in (*banner["items"], *rest):
        check_element(element)


def check_element(element: dict[str, Any]) -> None:
    if element["type"] == "ActionSet":
        assert 0 < len(element["actions"]) <= CHANNEL.limits["actions"]
        for action in element["actions"]:
            assert set(action) == {"type", "title", "url"}
            assert action["type"] == "Action.OpenUrl"
            check_address(action["url"])
    elif element["type"] == "FactSet":
        assert element["facts"]
        for fact in element["facts"]:
            check_markdown(fact["title"])
            check_markdown(fact["value"])
    else:
        assert (element["type"], element["wrap"]) == ("TextBlock", True)
        check_markdown(element["text"])


def check_markdown(text: str) -> None:
    """No line end stands alone, no text of an alert is markup, no date function is left."""
    assert 0 < utf16(text) <= 2_100
    bare = OURS.sub("", text)
    assert not re.search(r"[*_\[\]`\\]", bare)
    assert not re.search(r"(?<!\n)\n(?!\n)", text)
    assert not re.search(r"\{\{(DATE|TIME)\(", text)


SENT = Sent(
    settings=SETTINGS,
    message=CARD,
    secret=ADDRESS,
    parts=("0notreal0workflow0", "notarealsignature123456789", "powerplatform.com"),
    delivered=("echo 200",),
)
EXAMPLE = Example(
    rendered={"msteamsv2": Rendered(settings=SETTINGS, check=check_msteamsv2)},
    sent={"msteamsv2": SENT},
)
