"""Who suppresses whom, by the definition."""

from __future__ import annotations

import dataclasses

import pytest
from alertrelay.alert import Kind
from alertrelay.config.model import InhibitRule
from alertrelay.policy.inhibit import (
    Firing,
    equal_key,
    inhibiting,
    mutes,
    questions,
    rule_id,
    rule_of,
    source_entries,
)

from tests.policy.trees import matcher


def rule(source: str = "", target: str = "", equal: str = "") -> InhibitRule:
    """`rule("alertname=Down", "severity=warning", "service")`."""
    return InhibitRule(
        source=tuple(matcher(text) for text in source.split()),
        target=tuple(matcher(text) for text in target.split()),
        equal=tuple(equal.split()),
    )


def firing(kind: Kind = "alert", **labels: str) -> Firing:
    return Firing(state_key=str(sorted(labels.items())), labels=labels, kind=kind)


DOWN = rule("alertname=ServiceDown", "alertname!=ServiceDown", "service")
HIGH = rule("severity=critical", "severity=~warning|critical", "service")


def test_a_source_suppresses_a_target_with_the_same_equal_labels_and_both_are_named() -> None:
    source = firing(alertname="ServiceDown", service="orders")
    found = inhibiting([HIGH, DOWN], {"alertname": "HighLatency", "service": "orders"}, [source])
    assert found is not None
    assert found.rule == DOWN
    assert found.source == source


def test_another_value_of_an_equal_label_suppresses_nothing() -> None:
    source = firing(alertname="ServiceDown", service="orders")
    assert inhibiting([DOWN], {"alertname": "HighLatency", "service": "users"}, [source]) is None


def test_an_equal_label_that_both_lack_is_equal_and_one_that_one_lacks_is_not() -> None:
    assert inhibiting([DOWN], {"alertname": "HighLatency"}, [firing(alertname="ServiceDown")]) is not None
    assert inhibiting([DOWN], {"alertname": "HighLatency", "service": "a"}, [firing(alertname="ServiceDown")]) is None
    assert inhibiting([DOWN], {"alertname": "HighLatency"}, [firing(alertname="ServiceDown", service="a")]) is None


def test_nothing_suppresses_itself_or_each_other_by_one_rule() -> None:
    """Both alerts match both sides."""
    one, other = firing(severity="critical", service="a", n="1"), firing(severity="critical", service="a", n="2")
    assert inhibiting([HIGH], one.labels, [one, other]) is None
    assert inhibiting([HIGH], other.labels, [one, other]) is None


def test_a_source_of_one_side_suppresses_what_matches_both_sides() -> None:
    one_sided = rule("severity=~critical|page", "severity=~warning|critical")
    target = firing(severity="critical")
    assert inhibiting([one_sided], target.labels, [target, firing(severity="page")]) is not None


def test_a_two_sided_source_does_not_hide_a_valid_one() -> None:
    """The case that the index of releases 0.30 to 0.34 answers wrongly (issue 5162)."""
    both = rule("what=~node|rack", "what=~node|pod", "dc")
    two_sided, one_sided = firing(what="node", dc="x"), firing(what="rack", dc="x")
    target = {"what": "node", "dc": "x", "name": "n7"}
    assert inhibiting([both], target, [two_sided]) is None
    found = inhibiting([both], target, [two_sided, one_sided])
    assert found is not None
    assert found.source == one_sided


def test_an_event_is_never_a_source() -> None:
    source = firing(kind="event", alertname="ServiceDown")
    assert inhibiting([DOWN], {"alertname": "HighLatency"}, [source]) is None
    assert source_entries([DOWN], source.labels, kind="event") == []
    assert source_entries([DOWN], source.labels) != []


def test_a_side_without_matchers_is_every_alert() -> None:
    assert inhibiting([rule("", "severity=info")], {"severity": "info"}, [firing(severity="warning")]) is not None
    assert inhibiting([rule("severity=critical", "")], {"severity": "info"}, [firing(severity="critical")]) is not None


def test_a_rule_is_known_by_its_content_in_whatever_order() -> None:
    one = rule("a=1 b=2", "c=3 d=4", "x y")
    assert rule_id(one) == rule_id(rule("b=2 a=1", "d=4 c=3", "y x"))
    assert rule_id(one) == rule_id(dataclasses.replace(one, name="a name for people"))
    others = [rule("c=3 d=4", "a=1 b=2", "x y"), rule("a=1 b=2", "c=3 d=4", "x"), rule("a=1", "b=2 c=3 d=4", "x y")]
    assert len({rule_id(r) for r in [one, *others, rule("a=~1 b=2", "c=3 d=4", "x y")]}) == 5


def test_the_order_of_equal_does_not_move_the_key() -> None:
    labels = {"x": "1", "y": "2"}
    assert equal_key(rule(equal="x y"), labels) == equal_key(rule(equal="y x"), labels)
    assert equal_key(rule(equal="x y"), labels) != equal_key(rule(equal="x y"), {"x": "2", "y": "1"})
    assert equal_key(rule(equal="x"), {}) == equal_key(rule(equal="x"), {"x": ""})


def test_a_rule_that_stands_twice_is_asked_once() -> None:
    assert len(questions([DOWN, DOWN], {"alertname": "HighLatency"})) == 1
    assert len(source_entries([DOWN, DOWN], {"alertname": "ServiceDown"})) == 1


def test_a_key_leads_back_to_its_rule_while_there_is_one() -> None:
    (key,) = questions([HIGH, DOWN], {"alertname": "HighLatency"})
    assert rule_of([HIGH, DOWN], key) == DOWN
    assert rule_of([HIGH], key) is None


@pytest.mark.parametrize(("asked", "kept", "muted"), [(0, 0, True), (0, 1, True), (1, 0, True), (1, 1, False)])
def test_only_two_sided_against_two_sided_is_let_through(asked: bool, kept: bool, muted: bool) -> None:
    (key,) = questions([DOWN], {"alertname": "HighLatency"})
    assert mutes(key._replace(two_sided=asked), key._replace(two_sided=kept)) == muted
