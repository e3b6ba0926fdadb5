"""An error budget burns on the deployed stack: the alarm, the page with its numbers, and the recovery."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from local.stack.burning import Traffic, burn
from local.stack.history import BudgetShown, TimedOutcome
from tools import outage

BEGINS = datetime(2026, 11, 19, 14, 0, tzinfo=UTC)


def _traffic() -> Traffic:
    """A day of hours, then minutes: four of them with 30 % of errors."""
    begins = int(BEGINS.timestamp())
    hours = {begins - 3_600 * n: (60_000, 6) for n in range(1, 25)}
    minutes = {begins + 60 * n: (1_000, 300 if 5 <= n < 9 else 0) for n in range(15)}
    counts = {**hours, **minutes}
    return Traffic(objective="checkout-availability", counts=counts, begins=BEGINS, ends=BEGINS + timedelta(minutes=15))


def test_a_budget_that_burns_pages_with_its_numbers_and_recovers(template: Path) -> None:
    day = burn(_traffic(), environment="prod", relay=template)
    assert not day.lost
    outcomes = [what.outcome for what in day.history if isinstance(what, TimedOutcome)]
    paged = [one for one in outcomes if one.channel == "pagerduty" and one.outcome == "delivered"]
    assert [(one.alertname, one.status) for one in paged] == [
        ("ErrorBudgetBurningFast", "firing"),
        ("ErrorBudgetBurningFast", "resolved"),
    ]
    # One bad minute is more than 14.4 per mille of the hour; the window of 5 minutes is clean at 14:14.
    assert [event.at.strftime("%H:%M") for event in day.events] == ["14:06", "14:14"]
    texts = [what.text for what in day.history if isinstance(what, BudgetShown)]
    assert any("of 43.2 min spent" in text and "known for" in text for text in texts)
    assert any(" over 1 h and " in text for text in texts)


def test_the_example_burns_from_a_quarter_of_its_budget() -> None:
    found = outage.traffic()
    before = [counts for at, counts in found.counts.items() if at < found.begins.timestamp()]
    spent = sum(bad for _, bad in before) / sum(total for total, _ in before) / 0.001
    assert 0.22 < spent < 0.25
