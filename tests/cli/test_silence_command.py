"""`alertrelay silence` on the memory twin of the table."""

from __future__ import annotations

import dataclasses
import json
from datetime import UTC, datetime, timedelta

import pytest
from alertrelay.memory.ports import ManualClock
from alertrelay.memory.store import MemoryStore

from cli import silence
from cli.command import parser


def run(store: MemoryStore, clock: ManualClock, *words: str) -> int:
    args = parser().parse_args(["silence", *words, "--env", "prod"])
    return silence.act(args, store, clock, silence.ACTIONS[words[0]])


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def store(clock: ManualClock) -> MemoryStore:
    return MemoryStore(clock)


def added(store: MemoryStore, clock: ManualClock, capsys: pytest.CaptureFixture[str], *words: str) -> str:
    words = words or ("service=orders",)
    assert run(store, clock, "add", "--duration", "2h", "--comment", "migration", "--author", "ann", *words) == 0
    return capsys.readouterr().out.strip()


def test_what_is_added_is_listed_until_it_ends(
    store: MemoryStore, clock: ManualClock, capsys: pytest.CaptureFixture[str]
) -> None:
    one = added(store, clock, capsys)
    assert run(store, clock, "query") == 0
    line = capsys.readouterr().out.splitlines()[1]
    assert line.split()[:2] == [one, "active"]
    assert "ann" in line
    assert '{service="orders"}  migration' in line
    clock.sleep(2 * 3600)
    run(store, clock, "query")
    assert capsys.readouterr().out.strip() == "no silences"
    run(store, clock, "query", "--expired", "--json")
    assert [s["status"]["state"] for s in json.loads(capsys.readouterr().out)] == ["expired"]


def test_labels_choose_the_silences_that_mute_them(
    store: MemoryStore, clock: ManualClock, capsys: pytest.CaptureFixture[str]
) -> None:
    one = added(store, clock, capsys, 'service=~"orders|billing"')
    added(store, clock, capsys, "service=web")
    run(store, clock, "query", "--json", "service=billing", "severity=critical")
    assert [s["id"] for s in json.loads(capsys.readouterr().out)] == [one]


def test_expire_ends_it_now_and_twice_does_no_harm(
    store: MemoryStore, clock: ManualClock, capsys: pytest.CaptureFixture[str]
) -> None:
    one = added(store, clock, capsys)
    assert run(store, clock, "expire", one) == 0
    assert run(store, clock, "expire", one) == 0
    run(store, clock, "query")
    assert capsys.readouterr().out.strip() == "no silences"


def test_an_id_changes_the_silence_in_place_and_keeps_its_start(
    store: MemoryStore, clock: ManualClock, capsys: pytest.CaptureFixture[str]
) -> None:
    one = added(store, clock, capsys)
    (before,), _ = store.silences()
    clock.sleep(3600)
    words = ("--duration", "4h", "--comment", "longer", "--author", "bob", "--id", one, "service=orders")
    assert run(store, clock, "add", *words) == 0
    assert capsys.readouterr().out.strip() == one
    (after,), _ = store.silences()
    assert (after.id, after.comment, after.created_by) == (one, "longer", "bob")
    assert after.starts_at == before.starts_at
    assert after.ends_at == before.starts_at + timedelta(hours=4)


def test_an_id_with_other_matchers_is_a_new_silence_and_the_old_one_ends(
    store: MemoryStore, clock: ManualClock, capsys: pytest.CaptureFixture[str]
) -> None:
    one = added(store, clock, capsys)
    clock.sleep(60)
    other = added(store, clock, capsys, "--id", one, "service=web")
    assert other != one
    run(store, clock, "query", "--json")
    assert [s["id"] for s in json.loads(capsys.readouterr().out)] == [other]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["add", "--duration", "2h", "--comment", "c", "service=~("], "regular expression"),
        (["add", "--duration", "2h", "--comment", "c", 'service=""'], "without any of the labels"),
        (["add", "--duration", "0s", "--comment", "c", "a=b"], "name a longer duration, or a later end"),
        (["add", "--end", "2020-01-01T00:00:00Z", "--comment", "c", "a=b"], "name a later end"),
        (
            ["add", "--start", "2031-01-02T00:00:00Z", "--end", "2031-01-01T00:00:00Z", "--comment", "c", "a=b"],
            "before it starts at 2031-01-02T00:00:00.000Z: swap them",
        ),
        (["add", "--duration", "2h", "--comment", " ", "a=b"], "--comment is empty"),
        (["expire", "nobody"], "there is no silence 'nobody'"),
        (["query", "service"], "NAME=VALUE"),
    ],
)
def test_what_a_person_got_wrong_is_said_in_one_line(
    store: MemoryStore, clock: ManualClock, capsys: pytest.CaptureFixture[str], words: list[str], expected: str
) -> None:
    assert run(store, clock, *words) == 1
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert expected in error


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--duration", "2 hours"], "2 hours"),
        (["--duration", "99999999999999"], "10 years"),
        (["--end", "yesterday"], "yesterday"),
        (["--end", "9999-12-31T23:59:59Z"], "1970 to 2999"),
        (["--end", "0001-01-01T00:00:00+05:00"], "1970 to 2999"),
        (["--duration", "2h", "--start", "9999-12-31T23:59:59Z"], "1970 to 2999"),
    ],
)
def test_a_time_out_of_range_is_a_usage_error(
    store: MemoryStore, clock: ManualClock, capsys: pytest.CaptureFixture[str], words: list[str], expected: str
) -> None:
    with pytest.raises(SystemExit) as ended:
        run(store, clock, "add", *words, "--comment", "c", "a=b")
    assert ended.value.code == 2
    assert expected in capsys.readouterr().err


def test_a_stored_silence_may_last_to_the_end_of_time(
    store: MemoryStore, clock: ManualClock, capsys: pytest.CaptureFixture[str]
) -> None:
    added(store, clock, capsys)
    (one,), version = store.silences()
    never = dataclasses.replace(one, id="never", ends_at=datetime.max.replace(tzinfo=UTC))
    assert store.put_silences([never], seen=version)
    added(store, clock, capsys)
    assert "never" in {kept.id for kept in store.silences()[0]}


def test_what_ended_five_days_ago_is_forgotten(
    store: MemoryStore, clock: ManualClock, capsys: pytest.CaptureFixture[str]
) -> None:
    added(store, clock, capsys)
    clock.sleep(timedelta(days=6).total_seconds())
    one = added(store, clock, capsys)
    assert [kept.id for kept in store.silences()[0]] == [one]
