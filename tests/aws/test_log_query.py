"""Log lines are read whole, however many there are and however busy CloudWatch is, or not at all with the reason."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from alertrelay.aws import log_query
from alertrelay.aws.log_query import LogQuery, LogsUnread
from alertrelay.memory.ports import ManualClock

from tests.aws.log_insights import Insights

NOW = datetime(2026, 11, 20, 8, tzinfo=UTC)
DAY = timedelta(days=1)
WHERE = 'message = "outcome"'


def query(insights: Insights, *groups: str, crowded: list[datetime] | None = None) -> LogQuery:
    seen = crowded if crowded is not None else []
    return LogQuery(client=lambda: insights, groups=groups or ("g",), clock=ManualClock(NOW), crowded=seen.append)


def test_a_span_that_fills_an_answer_is_asked_for_in_halves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_query, "ROWS", 10)
    lines = [(NOW - DAY + n * timedelta(seconds=97, milliseconds=125), f"line {n}") for n in range(64)]
    insights = Insights(lines, most=10)
    assert list(query(insights).lines(NOW - DAY, NOW, WHERE)) == lines
    assert len(insights.asked) > 7
    assert all(WHERE in asked["queryString"] for asked in insights.asked)


def test_a_second_with_more_lines_than_an_answer_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_query, "ROWS", 10)
    crowded: list[datetime] = []
    insights = Insights([(NOW, f"{n}") for n in range(25)], most=10)
    found = list(query(insights, crowded=crowded).lines(NOW - DAY, NOW, WHERE))
    assert (len(found), crowded) == (10, [NOW])


def test_a_throttle_is_waited_out() -> None:
    insights = Insights([(NOW, "a")], fails=["LimitExceededException", "ThrottlingException", "Running"], polls=3)
    asking = query(insights)
    assert [text for _, text in asking.lines(NOW - DAY, NOW, WHERE)] == ["a"]
    assert asking.clock.now() > NOW


@pytest.mark.parametrize(
    ("state", "mend"),
    [
        ("ResourceNotFoundException", "was the environment deployed in this region"),
        ("AccessDeniedException", "allow logs:StartQuery"),
        ("Failed", "try again"),
    ],
)
def test_what_cannot_be_read_is_said_with_its_mend(state: str, mend: str) -> None:
    with pytest.raises(LogsUnread, match=rf"2026-11-19 08:00 to 2026-11-20 08:00 UTC .*{state}.*{mend}"):
        list(query(Insights([], fails=[state])).lines(NOW - DAY, NOW, WHERE))


def test_a_query_that_never_completes_ends() -> None:
    with pytest.raises(LogsUnread, match="Running"):
        list(query(Insights([], polls=10_000)).lines(NOW - DAY, NOW, WHERE))


def test_more_log_groups_than_a_query_takes_are_asked_in_turn() -> None:
    insights = Insights([])
    assert not list(query(insights, *(f"g{n}" for n in range(51))).lines(NOW - DAY, NOW, WHERE))
    assert [len(asked["logGroupNames"]) for asked in insights.asked] == [50, 1]
