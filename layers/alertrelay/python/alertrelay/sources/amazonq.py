"""Custom notifications of Amazon Q Developer in chat applications (formerly AWS Chatbot), published to a topic.

Source: Amazon Q Developer in chat applications administrator guide, "Custom notifications": version, source `custom`,
`content` (title, description, nextSteps, keywords) and `metadata` (threadId, summary, eventType, relatedResources,
additionalContext).
"""

from __future__ import annotations

import re

from alertrelay.alert import Alert
from alertrelay.sources import levels, sentence
from alertrelay.sources.arrival import Arrival
from alertrelay.sources.awsevent.fields import Fields
from alertrelay.sources.third_party import alert, tag_labels
from alertrelay.values import text as texts

_LINK = re.compile(r"<(?P<url>https?://[^\s|<>]{1,1000})\s{0,9}(?:\|\s{0,9}(?P<name>[^<>|]{0,300}))?>")
_MARKDOWN_LINK = re.compile(r"\[(?P<name>[^\[\]]{1,300})\]\((?P<url>https?://[^\s()]{1,1000})\)")
_EMOJI = re.compile(r"(?<![\w:]):[a-z][a-z0-9_+-]{1,39}:(?!\w)\s{0,9}")
_EMPHASIS = re.compile(r"(?<!\w)[*_~]{1,2}(?=\S)(?P<text>[^*_~\n]{1,300}?)(?<=\S)[*_~]{1,2}(?!\w)")
_STEPS_READ = 20


def detect(value: object) -> bool:
    """Source `custom` with a title or a description."""
    fields = Fields.of(value) if isinstance(value, dict) else Fields({}, {})
    content = fields.inner("content")
    return fields.text("source").lower() == "custom" and bool(content.text("description", "title"))


def parse(value: object, arrival: Arrival) -> tuple[Alert, ...]:
    """Return one event. The schema has no state, so nothing can end it; `threadId` is the label `thread`."""
    fields = Fields.of(value)
    content, metadata = fields.inner("content"), fields.inner("metadata")
    context = metadata.inner("additionalContext")
    description = content.text("description")
    steps = content.texts("nextSteps")[:_STEPS_READ]
    severity = levels.level(context.text("severity", "priority", "sev", "level"))
    words = content.texts("keywords")[:_STEPS_READ]
    resources = metadata.texts("relatedResources")
    found = [match for step in (*steps, description) for match in _links(step)]
    said = sentence.best([plain(content.text("title")), plain(metadata.text("summary")), plain(description)])
    return (
        alert(
            arrival,
            name=metadata.text("eventType") or "CustomNotification",
            summary=said,
            key="",
            source="custom",
            status="firing",
            severity=severity,
            guess=levels.higher(*map(levels.level, words)),
            labels={
                **tag_labels(context.given),
                "provider": "amazonq",
                "thread": metadata.text("threadId"),
                "resource": resources[0] if len(resources) == 1 else "",
            },
            notes={
                "description": plain(description),
                "next_steps": "\n".join(f"{number}. {plain(step)}" for number, step in enumerate(steps, 1)),
                "runbook_url": next((url for url, name in found if "runbook" in f"{url} {name}".lower()), ""),
                "related_resources": ", ".join(resources[:_STEPS_READ]),
                "keywords": ", ".join(words),
            },
            links=(url for url, _ in found),
        ),
    )


def plain(markdown: str) -> str:
    """Return a chat's markdown as text: without emphasis and emoji, a link as `name (address)`."""
    text = markdown if len(markdown) <= texts.ANNOTATION_MAX else texts.cut_with_note(markdown)
    for pattern in (_LINK, _MARKDOWN_LINK):
        text = pattern.sub(lambda match: _named(match["name"], match["url"]), text)
    return _EMPHASIS.sub(lambda match: match["text"], _EMOJI.sub("", text)).strip()


def _named(name: str | None, url: str) -> str:
    return f"{name.strip()} ({url})" if name and name.strip() else url


def _links(markdown: str) -> list[tuple[str, str]]:
    read = markdown[: texts.READ_MAX]
    return [
        (match["url"], match["name"] or "") for pattern in (_LINK, _MARKDOWN_LINK) for match in pattern.finditer(read)
    ]
