"""What people read: states, counts, durations, notices and what is missing."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from alertrelay.alert import Integration
from alertrelay.channels.email import render as email
from alertrelay.notification import Failed, Reason
from alertrelay.render import facts, group_lines, notice, when, wording

from tests.channels.email.example import EMAIL
from tests.render.notifications import BARE, CASES, NOW, PAGER, RDS, RESOLVED_RDS, alert, notification, pod


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (-30, "less than 1 s"),
        (0.4, "less than 1 s"),
        (40, "40 s"),
        (60, "1 min"),
        (89 * 60 + 59, "89 min"),
        (90 * 60, "1 h 30 min"),
        (5 * 3600, "5 h"),
        (48 * 3600, "2 d"),
        (76 * 3600, "3 d 4 h"),
    ],
)
def test_a_span_of_time_is_said_as_people_say_it(seconds: float, expected: str) -> None:
    assert when.span(seconds) == expected


def test_the_subject_is_the_same_for_firing_and_resolved_but_for_its_prefix() -> None:
    firing, resolved = (email.render(CASES[name], EMAIL)["subject"] for name in ("critical-everything", "resolved"))
    assert firing == "[CRITICAL] RDSHighCPU orders-db (prod)"
    assert resolved == "[RESOLVED] RDSHighCPU orders-db (prod)"


def test_the_subject_of_a_group_without_alertname_tells_it_where_all_share_it() -> None:
    cluster = {"cluster": "eks-prod"}
    same = notification(pod(1), pod(2), group_labels=cluster)
    assert wording.subject(same) == "PodCrashLooping eks-prod (prod)"
    assert wording.subject(notification(pod(1), BARE, group_labels=cluster)) == "eks-prod (prod)"
    assert wording.subject(notification(pod(1), BARE, group_labels={})) == "several alerts (prod)"


def test_a_fallback_says_what_failed_how_often_and_when_it_is_tried_again() -> None:
    (told,) = notice.sentences(CASES["fallback"])
    assert told == (
        "This page was NOT delivered: PagerDuty answered 503, 4 tries in 9 s. It will be retried at 03:09 UTC. "
        "You received this because receiver oncall-page could not be notified."
    )


def test_a_fallback_of_a_channel_that_was_never_tried_counts_no_tries() -> None:
    failed = Failed(
        integration=Integration(receiver="team", channel="slack", index=0),
        text="The key is missing.",
        attempts=0,
        seconds=0,
        title="Slack",
        message="Slack message",
    )
    (told,) = notice.sentences(notification(RDS, failed=failed))
    assert told == (
        "This Slack message was NOT delivered: The key is missing."
        " You received this because receiver team could not be notified."
    )


def test_the_next_try_on_another_day_carries_its_date() -> None:
    later = replace(CASES["fallback"], next_try_at=datetime(2026, 11, 21, 0, 5, tzinfo=UTC))
    assert "at 2026-11-21 00:05 UTC." in notice.sentences(later)[0]


def test_the_fallback_of_an_end_warns_that_the_channel_may_still_show_it_as_open() -> None:
    ended = notification(
        RESOLVED_RDS,
        reason=Reason.ALL_RESOLVED,
        failed=Failed(
            integration=PAGER, text="PagerDuty answered 503", attempts=1, seconds=0.2, title="PagerDuty", message="page"
        ),
    )
    (told,) = notice.sentences(ended)
    assert told.startswith(
        "PagerDuty was NOT notified of the resolve and may still show this as open: PagerDuty answered"
    )
    assert "1 try in less than 1 s." in told


def test_a_channel_that_answers_again_is_no_fallback() -> None:
    again = CASES["reached-again"]
    assert notice.sentences(again) == [
        "PagerDuty answers again and was notified. Its last failure: PagerDuty answered 503."
    ]
    assert not notice.is_fallback(again)
    assert notice.sentences(replace(again, failed=None)) == ["First channel answers again and was notified."]


def test_counts_say_how_many_fire_and_how_many_of_all_ended() -> None:
    assert wording.tally(CASES["critical-everything"]) == ""
    assert wording.tally(CASES["group-of-four"]) == "3 firing (1 new), 1 of 4 resolved"
    assert wording.tally(CASES["some-ended"]) == "2 firing, 1 of 3 resolved"
    both = [replace(RESOLVED_RDS, state_key=key) for key in "ab"]
    assert wording.tally(notification(*both, reason=Reason.ALL_RESOLVED)) == "all 2 resolved"


def test_an_event_is_never_called_resolved() -> None:
    event = replace(CASES["event"], status="resolved", firing_count=0, resolved_count=1)
    event = replace(event, alerts=(replace(event.alerts[0], status="resolved", ends_at=NOW),))
    assert wording.headline(event).startswith("WARNING EVENT RDS-EVENT-0049 ")
    assert facts.of(event).timing.name == "At"


def test_a_group_of_resolved_alerts_lasted_from_the_first_start_to_the_last_end() -> None:
    start, end = NOW - timedelta(hours=2), NOW + timedelta(minutes=5)
    early = replace(RESOLVED_RDS, starts_at=start, ends_at=NOW, state_key="early")
    late = replace(RESOLVED_RDS, starts_at=NOW, ends_at=end, state_key="late")
    assert wording.lasted(notification(late, early, reason=Reason.ALL_RESOLVED, at=end)) == "2 h 5 min"


def test_an_end_without_a_known_start_claims_no_duration() -> None:
    ended = notification(replace(RESOLVED_RDS, starts_at=NOW, ends_at=NOW), reason=Reason.ALL_RESOLVED)
    assert wording.headline(ended).startswith("RESOLVED: RDSHighCPU ")
    assert facts.of(ended).timing == facts.Fact(name="Resolved", text="2026-11-20 03:08 UTC")
    assert group_lines.line(ended, ended.alerts[0], frozenset()).endswith(", resolved")


def test_the_summary_of_an_end_is_the_past_unless_it_was_made_of_the_end() -> None:
    assert ", was: CPU of the orders" in wording.what(CASES["resolved"])
    made = replace(RESOLVED_RDS, annotations={"summary": "CPUUtilization of orders-db-1 is 41.2%"})
    told = wording.what(notification(made, reason=Reason.ALL_RESOLVED))
    assert told.endswith("): CPUUtilization of orders-db-1 is 41.2%")


def test_what_began_this_second_began_just_now() -> None:
    fresh = notification(RDS, at=RDS.starts_at)
    assert facts.of(fresh).timing.text == "2026-11-20 03:04 UTC (just now)"
    assert group_lines.line(fresh, RDS, frozenset()).endswith(", just now")


def test_the_resource_is_not_the_cluster_once_more() -> None:
    labels = {"alertname": "X", "cluster": "c-1", "ClusterName": "c-1", "ServiceName": "orders"}
    assert facts.resource(alert(labels)) == "ServiceName orders"
    assert wording.what(notification(alert(labels))).startswith("X (prod, orders)")


def test_annotations_without_a_word_of_ours_are_shown_and_counted() -> None:
    notes = {"summary": "s", "reason": "why", "subject": "s", "previous_state": "OK"}
    notes |= {f"note_{n}": "x" for n in range(9)}
    told = facts.of(notification(alert({"alertname": "X"}, notes))).long_texts
    assert [f.name for f in told] == ["Reason", *(f"Note {n}" for n in range(6)), "Further"]
    assert told[-1].text == "3 annotations not shown"


def test_what_is_missing_is_said_with_its_mend() -> None:
    found = facts.of(CASES["warning-name-only"])
    told = {f.name: f.text for f in (*found.where, *found.links)}
    assert told["Service"] == "not named: add `service:` to the alarm's description"
    assert told["Runbook"] == "no runbook: add `runbook:` to the alarm's description"
    rule = notification(alert({"alertname": "X"}, source="alertmanager"))
    assert facts.of(rule).links[0].text == "no runbook: add the annotation `runbook_url` to its rule"
    monitor = notification(alert({"alertname": "X"}, source="third-party"))
    assert facts.of(monitor).links[0].text == "no runbook: add `runbook` to its sender's message (docs/sources.md)"


def test_a_metric_without_a_value_says_so_and_a_composite_alarm_does_not() -> None:
    assert facts.measure(alert({"alertname": "X", "metric": "CPU"}))[0].text == "not in the notification"
    assert facts.measure(CASES["composite"].alerts[0]) == []


def test_a_missing_runbook_is_no_news_once_it_is_over_nor_for_an_event() -> None:
    over = notification(replace(BARE, status="resolved", ends_at=NOW), reason=Reason.ALL_RESOLVED)
    assert facts.of(over).links == []
    assert facts.of(CASES["event"]).links == []


def test_the_description_does_not_repeat_the_summary() -> None:
    assert wording.description(RDS) == "Checkout slows down above 90 %."


@pytest.mark.parametrize(
    ("summary", "description", "expected"),
    [
        ("CPU is high", "CPU is high", ""),
        ("CPU is high", "CPU  is high", ""),
        ("CPU is high.", "CPU is high. Look at it.", "Look at it."),
        ("CPU is high", "CPU is high.\nLook at it.", "Look at it."),
        ("CPU is high", "CPU is high on orders-db", "CPU is high on orders-db"),
        ("CPU is high", "CPU is higher", "CPU is higher"),
        ("CPU is 80", "CPU is 80.5", "CPU is 80.5"),
        ("", "Look at it.", "Look at it."),
    ],
)
def test_what_the_description_adds_to_the_summary(summary: str, description: str, expected: str) -> None:
    given_ = alert({"alertname": "X"}, {"summary": summary, "description": description})
    assert wording.description(given_) == expected


def test_the_headline_names_the_place_once() -> None:
    assert wording.what(CASES["critical-everything"]).startswith("RDSHighCPU (prod, orders-db-1): ")
    named = alert({"alertname": "prod-orders-cpu", "env": "prod", "service": "orders"})
    assert wording.what(notification(named)) == "prod-orders-cpu"
    products = alert({"alertname": "products-cpu", "env": "prod"})
    assert wording.what(notification(products)) == "products-cpu (prod)"


def test_lines_of_a_group_tell_what_differs() -> None:
    group = CASES["group-of-four"]
    differs = group_lines.differing(group)
    assert differs == {"pod"}
    lines = [group_lines.line(group, a, differs) for a in group.alerts]
    assert lines[2] == "PodCrashLooping: checkout-3, value 7 restarts, for 9 min, new"
    assert lines[3] == "PodCrashLooping: checkout-4, resolved after 8 min"
