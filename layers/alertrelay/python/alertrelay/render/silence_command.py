"""Writes the command that silences the alerts of a message: `alertrelay silence add …`, to be copied into a shell."""

from __future__ import annotations

import re
import shlex

from alertrelay.alert import Alert
from alertrelay.notification import Notification
from alertrelay.render import wording
from alertrelay.render.text import one_line

_COMMAND = 600
_BARE = re.compile(r"[\w.:/@-]+", re.ASCII)
"""A value that a shell takes without quotes."""


def silence_command(notification: Notification, alert: Alert) -> str:
    """Matches the group's labels, the name where all shown alerts have one, and a single alert's own labels. Returns ""
    for events, which never repeat, for a digest, and where the command would have to be cut or cleaned: it would be
    another one."""
    if wording.only_events(notification) or not notification.alerts:
        return ""
    labels, names = dict(notification.group_labels), {one.name for one in notification.alerts}
    if wording.STORM in (labels.get("alertname"), alert.name):
        return ""
    if len(names) == 1:
        labels["alertname"] = names.pop()
    if wording.total(notification) == 1:
        own = [n for n in ("service", "cluster") if n in alert.labels] + wording.resource_labels(alert)
        labels |= {name: alert.labels[name] for name in own[: wording.RESOURCE_LABELS]}
    matchers = [_matcher(name, value) for name, value in sorted(labels.items()) if value]
    if not matchers:
        return ""
    env = shlex.quote(one_line(notification.environment))
    command = f"alertrelay silence add --env {env} --duration 2h --comment 'being worked on' {' '.join(matchers)}"
    return command if command.isprintable() and len(command) <= _COMMAND else ""


def _matcher(name: str, value: str) -> str:
    """Returns `name=value` for a shell, with quotes only where the value needs them."""
    if _BARE.fullmatch(value):
        return f"{name}={value}"
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return shlex.quote(f'{name}="{escaped}"')
