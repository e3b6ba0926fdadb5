"""Jira: an issue whose description is the plain text of the alerts, in a block that no markup is read in.

Source: prometheus/alertmanager notify/jira: summary 255, description 32,767 characters; an address that ends in /3
takes Atlassian's document format, any other one wiki markup.
"""

from __future__ import annotations

from typing import Any

from alertrelay.channels.jira import JiraSettings
from alertrelay.notification import Message, Notification
from alertrelay.render import facts, plain, wording
from alertrelay.render.facts import Fact
from alertrelay.render.text import cut, one_line

_SUMMARY = 250
_DESCRIPTION = 28_000
_PRIORITIES = {"critical": "High", "error": "High", "warning": "Medium", "info": "Low"}


def render(notification: Notification, settings: JiraSettings) -> Message:
    """Returns the issue's fields, the label that it is found by, and whether all of it has resolved."""
    found = facts.of(notification)
    label = f"ALERT{{{notification.dedup_key}}}"
    state = wording.state_word(notification)
    text = cut(plain.body(notification, found, listed=150), _DESCRIPTION)
    fields: dict[str, Any] = {
        **settings.fields,
        "project": {"key": settings.project},
        "issuetype": {"name": settings.issue_type},
        "summary": cut(one_line(f"[{state}] {found.what}"), _SUMMARY),
        "description": _document(text, found.links) if settings.url.rstrip("/").endswith("/3") else _wiki(text),
        "labels": sorted([*settings.labels, label]),
    }
    if priority := settings.priority or _PRIORITIES.get(notification.severity.lower(), ""):
        fields["priority"] = {"name": priority}
    return {"label": label, "resolved": wording.over(notification), "fields": fields}


def _wiki(text: str) -> str:
    """Wiki markup: nothing is read within `{noformat}`."""
    return "{noformat}\n" + text.replace("{noformat}", "{\u2060noformat}").rstrip() + "\n{noformat}"


def _document(text: str, links: list[Fact]) -> dict[str, Any]:
    """A document of links and one block of text: https://developer.atlassian.com/cloud/jira/platform/apis/document."""
    named = [
        {"type": "text", "text": f"{fact.name} ", "marks": [{"type": "link", "attrs": {"href": fact.href}}]}
        for fact in links
        if fact.href
    ]
    block = {"type": "codeBlock", "attrs": {"language": "text"}, "content": [{"type": "text", "text": text.rstrip()}]}
    paragraphs = [{"type": "paragraph", "content": named}] if named else []
    return {"type": "doc", "version": 1, "content": [*paragraphs, block]}
