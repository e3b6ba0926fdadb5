"""The deployed stack with Teams in Slack's place: a critical alarm from its begin to its end, and while Teams fails."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from alertrelay.sources import unwrap

from local.stack.day import Day, DayRun
from local.standins import Fault, RecordedRequest
from local.standins.msteamsv2 import headline
from local.timeline import as_text

TEAMS, MAIL = ("slack-critical", "msteamsv2"), ("email-oncall", "email")


def in_place_of_slack(text: str) -> str:
    """alertmanager.yml whose `slack-critical` is a Teams channel."""
    old = re.search(r"  - name: slack-critical\n(?:    .*\n)+", text)
    assert old
    new = "    msteamsv2_configs: [{webhook_url_file: /etc/alertmanager/secrets/teams_workflow}]\n"
    return text.replace(old[0], f"  - name: slack-critical\n{new}")


def cards(day: Day) -> list[RecordedRequest]:
    return [request for request in day.received if request.channel == "msteamsv2"]


@pytest.fixture
def lived_with_teams(begin_changed: Callable[..., DayRun]) -> Callable[..., Day]:
    def live(*contents: bytes, down: dict[str, Fault] | None = None) -> Day:
        run = begin_changed(in_place_of_slack, down)
        for number, content in enumerate(contents):
            if number:
                run.stack.run_until(run.stack.clock.now() + timedelta(minutes=6))
            run.publish(f"file-{number}", unwrap(content))
        return run.finish()

    return live


def of_the_replica(content: bytes) -> bytes:
    """The same alarm of a second database of the service: another member of the group."""
    return content.replace(b"orders-db", b"orders-replica")


def test_a_card_says_firing_updated_and_resolved(
    lived_with_teams: Callable[..., Day], critical: bytes, critical_ok: bytes
) -> None:
    day = lived_with_teams(critical, of_the_replica(critical), critical_ok, of_the_replica(critical_ok))

    lines = [headline(request.body) for request in cards(day)]
    assert [request.answered for request in cards(day)] == ["202"] * len(lines)
    begun, updated, ended, last = lines
    assert begun.startswith("🔴 CRITICAL RDSHighCPU ")
    assert ", 2 firing (1 new): " in updated
    assert ", 1 firing, 1 of 2 resolved: " in ended
    assert last.startswith("✅ RESOLVED after ")
    assert any("» 🔴 CRITICAL " in line for line in as_text(day))
    assert day.lost == ()


def test_while_teams_fails_its_fallback_says_so_and_why(
    lived_with_teams: Callable[..., Day], told: Callable[..., Any], critical: bytes
) -> None:
    day = lived_with_teams(critical, down={"msteamsv2": Fault.named("503")})

    outcomes = told(day)
    assert outcomes[TEAMS] == ["pending"]
    assert "fallback" in outcomes[MAIL]
    mails = [r.body["subject"] for r in day.received if r.channel == "email" and "FAILED" in r.body["subject"]]
    assert mails == ["[CRITICAL, Microsoft Teams FAILED] RDSHighCPU orders 111122223333 eu-central-1 (prod)"]
    assert day.lost == ()


def test_teams_stands_in_for_a_page_that_failed(
    lived_with_teams: Callable[..., Day], told: Callable[..., Any], critical: bytes
) -> None:
    day = lived_with_teams(critical, down={"pagerduty": Fault.named("503")})

    assert "fallback" in told(day)[TEAMS]
    assert any(headline(request.body).startswith("⚠️ PagerDuty FAILED: 🔴 CRITICAL ") for request in cards(day))


def test_nothing_of_the_address_is_shown(lived_with_teams: Callable[..., Day], critical: bytes) -> None:
    day = lived_with_teams(critical, down={"msteamsv2": Fault.named("404")})

    assert "FAKE-teams_workflow" in str(day.secrets)
    shown = f"{day.logs} {list(as_text(day))} {[request.body for request in day.received]}"
    assert "FAKE-teams_workflow" not in shown
    assert "powerplatform" not in shown
