"""Splunk On-Call: one entity a group. Source: help.splunk.com, "REST endpoint integration" and "Incident fields":
an ACKNOWLEDGEMENT of the same `entity_id` ends the paging."""

from __future__ import annotations

from alertrelay.channels.victorops import VictorOpsSettings
from alertrelay.notification import Message, Notification, Reason
from alertrelay.render import facts, notice, plain, wording
from alertrelay.render.team_texts import text as team_text
from alertrelay.render.text import cut, one_line, short

_MESSAGE = 20_000
_NAME = 500


def render(notification: Notification, settings: VictorOpsSettings) -> Message:
    """Returns the body of the endpoint. What has resolved is a RECOVERY of the same `entity_id`."""
    if notification.reason is Reason.ACKNOWLEDGED:
        return {
            "message_type": "ACKNOWLEDGEMENT",
            "entity_id": notification.dedup_key,
            "state_message": cut(notice.acknowledged(notification), _MESSAGE),
            "monitoring_tool": _tool(settings),
        }
    found, mark = facts.of(notification), notice.mark(notification)
    alert = wording.lead(notification)
    what = one_line(team_text(notification, "entity_display_name")) or found.what
    own = cut(team_text(notification, "state_message"), _MESSAGE - plain.FRAME)
    body = plain.framed(notification, own) if own else plain.body(notification, found, listed=100)
    links = [fact for fact in found.links if fact.href]
    return {
        **{short(name, 100): cut(value, _NAME) for name, value in settings.custom_fields.items()},
        "message_type": "RECOVERY" if wording.over(notification) else settings.type,
        "entity_id": notification.dedup_key,
        "entity_display_name": cut(f"{mark}: {what}" if mark else what, _NAME),
        "state_message": cut(body, _MESSAGE),
        "state_start_time": int(alert.starts_at.timestamp()),
        "monitoring_tool": _tool(settings),
        **{f"vo_annotate.u.{fact.name}": fact.href for fact in links},
    }


def _tool(settings: VictorOpsSettings) -> str:
    return short(settings.tool, 100) or "alertrelay"
