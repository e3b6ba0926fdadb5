"""Times that cannot be reach no order, no expiry and no timer."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, cast

import pytest
from alertrelay.alert import Alert, Kind, Status
from alertrelay.aws.state import items
from alertrelay.groups.bounded import bounded, clock_refused
from alertrelay.groups.insert import member_of, updates_of
from alertrelay.notification import Reason
from alertrelay.sources import Envelope, Parsed
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.dispatch.world import START, World, alarm, receive

LAST = datetime.max.replace(tzinfo=UTC)
FIRST = datetime.min.replace(tzinfo=UTC)
ZONES = st.sampled_from([UTC, timezone(timedelta(hours=14)), timezone(timedelta(hours=-12))])
TIMES = st.one_of(
    st.sampled_from([FIRST, LAST, FIRST.replace(tzinfo=timezone(timedelta(hours=14))), START]),
    st.datetimes(timezones=ZONES, allow_imaginary=False),
)


def alert(status: Status = "firing", **times: datetime | None) -> Alert:
    """An alert of START, with other times."""
    plain = Alert(
        labels={"alertname": "A", "severity": "critical", "service": "orders"},
        annotations={},
        status=status,
        kind="alert",
        starts_at=START,
        ends_at=START if status == "resolved" else None,
        updated_at=None,
        source="alertmanager",
        fingerprint="0",
        state_key="a",
    )
    return replace(plain, **cast("dict[str, Any]", times))


@given(
    starts_at=TIMES,
    ends_at=st.none() | TIMES,
    updated_at=st.none() | TIMES,
    status=st.sampled_from(["firing", "resolved"]),
    kind=st.sampled_from(["alert", "event"]),
)
@settings(deadline=None)
def test_no_time_of_an_alert_overflows_what_is_made_of_it(
    starts_at: datetime, ends_at: datetime | None, updated_at: datetime | None, status: Status, kind: Kind
) -> None:
    given_alert = replace(
        alert(status), kind=kind, starts_at=starts_at, ends_at=ends_at, updated_at=updated_at, state_key="any"
    )
    world = World()
    (update,) = updates_of([given_alert], received=START)
    member = member_of(update, START)
    assert items.member(items.member_attributes("pagerduty-1", member)).alert.ends_at == member.alert.ends_at
    json.loads(items.alert_content(update.alert)["S"])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("alertrelay.dispatch.dispatcher.parse", _parsing(given_alert))
        world.publish(Envelope(text="", message_id="m", sent_at=START))
    world.run(7200)
    assert world.outcomes
    assert not [event for event, _ in world.log if event == "alert_failed"]


def _parsing(*alerts: Alert) -> Callable[..., Any]:
    return lambda *_, **__: Parsed(source="alertmanager", alerts=alerts)


@pytest.mark.parametrize("ends_at", [LAST, FIRST, datetime(2099, 1, 1, tzinfo=UTC)])
def test_an_announced_end_that_cannot_be_is_none(ends_at: datetime) -> None:
    assert bounded(alert(ends_at=ends_at), received=START).ends_at is None
    assert bounded(alert("resolved", ends_at=ends_at), received=START).ends_at == START


def test_an_end_announced_for_next_year_is_kept() -> None:
    planned = alert(ends_at=START + timedelta(days=365))
    assert bounded(planned, received=START) is planned


def test_what_a_refused_clock_dates_is_dated_by_the_receipt() -> None:
    wrong = datetime(2030, 1, 1, tzinfo=UTC)
    ended = bounded(alert("resolved", updated_at=wrong, starts_at=wrong, ends_at=wrong), received=START)
    assert (ended.updated_at, ended.starts_at, ended.ends_at) == (None, START, START)


@pytest.mark.parametrize(("seconds", "refused"), [(-86_400, False), (300, False), (301, True)])
def test_a_clock_is_refused_from_five_minutes_after_receipt(seconds: int, refused: bool) -> None:
    assert clock_refused(alert(updated_at=START + timedelta(seconds=seconds)), received=START) == refused


def test_an_alarm_dated_2099_does_not_mute_its_later_updates() -> None:
    world = World()
    world.publish(alarm("cpu", at=datetime(2099, 1, 1, tzinfo=UTC), sent_at=START))
    world.publish(alarm("cpu", "OK", at=START + timedelta(minutes=10)))
    world.run(600)
    assert [action for action, _ in world.pages()] == ["trigger", "resolve"]
    assert any(event == "source_clock_refused" for event, _ in world.log)


def test_a_message_dated_2099_by_its_envelope_does_not_mute_later_ones() -> None:
    world = World()
    text = json.dumps([{"labels": {"alertname": "A", "severity": "critical", "service": "orders"}}])
    end = json.dumps([{**json.loads(text)[0], "status": "resolved"}])
    for relay in world.relays:
        dated = replace(alarm("x"), text=text, message_id="1", sent_at=datetime(2099, 1, 1, tzinfo=UTC))
        receive(relay, dated, deadline=world.deadline)
    world.publish(replace(alarm("x"), text=end, message_id="2", sent_at=START + timedelta(minutes=10)))
    world.run(600)
    assert [action for action, _ in world.pages()] == ["trigger", "resolve"]


def test_one_alert_with_an_end_in_9999_leaves_the_others_of_its_message_alone() -> None:
    world = World()
    labels = {"severity": "critical", "service": "orders"}
    alerts = [
        {"labels": {**labels, "alertname": "Forever"}, "startsAt": START.isoformat(), "endsAt": "9999-12-31T23:59:59Z"},
        {"labels": {**labels, "alertname": "Ancient"}, "startsAt": "0001-01-01T00:00:00Z"},
        {"labels": {**labels, "alertname": "Plain"}, "startsAt": START.isoformat()},
    ]
    world.publish(replace(alarm("x"), text=json.dumps(alerts)))
    assert {o.alertname for o in world.outcomes if o.outcome in ("delivered", "merged")} == {
        "Forever",
        "Ancient",
        "Plain",
    }


def test_an_update_that_is_stale_by_minutes_is_reported_to_ops() -> None:
    world = World()
    world.publish(alarm("cpu", at=START + timedelta(minutes=20)))
    world.publish(alarm("cpu", "OK", at=START + timedelta(minutes=16)))
    assert world.ops == []
    world.publish(alarm("cpu", "OK", at=START))
    assert {one.name for one in world.ops} == {"StaleUpdate"}
    assert {o.reason for o in world.of("suppressed")} == {Reason.STALE}
    assert len(set(world.ops)) == 1  # one text, by which the sender of self-alerts limits them
