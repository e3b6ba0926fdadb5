"""The same random operations, on the table and on its memory twin, give the same answers step by step."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from alertrelay.alert import severity_rank
from alertrelay.memory.ports import ManualClock
from alertrelay.memory.store import MemoryStore
from alertrelay.nflog.group_state import Member
from alertrelay.state import Store
from hypothesis import event, given, settings
from hypothesis import strategies as st

from tests.aws.state import NOW, Recorder, alert, change, dynamo, header, item, ledger, member, table

KEYS = ("00000000000000aa", "00000000000000bb")
GROUP = "slack-1"
START = NOW.replace(microsecond=0)
SECONDS = st.sampled_from([-1, 0, 1, 30, 35, 60])
OWNERS = st.sampled_from(["first", "first", "first", "second"])
CLOCKS = st.integers(1, 3)


@dataclass(frozen=True)
class Step:
    """One call of a store, or the passing of time. `at` and `until` are seconds from now."""

    do: str
    key: str = KEYS[0]
    home: str = GROUP
    clock: int = 1
    resolved: bool = False
    moved: bool = False
    severity: str = "warning"
    owner: str = "first"
    at: int | None = 0
    until: int = 35
    route: str = "{}/0"
    told: frozenset[str] = frozenset()
    receipts: bool = False
    closing: bool = False
    arm: bool = False
    sleeps: bool = False
    flag: bool = False


PASS = st.builds(Step, do=st.just("pass"), until=st.sampled_from([1, 30, 36, 90]))
PUT_ALERT = st.builds(
    Step,
    do=st.just("put_alert"),
    key=st.sampled_from(KEYS),
    home=st.sampled_from([GROUP, "email-2"]),
    clock=CLOCKS,
    resolved=st.booleans(),
    severity=st.sampled_from(["critical", "warning", "info"]),
    flag=st.booleans(),
)
PUT_MEMBER = st.builds(
    Step,
    do=st.just("put_member"),
    key=st.sampled_from(KEYS),
    clock=CLOCKS,
    resolved=st.booleans(),
    moved=st.booleans(),
    until=SECONDS,
)
ARM = st.builds(Step, do=st.just("arm"), at=SECONDS, route=st.sampled_from(["{}/0", "{}/1"]))
BRING_FORWARD = st.builds(
    Step, do=st.just("bring_forward"), at=SECONDS, until=SECONDS, flag=st.sampled_from([True, True, False])
)
LEASE = st.builds(Step, do=st.just("lease"), owner=OWNERS, until=st.sampled_from([1, 35]), arm=st.booleans())
RECORD = st.builds(
    Step,
    do=st.just("record"),
    owner=OWNERS,
    told=st.frozensets(st.sampled_from(KEYS)),
    receipts=st.booleans(),
    closing=st.booleans(),
    at=st.one_of(st.none(), SECONDS),
    sleeps=st.booleans(),
    flag=st.booleans(),
)
WAKE = st.builds(Step, do=st.just("wake"), at=SECONDS)
NOTE_JOINED = st.builds(Step, do=st.just("note_joined"))
FINISH = st.builds(Step, do=st.just("finish"), owner=OWNERS, flag=st.booleans())
CLOSE = st.builds(Step, do=st.just("close"), owner=OWNERS, told=st.frozensets(st.sampled_from(KEYS)))
RELEASE = st.builds(Step, do=st.just("release"), owner=OWNERS)
ANY = st.one_of(
    PASS, PUT_ALERT, PUT_MEMBER, ARM, BRING_FORWARD, WAKE, LEASE, NOTE_JOINED, RECORD, CLOSE, FINISH, RELEASE
)
# A flush as it should be, with something else in between: left to chance, hardly a lease would ever be recorded.
FLUSH = st.tuples(
    st.just(Step("arm")),
    st.one_of(BRING_FORWARD, PUT_MEMBER),
    st.just(Step("lease")),
    st.one_of(NOTE_JOINED, PASS, PUT_MEMBER),
    st.one_of(RECORD, CLOSE, st.just(Step("record", closing=True, told=frozenset(KEYS)))),
    st.one_of(ARM, PUT_MEMBER, ANY),
    st.just(Step("finish")),
)
STEPS = st.lists(st.one_of(ANY.map(lambda step: (step,)), FLUSH), min_size=2, max_size=12).map(
    lambda runs: [step for run in runs for step in run]
)
INLINE = st.sampled_from([250, 0])
RUNS = settings(deadline=None, max_examples=60)


def _soon(now: datetime, seconds: int | None) -> datetime:
    return now + timedelta(seconds=seconds or 0)


def _member(step: Step, now: datetime) -> Member:
    if step.moved:
        return replace(member(step.key, step.clock, at=now), status="moved", expires=_soon(now, step.until))
    if step.resolved:
        return member(step.key, step.clock, status="resolved", at=now, expires=_soon(now, step.until))
    return member(step.key, step.clock, at=now)


def take(store: Store, step: Step, now: datetime) -> object:
    """What the store answers. A step that names what it saw looks at the store itself."""
    match step.do:
        case "put_alert":
            update = alert(status="resolved" if step.resolved else "firing", starts_at=now, severity=step.severity)
            expires = _soon(now, 600) if step.flag else None
            new = item(step.clock, key=step.key, rank=severity_rank(update.labels), expires=expires, update=update)
            return store.put_alert(new, groups=() if step.resolved else {step.home})
        case "put_member":
            return store.put_member(GROUP, _member(step, now))
        case "arm":
            return store.arm(GROUP, header(step.route), due=_soon(now, step.at))
        case "bring_forward":
            found = store.header(GROUP)
            seen = (
                found.schedule.next_due if found and found.schedule.next_due and step.flag else _soon(now, step.until)
            )
            return store.bring_forward(GROUP, due=_soon(now, step.at), seen=seen)
        case "lease":
            until = _soon(now, step.until)
            return store.lease(GROUP, owner=step.owner, now=now, until=until, arm=header() if step.arm else None)
        case "record":
            written = change(
                ledger(*sorted(step.told), receipts=step.receipts),
                closing=step.closing,
                next_due=None if step.at is None else _soon(now, step.at),
                uncertain=step.flag,
                failures=int(step.flag),
                failing_since=now if step.flag else None,
                notified_at=None if step.flag else now,
            )
            written = replace(written, progress=replace(written.progress, recorded_at=now))
            sleeps = step.sleeps and step.at is not None and not step.flag  # nothing that failed sleeps
            written = replace(written, asleep_until=_soon(now, 3600) if sleeps else None)
            return store.record(GROUP, owner=step.owner, change=written)
        case "finish":
            return store.finish(GROUP, owner=step.owner, expires=_soon(now, 600) if step.flag else None)
        case "release":
            store.release(GROUP, owner=step.owner)
            return None
    return take_asleep(store, step, now)


def take_asleep(store: Store, step: Step, now: datetime) -> object:
    """What the store answers of a group that sleeps, or may be about to."""
    if step.do == "note_joined":
        return store.note_joined(GROUP)
    if step.do == "close":
        closing = change(ledger(*sorted(step.told)), closing=True)
        return store.close(GROUP, owner=step.owner, change=closing, expires=_soon(now, 600))
    found = store.header(GROUP)
    seen = found.schedule.next_due if found and found.schedule.next_due else now
    return store.wake(GROUP, due=_soon(now, step.at), seen=seen)


@contextmanager
def ledgers_inline_up_to(alerts: int) -> Iterator[None]:
    """Of more alerts they stand in chunks."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("alertrelay.nflog.chunks.INLINE_ALERTS", alerts)
        yield


