"""The deployed stack with Teams in Slack's place, which stands in for a page. The rest is every kind's."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from alertrelay.sources import unwrap

from local.stack.day import DayRun
from local.stack.history import Day
from local.standins import Fault, RecordedRequest
from local.standins.msteamsv2 import headline

TEAMS = ("slack-critical", "msteamsv2")


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
            run.publish(f"file-{number}", unwrap(content))
        return run.finish()

    return live


def test_teams_stands_in_for_a_page_that_failed(
    lived_with_teams: Callable[..., Day], told: Callable[..., Any], critical: bytes
) -> None:
    day = lived_with_teams(critical, down={"pagerduty": Fault.named("503")})

    assert "fallback" in told(day)[TEAMS]
    assert any(headline(request.body).startswith("⚠️ PagerDuty FAILED: 🔴 CRITICAL ") for request in cards(day))
