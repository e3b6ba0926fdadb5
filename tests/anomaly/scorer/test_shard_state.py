"""What is kept between two runs, and what is sent."""

from __future__ import annotations

import json

import pytest
from alertrelay.anomaly.scorer.drift import Drift
from alertrelay.anomaly.scorer.lifecycle import ScoredPoint, step
from alertrelay.anomaly.scorer.publish import MESSAGE_BYTES, messages
from alertrelay.anomaly.scorer.reporting import Presence
from alertrelay.anomaly.scorer.shard_state import (
    AnnouncedAlert,
    Announcement,
    Book,
    BookUnreadable,
    JournalEntry,
    Said,
    Track,
    of_bytes,
    to_bytes,
)
from alertrelay.anomaly.scorer.threshold import ScoreLevel
from hypothesis import given
from hypothesis import strategies as st

from tests.anomaly.scorer.world import START, metric

LEVELS = (ScoreLevel(severity="warning", score=0.8), ScoreLevel(severity="critical", score=0.99))


def _seen(value: float = 100.0, *, score: float = 0.0, at: float = START, calm: bool = True) -> ScoredPoint:
    return ScoredPoint(at=at, value=value, score=score, calm=calm, since=at, band=(70.0, 130.0))


def _book() -> Book:
    opened, _ = step(None, _seen(300, score=0.9), LEVELS)
    said = Said(summary="it is unusual", deployments=("a stack",))
    track = Track(
        metric=metric(), read_to=START, presence=Presence(last=START), drift=Drift(based=START, at=START), open=opened
    )
    track.said, track.silent, track.announced = said, START, {"0011": AnnouncedAlert(labels={"a": "b"}, since=START)}
    book = Book(run=START, tracks={metric().key: track}, lost=START)
    book.outbox = [Announcement(severity="info", update={"a": 1}, service="s", note={"text": "t"})]
    book.write(JournalEntry(at=START, kind="opened", watch="w", metric="m", mode="alert", text="t"))
    return book


def test_a_book_reads_back_as_it_was_written() -> None:
    book, scorers = of_bytes(to_bytes(_book(), b"packed"))
    assert scorers == b"packed"
    assert book == _book()


@given(st.binary(max_size=200))
def test_whatever_lies_there_in_its_place_is_unreadable_and_nothing_worse(junk: bytes) -> None:
    for content in (junk, to_bytes(_book(), b"x")[: len(junk)], b'{"format": 2}\n' + junk):
        with pytest.raises(BookUnreadable):
            of_bytes(content)


def test_the_journal_keeps_the_newest_thousand() -> None:
    book = Book()
    for place in range(1100):
        book.write(JournalEntry(at=place, kind="opened", watch="w", metric="m", mode="alert", text="t"))
    assert (len(book.journal), book.journal[0].at) == (1000, 100)


def test_many_updates_are_few_messages_each_within_the_limit_of_sns() -> None:
    updates = [
        Announcement(
            severity="warning" if n % 3 else "info", update={"n": n, "text": "x" * 2000}, service="", note=None
        )
        for n in range(500)
    ]
    found = list(messages(updates))
    assert {severity for severity, _ in found} == {"warning", "info"}
    assert all(len(message) < MESSAGE_BYTES + 5000 for _, message in found)
    announced = [update["n"] for _, message in found for update in json.loads(message)["alerts"]]
    assert sorted(announced) == list(range(500))
    assert len(found) <= 8
