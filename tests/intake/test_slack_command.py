"""The slash command: it lists what fires and what is silenced, and explains a route."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from alertrelay.config.model import Config

from tests.intake.door import Door, alert
from tests.intake.slack_app import REPLY, SECRET, compiled, open_group, post, pressed, said, silence, slack_door


@pytest.fixture
def door(slack_config: Config) -> Door:
    return slack_door(slack_config)


def ask(door: Door, text: str) -> str:
    """The whole answer of the slash command."""
    form = {"command": "/alerts", "text": text, "user_id": "U1", "user_name": "ana", "trigger_id": text + "t"}
    assert post(door, {**form, "response_url": REPLY}, path="/slack/commands").status == 200
    door.go_on()
    ((_, answer),) = door.replies
    door.replies.clear()
    assert len(answer["blocks"]) <= 50
    assert all(len(block["text"]["text"]) <= 3000 for block in answer["blocks"])
    return json.dumps(answer, ensure_ascii=False)


def test_the_command_lists_what_fires_and_what_is_silenced(door: Door) -> None:
    door.ask("POST", "/api/v2/alerts", [alert(severity="critical", service="a<b"), alert("Slow", service="orders")])
    gid = open_group(door, {"alertname": "Slow"})
    post(door, pressed(silence(gid)))
    said(door)
    listed = ask(door, "")
    assert "*1 firing*, 1 silenced" in listed
    assert "a&lt;b" in listed
    assert listed.index("*Down*") < listed.index("*Slow*")
    assert re.search(r"\*Slow\* \(orders\), since <[^>]+>, silenced until", listed)
    assert "alertrelay_unsilence" in listed
    assert "Down" not in ask(door, "silenced")


def test_the_command_keeps_to_slacks_limits_with_hundreds_of_alerts(door: Door) -> None:
    door.ask("POST", "/api/v2/alerts", [alert(f"{n:03}" + "&" * 300, service="<" * 90) for n in range(300)])
    for number in range(30):
        gid = open_group(door, {"alertname": f"{number}" + "&" * 400})
        post(door, pressed(silence(gid), at=str(number)))
    said(door)
    listed = ask(door, "")
    assert "and 260 more not shown" in listed
    assert "and 18 more not shown" in listed


def test_the_command_explains_the_route_of_an_alert_or_of_labels(door: Door) -> None:
    door.ask("POST", "/api/v2/alerts", [alert(service="orders")])
    found = ask(door, "route Down")
    assert "*team* (slack)" in found
    assert "grouped by alertname, service; waits 30 s, then every 5 min, repeats after 4 h" in found
    other = ask(door, "route alertname=X team=“payments”")
    assert "*nobody* (notifies nobody)" in other
    assert "in one group" in other
    assert "No alert of that name" in ask(door, "route Nothing")
    assert "/alerts route NAME" in ask(door, "what?")
    assert "/alerts route NAME" in ask(door, "route")


def test_the_route_of_a_critical_alert_names_its_tiers(tmp_path: Path) -> None:
    tiers = Door(compiled(tmp_path, "escalation: {tiers: [{receivers: [team]}]}"))
    tiers.secret["slack_signing_secret"] = SECRET
    named = "⇧ tier 2, where nobody acknowledges it for 15 min: team"
    assert named in ask(tiers, "route alertname=X severity=critical")
    assert "tier 2" not in ask(tiers, "route alertname=X severity=warning")
