"""What counts as a change, when an alert begins to flap, and when it has settled."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from alertrelay.config.model import FlapRule
from alertrelay.nflog.flaps import KEPT, Damping, Flap, Sight, damp, flaps_from_json, flaps_json, once_notified
from alertrelay.nflog.ledger import Ledger, ledger_from_json, ledger_json

NOW = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)
AT = int(NOW.timestamp())
RULE = FlapRule(receivers=(), severities=(), more_than=2, within=3600, settled_after=600)


def seen(
    flaps: dict[str, Flap], *, fires: bool, announced: bool = True, certain: bool = True, rule: FlapRule | None = RULE
) -> Damping:
    return damp(
        flaps,
        {"a": Sight(labels={}, fires=fires)},
        announced=frozenset("a") if announced else frozenset(),
        certain=certain,
        rule_of=lambda _: rule,
        now=NOW,
    )


def test_the_resolve_of_what_was_announced_is_the_first_change() -> None:
    assert seen({}, fires=True).flaps == {}
    assert seen({}, fires=False, announced=False).flaps == {}
    assert seen({}, fires=False).flaps == {"a": Flap(fires=False, turns=(AT,))}


def test_it_flaps_once_it_fires_again_after_too_many_changes() -> None:
    before = {"a": Flap(fires=False, turns=(AT - 300, AT - 200))}
    found = seen({"a": Flap(fires=False, turns=(AT - 300,))}, fires=True, announced=False)
    assert (found.flaps["a"].turns, found.begins) == ((AT - 300, AT), frozenset())
    found = seen(before, fires=True, announced=False)
    assert (found.begins, found.damped, found.held) == (frozenset("a"), frozenset("a"), frozenset())
    assert once_notified(found, shown="a", resolved=frozenset())["a"].since == AT - 300
    assert not once_notified(found, shown="", resolved=frozenset())["a"].damped  # its message did not go out
    assert not seen(before, fires=False, announced=False).begins


def test_changes_beyond_the_window_are_forgotten() -> None:
    old = {"a": Flap(fires=False, turns=(AT - 7000, AT - 6000))}
    assert seen(old, fires=True, announced=False).flaps["a"].turns == (AT,)
    assert seen(old, fires=False, announced=False).flaps == {}


@pytest.mark.parametrize("fires", [True, False])
def test_what_flaps_is_open_until_it_has_settled(fires: bool) -> None:
    damped = Flap(fires=fires, turns=(AT - 1000, AT - 599), since=AT - 4000, count=7)
    found = seen({"a": damped}, fires=fires)
    assert (found.held, found.settles) == (frozenset() if fires else frozenset("a"), frozenset())
    found = seen({"a": Flap(fires=fires, turns=(AT - 1000, AT - 600), since=AT - 4000, count=7)}, fires=fires)
    assert (found.held, found.settles) == (frozenset(), frozenset("a"))
    assert once_notified(found, shown="a" if fires else "", resolved=frozenset()) == {}
    changed = seen({"a": damped}, fires=not fires)
    assert (changed.flaps["a"].count, changed.settles) == (8, frozenset())


def test_nothing_is_held_where_it_is_not_certain_what_was_announced() -> None:
    damped = {"a": Flap(fires=False, turns=(AT - 100,), since=AT - 4000, count=7)}
    assert seen(damped, fires=False).held
    assert not seen(damped, fires=False, certain=False).held
    assert seen(damped, fires=False, rule=None) == Damping()
    assert not seen(damped, fires=True, announced=False).flaps["a"].damped  # its announcement got lost


def test_a_resolve_for_another_reason_ends_the_damping() -> None:
    found = seen({"a": Flap(fires=False, turns=(AT - 100,), since=AT - 4000, count=7)}, fires=False, certain=False)
    assert once_notified(found, shown="", resolved=frozenset("a"))["a"] == Flap(fires=False, turns=(AT - 100,))


def test_only_the_most_restless_are_remembered() -> None:
    keys = [f"{number:02}" for number in range(KEPT + 5)]
    flaps = {key: Flap(fires=True, turns=(AT - 60,)) for key in keys}
    flaps["99"] = Flap(fires=True, turns=(AT - 10,), since=AT - 600, count=9)
    found = damp(
        flaps,
        {key: Sight(labels={}, fires=True) for key in flaps},
        announced=frozenset(flaps),
        certain=True,
        rule_of=lambda _: RULE,
        now=NOW + timedelta(seconds=1),
    )
    assert (len(found.flaps), "99" in found.flaps) == (KEPT, True)


def test_the_ledger_keeps_them_in_its_json_and_has_no_key_without() -> None:
    flaps = {"a": Flap(fires=True, turns=(AT - 300, AT), since=AT - 300, count=2), "b": Flap(fires=False)}
    assert flaps_from_json(flaps_json(flaps)) == flaps
    ledger = Ledger(flaps=flaps)
    assert ledger_from_json(ledger_json(ledger)) == ledger
    assert "flaps" not in ledger_json(Ledger())
