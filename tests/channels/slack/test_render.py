from __future__ import annotations

import html
import json
import re
import shlex
from dataclasses import replace

from alertrelay.channels.slack import render as slack
from alertrelay.config.matchers import parse_matcher
from alertrelay.policy.matchers import matches

from cli.command import parser
from tests.channels.slack.example import SLACK_BOT, SLACK_WEBHOOK, check_slack
from tests.render.notifications import CASES, RDS, notification


def test_slack_names_the_channel_only_for_a_bot() -> None:
    assert slack.render(CASES["event"], SLACK_BOT)["channel"] == "#critical-alerts"
    assert "channel" not in slack.render(CASES["event"], SLACK_WEBHOOK)


def test_slack_shows_the_colour_as_an_icon_and_folds_nothing_of_the_beginning() -> None:
    first = {name: slack.render(CASES[name], SLACK_BOT)["blocks"][0] for name in CASES}
    assert {name for name, block in first.items() if "✅" in block["text"]["text"]} == {"resolved"}
    assert first["some-ended"]["text"]["text"].startswith("🟡 *WARNING*")
    assert all(block["expand"] for block in first.values())


def test_slack_removes_the_attachments_of_a_message_that_an_earlier_version_posted() -> None:
    assert slack.render(CASES["resolved"], SLACK_BOT)["attachments"] == []


def test_slack_counts_the_time_until_the_reader_looks() -> None:
    fields = next(b["fields"] for b in slack.render(CASES["critical-everything"], SLACK_BOT)["blocks"] if "fields" in b)
    assert re.fullmatch(r"\*Since\*\n<!date\^\d+\^[^>]+> \(<!date\^\d+\^\{ago\}\|4 min ago>\)", fields[0]["text"])


def test_slack_has_a_command_to_copy_that_silences_the_alert() -> None:
    texts = [b["text"]["text"] for b in slack.render(CASES["critical-everything"], SLACK_BOT)["blocks"] if "text" in b]
    (silence,) = (text for text in texts if text.startswith("*Silence for 2 h*"))
    command = html.unescape(re.search(r"(?s)```(.*)```", silence)[1])  # type: ignore[index]
    args = parser().parse_args(shlex.split(command)[1:])
    assert (args.env, args.duration) == ("prod", 7200)
    labels = CASES["critical-everything"].alerts[0].labels
    assert all(matches([parse_matcher(text)], labels) for text in args.matchers)
    assert len(args.matchers) >= 3


def test_slack_keeps_a_message_of_long_texts_within_its_limit() -> None:
    notes = {f"note_{number}": "&" * 1000 for number in range(9)}
    message = slack.render(notification(replace(RDS, annotations={**RDS.annotations, **notes})), SLACK_BOT)
    check_slack(message)
    assert "The rest does not fit into a Slack message." in json.dumps(message)
    assert message["blocks"][-1]["type"] == "context"


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
    blocks = slack.render(CASES["raw-text"], SLACK_BOT)["blocks"]
    assert blocks[1]["text"]["text"].startswith('```{"job": "nightly"')
