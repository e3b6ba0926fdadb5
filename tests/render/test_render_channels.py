"""What is particular to each channel's message."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from alertrelay.channels.email import render as email
from alertrelay.channels.pagerduty import render as pagerduty
from alertrelay.channels.slack import render as slack
from alertrelay.channels.sns import render as sns
from alertrelay.channels.webhook import render as webhook
from alertrelay.notification import Reason

from tests.channels.email.example import EMAIL, read_page
from tests.channels.pagerduty.example import PAGERDUTY
from tests.channels.slack.example import SLACK_BOT, SLACK_WEBHOOK, check_slack
from tests.channels.sns.example import PHONE, TOPIC
from tests.channels.webhook.example import WEBHOOK
from tests.render.notifications import CASES, RDS, alert, notification


def test_pagerduty_resolves_with_the_key_of_the_trigger_and_nothing_else() -> None:
    resolved = pagerduty.render(CASES["resolved"], PAGERDUTY)
    assert resolved == {"event_action": "resolve", "dedup_key": CASES["critical-everything"].dedup_key}


@pytest.mark.parametrize(
    ("label", "expected"),
    [("critical", "critical"), ("Critical", "critical"), ("info", "info"), ("page", "error"), (None, "warning")],
)
def test_pagerduty_gets_one_of_its_own_severities(label: str | None, expected: str) -> None:
    labels = {"alertname": "X"} | ({"severity": label} if label else {})
    assert pagerduty.render(notification(alert(labels)), PAGERDUTY)["payload"]["severity"] == expected


def test_pagerduty_is_told_that_an_event_will_not_end_by_itself() -> None:
    details = pagerduty.render(CASES["event"], PAGERDUTY)["payload"]["custom_details"]
    assert details["End"] == "An event has no end: resolve this incident by hand"


def test_pagerduty_without_client_sends_none() -> None:
    message = pagerduty.render(CASES["event"], replace(PAGERDUTY, client="", client_url=""))
    assert not {"client", "client_url"} & set(message)


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


def test_an_email_shows_the_text_of_an_alert_as_text() -> None:
    page = read_page(email.render(CASES["hostile"], EMAIL)["html"])
    assert "<!channel> <@U123|boss>" in "".join(page.texts)
    assert page.hrefs == ["https://evil.example/%22%3E%3Cscript%3E%7Cx"]


def test_an_email_sets_colours_only_where_it_sets_both() -> None:
    html = email.render(CASES["fallback"], EMAIL)["html"]
    for style in html.split('style="')[1:]:
        rules = [rule.split(":")[0] for rule in style.split('"')[0].split(";")]
        assert ("background-color" not in rules) or ("color" in rules)


def test_a_phone_is_told_only_the_line_and_one_link() -> None:
    told = sns.render(CASES["critical-everything"], PHONE)["message"]
    assert told == (
        "CRITICAL RDSHighCPU (prod, orders-db-1): CPU of the orders database is above 80 % for 10 minutes, "
        "since 03:04 UTC https://wiki.example.com/runbooks/rds-cpu?db=orders&step=1"
    )


def test_a_phone_never_gets_half_a_link() -> None:
    href = "https://example.com/" + "a" * 110
    long = alert({"alertname": "X" * 200}, {"summary": "y" * 200, "runbook_url": href})
    told = sns.render(notification(long), PHONE)["message"]
    assert len(told) <= 300
    assert told.endswith(f"..., since 03:04 UTC {href}")
    too_long = alert({"alertname": "X"}, {"summary": "y", "runbook_url": href + "a" * 40})
    assert "http" not in sns.render(notification(too_long), PHONE)["message"]


def test_a_topic_gets_the_subject_and_text_of_the_email() -> None:
    told, mail = sns.render(CASES["fallback"], TOPIC), email.render(CASES["fallback"], EMAIL)
    assert told == {"subject": mail["subject"], "message": mail["text"]}


def test_a_webhook_truncates_at_max_alerts_and_counts_the_whole_group() -> None:
    told = webhook.render(CASES["group-of-10000"], WEBHOOK)
    assert (len(told["alerts"]), told["truncatedAlerts"]) == (5, 9_995)
    whole = webhook.render(CASES["group-of-10000"], replace(WEBHOOK, max_alerts=0))
    assert (len(whole["alerts"]), whole["truncatedAlerts"]) == (100, 9_900)


def test_a_webhook_gets_labels_as_they_came() -> None:
    given_ = CASES["hostile"].alerts[0]
    (told,) = webhook.render(CASES["hostile"], WEBHOOK)["alerts"]
    assert told["labels"]["alertname"] == given_.labels["alertname"]
    assert told["fingerprint"] == given_.fingerprint


def test_a_webhook_is_told_of_a_fallback_in_an_annotation_of_every_alert() -> None:
    told = webhook.render(CASES["fallback"], WEBHOOK)
    assert told["commonAnnotations"]["alertrelay_notice"].startswith("This page was NOT delivered")
    assert "alertrelay_notice" in told["alerts"][0]["annotations"]


@pytest.mark.parametrize(
    ("reason", "expected"),
    [
        (Reason.FIRST, "first notification"),
        (Reason.NEW_ALERTS, "new alerts added"),
        (Reason.SOME_RESOLVED, "some alerts resolved"),
        (Reason.ALL_RESOLVED, "all alerts resolved"),
        (Reason.STORE_FAILING, "unknown"),
    ],
)
def test_a_webhook_names_the_reason_as_alertmanager_does(reason: Reason, expected: str) -> None:
    assert webhook.render(notification(RDS, reason=reason), WEBHOOK)["notification_reason"] == expected
