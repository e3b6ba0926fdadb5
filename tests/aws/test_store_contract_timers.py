"""What ports.Store promises of what is due, moves, inhibits and is silenced, asked of the table and its memory twin."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from alertrelay.alert import Channel
from alertrelay.config.model import Matcher
from alertrelay.policy.inhibit import InhibitKey
from alertrelay.policy.silence import Silence
from alertrelay.state import Store, Survey, Waking

from tests.aws.state import GID, NOW, A, B, after, alert, change, header, item, member

BEGAN = NOW.replace(microsecond=678_000)
"""A silence's times are milliseconds, as in Alertmanager's API."""
EXPIRES = after(600).replace(microsecond=0)


# --- what is due ---------------------------------------------------------------------------------------------------


def due(store: Store, before: datetime, channel: Channel = "pagerduty") -> dict[str, datetime]:
    return dict(store.due([channel], before=before))


def test_the_groups_that_fall_due_by_then_are_found_with_their_time(store: Store) -> None:
    groups = {f"pagerduty-{n:016x}": after(n) for n in range(40)}
    for gid, at in groups.items():
        store.arm(gid, header(), due=at)
    assert due(store, after(-0.000_001)) == {}
    assert due(store, after(25)) == {gid: at for gid, at in groups.items() if at <= after(25)}


def test_a_channel_finds_its_own_groups_only(store: Store) -> None:
    store.arm(GID, header(), due=NOW)
    assert due(store, NOW, "slack") == {}
    assert due(store, NOW) == {GID: NOW}


def test_a_leased_group_stays_due_when_it_was_and_a_closed_one_never_is(store: Store) -> None:
    store.arm(GID, header(), due=NOW)
    store.lease(GID, owner="me", now=after(5), until=after(35))
    assert due(store, after(35)) == {GID: NOW}
    found = store.header(GID)
    assert found
    assert found.schedule.next_due == after(35)
    store.record(GID, owner="me", change=change(closing=True))
    store.finish(GID, owner="me", expires=EXPIRES)
    assert due(store, after(9999)) == {}
    store.arm(GID, header(), due=after(60))
    assert due(store, after(60)) == {GID: after(60)}


def test_a_hastened_group_is_found_at_its_new_time(store: Store) -> None:
    store.arm(GID, header(), due=after(900))
    store.bring_forward(GID, due=after(5), seen=after(900))
    assert due(store, after(5)) == {GID: after(5)}


# --- what moves ----------------------------------------------------------------------------------------------------


def test_an_alert_gets_further_homes_unless_it_has_a_newer_update(store: Store) -> None:
    store.put_alert(item(2), groups={"slack-1"})
    assert store.add_groups(member(clock=2), {"email-2", "slack-3"})
    assert not store.add_groups(member(clock=1), {"sns-4"})
    assert store.get_alerts([A])[A].groups == {"slack-1", "email-2", "slack-3"}


def test_an_alert_that_ended_at_that_clock_gets_no_further_homes(store: Store) -> None:
    store.put_alert(item(2), groups={"slack-1"})
    store.put_alert(item(2, update=alert(status="resolved")), groups=())
    assert not store.add_groups(member(clock=2), {"email-2"})


def test_an_alert_that_leads_nowhere_any_more_keeps_its_homes(store: Store) -> None:
    store.put_alert(item(2), groups={"slack-1"})
    assert store.add_groups(member(clock=2), ())
    assert store.get_alerts([A])[A].groups == {"slack-1"}


def test_an_alert_that_is_unknown_gets_no_homes(store: Store) -> None:
    assert not store.add_groups(member(), {"email-2"})
    assert store.get_alerts([A]) == {}


def test_a_member_that_moved_is_marked_and_may_come_back_with_the_same_update(store: Store) -> None:
    store.put_member(GID, member(clock=2))
    store.mark_moved(GID, member(clock=2), expires=EXPIRES)
    (moved,) = store.members(GID)
    assert (moved.status, moved.expires, moved.order_key) == ("moved", EXPIRES, member(clock=2).order_key)
    assert store.put_member(GID, member(clock=2))[0]
    (back,) = store.members(GID)
    assert (back.status, back.expires) == ("firing", None)


def test_a_member_that_was_updated_meanwhile_is_not_marked_as_moved(store: Store) -> None:
    store.put_member(GID, member(clock=3))
    store.mark_moved(GID, member(clock=2), expires=EXPIRES)
    store.mark_moved(GID, member(B), expires=EXPIRES)
    assert [m.status for m in store.members(GID)] == ["firing"]


# --- what inhibits -------------------------------------------------------------------------------------------------


def key(rule: str, equal: str, *, two_sided: bool = False) -> InhibitKey:
    return InhibitKey(rule * 32, equal * 32, two_sided)


def test_sources_stand_under_their_rule_and_equal_values_while_they_fire(store: Store) -> None:
    one, other = key("1", "a"), key("1", "b", two_sided=True)
    store.note_source(one, A, fires=True)
    store.note_source(one, B, fires=True)
    store.note_source(other, B, fires=True)
    asked = [one[:2], other[:2], key("2", "a")[:2]]
    assert store.facts(alerts=(), inhibitors=asked).inhibitors == {one[:2]: {A: False, B: False}, other[:2]: {B: True}}
    store.note_source(one, A, fires=False)
    assert store.facts(alerts=(), inhibitors=[one[:2]]).inhibitors == {one[:2]: {B: False}}


def test_headers_of_other_groups_come_with_the_facts_where_they_are_asked_for(store: Store) -> None:
    store.arm(GID, header(), due=NOW)
    assert store.facts(alerts=(), inhibitors=()).headers is None
    found = store.facts(alerts=(), inhibitors=(), headers=[GID, GID[:-1] + "0"]).headers
    assert found == store.headers([GID])


@pytest.mark.parametrize("fires", [True, False])
def test_a_source_is_noted_once_however_often_it_is_said(store: Store, *, fires: bool) -> None:
    one = key("1", "a")
    store.note_source(one, A, fires=True)
    for _ in range(2):
        store.note_source(one, A, fires=fires)
    assert store.facts(alerts=(), inhibitors=[one[:2]]).inhibitors.get(one[:2], {}) == ({A: False} if fires else {})


def test_more_than_a_hundred_questions_are_answered(store: Store) -> None:
    keys = [InhibitKey("1" * 32, f"{n:032x}", two_sided=False) for n in range(130)]
    for one in keys[::10]:
        store.note_source(one, A, fires=True)
    found = store.facts(alerts=(), inhibitors=[one[:2] for one in keys]).inhibitors
    assert {one for one, sources in found.items() if sources} == {one[:2] for one in keys[::10]}


def test_of_many_sources_of_the_same_each_is_found_while_it_fires(store: Store) -> None:
    one = key("1", "a")
    many = [f"{n * 0x0123456789ABCDEF % 2**64:016x}" for n in range(1, 231)]
    for source in many:
        store.note_source(one, source, fires=True)
    store.note_source(one, many[-1], fires=True)
    assert store.facts(alerts=(), inhibitors=[one[:2]]).inhibitors == {one[:2]: dict.fromkeys(many, False)}
    for source in many[:-1]:
        store.note_source(one, source, fires=False)
    assert store.facts(alerts=(), inhibitors=[one[:2]]).inhibitors == {one[:2]: {many[-1]: False}}


# --- silences ------------------------------------------------------------------------------------------------------


def silence(name: str) -> Silence:
    return Silence(
        id=name,
        matchers=(
            (Matcher(name="service", op="=", value="orders"), Matcher(name="env", op="=~", value="a|b")),
            (Matcher(name="team", op="!=", value="ö"),),
        ),
        starts_at=BEGAN,
        ends_at=BEGAN + timedelta(milliseconds=3_600_001),
        created_by="ada@example.com",
        comment="a line\nand another 🔥",
        updated_at=BEGAN,
        annotations={"ticket": "OPS-1"},
    )


def test_where_nothing_was_silenced_there_is_version_0(store: Store) -> None:
    assert store.silences() == ((), 0)


def test_silences_come_back_as_they_were_put_and_are_replaced_as_one_list(store: Store) -> None:
    assert store.put_silences([silence("a"), silence("b")], seen=0)
    found, version = store.silences()
    assert (tuple(found), version) == ((silence("a"), silence("b")), 1)
    assert store.put_silences([silence("b")], seen=1)
    found, version = store.silences()
    assert (tuple(found), version) == ((silence("b"),), 2)


@pytest.mark.parametrize("seen", [0, 2])
def test_a_list_that_somebody_else_replaced_meanwhile_is_not_replaced(store: Store, seen: int) -> None:
    store.put_silences([silence("a")], seen=0)
    assert not store.put_silences([], seen=seen)
    assert tuple(store.silences()[0]) == (silence("a"),)


# --- surveys -------------------------------------------------------------------------------------------------------


def test_a_survey_that_nobody_began_has_version_0(store: Store) -> None:
    assert store.survey("slack") == (Survey(), 0)


def test_a_survey_comes_back_as_it_was_put_for_its_forwarder_alone(store: Store) -> None:
    assert store.put_survey("slack", Survey(token="page 2", tries=3), seen=0)
    assert store.put_survey("slack", Survey(phase="over"), seen=1)
    assert store.survey("slack") == (Survey(phase="over"), 2)
    assert store.survey("pagerduty") == (Survey(), 0)


def test_a_survey_is_replaced_only_where_nobody_else_replaced_it(store: Store) -> None:
    store.put_survey("slack", Survey(token="page 2"), seen=0)
    for seen in (0, 2):
        assert not store.put_survey("slack", Survey(phase="done"), seen=seen)
    assert store.survey("slack") == (Survey(token="page 2"), 1)


# --- what groups that sleep are woken for ----------------------------------------------------------------------------

MARK = Waking(build="c0ffee 7", since=NOW, silences=1, changed=after(60), token="page 2")


def test_a_mark_that_nobody_wrote_has_version_0(store: Store) -> None:
    assert store.waking("slack") == (None, 0, 0)


def test_a_mark_comes_back_with_the_version_of_the_silences_and_among_the_facts(store: Store) -> None:
    assert store.put_waking("slack", MARK, seen=0)
    store.put_silences([silence("a")], seen=0)
    assert store.waking("slack") == (MARK, 1, 1)
    assert store.waking("pagerduty") == (None, 0, 1)
    assert store.facts(alerts=(), inhibitors=(), waking="slack").waking == MARK
    assert store.facts(alerts=(), inhibitors=(), waking="pagerduty").waking is None


def test_a_mark_is_replaced_only_where_nobody_else_replaced_it(store: Store) -> None:
    store.put_waking("slack", MARK, seen=0)
    for seen in (0, 2):
        assert not store.put_waking("slack", replace(MARK, done=True), seen=seen)
    assert store.put_waking("slack", replace(MARK, done=True), seen=1)
    assert store.waking("slack") == (replace(MARK, done=True), 2, 0)


def test_pages_hold_every_group_that_is_due_later_once_and_no_other(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("alertrelay.aws.state.groups.WAKE_PAGE", 3)
    for number in range(8):
        assert store.arm(f"pagerduty-{number}", header(), due=after(600 + number))
    assert store.arm("pagerduty-soon", header(), due=after(30))
    found, token, pages = list[str](), "", 0
    while not pages or token:
        gids, token = store.armed_after(["pagerduty"], after=after(60), token=token)
        found, pages = [*found, *gids], pages + 1
    assert sorted(found) == [f"pagerduty-{number}" for number in range(8)]
    assert pages > 2
    assert store.armed_after(["slack"], after=after(60), token="")[0] == []
