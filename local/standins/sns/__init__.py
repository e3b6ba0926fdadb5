"""SNS: the emulated AWS stands in (local/stack/emulator.py). Amazon Q reads custom notifications from its topics.

SNS takes whatever is published. Amazon Q shows what is of its schema and drops the rest without a word to the sender,
so that a test has to ask `problem_of`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

from local.standins.peer import Peer, SentMessage

_TOP = {"version": str, "source": str, "id": str, "content": dict, "metadata": dict}
_CONTENT = {"textType": str, "title": str, "description": str, "nextSteps": list, "keywords": list}
_METADATA = {
    "threadId": str,
    "summary": str,
    "eventType": str,
    "relatedResources": list,
    "additionalContext": dict,
    "enableCustomActions": bool,
}
_LIMITS = {"title": 250, "description": 8_000}
"""Not documented; what was seen to pass."""
_PUBLISH_FIELDS = {
    "TopicArn": "topic_arn",
    "TargetArn": "target_arn",
    "PhoneNumber": "phone_number",
    "Subject": "subject",
    "Message": "message",
}


def problem_of(message: str) -> str:
    """Returns why Amazon Q would not show a message, "" where it would."""
    try:
        found = json.loads(message)
    except ValueError:
        return "it is not JSON"
    if not isinstance(found, Mapping):
        return "it is not an object"
    if found.get("version") != "1.0" or found.get("source") != "custom":
        return "version 1.0 and source custom are required"
    problems = [_shape(found, _TOP, "")]
    content, metadata = found.get("content"), found.get("metadata", {})
    if isinstance(content, Mapping):
        problems += [_shape(content, _CONTENT, "content."), _content(content)]
    else:
        problems.append("content is required")
    if isinstance(metadata, Mapping):
        problems.append(_shape(metadata, _METADATA, "metadata."))
    return next((problem for problem in problems if problem), "")


def _shape(found: Mapping[str, Any], known: Mapping[str, type], where: str) -> str:
    for name, value in found.items():
        if name not in known:
            return f"{where}{name} is not in the schema"
        if not isinstance(value, known[name]):
            return f"{where}{name} is not of type {known[name].__name__}"
        texts = value if isinstance(value, list) else []
        if isinstance(value, Mapping) and name == "additionalContext":
            texts = list(value.values())
        if not all(isinstance(text, str) for text in texts):
            return f"{where}{name} holds something else than texts"
    return ""


def _content(content: Mapping[str, Any]) -> str:
    if not content.get("description"):
        return "content.description is required"
    if content.get("textType", "client-markdown") != "client-markdown":
        return "content.textType is not client-markdown"
    long = [name for name, most in _LIMITS.items() if len(str(content.get(name, ""))) > most]
    return f"content.{long[0]} is longer than {_LIMITS[long[0]]} characters" if long else ""


def headline(body: Mapping[str, Any]) -> str:
    """Returns the subject, the title of a custom notification, or the message."""
    message = str(body.get("message", ""))
    if not body.get("subject") and message.startswith("{") and not problem_of(message):
        content = json.loads(message)["content"]
        return str(content.get("title") or content["description"])
    return str(body.get("subject") or message)


def _published(body: bytes, _path: str) -> SentMessage | None:
    fields = dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
    if fields.get("Action") != "Publish":
        return None
    attributes = _attributes(fields)
    message = {to: fields[name] for name, to in _PUBLISH_FIELDS.items() if name in fields}
    return SentMessage(
        headers={},
        body={**message, "attributes": attributes},
        request_id=attributes.get("alertrelay-notification", ""),
    )


def _attributes(fields: Mapping[str, str]) -> dict[str, str]:
    """`MessageAttributes.entry.1.Name`, `.Value.StringValue`: the query protocol's lists."""
    found = {}
    for key, name in fields.items():
        if (entry := re.fullmatch(r"(MessageAttributes\.entry\.\d+)\.Name", key)) is not None:
            found[name] = fields.get(f"{entry.group(1)}.Value.StringValue", "")
    return found


PEER = Peer(headline=headline, service=lambda _settings: "sns", readers={"sns": _published})
