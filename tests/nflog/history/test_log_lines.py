"""Decisions are read out of log lines of any origin; what is left out is counted and named."""

from __future__ import annotations

from datetime import timedelta

from alertrelay.nflog.history.log_lines import read_lines

from tests.nflog.history.lines import MONDAY, line, outcome


def test_an_outcome_is_a_decision_with_its_reason() -> None:
    (one,) = read_lines([outcome(MONDAY, "orders-cpu", starts_at="2026-11-02T07:59:50.000Z")]).decisions
    assert (one.at, one.what, one.why, one.receiver, one.channel) == (
        MONDAY, "notified", "first_notification", "slack-critical", "slack",
    )  # fmt: skip
    assert one.starts_at == MONDAY - timedelta(seconds=10)
    assert one.named == "orders-cpu"
    assert one.latency == 2.5


def test_each_outcome_has_its_word() -> None:
    given = {
        "notified": {"outcome": "delivered"},
        "merged": {"outcome": "merged"},
        "fell back": {"outcome": "fallback", "reason": "channel_failed"},
        "suppressed": {"outcome": "suppressed", "reason": "silence"},
        "joined": {"outcome": "pending", "reason": "waiting_for_next_flush"},
        "failed": {"outcome": "pending", "reason": "channel_failed"},
        "dead-lettered": {"outcome": "failed", "reason": "retries_exhausted"},
    }
    read = read_lines(outcome(MONDAY + timedelta(seconds=n), "a", **f) for n, f in enumerate(given.values()))
    assert [one.what for one in read.decisions] == list(given)


def test_what_people_and_deployments_did_is_a_decision() -> None:
    read = read_lines(
        [
            line(MONDAY, "acknowledged", fingerprint="f", by="ada", via="slack", comment="on it"),
            line(MONDAY, "silence_set", id="1", by="bob", matchers=['service="orders"'], comment="migration"),
            line(MONDAY, "judged", fingerprint="f", helpful=False, by="ada"),
            line(MONDAY, "deployment_kept", what="checkout 41", deployed_at="2026-11-02T07:50:00Z"),
        ]
    )
    deployed, *others = read.decisions
    assert (deployed.what, deployed.at, deployed.detail) == ("deployed", MONDAY - timedelta(minutes=10), "checkout 41")
    assert [(one.what, one.by) for one in others] == [("acknowledged", "ada"), ("silenced", "bob"), ("judged", "ada")]
    assert others[2].as_json()["helpful"] is False


def test_lines_that_are_no_decisions_are_counted() -> None:
    whole = outcome(MONDAY, "a")
    read = read_lines(
        [
            whole,
            whole,  # an export that overlaps
            f"2026-11-02T08:00:01.5+00:00 2026/11/02/[$LATEST]8f {outcome(MONDAY, 'b')}",  # `aws logs tail`
            whole[: len(whole) // 2],
            whole[len(whole) // 2 :],
            "START RequestId: 1 Version: 7",
            '{"message": "an application\'s", "timestamp": "2026-11-02T09:00:00Z", "level": "INFO"}',
            "[1, 2]",
            "",
            line(MONDAY, "tick", due=0),
            line(MONDAY, "outcome", outcome="delivered"),  # of no alert
            '{"_aws": {"Timestamp": 1}}',
            line(MONDAY, "outcome", state_key="a", outcome="a word of a later version"),
        ]
    )
    assert len(read.decisions) == 2
    assert (read.repeated, read.cut, read.foreign, read.other) == (1, 2, 3, 4)
    assert read.last == MONDAY
    assert read.doubts == [
        "2 lines are cut off in the middle: what stood there is not in this history",
        "3 lines are not of alertrelay's functions, and left out",
        "1 line is there more than once, and counted once",
    ]


def test_a_line_without_a_time_has_that_of_its_arrival() -> None:
    text = '{"level":"INFO","location":"l","service":"s","message":"outcome","outcome":"delivered","state_key":"a"}'
    assert [one.at for one in read_lines([(MONDAY, text)]).decisions] == [MONDAY]
    assert read_lines([text]).decisions == ()


def test_a_simulated_clock_stands_before_the_machine_s() -> None:
    text = line(MONDAY + timedelta(days=9), "outcome", outcome="delivered", state_key="a", clock="2026-11-02T08:00:00Z")
    assert [one.at for one in read_lines([text]).decisions] == [MONDAY]
