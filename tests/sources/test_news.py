"""Good news or bad: whole words, each with its negation."""

from __future__ import annotations

import pytest
from alertrelay.sources.awsevent.news import folded, is_bad, is_good


@pytest.mark.parametrize(
    "text",
    [
        "UNAVAILABLE",
        "INCOMPLETE",
        "UNDELIVERABLE",
        "UNSUCCESSFUL",
        "NON_COMPLIANT",
        "NonCompliant",
        "not completed",
        "The upgrade could not be completed",
        "has not yet fully recovered",
        "wasn't started",
        "can't be reached",
        "Failed to create snapshot",
        "VPN-CONNECTION-IPSEC-DOWN",
        "THREATS_FOUND",
        "TimedOut",
        "TIMED_OUT",
        "ROLLING_BACK",
        "rolled back",
        "UPDATE_ROLLBACK_COMPLETE",
        "The parameter will be expired in 3 days",
        "AddCacheNodeFailed",
        "TERMINATED_WITH_ERRORS",
        "completed, but two steps failed",
        "no backups succeeded",
        "Copy job completed, one snapshot not copied",
        "completed with issues",
    ],
)
def test_bad_news_is_known_by_whole_words_and_by_negated_good_ones(text: str) -> None:
    assert is_bad(text)
    assert not is_good(text)


@pytest.mark.parametrize(
    "text",
    [
        "AVAILABLE",
        "COMPLETED",
        "SUCCEEDED",
        "completed without errors",
        "finished: 0 failed",
        "The database is running again, with no errors found",
        "completed, no issues were found",
        "finished, a restart is not required",
        "started and not impaired any more",
    ],
)
def test_good_news_is_known_by_whole_words_that_nothing_negates(text: str) -> None:
    assert is_good(text)
    assert not is_bad(text)


@pytest.mark.parametrize("text", ["NO_THREATS_FOUND", "", "a creative upset", "discontinuedness", "OPEN", "i-0abc"])
def test_what_has_no_word_of_news_is_neither_good_nor_bad(text: str) -> None:
    assert not is_bad(text)
    assert not is_good(text)


def test_states_are_compared_without_regard_to_their_spelling() -> None:
    assert {folded(state) for state in ("IN_PROGRESS", "In Progress", "inProgress")} == {"inprogress"}


def test_of_a_long_text_only_the_beginning_is_read() -> None:
    assert not is_bad("word " * 1_000 + "failed")
