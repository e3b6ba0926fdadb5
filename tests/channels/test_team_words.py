from __future__ import annotations

from alertrelay.channels import render
from alertrelay.channels.msteamsv2 import MsTeamsSettings
from alertrelay.channels.pagerduty import PagerDutySettings

from tests.channels.team import team_target
from tests.render.notifications import CASES

FIRING = CASES["critical-everything"]
PAGER = PagerDutySettings(routing_key="k", url="https://p.example", client="", client_url="")


def test_a_page_has_the_team_s_description() -> None:
    target = team_target("pagerduty", PAGER, {"description": "{{ .Status }}:\n{{ .CommonLabels.service }}"})
    assert render(FIRING, target)["payload"]["summary"] == "firing: orders"
    ours = render(FIRING, team_target("pagerduty", PAGER, {}))
    assert render(FIRING, team_target("pagerduty", PAGER, {"description": "{{ .X }}"}))["payload"] == ours["payload"]


def test_a_card_has_the_team_s_title_and_text() -> None:
    texts = {"title": "T {{ .Status }}", "text": "**{{ .CommonLabels.service }}**\nnext"}
    message = render(FIRING, team_target("msteamsv2", MsTeamsSettings(webhook_url="k"), texts))
    body = message["attachments"][0]["content"]["body"]
    assert body[0]["items"][0]["text"].endswith(" T firing")
    assert body[1]["text"] == "**orders**\n\nnext"
