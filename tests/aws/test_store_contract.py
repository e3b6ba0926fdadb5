"""What ports.Store promises of alerts and members, asked of the table and of its memory twin.

The conditions are those of the group protocol (docs/architecture.md, "State").
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from alertrelay.alert import Status
from alertrelay.memory.ports import ManualClock
from alertrelay.state import Store

from tests.aws.state import GID, NOW, A, B, after, alert, item, k, member

# --- alerts --------------------------------------------------------------------------------------------------------


def test_an_alert_that_is_new_is_stored_as_it_came(store: Store) -> None:
    new = item(update=alert(severity="critical", note="line 1\nline 2 \x01 é 🔥"), expires=NOW.replace(microsecond=0))
    written, stored = store.put_alert(new, groups={"slack-1", "pagerduty-1"})
    assert written
    assert stored == replace(new, groups=frozenset({"slack-1", "pagerduty-1"}))
    assert store.get_alerts([new.key]) == {new.key: stored}


def test_an_end_is_stored_to_the_microsecond(store: Store) -> None:
    _, stored = store.put_alert(item(2, update=alert(status="resolved")), groups=())
    assert stored.alert.ends_at == after(60.000_007)
    assert stored.alert.updated_at == after(1.234_567)


def test_a_newer_update_replaces_an_older_one(store: Store) -> None:
    store.put_alert(item(1), groups={"slack-1"})
    newer = item(2, update=alert(severity="critical", starts_at=after(9)))
    written, stored = store.put_alert(newer, groups={"slack-1"})
    assert written
    assert stored.alert == newer.alert
    assert stored.order_key == newer.order_key


def test_an_older_update_is_refused_and_the_stored_one_is_given_back(store: Store) -> None:
    _, first = store.put_alert(item(2), groups={"slack-1"})
    written, stored = store.put_alert(item(1, update=alert(severity="critical"), rank=4), groups={"slack-2"})
    assert not written
    assert stored == first
    assert store.get_alerts([first.key]) == {first.key: first}


def _micros(at: datetime) -> int:
    return (at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


@pytest.mark.parametrize("ahead", [timedelta(minutes=11), timedelta(days=70 * 365)])
@pytest.mark.parametrize("status", ["firing", "resolved"])
def test_a_stored_order_in_the_future_loses_to_any_update(store: Store, ahead: timedelta, status: Status) -> None:
    wrong, right = _micros(NOW + ahead), _micros(NOW)
    store.put_alert(item(wrong, rank=4), groups={"slack-1"})
    store.put_member(GID, member(clock=wrong))
    newer = item(right, update=alert(status=status), rank=1)
    written, stored = store.put_alert(newer, groups=())
    assert (written, stored.order_key) == (True, newer.order_key)
    put, before = store.put_member(GID, member(clock=right, status="resolved" if status == "resolved" else "firing"))
    assert put
    assert before == member(clock=wrong)
    assert not store.put_alert(item(right - 1), groups=())[0]
    assert not store.put_member(GID, member(clock=right - 1))[0]


def test_a_stored_order_that_skewed_clocks_explain_is_kept(store: Store) -> None:
    stored, older = _micros(NOW + timedelta(minutes=9)), _micros(NOW)
    store.put_alert(item(stored), groups={"slack-1"})
    store.put_member(GID, member(clock=stored))
    assert not store.put_alert(item(older), groups=())[0]
    assert not store.put_member(GID, member(clock=older))[0]


def test_the_same_update_again_is_written_again(store: Store) -> None:
    """It may be the retry of an attempt that crashed."""
    store.put_alert(item(1), groups={"slack-1"})
    written, stored = store.put_alert(item(1), groups={"slack-1"})
    assert written
    assert stored.groups == {"slack-1"}


@pytest.mark.parametrize("first", [1, 4])
def test_of_two_copies_of_one_update_the_higher_severity_stays(store: Store, first: int) -> None:
    copies = {
        1: item(1, rank=1, update=alert(severity="info")),
        4: item(1, rank=4, update=alert(severity="critical")),
    }
    assert store.put_alert(copies.pop(first), groups={"slack-1"})[0]
    (second,) = copies.values()
    written, stored = store.put_alert(second, groups={"slack-1"})
    assert written == (second.rank == 4)
    assert stored.alert.labels["severity"] == "critical"
    assert stored.rank == 4


def test_a_refused_copy_adds_no_homes(store: Store) -> None:
    store.put_alert(item(1, rank=4), groups={"pagerduty-1"})
    _, stored = store.put_alert(item(1, rank=1), groups={"slack-1"})
    assert stored.groups == {"pagerduty-1"}


def test_at_an_equal_clock_the_end_wins_whatever_its_severity(store: Store) -> None:
    store.put_alert(item(7, rank=4), groups={"slack-1"})
    written, stored = store.put_alert(item(7, rank=1, update=alert(status="resolved")), groups=())
    assert written
    assert stored.alert.status == "resolved"
    written, stored = store.put_alert(item(7, rank=4), groups={"slack-1"})
    assert not written
    assert stored.alert.status == "resolved"


def test_an_end_keeps_the_labels_and_the_start_of_the_firing(store: Store) -> None:
    store.put_alert(item(1, update=alert(severity="critical")), groups={"slack-1"})
    end = alert(status="resolved", severity="info", starts_at=after(500))
    _, stored = store.put_alert(item(2, update=end), groups=())
    assert stored.alert.labels == {"alertname": "RDSHighCPU", "severity": "critical"}
    assert stored.alert.starts_at == NOW
    assert stored.alert.annotations == end.annotations
    assert stored.groups == {"slack-1"}


def test_an_end_without_a_firing_is_remembered_with_its_own_labels(store: Store) -> None:
    written, stored = store.put_alert(item(2, update=alert(status="resolved", severity="info")), groups=())
    assert written
    assert stored.groups == frozenset()
    assert stored.alert.labels["severity"] == "info"
    assert not store.put_alert(item(1), groups={"slack-1"})[0]


def test_homes_gather_over_the_life_of_an_alert(store: Store) -> None:
    store.put_alert(item(1), groups={"slack-1"})
    store.put_alert(item(2), groups={"slack-2", "slack-1"})
    store.put_alert(item(3, update=alert(status="resolved")), groups=())
    _, stored = store.put_alert(item(4), groups={"email-1"})
    assert stored.groups == {"slack-1", "slack-2", "email-1"}


def test_a_firing_alert_no_longer_expires(store: Store) -> None:
    store.put_alert(item(1, update=alert(status="resolved"), expires=after(9).replace(microsecond=0)), groups=())
    _, stored = store.put_alert(item(2), groups={"slack-1"})
    assert stored.expires is None


def test_alerts_that_are_missing_are_left_out(store: Store) -> None:
    store.put_alert(item(key=A), groups={"slack-1"})
    assert set(store.get_alerts([A, B])) == {A}
    assert store.get_alerts([]) == {}


def test_a_hundred_alerts_are_read_at_once_and_a_key_may_be_named_twice(store: Store) -> None:
    keys = [f"{n:016x}" for n in range(100)]
    for key in keys:
        store.put_alert(item(key=key), groups={"slack-1"})
    found = store.get_alerts([*keys, keys[0]])
    assert set(found) == set(keys)
    assert all(found[key].key == key for key in keys)


# --- members -------------------------------------------------------------------------------------------------------


def test_a_member_is_given_back_as_it_was_put(store: Store) -> None:
    put = member(status="resolved", expires=after(86_400).replace(microsecond=0))
    assert store.put_member(GID, put)[0]
    assert list(store.members(GID)) == [put]


def test_a_member_that_is_late_is_given_back_as_such(store: Store) -> None:
    put = replace(member(), alert=replace(member().alert, late=True))
    assert store.put_member(GID, put)[0]
    assert list(store.members(GID)) == [put]


def test_a_member_takes_only_newer_updates(store: Store) -> None:
    assert store.put_member(GID, member(clock=5))[0]
    assert not store.put_member(GID, member(clock=5, at=after(1)))[0]
    assert not store.put_member(GID, member(clock=4, status="resolved"))[0]
    assert store.put_member(GID, member(clock=5, status="resolved"))[0]
    assert not store.put_member(GID, member(clock=5))[0]
    assert store.put_member(GID, member(clock=6))[0]
    assert [m.order_key for m in store.members(GID)] == [k(6)]


def test_a_member_that_moved_away_takes_the_same_update_back(store: Store) -> None:
    store.put_member(GID, member(clock=5, status="moved"))
    assert not store.put_member(GID, member(clock=4))[0]
    assert store.put_member(GID, member(clock=5))[0]
    assert [m.status for m in store.members(GID)] == ["firing"]


def test_a_member_that_fires_again_no_longer_expires(store: Store) -> None:
    store.put_member(GID, member(clock=5, status="resolved", expires=after(60).replace(microsecond=0)))
    store.put_member(GID, member(clock=6))
    assert [m.expires for m in store.members(GID)] == [None]


def test_an_expired_member_is_left_out_even_before_it_is_deleted(store: Store, clock: ManualClock) -> None:
    expires = after(60).replace(microsecond=0)
    store.put_member(GID, member(A, status="resolved", expires=expires))
    store.put_member(GID, member(B))
    clock.move_to(expires - timedelta(microseconds=1))
    assert [m.key for m in store.members(GID)] == [A, B]
    clock.move_to(expires)
    assert [m.key for m in store.members(GID)] == [B]


def test_groups_do_not_share_members(store: Store) -> None:
    store.put_member(GID, member(A))
    store.put_member(f"{GID}0", member(B))
    assert [m.key for m in store.members(GID)] == [A]
    assert store.members("slack-none") == []


def test_a_group_of_three_hundred_is_read_whole(store: Store) -> None:
    keys = [f"{n:016x}" for n in range(300)]
    for key in reversed(keys):
        store.put_member(GID, member(key))
    assert [m.key for m in store.members(GID)] == keys


def test_a_resolve_keeps_where_its_alert_came_from(store: Store) -> None:
    here, there = "cloudwatch 111122223333 eu-west-1", "custom 444455556666 -"
    store.put_alert(replace(item(1), opened_by=here), groups={"slack-1"})
    end = item(2, update=alert(status="resolved"))
    _, stored = store.put_alert(replace(end, resolved_by=there), groups=())
    assert (stored.opened_by, stored.resolved_by) == (here, there)
    assert stored.from_elsewhere
    assert store.get_alerts([end.key]) == {end.key: stored}
    _, again = store.put_alert(replace(item(3), opened_by=there), groups=())
    assert (again.opened_by, again.from_elsewhere) == (there, False)
    _, stored = store.put_alert(replace(item(4, update=alert(status="resolved")), resolved_by=there), groups=())
    assert not stored.from_elsewhere


def test_a_resolve_of_an_alert_of_an_earlier_version_is_not_from_elsewhere(store: Store) -> None:
    store.put_alert(item(1), groups={"slack-1"})
    _, stored = store.put_alert(
        replace(item(2, update=alert(status="resolved")), resolved_by="custom 444455556666 -"), groups=()
    )
    assert not stored.from_elsewhere
