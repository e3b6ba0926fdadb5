"""Hides the keys of channels in what arrives: with one of PagerDuty's anybody could page, with one of Slack's write.

They come in where a failed command or a configuration is reported with its arguments.
"""

from __future__ import annotations

import re

_BEFORE = r"[\\\"']{0,9}\s{0,9}[:=]\s{0,9}[\\\"']{0,9}"
_ROUTING_KEY = re.compile(rf"(routing_key{_BEFORE})[^\s\"'\\,;&}}]+")
"""Its value in JSON, also in JSON within JSON, in a form and in a line of text."""
_KEY = re.compile(rf"((?:routing|service|integration)[ _-]?key{_BEFORE})[a-z0-9]{{32}}(?![a-z0-9])", re.IGNORECASE)
"""The same under other names, which may also be said of a queue: only with a value that looks like PagerDuty's."""
_WEBHOOK = re.compile(r"(hooks\.slack\.com/[a-z]{1,20}/)[^\s\"'\\<>|)]+")
_TOKEN = re.compile(r"(xox[a-z]-|xapp-)[A-Za-z0-9-]{10,}")


def masked(text: str) -> str:
    """Return a text without the values of routing keys, and without the secrets of Slack's addresses and tokens."""
    if "routing_key" in text:
        text = _ROUTING_KEY.sub(r"\1***", text)
    if "key" in text or "Key" in text or "KEY" in text:
        text = _KEY.sub(r"\1***", text)
    if "hooks.slack.com" in text:
        text = _WEBHOOK.sub(r"\1***", text)
    return _TOKEN.sub(r"\1***", text) if "xox" in text or "xapp-" in text else text
