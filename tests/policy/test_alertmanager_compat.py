"""Alertmanager's decision by its notification log, rule by rule."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta

import pytest
from alertrelay.channels import KINDS, channel
from alertrelay.notification import Reason
from alertrelay.policy.alertmanager_compat import RETENTION, decide, entry, is_retried, pauses, swept

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def keys(text: str) -> frozenset[str]:
    return frozenset(text)


@pytest.mark.parametrize(
    ("known", "firing", "resolved", "send_resolved", "expected"),
    [
        (None, "", "", True, None),
        (None, "", "a", True, None),
        (None, "a", "", True, Reason.FIRST),
        (("a", ""), "a", "", True, None),
        (("a", ""), "ab", "", True, Reason.NEW_ALERTS),
        (("", "a"), "a", "", True, Reason.FIRST),
        (("a", ""), "", "a", True, Reason.ALL_RESOLVED),
        (("a", ""), "", "a", False, Reason.ALL_RESOLVED),
        (("", "a"), "", "b", True, None),
        (("ab", ""), "a", "b", True, Reason.SOME_RESOLVED),
        (("ab", ""), "a", "b", False, None),
        (("a", "b"), "a", "b", True, None),
        (("ab", ""), "a", "", True, None),  # b is muted: that is no end
    ],
)
def test_what_the_log_knew_decides_the_reason(
    known: tuple[str, str] | None, firing: str, resolved: str, send_resolved: bool, expected: Reason | None
) -> None:
    before = known and entry(keys(known[0]), keys(known[1]), at=NOW, repeat_interval=3600)
    found = decide(
        before or None,
        keys(firing),
        keys(resolved),
        now=NOW + timedelta(minutes=5),
        repeat_interval=3600,
        send_resolved=send_resolved,
    )
    assert found == expected


def test_a_repeat_comes_at_the_first_tick_after_its_interval_not_at_it() -> None:
    known = entry(keys("a"), keys(""), at=NOW, repeat_interval=600)
    late = timedelta(microseconds=1)
    for passed, expected in ((timedelta(seconds=600), None), (timedelta(seconds=600) + late, Reason.REPEAT)):
        found = decide(known, keys("a"), keys(""), now=NOW + passed, repeat_interval=600, send_resolved=True)
        assert found == expected


def test_an_entry_lives_for_two_repeats_and_five_days_at_most() -> None:
    assert entry(keys(""), keys(""), at=NOW, repeat_interval=600).expires == NOW + timedelta(seconds=1200)
    assert entry(keys(""), keys(""), at=NOW, repeat_interval=1e6).expires == NOW + RETENTION


def test_what_is_over_is_there_until_the_next_maintenance() -> None:
    every = timedelta(minutes=15)
    over = NOW + timedelta(minutes=16)
    assert not swept(over, now=NOW + timedelta(minutes=29), began=NOW, every=every)
    assert swept(over, now=NOW + timedelta(minutes=30), began=NOW, every=every)


def test_pauses_grow_to_a_minute() -> None:
    found = list(itertools.islice(pauses(), 14))
    assert found[:3] == [0.5, 0.75, 1.125]
    assert found[-1] == 60
    assert found == sorted(found)


def test_what_is_tried_again_within_a_flush() -> None:
    assert is_retried(channel("webhook"), 503)
    assert is_retried(channel("webhook"), "refused")
    assert is_retried(channel("pagerduty"), 429)
    assert is_retried(channel("email"), 550)
    assert not is_retried(channel("slack"), 404)


def test_four_kinds_alone_are_tried_again_after_429() -> None:
    """Source: notify/<kind>/*.go, RetryCodes; Telegram's and a mail server's every failure is tried again."""
    again = {kind for kind in KINDS if is_retried(channel(kind), 429)}
    assert again == {"opsgenie", "incidentio", "jira", "pagerduty", "telegram", "email"}
