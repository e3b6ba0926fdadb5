"""Slack's requests to the intake: their signature, and what a button does."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from alertrelay.alert import Alert, fingerprint
from alertrelay.channels.slack import SlackSettings
from alertrelay.channels.slack.buttons import Button, Deed, JudgedAnomaly, NotAButton, read
from alertrelay.config.model import Config
from alertrelay.intake.slack.payload import reply_of
from alertrelay.intake.slack.presses import end_of
from alertrelay.nflog.group_state import AlertBrief, AlertItem, Member
from alertrelay.policy.group_key import key_of, order_of
from alertrelay.policy.silence import state
from alertrelay.policy.silence_json import to_json
from alertrelay.ports import TimersFailure

from tests.intake.door import NOW, Door
from tests.intake.slack_app import ORDERS, REPLY, SECRET, compiled, open_group, post, pressed, said, silence, slack_door


@pytest.fixture
def door(slack_config: Config) -> Door:
    return slack_door(slack_config)


def test_a_button_silences_the_group_and_its_answer_undoes_it(door: Door) -> None:
    gid = open_group(door, ORDERS)
    assert post(door, pressed(silence(gid))).status == 200
    assert not door.store.silences()[0]  # nothing but the queue stands before the answer
    door.go_on()
    (made,) = door.store.silences()[0]
    shown = to_json(made, NOW)
    assert {one["name"]: one["value"] for one in shown["matchers"]} == ORDERS
    assert (made.ends_at - NOW, made.created_by) == (timedelta(hours=1), "U1-name (Slack)")
    assert made.comment == "silenced for 1 h by a button in Slack"
    ((address, answer),) = door.replies
    assert address == REPLY
    assert answer["response_type"] == "ephemeral"
    undo = answer["blocks"][0]["accessory"]
    door.replies.clear()
    button = read(undo["action_id"], undo["value"])
    post(door, pressed(button, user="U2", at="2.1"))
    assert "has ended" in said(door)
    assert state(door.store.silences()[0][0], NOW) == "expired"
    post(door, pressed(button, user="U2", at="2.2"))
    assert "was already over" in said(door)


def test_a_forged_old_or_unsigned_request_is_refused_and_does_nothing(door: Door) -> None:
    form = pressed(silence(open_group(door, ORDERS)))
    assert post(door, form, secret="another").status == 401
    assert post(door, form, at=NOW - timedelta(seconds=301)).status == 401
    assert post(door, form, at=NOW + timedelta(seconds=301)).status == 401
    assert post(door, form, headers={"X-Slack-Signature": ""}).status == 401
    assert post(door, form, headers={"X-Slack-Signature": "v0=ü"}).status == 401
    assert post(door, form, headers={"X-Slack-Request-Timestamp": "١٧٦٣٦٠٧٨٤٥"}).status == 401
    assert post(door, form, sent=urlencode(form) + "&x=1").status == 401
    assert post(door, form, path="/slack/commands", secret="another").status == 401
    assert door.later == []
    assert post(door, form, at=NOW - timedelta(seconds=299)).status == 200


def test_a_body_in_base64_is_signed_as_it_was_sent(door: Door) -> None:
    form = pressed(silence(open_group(door, ORDERS)))
    coded = base64.b64encode(urlencode(form).encode()).decode()
    assert post(door, form, sent=coded, isBase64Encoded=True).status == 200
    assert len(door.later) == 1


def test_both_signing_secrets_hold_while_one_is_replaced_and_a_new_one_is_known_soon(door: Door) -> None:
    form = pressed(silence(open_group(door, ORDERS)))
    assert post(door, form, secret="another-signing-secret").status == 200
    door.secret["slack_signing_secret"] = "the-next"
    assert post(door, form, secret="the-next").status == 401
    door.clock.sleep(31)
    assert post(door, form, secret="the-next").status == 200
    assert post(door, form).status == 401


def test_without_a_signing_secret_nothing_is_taken(door: Door) -> None:
    del door.secret["slack_signing_secret"]
    assert post(door, pressed(silence(open_group(door, ORDERS))), secret="").status == 401


def test_three_retries_make_one_silence_whichever_container_takes_them(door: Door, slack_config: Config) -> None:
    form = pressed(silence(open_group(door, ORDERS)))
    for number in range(4):
        assert post(door, form, headers={"X-Slack-Retry-Num": str(number)}).status == 200
    (job,) = door.later
    for _ in range(3):  # another container, or Lambda's own second delivery
        door.clock.sleep(60)
        door.handle(job, None)
    (made,) = door.store.silences()[0]
    assert made.ends_at == NOW + timedelta(hours=1)
    assert len(door.replies) == 3


def test_a_press_that_comes_again_after_its_undo_silences_nothing(door: Door) -> None:
    post(door, pressed(silence(open_group(door, ORDERS))))
    job = door.later[0]
    door.go_on()
    made = door.store.silences()[0][0]
    post(door, pressed(Button(deed="unsilence", silence=made.id), at="9"))
    said(door)
    door.handle(job, None)
    assert "This silence ended" in said(door)
    assert state(door.store.silences()[0][0], NOW) == "expired"


def test_two_people_at_once_make_one_silence_and_a_longer_one_lengthens_it(door: Door) -> None:
    gid = open_group(door, ORDERS)
    post(door, pressed(silence(gid)))
    door.clock.sleep(1)
    post(door, pressed(silence(gid), user="U2"))
    assert "Already silenced" in said(door)
    assert len(door.store.silences()[0]) == 1
    post(door, pressed(silence(gid, "4h"), user="U2", at="5"))
    assert "Silenced until" in said(door)
    (made,) = door.store.silences()[0]
    assert made.ends_at == NOW + timedelta(hours=4, seconds=1)


def test_a_message_older_than_the_ledger_and_a_deleted_silence_are_named(door: Door) -> None:
    post(door, pressed(silence("slack-" + "0" * 32)))
    assert "older than what alertrelay remembers" in said(door)
    post(door, pressed(Button(deed="unsilence", silence="6f6c61b5-2a9d-5a60-9d3c-6d0c8f4f2a11")))
    assert "no longer exists" in said(door)
    assert not door.store.silences()[0]


def test_only_those_whom_the_configuration_names_may_silence(door: Door, tmp_path: Path) -> None:
    config = compiled(tmp_path, "slack: {buttons: true, may_silence: [U07, S01]}")
    closed = Door(config)
    closed.secret["slack_signing_secret"] = SECRET
    closed.user_groups["S01"] = frozenset({"U8"})
    gid = open_group(closed, ORDERS)
    post(closed, pressed(silence(gid), user="U1"))
    assert "You may not silence" in said(closed)
    for user, count in (("U07", 1), ("U8", 1)):
        post(closed, pressed(silence(gid), user=user))
        assert "ilenced until" in said(closed)
        assert len(closed.store.silences()[0]) == count
    post(closed, pressed(Button(deed="unsilence", silence=closed.store.silences()[0][0].id), user="U1"))
    assert "You may not silence" in said(closed)


def test_who_may_silence_holds_for_the_command_where_messages_have_no_buttons(tmp_path: Path) -> None:
    closed = Door(compiled(tmp_path, "slack: {may_silence: [U07]}"))
    closed.secret["slack_signing_secret"] = SECRET
    post(closed, pressed(silence(open_group(closed, ORDERS)), user="U1"))
    assert "You may not silence" in said(closed)
    assert not closed.store.silences()[0]


def test_a_group_without_labels_is_silenced_alert_by_alert(door: Door) -> None:
    gid = open_group(door, {})
    post(door, pressed(silence(gid)))
    assert "Nothing of this group fires" in said(door)


def test_a_verdict_on_an_anomaly_is_kept_as_feedback(door: Door) -> None:
    gid = open_group(door, {"service": "shop & co"})
    judged = JudgedAnomaly(fingerprint="0123456789abcdef", started=1_763_600_000, watch="checkout", service="shop & co")
    for deed, at in (("helpful", "1"), ("not_helpful", "2")):
        named: Deed = "helpful" if deed == "helpful" else "not_helpful"
        post(door, pressed(Button(deed=named, group=gid, judged=judged), at=at))
        assert "Thank you" in said(door)
        assert door.queued.pop()["gid"] == gid  # its message says who judged it
    votes = door.notes.votes(0)
    assert [vote.helpful for vote in votes] == [True, False]
    assert (votes[0].watch, votes[0].service, votes[0].by) == ("checkout", "shop & co", "U1-name (Slack)")
    assert votes[0].started == "2025-11-20T00:53:20.000Z"


@pytest.mark.parametrize(
    "fields",
    [
        {"payload": "{"},
        {"payload": "[]"},
        {"payload": "[" * 100_000},
        {},
        {"payload": json.dumps({"type": "block_actions", "actions": [1]})},
        {f"f{number}": "" for number in range(100)},
    ],
)
def test_a_malformed_payload_is_refused(door: Door, fields: dict[str, str]) -> None:
    assert post(door, fields).status == 400
    assert door.later == []


def test_what_is_no_button_needs_nothing_but_its_answer(door: Door) -> None:
    for payload in ({"type": "view_closed"}, {"type": "block_actions", "actions": []}):
        assert post(door, {"payload": json.dumps(payload)}).status == 200
    post(door, pressed(Button(deed="open")))
    door.go_on()
    assert door.replies == []


def test_an_unknown_button_does_nothing_and_says_so(door: Door) -> None:
    form = pressed(silence("slack-" + "0" * 32))
    payload = json.loads(form["payload"])
    payload["actions"][0]["action_id"] = "another_app"
    post(door, {"payload": json.dumps(payload)})
    assert "not known here" in said(door)


def test_a_huge_body_is_refused_before_it_is_read(door: Door) -> None:
    assert post(door, {"payload": "x" * 4_300_000}).status == 413


@pytest.mark.parametrize(
    "address",
    [
        "http://hooks.slack.com/actions/1",
        "https://hooks.slack.com.evil.example/1",
        "https://hooks.slack.com@169.254.169.254/latest",
        "https://169.254.169.254/latest/meta-data",
        "https://hooks.slack.com:8443/1",
        "https://evil.example\\@hooks.slack.com/1",
        "https://hooks.slack.com/\r\nHost: x",
        "",
        None,
        7,
    ],
)
def test_nothing_but_slack_is_ever_answered(door: Door, address: Any) -> None:
    assert reply_of(address) == ""
    post(door, pressed(silence(open_group(door, ORDERS)), reply=address))
    door.go_on()
    assert door.replies == []
    assert len(door.store.silences()[0]) == 1  # it is done all the same


@pytest.mark.parametrize("value", ["", "g=", "g=slack-1", "g=../..&s=1", "f=0123&at=1", "%", None, 5, "x" * 5_000])
@pytest.mark.parametrize("deed", ["silence_1h", "silence", "unsilence", "helpful", "acknowledge"])
def test_a_value_of_a_button_is_checked(deed: str, value: object) -> None:
    with pytest.raises(NotAButton):
        read(f"alertrelay_{deed}", value)


def test_tomorrow_begins_in_the_time_zone_of_the_configuration() -> None:
    late = datetime(2026, 11, 20, 23, 30, tzinfo=UTC)  # the 21st in Berlin
    assert end_of("tomorrow", late, "Europe/Berlin") == datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
    assert end_of("tomorrow", late, "") == datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
    before_summer = datetime(2026, 3, 28, 12, 0, tzinfo=UTC)
    assert end_of("tomorrow", before_summer, "Europe/Berlin") == datetime(2026, 3, 29, 7, 0, tzinfo=UTC)


def test_a_table_that_does_not_answer_is_said(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    from alertrelay.state import StoreFailure

    def failing(*_: object) -> None:
        raise StoreFailure("failing on purpose")

    monkeypatch.setattr(type(door.store), "header", failing)
    post(door, pressed(silence("slack-" + "0" * 32)))
    assert "does not answer now" in said(door)


def test_only_a_bot_with_buttons_has_settings(slack_config: Config, tmp_path: Path) -> None:
    (settings,) = (target.settings for receiver in slack_config.receivers for target in receiver.targets)
    assert isinstance(settings, SlackSettings)
    assert (settings.buttons, settings.time_zone) == (True, "Europe/Berlin")
    plain = compiled(tmp_path, "charts: true").receivers[0].targets[0].settings
    assert isinstance(plain, SlackSettings)
    assert not plain.buttons


def fires_in(door: Door, gid: str, name: str, **labels: str) -> str:
    """An alert that fires in a group; returns its fingerprint."""
    found = {"alertname": name, **labels}
    one = Alert(
        labels=found,
        annotations={},
        status="firing",
        kind="alert",
        starts_at=NOW,
        ends_at=None,
        updated_at=NOW,
        source="raw",
        fingerprint=fingerprint(found),
        state_key=fingerprint(found),
    )
    key, order = key_of(one.state_key), order_of(one, received=NOW, index=0)
    door.store.put_alert(AlertItem(key=key, order_key=order, rank=1, alert=one), groups=[gid])
    brief = AlertBrief(state_key=one.state_key, fingerprint=one.fingerprint, labels=found, starts_at=NOW)
    door.store.put_member(gid, Member(key=key, order_key=order, status="firing", at=NOW, alert=brief))
    return one.fingerprint


def test_a_button_acknowledges_every_alert_of_the_group_and_the_first_person_stands(door: Door) -> None:
    gid = open_group(door, ORDERS)
    named = {fires_in(door, gid, "Down", service="orders", host=host) for host in "ab"}
    post(door, pressed(Button(deed="acknowledge", group=gid)))
    assert "Acknowledged 2 alerts" in said(door)
    shown = door.ask("GET", "/api/v1/acknowledgements").json
    assert {one["fingerprint"]: one["acknowledged"]["by"] for one in shown} == dict.fromkeys(named, "U1-name")
    assert {one["acknowledged"]["via"] for one in shown} == {"slack"}
    assert [body["do"] for body in door.queued] == ["flush"]
    post(door, pressed(Button(deed="acknowledge", group=gid), user="U2"))
    assert "Already acknowledged by U1-name" in said(door)
    fires_in(door, gid, "Down", service="orders", host="c")
    post(door, pressed(Button(deed="acknowledge", group=gid), user="U2", at="3"))
    assert "Acknowledged. 2 were acknowledged before, by U1-name." in said(door)


def test_an_acknowledgement_of_what_no_longer_fires_or_is_forgotten_is_named(door: Door) -> None:
    post(door, pressed(Button(deed="acknowledge", group=open_group(door, ORDERS))))
    assert "Nothing of this group fires" in said(door)
    post(door, pressed(Button(deed="acknowledge", group="slack-" + "0" * 32)))
    assert "older than what alertrelay remembers" in said(door)


def test_an_alert_of_a_group_without_labels_is_silenced_by_its_own(door: Door) -> None:
    gid = open_group(door, {})
    fires_in(door, gid, "Down", host="a")
    post(door, pressed(silence(gid)))
    assert "Silenced until" in said(door)
    ((matchers,),) = (one.matchers for one in door.store.silences()[0])
    assert {(one.name, one.value) for one in matchers} == {("alertname", "Down"), ("host", "a")}


def test_a_group_that_is_being_flushed_is_left_awake_to_show_what_was_done(door: Door) -> None:
    gid = open_group(door, ORDERS)
    door.clock.sleep(1)
    now = door.clock.now()
    assert door.store.lease(gid, owner="o", now=now, until=now + timedelta(seconds=40))
    post(door, pressed(silence(gid)))
    assert "Silenced until" in said(door)
    assert door.queued == []
    header = door.store.header(gid)
    assert header is not None
    assert header.schedule.woken


def test_a_press_is_done_although_its_message_cannot_show_it(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []

    def failing(flush: object) -> None:
        asked.append(flush)
        raise TimersFailure("the queue did not take the message")

    gid = open_group(door, ORDERS)
    monkeypatch.setattr("alertrelay.runtime.slack.body_of", failing)
    post(door, pressed(silence(gid)))
    assert "Silenced until" in said(door)
    assert asked
