"""Chooses the text that a person should read first."""

from __future__ import annotations

import re
from collections.abc import Iterable

from alertrelay.values import text as texts

_MARKS = re.compile(r"\[[^\]\n]{0,60}\]|(?<![\w:]):[a-z][a-z0-9_+-]{1,39}:(?!\w)")  # [FIRING:1], [prod]; :warning:
_WORD = re.compile(r"[^\W_]{1,80}")
_OPAQUE = re.compile(r"[0-9a-f]{16,}|[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|arn:\S*|https?://\S*|[\d\W]*")
_GENERIC = frozenset(
    [
        *("a", "an", "the", "for", "from", "you", "your", "no", "none", "null", "n", "new", "hi", "hello", "ok"),
        *(
            "alert",
            "alerts",
            "alarm",
            "alarms",
            "event",
            "events",
            "message",
            "messages",
            "notification",
            "notifications",
        ),
        *("notice", "update", "status", "subject", "title", "email", "info", "information", "important", "warning"),
        *("critical", "error", "urgent", "firing", "resolved", "test", "testing", "unknown", "undefined", "untitled"),
        *("amazon", "aws", "sns", "cloudwatch", "elasticache", "rds", "dms", "chatbot", "prometheus", "alertmanager"),
        *("nagios", "icinga", "zabbix", "labels", "annotations", "details"),
        *("grafana", "datadog", "relic", "monitor", "monitoring", "system", "ops", "custom", "default"),
    ]
)
_READ = 400  # characters of a candidate that are looked at


def informative(text: str) -> bool:
    """Returns whether a text is more than the news that there is a message: `[FIRING:1]`, a hash or "Notification" are
    not."""
    rest = _MARKS.sub(" ", text[:_READ]).strip()
    if not rest or rest.startswith(("{", "[{")) or _OPAQUE.fullmatch(rest):
        return False
    return any(word.lower() not in _GENERIC and not word.isdecimal() for word in _WORD.findall(rest))


def best(candidates: Iterable[str]) -> str:
    """Return the first informative candidate, as one line; else the first that is not empty; else ""."""
    lines = [line for each in candidates if (line := texts.one_line(each))]
    return next((line for line in lines if informative(line)), lines[0] if lines else "")