def state(store: Store) -> object:
    """All that the store holds."""
    return (
        store.get_alerts(KEYS),
        store.members(GROUP),
        store.header(GROUP),
        store.state(GROUP),
    )


@RUNS
@given(steps=STEPS, inline=INLINE)
def test_the_table_and_its_memory_twin_agree_on_every_answer(dynamodb: Any, steps: list[Step], inline: int) -> None:
    clock = ManualClock(START)
    with table(dynamodb), ledgers_inline_up_to(inline):
        real, twin = dynamo(dynamodb, clock), MemoryStore(clock)
        for step in steps:
            if step.do == "pass":
                clock.sleep(step.until)
                continue
            answer = take(twin, step, clock.now())
            assert take(real, step, clock.now()) == answer, step
            event(f"{step.do}: {'refused' if answer is None or answer is False else 'done'}")
        assert state(real) == state(twin)


@RUNS
@given(steps=STEPS, inline=INLINE)
def test_a_table_whose_answers_are_lost_ends_as_one_whose_are_not(
    dynamodb: Any, steps: list[Step], inline: int
) -> None:
    clock = ManualClock(START)
    with table(dynamodb), ledgers_inline_up_to(inline):
        shaky, twin = dynamo(Recorder(dynamodb, answers_lost=True), clock), MemoryStore(clock)
        for step in steps:
            if step.do == "pass":
                clock.sleep(step.until)
                continue
            answer, again = take(twin, step, clock.now()), take(shaky, step, clock.now())
            assert bool(again) >= bool(answer), step
        assert state(shaky) == state(twin)
