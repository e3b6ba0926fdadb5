from __future__ import annotations

from dataclasses import replace

import pytest
from alertrelay.channels.jira import CHANNEL, JiraSettings
from alertrelay.channels.jira.render import render

from tests.channels.example import all_sent
from tests.render.notifications import CASES


@pytest.mark.parametrize("version", ["2", "3"])
def test_a_long_description_of_the_team_stays_within_what_jira_takes(version: str) -> None:
    told = replace(CASES["critical-everything"], texts={"description": "word " * 9_000})
    sent = all_sent()["jira"].settings
    assert isinstance(sent, JiraSettings)
    settings = replace(sent, url=f"https://example.atlassian.net/rest/api/{version}")
    description = render(told, settings)["fields"]["description"]
    assert 20_000 < len(str(description)) < CHANNEL.limits["description characters"]
