"""Jira: an issue whose description is the plain text of the alerts, in a block that no markup is read in.

Source: prometheus/alertmanager notify/jira: summary 255, description 32,767 characters; an address that ends in /3
takes Atlassian's document format, any other one wiki markup.
"""

from __future__ import annotations

import json
from typing import Any

from alertrelay.channels.jira import JiraSettings
from alertrelay.notification import Message, Notification
from alertrelay.render import facts, notice, plain, wording
from alertrelay.render.facts import Fact
from alertrelay.render.text import clean, cut, one_line

_SUMMARY = 250
_DESCRIPTION = 28_000
_PRIORITIES = {"critical": "High", "error": "High", "warning": "Medium", "info": "Low"}


def render(notification: Notification, settings: JiraSettings) -> Message:
    """Returns the issue's fields, the label that it is found by, and whether all of it has resolved."""
    found = facts.of(notification)
    label = f"ALERT{{{notification.dedup_key}}}"
    state = wording.state_word(notification)
    fields: dict[str, Any] = {
        **settings.fields,
        "project": {"key": settings.project},
        "issuetype": {"name": settings.issue_type},
        "summary": cut(one_line(_team(notification, "summary")) or one_line(f"[{state}] {found.what}"), _SUMMARY),
        "description": _description(notification, found, documents=settings.url.rstrip("/").endswith("/3")),
        "labels": sorted([*settings.labels, label]),
    }
    if priority := settings.priority or _PRIORITIES.get(notification.severity.lower(), ""):
        fields["priority"] = {"name": priority}
    return {"label": label, "resolved": wording.over(notification), "fields": fields}


def _team(notification: Notification, key: str) -> str:
    """Returns the team's text of a key, which may stand in a mapping."""
    found = notification.texts.get(key, "")
    found = found.get("template", "") if isinstance(found, dict) else found
    return clean(found).strip() if isinstance(found, str) else ""


def _description(notification: Notification, found: facts.FactSheet, *, documents: bool) -> Any:
    """Returns the team's description with our notices above and our footer below, or ours."""
    own = _team(notification, "description")
    if not own:
        text = cut(plain.body(notification, found, listed=150), _DESCRIPTION)
        return _document(text, found.links) if documents else _wiki(text)
    above, below = notice.sentences(notification), [plain.footer(notification)]
    if documents:
        own_blocks = _blocks(own) or [_paragraph(part) for part in cut(own, _DESCRIPTION).split("\n\n") if part]
        return {"type": "doc", "version": 1, "content": [*map(_paragraph, above), *own_blocks, *map(_paragraph, below)]}
    return "\n\n".join([*map(_wiki, above), cut(own, _DESCRIPTION), *map(_wiki, below)])


def _blocks(own: str) -> list[Any]:
    """Returns the blocks of a text that is a document of Atlassian's in JSON, as Alertmanager needs one for version
    3."""
    if not own.startswith("{") or len(own) > _DESCRIPTION:
        return []
    try:
        document = json.loads(own)
    except ValueError:
        return []
    blocks = document.get("content") if document.get("type") == "doc" else None
    return blocks if isinstance(blocks, list) else []


def _paragraph(text: str) -> dict[str, Any]:
    """Returns a paragraph whose lines stay lines."""
    lines: list[dict[str, Any]] = []
    for line in text.split("\n"):
        lines += [{"type": "hardBreak"}] if lines else []
        lines += [{"type": "text", "text": line}] if line else []
    return {"type": "paragraph", "content": lines}


def _wiki(text: str) -> str:
    """Wiki markup: nothing is read within `{noformat}`."""
    return "{noformat}\n" + text.replace("{noformat}", "{\u2060noformat}").rstrip() + "\n{noformat}"


def _document(text: str, links: list[Fact]) -> dict[str, Any]:
    """Returns a document of links and one block of text:
    https://developer.atlassian.com/cloud/jira/platform/apis/document."""
    named = [
        {"type": "text", "text": f"{fact.name} ", "marks": [{"type": "link", "attrs": {"href": fact.href}}]}
        for fact in links
        if fact.href
    ]
    block = {"type": "codeBlock", "attrs": {"language": "text"}, "content": [{"type": "text", "text": text.rstrip()}]}
    paragraphs = [{"type": "paragraph", "content": named}] if named else []
    return {"type": "doc", "version": 1, "content": [*paragraphs, block]}
