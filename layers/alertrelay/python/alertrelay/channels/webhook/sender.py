"""A webhook of the team's own: POST of JSON, Alertmanager's version 4 or what `payload` says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from alertrelay.channels.transport.answer import AUTH_STATUSES
from alertrelay.channels.transport.service import Call, address, asked, authorized, taken
from alertrelay.channels.webhook import PAYLOAD, WebhookSettings
from alertrelay.notification import Message
from alertrelay.ports import Permanent

_FEISHU = ("open.feishu.cn", "open.larksuite.com")
HOP_HEADER = "X-Alertrelay-Hop"
"""Whatever comes back to our intake with this mark goes to the ops topic only."""


def deliver(call: Call, message: Message) -> Mapping[str, str]:
    """Any 2xx is success unless its body says that it is none. The text of a failure shows nothing of the answer, which
    is not ours."""
    from alertrelay.channels.transport.by_requests import ask  # slow to import, and few have a webhook

    settings: WebhookSettings = call.settings
    url = address(call, settings.url_key) if settings.url_key else settings.url
    headers = {**authorized(call, settings.auth), HOP_HEADER: "1"}
    response = asked(call, url, message.get(PAYLOAD, message), headers=headers, by=ask)
    # Only a secret can be out of date; what stands in the file is what the operator wrote.
    auth = (
        AUTH_STATUSES | {410} if settings.url_key else frozenset({401, 403}) if settings.auth.keys else frozenset[int]()
    )
    taken(call, response, auth=auth)
    if _denies(response.json() or {}, urlsplit(url).hostname):
        raise Permanent(f"{call.peer} answered {response.status} with a failure in its body")
    return {}


def _denies(answer: Mapping[str, Any], host: str | None) -> bool:
    """Returns whether a success says in its body that it is none, as a chat's robot or a bridge to one does: `ok` or
    `success` is false, or DingTalk's and WeCom's `errcode` and Feishu's `code` are not 0. Sources: docs/answers.md."""
    codes = [answer.get("errcode"), answer.get("code") if host in _FEISHU else 0]
    return False in (answer.get("ok"), answer.get("success")) or any(isinstance(one, int) and one for one in codes)
