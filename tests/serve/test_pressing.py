"""People press at the stand-ins: Slack's buttons of a message that the relay posted, and what PagerDuty has for its
incidents. The relay's answer comes back to the message."""

from __future__ import annotations

import http.server
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from urllib.parse import urlencode

import pytest

from cli.serve import Served, serving
from local.standins.pressing import App
from local.standins.slack.pressing import command, press
from tests.serve.conftest import ask, chats, pages, until

CONFIG = """\
global: {slack_api_url: https://slack.com/api/chat.postMessage}
route: {receiver: chat, group_by: [alertname], group_wait: 0s, group_interval: 5m}
receivers:
  - name: chat
    slack_configs:
      - channel: C1
        send_resolved: true
        http_config: {authorization: {credentials_file: /etc/alertmanager/secrets/slack_bot_token}}
    pagerduty_configs:
      - routing_key_file: /etc/alertmanager/secrets/pagerduty_key
"""


@pytest.fixture(scope="module")
def bot(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("config")
    (folder / "alertmanager.yml").write_text(CONFIG)
    (folder / "delivery.yml").write_text("fallbacks: {}\n")
    (folder / "environments").mkdir()
    (folder / "environments" / "here.yml").write_text("intake: direct\n")
    with serving(folder, None, Path(tmp_path_factory.mktemp("data")), None, port=0) as found:
        yield found


def handed(served: Served, path: str, *, at: str = "slack", **fields: str) -> str:
    """What the stand-in answers to a person."""
    try:
        with urllib.request.urlopen(served.pressed[at] + path, data=urlencode(fields).encode(), timeout=10) as answer:
            return str(answer.read().decode())
    except urllib.error.HTTPError as error:
        return str(error.read().decode())


def test_a_person_silences_undoes_and_acknowledges_at_the_stand_in(bot: Served) -> None:
    assert "no message was posted yet" in handed(bot, "/messages")
    assert "message: none was posted" in handed(bot, "/press", message="1", button="silence_1h")
    assert ask(bot, "POST", "/api/v2/alerts", [{"labels": {"alertname": "Down", "severity": "critical"}}]) is None
    until(lambda: chats(bot))
    assert "acknowledge silence_1h silence_4h silence_tomorrow" in handed(bot, "/messages")
    assert "the intake answered 200" in handed(bot, "/press", message="1", button="silence_1h", user="ana")
    until(lambda: "*Silenced*" in chats(bot)[-1])  # the message is edited, no flush was due for minutes
    (made,) = ask(bot, "GET", "/api/v2/silences")
    assert (made["createdBy"], made["status"]["state"]) == ("ana (Slack)", "active")
    handed(bot, "/command", text="silenced")
    until(lambda: "Silences\n   | 🔇 until" in handed(bot, "/messages"))
    handed(bot, "/press", message="2", button="unsilence", user="bo")
    until(lambda: ask(bot, "GET", "/api/v2/silences")[0]["status"]["state"] == "expired")
    until(lambda: "*Silenced*" not in chats(bot)[-1])
    handed(bot, "/press", message="1", button="acknowledge", user="bo")
    until(lambda: "*Acknowledged*: by bo" in chats(bot)[-1])
    handed(bot, "/command", text="route Down")
    until(lambda: "→ *chat* (" in handed(bot, "/messages"))
    assert "button: message 1 has acknowledge" in handed(bot, "/press", message="1", button="nothing")
    assert "message: a number of 1 to" in handed(bot, "/press", message="77", button="silence_1h")


def test_what_a_person_does_in_pagerduty_comes_back_to_the_message_and_the_console(bot: Served) -> None:
    def pressed(**fields: str) -> str:
        return handed(bot, "/press", at="pagerduty", incident=number, **fields)

    def last() -> str:
        return next(text for text in reversed(chats(bot)) if "Full" in text)

    def acknowledged() -> list[tuple[str, str, str]]:
        found = ask(bot, "GET", "/api/v1/acknowledgements")
        said = [one["acknowledged"] for one in found if one["alertname"] == "Full"]
        return [(one["by"], one["via"], one["comment"]) for one in said]

    ask(bot, "POST", "/api/v2/alerts", [{"labels": {"alertname": "Full", "severity": "critical"}}])
    until(lambda: any("Full" in text for text in chats(bot)))
    listed = handed(bot, "/incidents", at="pagerduty").splitlines()
    number = next(line.partition(" ")[0] for line in listed if "triggered: Full" in line)
    assert pressed(button="acknowledge", user="bo") == "the intake answered 200\n"
    until(lambda: "*Acknowledged*: by bo" in last())
    assert acknowledged() == [("bo", "pagerduty", "")]
    assert pressed(button="note", user="ana", note="the disk is full") == "the intake answered 200\n"
    until(lambda: "ana: the disk is full" in last())
    assert acknowledged() == [("bo", "pagerduty", "ana: the disk is full")]
    assert "   | ana: the disk is full" in handed(bot, "/incidents", at="pagerduty")
    pressed(button="unacknowledge")
    until(lambda: "*Acknowledged*" not in last())
    assert pressed(button="resolve") == "the intake answered 200\n"
    (alert,) = [one for one in ask(bot, "GET", "/api/v2/alerts") if one["labels"]["alertname"] == "Full"]
    assert alert["status"]["state"] == "active"  # its source says when it resolves
    assert f"button: incident {number} has note, got 'resolve'" in pressed(button="resolve")
    assert "note: a text was expected" in pressed(button="note")
    assert "incident: a number of 1 to" in handed(bot, "/press", at="pagerduty", incident="77", button="note")


class Slow(http.server.BaseHTTPRequestHandler):
    """An app that fails twice."""

    seen: list[tuple[str, str]]

    def do_POST(self) -> None:
        """503, 503, then 200."""
        self.rfile.read(int(self.headers["Content-Length"]))
        self.seen.append((self.path, self.headers.get("X-Slack-Retry-Num", "")))
        self.send_response(200 if len(self.seen) == 3 else 503)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - http.server's name for it
        """Nothing."""


def test_a_request_that_fails_is_sent_again_with_its_number() -> None:
    Slow.seen = []
    server = http.server.HTTPServer(("127.0.0.1", 0), Slow)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    app = App(url=f"http://127.0.0.1:{server.server_port}", secret="s")
    button = {"type": "button", "action_id": "alertrelay_silence_1h", "value": "g=slack-0"}
    message = {"blocks": [{"type": "actions", "elements": [button]}]}
    assert press(app, [message], {"button": "silence_1h"}, base="https://hooks.slack.com").status == 200
    server.shutdown()
    thread.join()
    server.server_close()
    assert Slow.seen == [("/slack/interactions", number) for number in ("", "1", "2")]
    assert command(app, {}, base="https://hooks.slack.com").status == 502  # nobody listens any more


def test_incidents_of_pagerduty_are_known_after_a_restart(folder: Path, tmp_path: Path) -> None:
    def served() -> AbstractContextManager[Served]:
        return serving(folder, None, tmp_path, None, port=0)

    with served() as first:
        ask(first, "POST", "/api/v2/alerts", [{"labels": {"alertname": "Kept", "severity": "critical"}}])
        until(lambda: pages(first))
        handed(first, "/press", at="pagerduty", incident="1", button="note", note="the disk is full", user="ana")
    with served() as second:
        listed = handed(second, "/incidents", at="pagerduty")
        assert "1  triggered: Kept" in listed
        assert "   | ana: the disk is full" in listed
        assert "answered 200" in handed(second, "/press", at="pagerduty", incident="1", button="acknowledge")
        ask(second, "POST", "/api/v2/alerts", [{"labels": {"alertname": "Other", "severity": "critical"}}])
        until(lambda: "2  triggered: Other" in handed(second, "/incidents", at="pagerduty"))
        assert "1  acknowledged by ana: Kept" in handed(second, "/incidents", at="pagerduty")
