"""An alert on an objective shows the error budget that the slo function keeps: one item of the one batch."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from alertrelay.notify.error_budget import ABSENT, EARLY, budget, rates, spent
from alertrelay.state import BudgetNote, StoreFailure

from tests.dispatch.world import START, World, alarm

DAY = 86_400
RATES = {300: 20.0, 1800: 8.0, 3600: 16.2, 7200: 9.0, 21600: 4.1, 86400: 1.2, 259200: 0.6}
NOTE = BudgetNote(
    at=START.timestamp() - 120,
    percent=99.9,
    window=30 * DAY,
    allowed=43.2,
    consumed=10.8,
    history=30.0 * DAY,
    rates=RATES,
)
SAID = (
    "10.8 of 43.2 min spent, 75 % left (99.9 % of 30 d, at ",
    "16.2x over 1 h and 20x over 5 min (limit 14.4x); 4.1x over 6 h and 8x over 30 min (limit 6x)",
    "in 33 h 20 min at the rate of the last 1 h",
)


def _alert(
    state: str = "ALARM",
    *,
    slo: str = "checkout-availability",
    name: str = "ErrorBudgetBurningFast",
    at: datetime = START,
) -> Any:
    return alarm("burn", state, at=at, alertname=name, slo=slo)


def _texts(world: World) -> Iterator[str]:
    for channel in ("pagerduty", "slack"):
        for message in world.sent(channel):
            yield json.dumps(message, ensure_ascii=False)


def test_a_page_has_the_budget_the_rates_and_the_end() -> None:
    world = World()
    world.memory.budgets["checkout-availability"] = NOTE
    world.publish(_alert())
    texts = list(_texts(world))
    assert texts
    for text in texts:
        assert [said for said in (*SAID, "▰▰▰▱▱▱▱▱▱▱") if said not in text] == []


def test_the_resolve_has_the_budget_and_no_end() -> None:
    world = World()
    world.memory.budgets["checkout-availability"] = NOTE
    world.publish(_alert())
    world.run(610)
    world.publish(_alert("OK", at=world.clock.now()))
    world.run(600)
    text = json.dumps(world.sent("slack")[-1], ensure_ascii=False)
    assert "RESOLVED" in text
    assert "10.8 of 43.2 min spent, 75 % left (99.9 % of 30 d, 17 min old)" in text
    assert "Exhausted" not in text


def test_numbers_from_before_the_alert_are_called_so() -> None:
    world = World()
    world.memory.budgets["checkout-availability"] = BudgetNote(**{**_fields(), "rates": dict.fromkeys(RATES, 0.0)})
    world.publish(_alert())
    assert all(EARLY in text for text in _texts(world))


def test_without_a_state_the_message_says_so_and_goes_out() -> None:
    world = World()
    world.publish(_alert())
    assert all(ABSENT.format(slo="checkout-availability") in text for text in _texts(world))
    assert list(_texts(world))


def test_another_alert_with_the_label_has_the_budget_if_there_is_one() -> None:
    world = World()
    world.publish(_alert(slo="unknown", name="CheckoutSlow"))
    assert "not known" not in "".join(_texts(world))
    world = World()
    world.memory.budgets["checkout-availability"] = NOTE
    world.publish(_alert(name="CheckoutErrors"))
    assert SAID[0] in "".join(_texts(world))


def test_while_the_table_fails_the_alert_goes_out_without_a_budget() -> None:
    class Deaf:
        def __init__(self, store: Any) -> None:
            self._store = store

        def __getattr__(self, name: str) -> Any:
            if name == "facts":
                raise StoreFailure("the table does not answer")
            return getattr(self._store, name)

    world = World(wrap=Deaf)
    world.memory.budgets["checkout-availability"] = NOTE
    world.publish(_alert())
    assert all("not known" in text for text in _texts(world))
    assert list(_texts(world))


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "▰▰▰▱▱▱▱▱▱▱ 10.8 of 43.2 min spent, 75 % left (99.9 % of 30 d, at 02:58 UTC)"),
        ({"consumed": 0.0}, "▱▱▱▱▱▱▱▱▱▱ 0.0 of 43.2 min spent, 100 % left (99.9 % of 30 d, at 02:58 UTC)"),
        ({"consumed": 60.0}, "▰▰▰▰▰▰▰▰▰▰ 60.0 of 43.2 min spent, nothing left (99.9 % of 30 d, at 02:58 UTC)"),
        ({"at": START.timestamp() - 7200}, "75 % left (99.9 % of 30 d, 2 h old)"),
        ({"history": 3.0 * DAY}, "(99.9 % of 30 d, known for 3 d of it, at 02:58 UTC)"),
        ({"history": 0.0}, "(99.9 % of 30 d, without any traffic, at 02:58 UTC)"),
    ],
)
def test_a_budget_in_words(changes: dict[str, Any], expected: str) -> None:
    assert expected in budget(BudgetNote(**{**_fields(), **changes}), START)


def _fields() -> dict[str, Any]:
    return {name: getattr(NOTE, name) for name in NOTE.__slots__}


def test_the_end_is_by_the_window_that_is_furthest_above_its_limit() -> None:
    slow = BudgetNote(**{**_fields(), "rates": {**RATES, 86400: 4.5, 259200: 1.2}})
    assert spent(slow, "ErrorBudgetBurningSlow") == "in 5 d at the rate of the last 1 d"
    assert rates(slow, "ErrorBudgetBurningSlow").startswith("4.5x over 1 d and 9x over 2 h (limit 3x)")
    assert spent(BudgetNote(**{**_fields(), "consumed": 50.0}), "ErrorBudgetBurningFast") == "already, by 6.8 min"
    calm = BudgetNote(**{**_fields(), "rates": dict.fromkeys(RATES, 0.0)})
    assert spent(calm, "ErrorBudgetBurningFast") == "not at this rate"
