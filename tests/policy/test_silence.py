"""Silences: whom they mute and when, and what a change of one writes."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from alertrelay.config.model import Matcher
from alertrelay.policy.silence import (
    MAX_CHARACTERS,
    Silence,
    SilenceRefused,
    create,
    expire,
    silenced_by,
    state,
    update,
)

from tests.policy.trees import matcher

NOW = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def sets(*texts: str) -> tuple[tuple[Matcher, ...], ...]:
    """Each text is one set: `service=orders severity=warning`."""
    return tuple(tuple(matcher(part) for part in text.split()) for text in texts)


def silence(*texts: str, start: float = 0, end: float = 1, **others: Any) -> Silence:
    """Hours from NOW."""
    fields = {"id": "s1", "created_by": "ada", "comment": "disk swap", "updated_at": NOW - HOUR, **others}
    return Silence(
        matchers=sets(*(texts or ("service=orders",))), starts_at=NOW + start * HOUR, ends_at=NOW + end * HOUR, **fields
    )


def refusal(wanted: Silence) -> str:
    with pytest.raises(SilenceRefused) as raised:
        create(wanted, now=NOW, new_id="n")
    return raised.value.name


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [(-1, 1, "active"), (0, 1, "active"), (1, 2, "pending"), (-2, -1, "expired"), (-1, 0, "expired")],
)
def test_the_clock_alone_says_how_a_silence_stands(start: float, end: float, expected: str) -> None:
    assert state(silence(start=start, end=end), NOW) == expected


def test_it_mutes_what_satisfies_all_matchers_of_one_set_while_it_is_active() -> None:
    one = silence("service=orders severity=warning", "team=~a|b")
    assert silenced_by([one], {"service": "orders", "severity": "warning"}, NOW) == (one,)
    assert silenced_by([one], {"team": "b"}, NOW) == (one,)
    assert silenced_by([one], {"service": "orders"}, NOW) == ()
    assert silenced_by([one], {"team": "b"}, NOW + HOUR) == ()


def test_all_silences_that_mute_are_named() -> None:
    one, other, elsewhere = silence(id="1"), silence(id="2"), silence("service=users", id="3")
    assert [s.id for s in silenced_by([one, elsewhere, other], {"service": "orders"}, NOW)] == ["1", "2"]


def test_a_new_one_gets_its_id_and_starts_now_at_the_earliest() -> None:
    change = create(silence(start=-5), now=NOW, new_id="n")
    assert change.id == "n"
    (written,) = change.write
    assert (written.id, written.starts_at, written.updated_at) == ("n", NOW, NOW)
    assert create(silence(start=0.5), now=NOW, new_id="n").write[0].starts_at == NOW + HOUR / 2


@pytest.mark.parametrize(
    ("wanted", "name"),
    [
        (silence(start=2), "bad_times"),
        (silence(start=1, end=1), "bad_times"),
        (silence(start=-2, end=-1), "bad_times"),
        (dataclasses.replace(silence(), matchers=()), "no_matchers"),
        (dataclasses.replace(silence(), matchers=((),)), "no_matchers"),
        (silence("a="), "matches_everything"),
        (silence("a=~.*", "b=c"), "matches_everything"),
        (silence("a=~("), "bad_matcher"),
        (silence("a=~(?=b)"), "bad_matcher"),
        (dataclasses.replace(silence(), matchers=((Matcher(name="", op="=", value="x"),),)), "bad_matcher"),
        (silence(comment="x" * MAX_CHARACTERS), "too_large"),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(wanted: Silence, name: str) -> None:
    assert refusal(wanted) == name


def test_a_negation_alone_is_let_through_as_alertmanager_does() -> None:
    assert create(silence("severity!=critical"), now=NOW, new_id="n").id == "n"


def test_a_refusal_says_the_mend() -> None:
    with pytest.raises(SilenceRefused, match="swap them"):
        create(silence(start=2), now=NOW, new_id="n")


def test_an_active_one_is_prolonged_in_place() -> None:
    stored = silence(start=-1)
    change = update(dataclasses.replace(stored, ends_at=NOW + 9 * HOUR), stored, now=NOW, new_id="n")
    assert change.id == "s1"
    assert change.write == (dataclasses.replace(stored, ends_at=NOW + 9 * HOUR, updated_at=NOW),)


def test_the_start_of_an_active_one_counts_to_the_second() -> None:
    stored = silence(start=-1)
    wanted = dataclasses.replace(stored, starts_at=stored.starts_at + timedelta(milliseconds=700))
    assert update(wanted, stored, now=NOW, new_id="n").id == "s1"
    wanted = dataclasses.replace(stored, starts_at=stored.starts_at + timedelta(seconds=1))
    assert update(wanted, stored, now=NOW, new_id="n").id == "n"


def test_other_matchers_end_the_old_one_and_make_a_new_one() -> None:
    stored = silence(start=-1)
    change = update(dataclasses.replace(stored, matchers=sets("service=users")), stored, now=NOW, new_id="n")
    old, new = change.write
    assert (change.id, new.id, new.starts_at, new.matchers) == ("n", "n", NOW, sets("service=users"))
    assert old == dataclasses.replace(stored, ends_at=NOW, updated_at=NOW)


def test_a_pending_one_is_moved_in_place_unless_into_the_past() -> None:
    stored = silence(start=2, end=3)
    later = dataclasses.replace(stored, starts_at=NOW + 2.5 * HOUR)
    assert update(later, stored, now=NOW, new_id="n").id == "s1"
    earlier = dataclasses.replace(stored, starts_at=NOW - HOUR)
    old, new = update(earlier, stored, now=NOW, new_id="n").write
    assert (old.id, old.starts_at, old.ends_at) == ("s1", NOW, NOW)
    assert (new.id, new.starts_at) == ("n", NOW)


def test_editing_one_that_is_over_makes_a_new_one_and_leaves_it() -> None:
    stored = silence(start=-2, end=-1)
    change = update(dataclasses.replace(stored, ends_at=NOW + HOUR), stored, now=NOW, new_id="n")
    assert [written.id for written in change.write] == ["n"]


def test_editing_one_that_is_not_there_is_refused() -> None:
    with pytest.raises(SilenceRefused, match="no silence 's1'") as raised:
        update(silence(), None, now=NOW, new_id="n")
    assert raised.value.name == "not_found"


def test_ending_an_active_one_a_pending_one_and_one_that_is_over() -> None:
    ended = expire(silence(start=-1), "s1", now=NOW)
    assert ended is not None
    assert (ended.starts_at, ended.ends_at, state(ended, NOW)) == (NOW - HOUR, NOW, "expired")
    ended = expire(silence(start=1, end=2), "s1", now=NOW)
    assert ended is not None
    assert (ended.starts_at, ended.ends_at, state(ended, NOW)) == (NOW, NOW, "expired")
    assert expire(silence(start=-2, end=-1), "s1", now=NOW) is None


def test_ending_one_that_is_not_there_is_refused() -> None:
    with pytest.raises(SilenceRefused) as raised:
        expire(None, "s9", now=NOW)
    assert raised.value.name == "not_found"
