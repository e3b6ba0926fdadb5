"""Each way in which a channel, the table or the secret can fail: what arrives where, and that nothing is lost."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from typing import Any

import pytest
from alertrelay.sources import parse, unwrap

from local.account import expected
from local.stack.day import DayRun
from local.stack.history import Day, TimedOutcome
from local.stack.running import RunningStack
from local.standins import Fault

Live = Callable[..., Day]
Begin = Callable[..., DayRun]
PAGE = ("pagerduty-oncall", "pagerduty")
SLACK, MAIL = ("slack-critical", "slack"), ("email-oncall", "email")


@pytest.mark.parametrize(
    ("fault", "why"),
    [
        pytest.param(Fault.named("503"), "PagerDuty answered 503", id="503"),
        pytest.param(Fault(kind="status", status=429, retry_after="300"), "PagerDuty answered 429", id="429 for 300 s"),
        pytest.param(Fault.named("timeout"), "PagerDuty did not answer within", id="timeout"),
        pytest.param(Fault.named("refused"), "PagerDuty refused the connection", id="refused"),
        pytest.param(Fault.named("400"), "PagerDuty answered 400", id="400"),
    ],
)
def test_while_pagerduty_fails_slack_and_email_say_so_and_why(
    lived: Live, told: Callable[..., Any], critical: bytes, fault: Fault, why: str
) -> None:
    day = lived(critical, down={"pagerduty": fault})

    outcomes = told(day)
    assert outcomes[PAGE] == ["pending"]
    # Each destination hears of it once: Slack's own group edits the fallback's message, and a mail cannot be edited.
    assert outcomes[SLACK] == ["delivered", "fallback"]
    assert outcomes[MAIL] == ["fallback", "merged"]
    fallbacks = [d.outcome for d in day.events[0].deliveries if d.outcome.outcome == "fallback"]
    assert all(o.detail.startswith(why) and o.reason == "channel_failed" for o in fallbacks)
    mails = [r.body["text"] for r in day.received if r.channel == "email" and "PagerDuty FAILED" in r.body["subject"]]
    assert len(mails) == 1
    assert why in mails[0]
    assert day.lost == ()


def _by_ses(delivery: str) -> str:
    return delivery.replace("transport: smtp", "transport: ses")


@pytest.mark.parametrize(
    ("fault", "why"),
    [
        ("503", "SES answered ServiceUnavailable"),
        ("timeout", "SES cannot be reached: ReadTimeoutError"),
    ],
)
def test_mail_by_ses_can_be_down_too(
    begin_changed: Callable[..., DayRun], told: Callable[..., Any], critical: bytes, fault: str, why: str
) -> None:
    run = begin_changed(_by_ses, down={"email": Fault.named(fault)}, file="delivery.yml")
    run.publish("alarm", unwrap(critical))

    day = run.finish()

    assert told(day)[MAIL] == ["pending"]
    details = [d.outcome.detail for d in day.events[0].deliveries if d.outcome.receiver == "email-oncall"]
    assert any(why in detail for detail in details), details
    assert not any(request.taken for request in day.received if request.channel == "email")
    assert day.lost == ()


def test_mail_by_ses_is_recorded_as_mail(begin_changed: Callable[..., DayRun], warning: bytes) -> None:
    run = begin_changed(_by_ses, down={"slack": Fault.named("503")}, file="delivery.yml")
    run.publish("alarm", unwrap(warning))

    mails = [request for request in run.finish().received if request.channel == "email"]

    assert mails[0].taken
    assert "Slack FAILED" in mails[0].body["subject"]
    assert mails[0].request_id


def test_a_rate_limit_that_fits_is_waited_for_and_nobody_falls_back(
    begin: Begin, told: Callable[..., Any], critical: bytes
) -> None:
    run = begin()
    run.stack.standins.fail("pagerduty", Fault(kind="status", status=429, retry_after="2"), times=1)
    run.publish("alarm", unwrap(critical))

    day = run.finish()

    assert told(day)[PAGE] == ["delivered"]
    page = next(d.outcome for d in day.events[0].deliveries if d.outcome.channel == "pagerduty")
    assert page.attempts == 2
    assert page.latency_seconds is not None
    assert page.latency_seconds >= 2
    assert day.lost == ()


def test_a_hang_moves_the_clock_by_its_length(begin: Begin, critical: bytes) -> None:
    run = begin({"pagerduty-oncall": Fault.named("timeout")})
    event = run.publish("alarm", unwrap(critical))

    assert 5 <= (run.stack.clock.now() - event.at).total_seconds() < 11


def test_when_pagerduty_answers_again_it_gets_the_page_and_fallbacks_a_notice(
    begin: Begin, told: Callable[..., Any], critical: bytes, critical_ok: bytes
) -> None:
    run = begin({"pagerduty": Fault.named("503")})
    run.publish("alarm", unwrap(critical))
    run.stack.faults.down.clear()
    run.publish("ok", unwrap(critical_ok))

    day = run.finish()

    assert told(day)[PAGE] == ["delivered"]
    pages = [(r.body["event_action"], r.answered) for r in day.received if r.channel == "pagerduty"]
    assert pages == [("trigger", "503")] * 4 + [("trigger", "202"), ("resolve", "202")]
    assert day.lost == ()


def test_failing_retries_are_shown_after_1_2_5_and_15_minutes_and_stay_pending(begin: Begin, critical: bytes) -> None:
    run = begin({"pagerduty": Fault.named("refused")}, engine=RunningStack)
    run.publish("alarm", unwrap(critical))

    day = run.finish()

    tries = sorted(
        {said.at for said in day.history if isinstance(said, TimedOutcome) and said.outcome.channel == "pagerduty"}
    )
    minutes = [round((b - a).total_seconds() / 60) for a, b in itertools.pairwise(tries)]
    assert minutes == [1, 2, 5, 15]
    page = next(d for d in day.events[0].deliveries if d.outcome.channel == "pagerduty")
    assert page.next_try is not None
    assert page.next_try > day.ended


def test_one_receiver_alone_can_be_down(lived: Live, told: Callable[..., Any], critical: bytes) -> None:
    day = lived(critical, down={"slack-critical": Fault.named("503")})

    outcomes = told(day)
    assert outcomes[SLACK] == ["pending"]
    assert outcomes["slack-database", "slack"] == ["delivered"]
    assert outcomes[MAIL] == ["fallback", "merged"]


def test_a_slack_webhook_that_is_gone_falls_back_to_email_and_tells_ops(
    lived: Live, told: Callable[..., Any], warning: bytes
) -> None:
    day = lived(warning, down={"slack": Fault(kind="status", status=404, body="no_service")})

    outcomes = told(day)
    assert outcomes["slack-platform", "slack"] == ["pending"]
    assert outcomes["email-platform", "email"] == ["fallback", "merged"]
    ops = [r.body for r in day.received if r.channel == "sns" and r.body.get("topic_arn", "").endswith("-ops")]
    assert any("SecretKeyRefused" in body["subject"] for body in ops)
    assert day.lost == ()


def test_without_mail_slack_is_notified_and_for_what_is_critical_pagerduty_too(
    lived: Live, told: Callable[..., Any], critical: bytes
) -> None:
    outcomes = told(lived(critical, down={"email": Fault.named("refused")}))

    assert outcomes[MAIL] == ["pending"]
    assert outcomes[SLACK] == ["delivered", "fallback"]
    assert outcomes[PAGE] == ["delivered", "fallback"]


def test_the_last_resort_hears_where_every_channel_of_a_receiver_fails(
    lived: Live, told: Callable[..., Any], warning: bytes
) -> None:
    down = {"slack": Fault.named("503"), "email": Fault.named("503")}

    day = lived(warning, down=down)

    assert "fallback" in told(day)["last-resort", "sns"]
    assert any(r.body.get("topic_arn", "").endswith("-last-resort") for r in day.received if r.channel == "sns")
    assert day.lost == ()


def test_with_everything_down_each_update_is_pending_and_lies_in_a_queue(
    lived: Live, told: Callable[..., Any], critical: bytes
) -> None:
    channels = ("pagerduty", "slack", "email", "sns")

    day = lived(critical, down={channel: Fault.named("503") for channel in channels})

    assert set(map(tuple, told(day).values())) == {("pending",)}
    assert {name.rpartition("-")[2] for name in day.waiting} == {"timers"}
    assert day.lost == ()


def _set_secret(run: DayRun, keys: dict[str, str]) -> None:
    manager = run.stack.emulator.client("secretsmanager")
    manager.put_secret_value(SecretId=run.stack.deployed.secret_arn, SecretString=json.dumps(keys))


def test_a_receiver_whose_key_is_missing_falls_back_and_names_the_key(
    begin: Begin, told: Callable[..., Any], critical: bytes
) -> None:
    run = begin()
    keys = {name: value for name, value in run.stack.deployed.secrets.items() if name != "pagerduty_key"}
    _set_secret(run, keys)
    _set_secret(run, keys)  # so that the version before lacks it as well
    run.publish("alarm", unwrap(critical))

    day = run.finish()

    assert told(day)[PAGE] == ["pending"]
    assert told(day)[SLACK] == ["delivered", "fallback"]
    page = next(d.outcome for d in day.events[0].deliveries if d.outcome.channel == "pagerduty")
    assert "pagerduty_key" in page.detail
    assert day.lost == ()


def test_a_rotated_key_is_picked_up_without_a_deploy(begin: Begin, told: Callable[..., Any], critical: bytes) -> None:
    run = begin()
    _set_secret(run, {**run.stack.deployed.secrets, "pagerduty_key": "FAKE-rotated"})
    run.publish("alarm", unwrap(critical))

    assert told(run.finish())[PAGE] == ["delivered"]


def test_without_secrets_manager_the_last_resort_still_works_on_a_cold_start(
    begin: Begin, told: Callable[..., Any], critical: bytes
) -> None:
    run = begin()
    run.stack.emulator.faults["secretsmanager"] = Fault.named("400")
    run.publish("alarm", unwrap(critical))

    day = run.finish()

    outcomes = told(day)
    assert outcomes[PAGE] == ["pending"]
    assert "fallback" in outcomes["last-resort", "sns"] + outcomes["sms-oncall", "sns"]
    assert day.lost == ()


def test_without_the_table_a_page_goes_out_at_once(begin: Begin, critical: bytes) -> None:
    run = begin()
    run.stack.emulator.faults["dynamodb"] = Fault.named("400")
    event = run.publish("alarm", unwrap(critical))

    assert {d.outcome.outcome for d in event.deliveries} == {"delivered"}
    assert {d.outcome.reason for d in event.deliveries} == {"store_failing"}
    told = {(d.outcome.receiver, d.outcome.channel) for d in event.deliveries}
    assert told == {(i.receiver, i.channel) for _, i in expected(run.account.config, event.alerts)}
    run.stack.emulator.faults.clear()
    day = run.finish()
    assert [r.body["event_action"] for r in day.received if r.channel == "pagerduty"] == ["trigger"]
    assert day.lost == ()


def test_without_the_table_a_warning_waits_two_minutes_for_it_and_then_goes_out(begin: Begin, warning: bytes) -> None:
    run = begin()
    run.stack.emulator.faults["dynamodb"] = Fault.named("400")
    event = run.publish("alarm", unwrap(warning))

    assert run.stack.received == ()
    day = run.finish()
    mails = [r for r in day.received if r.channel == "email"]
    assert mails
    assert 120 <= (mails[0].at - event.at).total_seconds() <= 200
    assert day.lost == ()


def test_an_end_is_not_sent_while_the_table_fails_and_is_sent_after(
    begin: Begin, critical: bytes, critical_ok: bytes
) -> None:
    run = begin()
    run.publish("alarm", unwrap(critical))
    run.stack.emulator.faults["dynamodb"] = Fault.named("400")
    run.publish("ok", unwrap(critical_ok))
    actions = [r.body["event_action"] for r in run.stack.received if r.channel == "pagerduty"]
    run.stack.emulator.faults.clear()

    day = run.finish()

    assert actions == ["trigger"]
    assert [r.body["event_action"] for r in day.received if r.channel == "pagerduty"] == ["trigger", "resolve"]
    assert day.lost == ()


def test_with_neither_table_nor_queue_a_warning_ends_in_the_on_failure_queue(begin: Begin, warning: bytes) -> None:
    run = begin()
    run.stack.emulator.faults |= {"dynamodb": Fault.named("400"), "sqs": Fault.named("400")}
    for channel in ("slack", "email", "sns"):
        run.stack.faults.down[channel] = Fault.named("400")
    run.publish("alarm", unwrap(warning))

    day = run.finish()

    failed = {name.removeprefix("alertrelay-prod-") for name in day.waiting}
    assert failed == {"slack-forwarder-failed", "email-forwarder-failed"}
    assert {d.outcome.outcome for d in day.events[0].deliveries} == {"failed"}
    assert day.lost == ()


def test_the_second_of_two_records_is_notified_though_the_first_one_fails(begin: Begin, events: Any) -> None:
    run = begin()
    event = json.loads((events / "two-records.json").read_text())
    run.stack.emulator.faults["dynamodb"] = Fault.named("400")
    event["Records"][1] = json.loads((events / "rds-cpu-critical-alarm.json").read_text())["Records"][0]

    first_message = json.loads(event["Records"][0]["Sns"]["Message"])
    first_message["AlarmDescription"] = first_message["AlarmDescription"].replace("service: orders", "service: billing")
    event["Records"][0]["Sns"]["Message"] = json.dumps(first_message)

    run.stack.invoke("email-forwarder", event)

    subjects = [r.body["subject"] for r in run.stack.received if r.channel == "email"]
    assert subjects
    assert all("CRITICAL" in subject for subject in subjects)
    assert run.stack.waiting()["alertrelay-prod-email-forwarder (retry)"]
    run.stack.emulator.faults.clear()
    run.stack.run_on()
    later = [r.body["subject"] for r in run.stack.received if r.channel == "email"]
    first = parse(unwrap(event)[0], received_at=run.stack.clock.now()).alerts
    mails = [i for _, i in expected(run.account.config, first) if i.channel == "email"]
    assert mails
    assert sum("WARNING" in subject for subject in later) == len(mails)
