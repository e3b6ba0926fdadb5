"""Each row of the catalogue makes an alarm, by a number within its own range, from a source that is known."""

from __future__ import annotations

import dataclasses
from collections import Counter, defaultdict

import pytest

from compiler.alarms.plan import plan
from compiler.alarms.watched import watched
from compiler.catalogue.rule import SOURCES, Rule
from compiler.catalogue.table import CATALOGUE, PARTS, checked_rules
from compiler.reading.finding import Findings
from compiler.resources import listing
from compiler.resources.resource import Cache, Cluster, Function, LoadBalancer, Queue, Resource, ResourceWatch
from tests.compiler.alarms.test_check import EVERYTHING, PROD

BANDED = tuple(word for kind in CATALOGUE for word in listing.anomaly_words(kind))
FURTHER: tuple[Resource, ...] = (
    Cluster(id="orders", engine="aurora-postgresql", instance_class="db.r6g.large"),
    Cache(id="carts", engine="redis", instance_class="cache.r7g.large", nodes=2),
    LoadBalancer(id="app/main/50dc6c495c0c9188", watch=ResourceWatch(anomaly=BANDED)),
    Queue(id="receipts", dead_letter_queue="receipts-dead", watch=ResourceWatch(anomaly=BANDED)),
    Function(id="resize", timeout_seconds=30, stream=True),
)


ROWS = [pytest.param(rule, id=f"{kind} {rule.alertname}") for kind, rules in CATALOGUE.items() for rule in rules]


@pytest.fixture(scope="module")
def made() -> Counter[str]:
    return Counter(alarm.alertname for alarm in plan((*EVERYTHING, *FURTHER), PROD, Findings()).alarms)


@pytest.mark.parametrize("rule", ROWS)
def test_a_row_makes_an_alarm_for_some_resource(rule: Rule, made: Counter[str]) -> None:
    assert made[rule.alertname], f"no resource has it: {rule.parts} are not its parts, or `when` never holds"


@pytest.mark.parametrize("rule", ROWS)
def test_a_row_names_sources_and_numbers_that_its_own_range_allows(rule: Rule) -> None:
    for level in rule.levels:
        assert {letter.strip() for letter in level.source.split(",")} <= set(SOURCES)
        if isinstance(level.threshold, int | float) and rule.threshold_key(level.severity):
            assert rule.low <= level.threshold <= rule.high


@pytest.mark.parametrize("kind", CATALOGUE)
def test_no_two_rows_of_a_kind_share_a_key(kind: str) -> None:
    keys = Counter(rule.threshold_key(level.severity) for rule in CATALOGUE[kind] for level in rule.levels)
    assert [key for key, count in keys.items() if key and count > 1] == []


def test_a_rule_for_a_part_that_no_resource_has_is_refused_by_name() -> None:
    rule = dataclasses.replace(CATALOGUE["aurora"][0], parts=("writers",))
    expected = (
        rf"aurora, {rule.alertname}: parts of \(cluster, writer, reader\) were expected, this rule has .*'writers'"
    )
    with pytest.raises(ValueError, match=expected):
        checked_rules("aurora", (rule,))
    with pytest.raises(ValueError, match=r"parts=\(\)"):
        checked_rules("aurora", (dataclasses.replace(rule, parts=()),))


def test_the_parts_of_the_table_are_those_that_resources_have() -> None:
    found: defaultdict[str, set[str]] = defaultdict(set)
    for thing in map(watched, (*EVERYTHING, *FURTHER)):
        found[thing.kind].update(part.kind for part in thing.parts)
    assert found == {kind: set(parts) for kind, parts in PARTS.items()}
