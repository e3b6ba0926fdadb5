from __future__ import annotations

import json
from dataclasses import replace

from alertrelay.channels.slack import render as slack

from tests.channels.slack.example import SLACK_BOT, SLACK_WEBHOOK, check_slack
from tests.render.notifications import CASES, RDS, notification


def test_slack_names_the_channel_only_for_a_bot() -> None:
    assert slack.render(CASES["event"], SLACK_BOT)["channel"] == "#critical-alerts"
    assert "channel" not in slack.render(CASES["event"], SLACK_WEBHOOK)


def test_slack_is_green_when_all_is_over_and_not_before() -> None:
    colours = {name: slack.render(CASES[name], SLACK_BOT)["attachments"][0]["color"] for name in CASES}
    assert {name for name, told in colours.items() if told == slack.RESOLVED_COLOUR} == {"resolved"}
    assert colours["some-ended"] == slack.COLOURS["warning"]


def test_slack_shows_the_failed_channel_in_the_line_of_the_phone() -> None:
    assert slack.render(CASES["fallback"], SLACK_BOT)["text"].startswith("⚠️ PagerDuty FAILED: 🔴 *CRITICAL* RDSHighCPU")
    assert slack.render(CASES["reached-again"], SLACK_BOT)["text"].startswith("ℹ️ PagerDuty answers again: ")  # noqa: RUF001 - the sign that is sent


def test_slack_keeps_long_links_whole_and_says_a_too_long_one_in_words() -> None:
    href = "https://example.com/?" + "a" * 1_500
    annotations = {**RDS.annotations, "runbook_url": href, "dashboard_url": "https://example.com/?" + "&" * 1_500}
    message = slack.render(notification(replace(RDS, annotations=annotations, generator_url=href)), SLACK_BOT)
    check_slack(message)
    told = json.dumps(message)
    assert f"<{href}|Runbook>" in told
    assert f"<{href}|Alarm in CloudWatch>" in told
    assert "|Dashboard>" not in told
    assert "Dashboard: https://example.com/?&amp;" in told


def test_slack_counts_what_it_does_not_show() -> None:
    told = json.dumps(slack.render(CASES["group-of-10000"], SLACK_BOT), ensure_ascii=False)
    assert told.count("🟡 PodCrashLooping") == 12
    assert "and 9987 more not shown" in told


def test_slack_shows_raw_text_as_it_came() -> None:
    blocks = slack.render(CASES["raw-text"], SLACK_BOT)["attachments"][0]["blocks"]
    assert blocks[0]["text"]["text"].startswith('```{"job": "nightly"')
