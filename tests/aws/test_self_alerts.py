"""Self-alerts: one of each name and cause in a quarter of an hour, with the count of the others."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace
from typing import Any, cast

from alertrelay.memory.ports import ManualClock
from alertrelay.ports import SelfAlert
from alertrelay.runtime.container import OPS_QUIET, ops_alerter
from alertrelay.runtime.observe import Observer


class Quiet:
    """An Observer that keeps the events of its log."""

    def __init__(self) -> None:
        self.events: list[str] = []

    def log(self, event: str, **fields: Any) -> None:
        self.events.append(event)

    def failed(self, event: str, error: Exception) -> None:
        self.events.append(event)


class Alerter:
    """The alerter of a container over a topic that keeps what it is given."""

    def __init__(self) -> None:
        self.published: list[dict[str, Any]] = []
        self.clock, self.observer = ManualClock(), Quiet()
        sns = SimpleNamespace(publish=lambda **given: self.published.append(given))
        self.alert = ops_alerter(
            cast(Any, SimpleNamespace(sns=lambda: sns)), "arn:topic", self.clock, cast(Observer, self.observer)
        )


def _unfinished(group: str, cause: str = "slack") -> SelfAlert:
    return SelfAlert(name="FlushUnfinished", text=f"The group {group} was not recorded.", cause=cause)


def test_a_long_trouble_of_many_groups_is_four_self_alerts_an_hour() -> None:
    one = Alerter()
    for minute in range(8 * 60):
        one.clock.move_to(one.clock.now() + timedelta(minutes=1))
        for group in range(4):
            one.alert(_unfinished(f"{group} of minute {minute}"))
    assert 30 <= len(one.published) <= 33
    assert one.observer.events.count("self_alert") == 8 * 60 * 4


def test_the_next_self_alert_counts_those_that_were_held_back() -> None:
    one = Alerter()
    for group in range(5):
        one.alert(_unfinished(str(group)))
    one.clock.sleep(OPS_QUIET.total_seconds())
    one.alert(_unfinished("last"))
    first, second = one.published
    assert "held back" not in first["Message"]
    assert "4 like it were held back since 00:00 UTC" in second["Message"]


def test_self_alerts_of_two_causes_do_not_hide_each_other() -> None:
    one = Alerter()
    one.alert(_unfinished("a", cause="slack"))
    one.alert(_unfinished("a", cause="mail"))
    one.alert(SelfAlert(name="LedgerLost", text="lost", cause="mail"))
    assert len(one.published) == 3


def test_a_self_alert_that_was_not_published_holds_no_other_back() -> None:
    one = Alerter()

    def refuse(**_given: Any) -> None:
        raise RuntimeError("no topic")

    publish = one.published.append
    sns = SimpleNamespace(publish=refuse)
    alert = ops_alerter(cast(Any, SimpleNamespace(sns=lambda: sns)), "t", one.clock, cast(Observer, one.observer))
    alert(_unfinished("a"))
    sns.publish = lambda **given: publish(given)
    alert(_unfinished("b"))
    assert len(one.published) == 1
