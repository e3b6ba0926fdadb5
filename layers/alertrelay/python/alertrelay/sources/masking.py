"""Hides keys in what arrives: with PagerDuty's anybody could page, with Slack's write, with AWS's do far more.

They come in where a failed command or a configuration is reported with its arguments. Only what has the form of a key
is hidden: RabbitMQ has routing keys too, and an alert may be known by one.
"""

from __future__ import annotations

import re

_NAMES = tuple(
    f"{what}{between}key" for what in ("routing", "service", "integration") for between in ("_", "-", " ", "")
)
"""Found in a tenth of the time that the expression takes: most messages have none."""
_BEFORE = r"[\\\"']{0,9}\s{0,9}[:=]\s{0,9}[\\\"']{0,9}"
_KEY = re.compile(
    rf"((?:routing|service|integration)[ _-]?key{_BEFORE})(?:[a-z0-9]{{32}}(?![a-z0-9])|[a-z0-9]{{8,31}}\Z)",
    re.IGNORECASE,
)
"""PagerDuty's 32 letters and digits, or their beginning where a message was cut; in JSON, also in JSON within JSON, in
a form and in a line of text."""
_SECRET = re.compile(rf"(secret[ _-]?access[ _-]?key{_BEFORE})[a-z0-9/+=]{{40}}", re.IGNORECASE)
_WEBHOOK = re.compile(r"(hooks\.slack\.com/[a-z]{1,20}/)[^\s\"'\\<>|)]+")
_TOKEN = re.compile(r"(xox[a-z]-|xapp-)[A-Za-z0-9-]{10,}")


def masked(text: str) -> str:
    """Return a text without PagerDuty's keys, AWS's secret keys, and the secrets of Slack's addresses and tokens."""
    if "key" in (lower := text.lower()) and any(name in lower for name in _NAMES):
        text = _KEY.sub(r"\1***", text)
    if "secret" in lower:
        text = _SECRET.sub(r"\1***", text)
    if "hooks.slack.com" in text:
        text = _WEBHOOK.sub(r"\1***", text)
    return _TOKEN.sub(r"\1***", text) if "xox" in text or "xapp-" in text else text
