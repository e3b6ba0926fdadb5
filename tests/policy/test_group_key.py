"""Groups, their names, and the order of updates."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from alertrelay.alert import Alert, Integration, Status
from alertrelay.channels import KINDS
from alertrelay.policy.group_key import (
    channel_of,
    clock_of,
    dedup_key,
    group_id,
    group_key,
    group_labels,
    key_of,
    order_of,
)
from hypothesis import given
from hypothesis import strategies as st

from tests.policy.trees import route

NOW = datetime(2026, 11, 20, 3, 4, 5, 678_901, tzinfo=UTC)
PAGER = Integration(receiver="oncall", channel="pagerduty", index=0)
BY_SERVICE = route("oncall", "severity=critical", group_by=("service", "alertname"))


def update(status: Status = "firing", *, updated_at: datetime | None = NOW, state_key: str = "arn") -> Alert:
    return Alert(
        labels={"alertname": "RDSHighCPU"},
        annotations={},
        status=status,
        kind="alert",
        starts_at=NOW,
        ends_at=NOW if status == "resolved" else None,
        updated_at=updated_at,
        source="cloudwatch",
        fingerprint="0123456789abcdef",
        state_key=state_key,
    )


# --- labels and keys -----------------------------------------------------------------------------------------------


def test_a_group_label_that_the_alert_lacks_is_left_out() -> None:
    assert group_labels(BY_SERVICE, {"service": "orders", "env": "prod"}) == {"service": "orders"}


def test_without_group_by_all_alerts_of_a_route_are_one_group() -> None:
    one = route("oncall", "severity=critical", group_by=())
    assert group_labels(one, {"service": "orders"}) == {}
    assert group_id(PAGER, one, {"service": "orders"}) == group_id(PAGER, one, {"service": "billing"})


def test_three_dots_group_by_all_labels() -> None:
    every = route("oncall", group_by=None)
    assert group_labels(every, {"b": "2", "a": "1"}) == {"a": "1", "b": "2"}
    assert group_key(every, {"b": "2", "a": "1"}) == '{}:{a="1", b="2"}'


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        ({}, '{}/{severity="critical"}:{}'),
        ({"service": "orders"}, '{}/{severity="critical"}:{service="orders"}'),
        (
            {"service": "orders", "alertname": "CPU", "env": "prod"},
            '{}/{severity="critical"}:{alertname="CPU", service="orders"}',
        ),
    ],
)
def test_a_group_key_is_printed_as_alertmanager_prints_it(labels: dict[str, str], expected: str) -> None:
    assert group_key(BY_SERVICE, labels) == expected


@pytest.mark.parametrize(
    ("value", "quoted"),
    [
        ('say "hi"', r'"say \"hi\""'),
        ("C:\\temp", r'"C:\\temp"'),
        ("a\nb\tc\rd", r'"a\nb\tc\rd"'),
        ("\a\b\f\v", r'"\a\b\f\v"'),
        ("\x00\x01\x1f\x7f", r'"\x00\x01\x1f\x7f"'),
        ("zürich 東京 🔥", '"zürich 東京 🔥"'),
        ("\u200b\u00a0\u2028\ufeff", r'"\u200b\u00a0\u2028\ufeff"'),
        ("\ue000\U000e0001", r'"\ue000\U000e0001"'),
        ("it's/ok & <b>", '"it\'s/ok & <b>"'),
    ],
)
def test_a_label_is_quoted_as_go_quotes_it(value: str, quoted: str) -> None:
    """Go's strconv.Quote, which decides the key that a group had in Alertmanager."""
    assert group_key(BY_SERVICE, {"service": value}).endswith(f":{{service={quoted}}}")


# --- identity ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("channel", KINDS)
def test_a_group_id_begins_with_its_channel(channel: str) -> None:
    integration = Integration(receiver="a-b", channel=channel, index=0)
    assert channel_of(group_id(integration, BY_SERVICE, {})) == channel


