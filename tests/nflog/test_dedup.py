"""What a flush has to say, from who is in the group and what people were told."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from alertrelay.alert import Integration
from alertrelay.config.durations import CRASH_MARGIN
from alertrelay.nflog import dedup
from alertrelay.nflog.decision import Decision, Mute
from alertrelay.nflog.group_state import AlertBrief, GroupIdentity, GroupState, Member, MemberStatus, Progress
from alertrelay.nflog.ledger import Ledger
from alertrelay.nflog.notified import notified_fallback, notified_own
from alertrelay.notification import Reason
from hypothesis import given
from hypothesis import strategies as st

from tests.group_states import changed

NOW = datetime(2026, 11, 20, 3, 4, 5, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def of(*keys: str) -> frozenset[str]:
    return frozenset(keys)


def member(key: str, status: MemberStatus = "firing", *, at: datetime = NOW) -> Member:
    return Member(
        key=key,
        order_key="0" * 21,
        status=status,
        at=at,
        alert=AlertBrief(
            state_key=key,
            fingerprint="0123456789abcdef",
            labels={"alertname": "X", "severity": "critical"},
            starts_at=NOW,
        ),
    )


def decide(
    header: GroupState,
    members: Iterable[Member],
    *,
    now: datetime | None = None,
    repeat: float = 1e9,
    muted: Iterable[str] = (),
    leaving: Iterable[str] = (),
) -> Decision:
    return dedup.decide(
        header,
        members,
        now=now or NOW + timedelta(minutes=1),
        repeat_interval=repeat,
        mutes=dict.fromkeys(muted, Mute(reason=Reason.SILENCED, detail="s")),
        leaving=frozenset(leaving),
    )


def header(ledger: Ledger | None = None, *, uncertain: bool = False, recorded_at: datetime | None = None) -> GroupState:
    return GroupState(
        identity=GroupIdentity(
            integration=Integration(receiver="oncall", channel="pagerduty", index=0),
            route_id="{}",
            group_key="{}:{}",
            group_labels={},
        ),
        ledger=ledger or Ledger(),
        progress=Progress(uncertain=uncertain, recorded_at=recorded_at),
    )


# --- the reason ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("told", "members", "reason", "new", "gone"),
    [
        ("", {}, None, "", ""),
        ("", {"a": "firing"}, Reason.FIRST, "a", ""),
        ("", {"a": "resolved"}, None, "", ""),
        ("", {"a": "firing", "b": "resolved"}, Reason.FIRST, "a", ""),
        ("a", {"a": "firing"}, None, "", ""),
        ("a", {"a": "firing", "b": "firing"}, Reason.NEW_ALERTS, "b", ""),
        ("a", {"a": "resolved", "b": "firing"}, Reason.NEW_ALERTS, "b", "a"),
        ("ab", {"a": "resolved", "b": "firing"}, Reason.SOME_RESOLVED, "", "a"),
        ("ab", {"a": "resolved", "b": "resolved"}, Reason.ALL_RESOLVED, "", "ab"),
        ("a", {}, Reason.ALL_RESOLVED, "", "a"),
        ("a", {"a": "moved"}, Reason.ALL_RESOLVED, "", "a"),
        ("", {"a": "moved"}, None, "", ""),
        ("", {"e": "event"}, Reason.EVENT, "", ""),
        ("a", {"a": "resolved", "e": "event"}, Reason.EVENT, "", "a"),
        ("", {"a": "firing", "e": "event"}, Reason.FIRST, "a", ""),
    ],
)
def test_what_changed_since_people_were_notified_has_a_named_reason(
    told: str, members: dict[str, MemberStatus], reason: Reason | None, new: str, gone: str
) -> None:
    decision = decide(header(Ledger(firing=of(*told)), recorded_at=NOW), [member(k, s) for k, s in members.items()])
    assert (decision.reason, decision.own.new, decision.own.resolved) == (reason, of(*new), of(*gone))


def test_an_announced_alert_is_ended_even_when_its_member_is_missing() -> None:
    assert decide(header(Ledger(firing=of("a")), recorded_at=NOW), []).own.resolved == of("a")


def test_what_people_may_not_know_is_notified_once_more() -> None:
    decision = decide(header(Ledger(firing=of("a", "b"), unsure=of("b")), recorded_at=NOW), [member("a"), member("b")])
    assert decision.own.new == decision.fallback.new == of("b")
    assert decision.reason is Reason.NEW_ALERTS


# --- events --------------------------------------------------------------------------------------------------------


def test_an_event_is_announced_once() -> None:
    first = decide(header(), [member("e", "event")])
    assert (first.reason, first.own.events, first.fallback.new) == (Reason.EVENT, of("e"), of("e"))
    again = decide(header(notified_own(first), recorded_at=NOW), [member("e", "event")])
    assert (again.reason, again.own.events, again.own.resolved) == (None, of(), of())


def test_an_event_that_a_fallback_said_is_settled() -> None:
    first = decide(header(), [member("e", "event"), member("a")])
    again = decide(header(notified_fallback(first, first.ledger), recorded_at=NOW), [member("e", "event"), member("a")])
    assert again.own.events == of()
    assert again.own.new == of("a")


def test_an_event_is_forgotten_when_its_member_has_expired() -> None:
    decision = decide(header(Ledger(events=of("old", "e")), recorded_at=NOW), [member("e", "event")])
    assert notified_own(decision).events == of("e")


# --- fallbacks -----------------------------------------------------------------------------------------------------


def test_what_a_fallback_notified_is_owed_to_the_own_channel_alone() -> None:
    first = decide(header(), [member("a")])
    told = notified_fallback(first, first.ledger)
    assert (told.firing, told.fallback_firing) == (of(), of("a"))
    again = decide(header(told, recorded_at=NOW), [member("a")])
    assert (again.reason, again.own.new, again.fallback.new) == (Reason.FIRST, of("a"), of())


def test_what_ends_while_only_a_fallback_was_notified_ends_there_alone() -> None:
    decision = decide(
        header(Ledger(fallback_firing=of("a")), recorded_at=NOW), [member("a", "resolved", at=NOW + SECOND)]
    )
    assert (decision.reason, decision.own.resolved, decision.fallback.resolved) == (None, of(), of("a"))
    assert decision.unnotified.unheard == of("a"), "the own channel hears of nothing"


def test_a_fallback_says_only_what_nobody_has_heard() -> None:
    ledger = Ledger(firing=of("own"), fallback_firing=of("fallback"))
    decision = decide(header(ledger, recorded_at=NOW), [member(k) for k in ("own", "fallback", "nobody")])
    assert decision.fallback.new == of("nobody")
    assert decision.own.new == of("fallback", "nobody")


# --- what ended unheard --------------------------------------------------------------------------------------------


def test_what_fired_and_ended_between_two_flushes_ended_unheard() -> None:
    decision = decide(header(recorded_at=NOW), [member("a", "resolved", at=NOW + SECOND)])
    assert (decision.reason, decision.unnotified.unheard) == (None, of("a"))


def test_before_the_first_record_everything_that_ended_is_unheard() -> None:
    assert decide(header(), [member("a", "resolved", at=NOW - timedelta(hours=1))]).unnotified.unheard == of("a")


def test_an_end_that_the_last_flush_saw_is_not_counted_as_unheard_again() -> None:
    """It was told, or counted, then: a second outcome of the same update would contradict the first."""
    for ended in (NOW - SECOND, NOW):
        assert (
            decide(header(recorded_at=NOW), [member("a", "resolved", at=ended), member("b")]).unnotified.unheard == of()
        )


# --- crashes -------------------------------------------------------------------------------------------------------


def test_after_a_crash_what_fires_is_notified_once_more() -> None:
    decision = decide(header(Ledger(firing=of("a")), uncertain=True, recorded_at=NOW), [member("a"), member("b")])
    assert decision.own.new == of("a", "b")
    assert decision.reason is Reason.FIRST


@pytest.mark.parametrize("recorded_at", [None, NOW], ids=["never recorded", "recorded"])
def test_what_a_crashed_flush_may_have_announced_and_has_ended_since_is_ended(recorded_at: datetime | None) -> None:
    """Else the incident that it opened would hang open for ever."""
    decision = decide(header(uncertain=True, recorded_at=recorded_at), [member("a", "resolved", at=NOW + SECOND)])
    assert decision.own.resolved == of("a")
    assert decision.reason is Reason.ALL_RESOLVED
    assert decision.unnotified.unheard == of()


def test_what_resolved_before_the_last_record_was_not_notified_by_the_crashed_flush() -> None:
    before = NOW - CRASH_MARGIN
    members = [member("just", "resolved", at=before), member("long", "resolved", at=before - SECOND)]
    assert decide(header(uncertain=True, recorded_at=NOW), members).own.resolved == of("just")


def test_after_a_crash_an_announced_alert_whose_member_is_missing_is_still_ended() -> None:
    assert decide(header(Ledger(firing=of("a")), uncertain=True, recorded_at=NOW), []).own.resolved == of("a")


# --- what always holds ---------------------------------------------------------------------------------------------

KEYS = ("a", "b", "c", "d")
SETS = st.frozensets(st.sampled_from(KEYS))
STATUSES: tuple[MemberStatus, ...] = ("firing", "resolved", "moved")
ALERTS = st.dictionaries(st.sampled_from(KEYS), st.sampled_from(STATUSES))
EVENT_STATUSES: tuple[MemberStatus, ...] = ("event",)
EVENTS = st.dictionaries(st.sampled_from(["e", "f"]), st.sampled_from(EVENT_STATUSES))


@st.composite
def _members(draw: st.DrawFn) -> list[Member]:
    found: dict[str, MemberStatus] = {**draw(ALERTS), **draw(EVENTS)}
    offsets = st.integers(-90, 90).map(lambda seconds: NOW + seconds * SECOND)
    return [member(key, status, at=draw(offsets)) for key, status in found.items()]


@st.composite
def _headers(draw: st.DrawFn) -> GroupState:
    firing = draw(SETS)
    ledger = Ledger(
        firing=firing,
        unsure=firing & draw(SETS),
        fallback_firing=draw(SETS),
        events=draw(st.frozensets(st.sampled_from(["e", "f", "old"]))),
        dedup_key="d",
    )
    return header(ledger, uncertain=draw(st.booleans()), recorded_at=draw(st.sampled_from([None, NOW])))


def _after(before: GroupState, ledger: Ledger) -> GroupState:
    """The header once a flush was recorded."""
    return changed(before, ledger=ledger, uncertain=False, recorded_at=NOW + timedelta(minutes=5))


def _firing(members: Iterable[Member]) -> frozenset[str]:
    return frozenset(m.key for m in members if m.status == "firing")


def _says_anything(decision: Decision) -> bool:
    return bool(decision.own.new or decision.own.resolved or decision.own.events)


@given(_headers(), _members())
def test_nothing_is_announced_and_ended_by_one_message(before: GroupState, members: list[Member]) -> None:
    decision = decide(before, members)
    assert not decision.own.resolved & decision.view.firing
    assert not decision.fallback.resolved & decision.view.firing
    assert not decision.unnotified.unheard & (decision.view.firing | decision.own.resolved)
    assert decision.own.new <= decision.view.firing == _firing(members)
    assert decision.fallback.new - decision.own.events <= decision.own.new


@given(_headers(), _members())
def test_there_is_a_reason_exactly_where_there_is_something_to_say(before: GroupState, members: list[Member]) -> None:
    decision = decide(before, members)
    assert (decision.reason is not None) == _says_anything(decision)


@given(_headers(), _members())
def test_once_notified_there_is_nothing_left_for_the_own_channel(before: GroupState, members: list[Member]) -> None:
    told = notified_own(decide(before, members))
    assert told.firing == _firing(members)
    again = decide(_after(before, told), members)
    assert again.reason is None
    assert not again.unnotified.unheard


@given(_headers(), _members())
def test_once_a_fallback_took_the_news_it_has_none_and_all_is_still_owed(
    before: GroupState, members: list[Member]
) -> None:
    decision = decide(before, members)
    again = decide(_after(before, notified_fallback(decision, decision.ledger)), members)
    assert not again.fallback.new
    assert not again.own.events
    assert again.own.new == decision.own.new
    assert again.own.resolved == decision.own.resolved


@given(_headers(), _members())
def test_what_was_announced_is_kept_until_it_is_ended(before: GroupState, members: list[Member]) -> None:
    """Also across a crash: an alert leaves the ledger only by being among those that a message ends."""
    decision = decide(before, members)
    assert before.ledger.firing <= decision.ledger.firing
    assert before.ledger.firing - notified_own(decision).firing <= decision.own.resolved
    assert notified_fallback(decision, decision.ledger).firing == decision.ledger.firing
    assert notified_own(decision).dedup_key == "d"


@given(_headers(), _members())
def test_what_fires_is_known_or_told(before: GroupState, members: list[Member]) -> None:
    decision = decide(before, members)
    known = before.ledger.firing - before.ledger.unsure
    assert decision.view.firing <= known | decision.own.new


@given(_headers(), _members(), _members())
def test_whatever_a_crashed_flush_announced_is_announced_again_or_ended(
    before: GroupState, members: list[Member], later: list[Member]
) -> None:
    """The flush told its message and died before its record; whoever comes next cannot know, and misses nothing."""
    updated = {m.key: m for m in members} | {m.key: replace(m, at=NOW + SECOND) for m in later}
    crashed = notified_own(decide(before, members))
    still_there = [m for m in updated.values() if m.status != "moved"]
    gone_away = {m.key for m in updated.values() if m.status == "moved"}
    decision = decide(changed(before, uncertain=True), still_there)
    ended = {k for k in crashed.firing if updated[k].status == "resolved"}
    assert ended <= decision.own.resolved
    assert crashed.firing - ended - gone_away <= decision.own.new


def test_what_is_muted_is_not_shown_and_named_once() -> None:
    first = decide(header(), [member("a"), member("b")], muted=["b"])
    assert (first.own.new, first.view.shown, first.view.firing) == (of("a"), of("a"), of("a", "b"))
    assert first.unnotified.muted["b"].reason == Reason.SILENCED
    assert (
        decide(
            header(notified_own(first), recorded_at=NOW + SECOND), [member("a"), member("b")], muted=["b"]
        ).unnotified.muted
        == {}
    )


def test_what_was_announced_and_is_muted_now_stays_open_and_is_ended_all_the_same() -> None:
    before = header(Ledger(firing=of("a", "b")), recorded_at=NOW)
    muted = decide(before, [member("a"), member("b")], muted=["a", "b"])
    assert (muted.reason, muted.view.open, muted.own.resolved) == (None, of("a", "b"), of())
    ended = decide(before, [member("a", "resolved"), member("b")], muted=["a", "b"])
    assert (ended.reason, ended.own.resolved, ended.view.open) == (Reason.SOME_RESOLVED, of("a"), of("b"))


def test_what_fires_when_its_silence_ends_is_notified_then() -> None:
    before = header(recorded_at=NOW)
    assert decide(before, [member("a")], muted=["a"]).reason is None
    assert decide(before, [member("a")]).reason == Reason.FIRST


def test_a_silenced_event_is_over() -> None:
    first = decide(header(), [member("e", "event")], muted=["e"])
    assert (first.reason, first.own.events) == (None, of())
    assert decide(header(first.ledger, recorded_at=NOW), [member("e", "event")]).reason is None


@pytest.mark.parametrize(("passed", "reason"), [(3599, None), (3600, Reason.REPEAT)])
def test_a_repeat_comes_at_its_interval_and_not_a_tick_later(passed: int, reason: Reason | None) -> None:
    before = changed(header(Ledger(firing=of("a")), recorded_at=NOW), notified_at=NOW)
    assert decide(before, [member("a")], now=NOW + timedelta(seconds=passed), repeat=3600).reason == reason


def test_nothing_is_repeated_while_all_of_it_is_muted() -> None:
    before = changed(header(Ledger(firing=of("a")), recorded_at=NOW), notified_at=NOW)
    assert decide(before, [member("a")], now=NOW + timedelta(hours=9), repeat=3600, muted=["a"]).reason is None


def test_an_alert_whose_announced_end_has_passed_has_ended() -> None:
    fires = member("a")
    over = replace(fires, alert=replace(fires.alert, ends_at=NOW + SECOND))
    decision = decide(header(Ledger(firing=of("a")), recorded_at=NOW), [over], now=NOW + SECOND)
    assert (decision.own.resolved, decision.reason) == (of("a"), Reason.ALL_RESOLVED)


def test_what_leaves_for_another_group_is_ended_here() -> None:
    decision = decide(header(Ledger(firing=of("a", "b")), recorded_at=NOW), [member("a"), member("b")], leaving=["a"])
    assert (decision.own.resolved, decision.view.firing) == (of("a"), of("b"))
