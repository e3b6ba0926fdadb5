"""Slack, as it asks the intake: signed forms of pressed buttons and of the slash command, and a group in a channel."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from alertrelay.alert import Integration
from alertrelay.channels.slack.buttons import Button, Span, element
from alertrelay.config.model import Config
from alertrelay.intake.slack.signature import signature_of
from alertrelay.nflog.group_state import GroupHeader, GroupIdentity, Schedule
from alertrelay.policy.group_key import group_id

from compiler.load import try_out
from tests.intake.door import Answer, Door, event

SECRET = "a-signing-secret-of-a-test"
REPLY = "https://hooks.slack.com/actions/T1/1/abc"
_CONFIG = """
global: {slack_api_url: https://slack.com/api/chat.postMessage}
route:
  receiver: team
  group_by: [alertname, service]
  routes: [{receiver: nobody, matchers: ['team="payments"'], group_by: []}]
receivers:
  - name: team
    slack_configs:
      - channel: C1
        http_config: {authorization: {credentials_file: /etc/alertmanager/secrets/slack_token}}
  - name: nobody
"""


def compiled(folder: Path, delivery: str) -> Config:
    """The configuration of the tests, with a delivery.yml."""
    path = folder / "delivery.yml"
    path.write_text(delivery)
    found = try_out(_CONFIG, delivery=path)
    assert found.config, found.findings
    return found.config


def slack_door(config: Config) -> Door:
    """An intake whose Slack app has two signing secrets, as while one is replaced."""
    found = Door(config)
    found.secret["slack_signing_secret"] = f"{SECRET} another-signing-secret"
    return found


def post(
    door: Door,
    fields: Mapping[str, str],
    *,
    path: str = "/slack/interactions",
    secret: str = SECRET,
    at: datetime | None = None,
    sent: str | None = None,
    **more: Any,
) -> Answer:
    """Sends a form as Slack signs it."""
    body = urlencode(fields)
    stamp = str(int((at or door.clock.now()).timestamp()))
    headers = {
        "content-type": "application/x-www-form-urlencoded",
        "X-Slack-Request-Timestamp": stamp,
        "X-Slack-Signature": signature_of(secret.encode(), stamp, body.encode()),
    } | more.pop("headers", {})
    return Answer(door.handle(event("POST", path, body if sent is None else sent, headers=headers, **more), None))


def pressed(button: Button, *, user: str = "U1", at: str = "1.1", reply: str = REPLY) -> dict[str, str]:
    """The form of a pressed button."""
    shown = element(button, "press")
    payload = {
        "type": "block_actions",
        "user": {"id": user, "username": f"{user}-name"},
        "team": {"id": "T1"},
        "actions": [{**shown, "action_ts": at}],
        "response_url": reply,
    }
    return {"payload": json.dumps(payload)}


def said(door: Door) -> str:
    """The text of the answers so far, taken away."""
    door.go_on()
    texts = [str(answer["text"]) for _, answer in door.replies]
    door.replies.clear()
    return "\n".join(texts)


def open_group(door: Door, labels: Mapping[str, str]) -> str:
    """A group that was notified in Slack."""
    integration = Integration(receiver="team", channel="slack", index=0)
    gid = group_id(integration, door.config.route, labels)
    identity = GroupIdentity(
        integration=integration, route_id=door.config.route.id, group_key="{}:{…}", group_labels=labels
    )
    door.store.arm(gid, GroupHeader(identity=identity, schedule=Schedule()), due=door.clock.now())
    return gid


def silence(gid: str, span: Span = "1h") -> Button:
    return Button(deed="silence", group=gid, span=span)


ORDERS = {"alertname": "Down", "service": "orders"}
