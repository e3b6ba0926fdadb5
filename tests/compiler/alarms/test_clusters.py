"""The alarms over a whole cluster fire when two of its services are down, and when all are, however many there are."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compiler.alarms.alarm import CompositeAlarm, Plan, Setting
from compiler.alarms.check import check_plan
from compiler.alarms.plan import plan
from compiler.reading.finding import Findings
from compiler.resources.resource import ResourceWatch, Service

_AT_LEAST = re.compile(r'AT_LEAST\((\d+), ALARM, \(("[^)]+")\)\)')
_ALARM = re.compile(r'ALARM\("([^"]+)"\)')


def _plan(count: int, *, name: str = "service", stacks: Mapping[int, str] | None = None) -> Plan:
    services = [
        Service(
            id=f"{name}-{number}",
            cluster="main",
            container_insights="standard",
            watch=ResourceWatch(stack=(stacks or {}).get(number, "")),
        )
        for number in range(count)
    ]
    findings = Findings()
    found = plan(services, Setting(environment="prod"), findings)
    check_plan(Plan(alarms=(), parents=found.parents, watched=()), findings)
    assert [one for one in findings.sorted() if one.code == "too-many-parts"] == []
    return found


def _fires(found: Plan, alarm: CompositeAlarm, down: Collection[str]) -> bool:
    """Evaluates a rule as CloudWatch does, for services that are down by name."""
    by_name = {one.name: one for one in found.parents}

    def state(name: str) -> bool:
        one = by_name[name]
        return one.service in down if one.alertname == "ServiceDown" else _fires(found, one, down)

    def at_least(match: re.Match[str]) -> str:
        names = re.findall(r'"([^"]+)"', match[2])
        return str(sum(map(state, names)) >= int(match[1]))

    text = _ALARM.sub(lambda m: str(state(m[1])), _AT_LEAST.sub(at_least, alarm.rule))
    assert re.fullmatch(r"(True|False)( (AND|OR) (True|False))*", text)
    return bool(eval(text.replace("AND", "and").replace("OR", "or")))


def _named(found: Plan, alertname: str) -> CompositeAlarm:
    (one,) = (p for p in found.parents if p.alertname == alertname and p.notifies)
    return one


SMALL, LARGE = _plan(3), _plan(130, name="a-service-whose-name-is-rather-long-so-that-the-rule-is-too")


@pytest.mark.parametrize("found", [SMALL, LARGE], ids=["small", "large"])
@given(data=st.data())
def test_two_are_several_and_all_are_the_cluster(found: Plan, data: st.DataObject) -> None:
    names = sorted({one.service for one in found.parents if one.alertname == "ServiceDown"})
    edges = st.sampled_from([names, names[1:], names[:1], names[:1] + names[-1:], names[:2], []])
    down = data.draw(edges | st.lists(st.sampled_from(names), unique=True, max_size=4))
    assert _fires(found, _named(found, "MultipleServicesDown"), down) is (len(down) >= 2)
    assert _fires(found, _named(found, "ClusterDown"), down) is (len(down) == len(names))


def test_a_rule_names_the_parents_of_the_services_and_the_labels_name_the_cluster() -> None:
    several = _named(SMALL, "MultipleServicesDown")
    children = [f"prod-service-main.service-{number}-ServiceDown-critical" for number in range(3)]
    assert several.name == "prod-cluster-main-MultipleServicesDown-critical"
    listed = ", ".join(f'"{child}"' for child in children)
    assert several.rule == f"AT_LEAST(2, ALARM, ({listed}))"
    assert _named(SMALL, "ClusterDown").rule == " AND ".join(f'ALARM("{child}")' for child in children)
    assert (several.labels["cluster"], several.labels["service"]) == ("main", "main")
    assert "It has 3: service-0, service-1, service-2." in several.description


def test_the_chunks_of_a_large_cluster_notify_nobody_and_keep_the_limits() -> None:
    chunks = [one for one in LARGE.parents if not one.notifies]
    assert len(chunks) > 3
    assert all(len(one.rule) <= 10_240 and len(one.children) <= 100 for one in LARGE.parents)
    assert all("notifies nobody" in one.description for one in chunks)


def test_one_service_is_no_cluster() -> None:
    assert {one.alertname for one in _plan(1).parents} == {"ServiceDown"}


def test_an_alarm_counts_services_of_its_own_stack() -> None:
    found = _plan(5, stacks={3: "further", 4: "further"})
    assert [(one.alertname, one.stack) for one in found.parents if one.alertname != "ServiceDown"] == [
        ("MultipleServicesDown", ""),
        ("MultipleServicesDown", "further"),
    ]
    assert len({one.name for one in found.parents}) == len(found.parents)
