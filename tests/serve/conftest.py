"""The relay as `alertrelay serve` runs it, with a configuration that waits for nothing."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from cli.serve import Served, serving

ALERTMANAGER = """\
route:
  receiver: chat
  group_by: [alertname]
  group_wait: 0s
  group_interval: 1s
  repeat_interval: 4h
  routes:
    - matchers: ['severity="critical"']
      receiver: page
receivers:
  - name: chat
    slack_configs:
      - api_url_file: /etc/alertmanager/secrets/slack_webhook
        send_resolved: true
  - name: page
    pagerduty_configs:
      - routing_key_file: /etc/alertmanager/secrets/pagerduty_key
"""


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A configuration of two receivers."""
    made = tmp_path_factory.mktemp("config")
    (made / "alertmanager.yml").write_text(ALERTMANAGER)
    (made / "delivery.yml").write_text("fallbacks: {page: [[chat]]}\n")
    (made / "environments").mkdir()
    (made / "environments" / "here.yml").write_text("ops_email: [ops@example.com]\n")
    return made


@pytest.fixture
def served(folder: Path, tmp_path: Path) -> Iterator[Served]:
    with serving(folder, None, tmp_path, None, port=0) as found:
        yield found


def ask(served: Served, method: str, target: str, body: object = None, *, token: str | None = None) -> Any:
    """What the intake answers, as JSON; an error by its status."""
    data = None if body is None else json.dumps(body).encode()
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token or served.token}"}
    request = urllib.request.Request(f"{served.url}{target}", data=data, method=method, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            text = answer.read()
            return json.loads(text) if text.startswith((b"{", b"[")) else None
    except urllib.error.HTTPError as error:
        return error.code


def until(holds: Callable[[], Any], *, seconds: float = 30) -> Any:
    """What a peer of another process brings about, as soon as it has."""
    end = time.monotonic() + seconds
    while not (found := holds()):
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.05)
    return found


def chats(served: Served) -> list[str]:
    """What Slack's stand-in received: each message as JSON."""
    return [json.dumps(request.body) for request in served.received() if request.channel == "slack"]


def pages(served: Served) -> list[tuple[str, str]]:
    """What PagerDuty's stand-in received: action and summary of each event."""
    bodies = [request.body for request in served.received() if request.channel == "pagerduty"]
    return [(body["event_action"], body.get("payload", {}).get("summary", "")) for body in bodies]