def test_a_group_is_its_integration_its_node_and_its_labels() -> None:
    labels = {"service": "orders"}
    others = [
        group_id(PAGER, BY_SERVICE, labels),
        group_id(replace(PAGER, index=1), BY_SERVICE, labels),
        group_id(replace(PAGER, receiver="second"), BY_SERVICE, labels),
        group_id(replace(PAGER, channel="slack"), BY_SERVICE, labels),
        group_id(PAGER, replace(BY_SERVICE, id="{}/{}/1"), labels),
        group_id(PAGER, BY_SERVICE, {"service": "billing"}),
        group_id(PAGER, BY_SERVICE, {}),
        group_id(PAGER, BY_SERVICE, {**labels, "alertname": "CPU"}),
    ]
    assert len(set(others)) == len(others)


def test_a_group_label_that_is_empty_is_not_one_that_is_missing() -> None:
    assert group_id(PAGER, BY_SERVICE, {"service": ""}) != group_id(PAGER, BY_SERVICE, {})


def test_a_group_ignores_other_labels_and_the_order_of_labels() -> None:
    first = group_id(PAGER, BY_SERVICE, {"service": "orders", "alertname": "CPU"})
    assert group_id(PAGER, BY_SERVICE, {"alertname": "CPU", "env": "prod", "service": "orders"}) == first


def test_an_incident_is_known_by_each_of_its_parts() -> None:
    """Else dev would close prod's page on a shared routing key."""
    parts = ("prod", "111122223333", "eu-central-1", "oncall", "{}:{}")
    other = ("dev", "444455556666", "us-east-1", "second", '{}:{a="1"}')
    keys = {dedup_key(*parts)} | {dedup_key(*parts[:n], other[n], *parts[n + 1 :]) for n in range(5)}
    assert len(keys) == 6
    assert {len(key) for key in keys} == {64}
    assert dedup_key("a", "bc") != dedup_key("ab", "c")


@given(st.text())
def test_any_state_key_has_a_key_of_eight_bytes(state_key: str) -> None:
    key = key_of(state_key)
    assert len(bytes.fromhex(key)) == 8
    assert key == key_of(state_key)
    assert key != key_of(state_key + "x")


def test_half_a_character_in_a_state_key_does_no_harm() -> None:
    assert key_of("a\ud83d") != key_of("a\ud83e")


# --- order ---------------------------------------------------------------------------------------------------------


def k(status: Status = "firing", updated_at: datetime | None = NOW, *, received: datetime = NOW, index: int = 0) -> str:
    return order_of(update(status, updated_at=updated_at), received=received, index=index)


def test_an_update_is_ordered_by_the_clock_of_its_source_to_the_microsecond() -> None:
    assert k(updated_at=NOW) < k(updated_at=NOW + timedelta(microseconds=1))
    late, early = NOW + timedelta(hours=1), NOW
    assert k(updated_at=NOW, received=late) < k(updated_at=NOW + timedelta(seconds=1), received=early)


def test_at_an_equal_clock_the_end_is_newer_and_a_later_firing_newer_still() -> None:
    assert k("firing") < k("resolved") < k("firing", NOW + timedelta(microseconds=1))


def test_an_update_without_a_clock_is_ordered_by_arrival_and_then_place() -> None:
    arrived = NOW + timedelta(seconds=3)
    orders = [
        k("firing", None),
        k("resolved", None, index=1),
        k("firing", None, index=2),
        k("firing", None, received=arrived),
    ]
    assert orders == sorted(set(orders))


def test_a_redelivery_has_the_order_of_the_first_delivery() -> None:
    assert k("firing", None, received=NOW, index=3) == k("firing", None, received=NOW, index=3)
    assert k(received=NOW) == k(received=NOW + timedelta(hours=2), index=7)


def test_the_time_zone_of_a_clock_does_not_matter() -> None:
    kathmandu = NOW.astimezone(datetime.strptime("+0545", "%z").tzinfo)
    assert k(updated_at=kathmandu) == k(updated_at=NOW)


def test_a_clock_from_before_1970_is_the_oldest() -> None:
    assert k(updated_at=datetime(1, 1, 1, tzinfo=UTC)) == "0" * 21


@given(st.integers(0, 8000 * 365 * 86_400 * 10**6), st.booleans())
def test_the_clock_can_be_read_back_from_the_order(micros: int, resolved: bool) -> None:
    at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=micros)
    order = k("resolved" if resolved else "firing", at)
    assert len(order) == 21
    assert clock_of(order) == at
