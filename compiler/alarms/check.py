"""Checks planned alarms: each lint covers one thing that libraries and people get wrong.

What a catalogue's author can get wrong is an error like what an operator can: both make an alarm that never fires, or
that fires for nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable
from itertools import pairwise

from alertrelay.config.own_runbooks import OWN_RUNBOOKS
from alertrelay.values.text import how_many

from compiler.alarms.alarm import NAME_LIMIT, CompositeAlarm, MetricAlarm, Plan, Stat, setting_of
from compiler.alarms.clusters import CHILDREN_LIMIT, RULE_LIMIT
from compiler.alarms.description import LIMIT
from compiler.alarms.metrics import PUBLISHED, Published
from compiler.alarms.plan import plan as planned
from compiler.alarms.slo_check import check_slos
from compiler.catalogue.telemetry import QUERY_LIMIT
from compiler.reading.finding import Findings, Place, did_you_mean
from compiler.resources.environment import Environment

STACK_LIMIT = 480  # of CloudFormation's 500 resources
METRICS_LIMIT = 10  # of a metric math alarm, its expression included
DAY = 86_400  # seconds: periods times evaluation periods may not be longer
_PERCENTILE = re.compile(r"p[0-9]{1,2}(\.[0-9]+)?")
_NODE = re.compile(r".+-[0-9]{3}")


def check_environment(environment: Environment, runbooks: Collection[str] | None, findings: Findings) -> Plan:
    """Plans the alarms of an environment and checks them.

    `runbooks` are the pages that exist, None where they are kept elsewhere and cannot be looked for.
    """
    found = planned(environment.resources, setting_of(environment), findings)
    check_plan(found, findings)
    check_slos(environment, runbooks, findings)
    if runbooks is not None:
        check_runbooks(found, runbooks, findings)
    place = next((one.place for one in found.alarms), None) or next((one.at() for one in environment.slos), None)
    if place and not environment.runbook_base_url:
        message = "no alarm has a link to its runbook"
        findings.warning(place, "no-runbook-base", message, "add `runbook_base_url: https://…/runbooks`")
    return found


def check_plan(found: Plan, findings: Findings) -> None:
    """Runs every lint over every alarm, then those that concern several of them."""
    for alarm in found.alarms:
        for lint in LINTS:
            lint(alarm, findings)
    for parent in found.parents:
        check_parent(parent, findings)
    check_order(found.alarms, findings)
    check_coverage(found, findings)
    check_stacks(found, findings)


def check_statistic(alarm: MetricAlarm, findings: Findings) -> None:
    """Checks the statistic: a sum of a gauge is a multiple of it; a maximum hides the lowest value."""
    for stat in alarm.stats:
        published = _published(stat)
        if published is None or (stat.statistic == "SampleCount" and alarm.missing == "breaching"):
            continue
        fitting = _fitting(published)
        if ("p" if _PERCENTILE.fullmatch(stat.statistic) else stat.statistic) not in fitting:
            message = f"{alarm.name}: {stat.statistic} of {stat.name} says nothing about it"
            mend = f"use {' or '.join('a percentile' if f == 'p' else f for f in fitting)}"
            findings.error(alarm.place, "wrong-statistic", message, mend)


def _fitting(published: Published) -> tuple[str, ...]:
    if published.counter:
        return ("Sum",)
    if published.bad == "either":
        return ("Average", "Minimum", "Maximum")
    return ("Average", "Minimum") if published.bad == "low" else ("Average", "Maximum", "p")


def check_direction(alarm: MetricAlarm, findings: Findings) -> None:
    """Checks the direction: an alarm on too many healthy tasks would be silent in every outage."""
    if alarm.expression or alarm.threshold is None:
        return
    for stat in alarm.stats:
        published = _published(stat)
        if published is None or published.bad == "either" or stat.statistic == "SampleCount":
            continue
        if (alarm.operator[0] == "<") is not (published.bad == "low"):
            message = (
                f"{alarm.name}: {stat.name} is trouble when it is {published.bad}, this fires with {alarm.operator}"
            )
            findings.error(alarm.place, "wrong-direction", message, "turn the comparison round")


def check_metric(alarm: MetricAlarm, findings: Findings) -> None:
    """Checks the metric: one that AWS does not publish, or not by these dimensions, never has data."""
    for stat in alarm.stats:
        published = _published(stat)
        if published is None:
            message = f"{alarm.name}: {stat.namespace} publishes no {stat.name} that is known here"
            mend = did_you_mean(stat.name, PUBLISHED.get(stat.namespace, {}))
            findings.error(alarm.place, "unknown-metric", message, mend)
        elif frozenset(stat.dimensions) not in published.dimensions:
            message = f"{alarm.name}: {stat.name} has no data by {', '.join(sorted(stat.dimensions))}"
            known = "; or ".join(", ".join(sorted(names)) for names in published.dimensions)
            findings.error(alarm.place, "wrong-dimensions", message, f"it is published by {known}")


def check_unit(alarm: MetricAlarm, findings: Findings) -> None:
    """Checks the unit: a threshold in milliseconds on a metric in seconds never fires."""
    if alarm.expression:
        return
    for stat in alarm.stats:
        published = _published(stat)
        unit = "count" if stat.statistic == "SampleCount" else published.unit if published else alarm.unit
        if unit != alarm.unit:
            message = f"{alarm.name}: {stat.name} is published in {unit}, the threshold is in {alarm.unit}"
            findings.error(alarm.place, "wrong-unit", message, f"give it in {unit}")


def check_period(alarm: MetricAlarm, findings: Findings) -> None:
    """Checks the period: one shorter than that of AWS has gaps; a window over a day is refused."""
    for stat in alarm.stats:
        published = _published(stat)
        if published and alarm.period < published.period:
            message = f"{alarm.name}: {stat.name} is published each {published.period} s, not each {alarm.period} s"
            findings.error(alarm.place, "wrong-period", message, f"use a period of {published.period} s")
    if not 1 <= alarm.datapoints <= alarm.of or alarm.of * alarm.period > DAY:
        message = f"{alarm.name}: {alarm.datapoints} of {how_many(alarm.of, 'period')} of {alarm.period} s"
        findings.error(alarm.place, "wrong-period", message, "at most all of them, and at most a day together")


def check_expression(alarm: MetricAlarm, findings: Findings) -> None:
    """Checks that the members of one expression measure the same thing of the same resource."""
    if len(alarm.stats) > 1 and not alarm.expression:
        message = f"{alarm.name}: several metrics and no expression over them"
        findings.error(alarm.place, "mixed-measures", message, "say what is computed of them")
    if len(alarm.stats) + bool(alarm.expression) > METRICS_LIMIT:
        message = f"{alarm.name}: more than {METRICS_LIMIT} metrics"
        findings.error(alarm.place, "mixed-measures", message, "CloudWatch takes no more in one alarm")
    if alarm.expression and alarm.threshold is None:
        message = f"{alarm.name}: a band over an expression"
        findings.error(alarm.place, "mixed-measures", message, "a band is learnt of one metric")
    for one, other in pairwise(alarm.stats):
        measured = {published.of for stat in (one, other) if (published := _published(stat))}
        if dict(one.dimensions) != dict(other.dimensions) or len(measured) > 1:
            message = f"{alarm.name}: {one.name} and {other.name} measure different things"
            mend = f"{' and '.join(sorted(filter(None, measured)))} have no total" if any(measured) else "one resource"
            findings.error(alarm.place, "mixed-measures", message, mend)


def check_query(alarm: MetricAlarm, findings: Findings) -> None:
    """Checks a query: one that is not PromQL, or too long, is found only when the stack is deployed."""
    if not alarm.query:
        return
    if len(alarm.query) > QUERY_LIMIT:
        message = f"{alarm.name}: its query is longer than the {QUERY_LIMIT:,} characters that CloudWatch takes"
        findings.error(alarm.place, "bad-promql", message, "shorten the names in it")
    if not alarm.log_group:
        from compiler.rules.promql import PromQLError, parse  # here, since few environments have such an alarm

        try:
            parse(alarm.query)
        except PromQLError as error:
            findings.error(alarm.place, "bad-promql", f"{alarm.name}: {error}", error.mend)


def check_description(alarm: MetricAlarm | CompositeAlarm, findings: Findings) -> None:
    """Checks the description: its reader at night needs a sentence, a reason, a severity and a runbook."""
    text, _, keys = alarm.description.partition("\n\n")
    for missing, there in (
        ("a sentence and a reason", ". " in text and text.endswith(".")),
        ("the severity", f"severity: {alarm.severity}" in keys.splitlines()),
        ("the alertname", f"alertname: {alarm.alertname}" in keys.splitlines()),
        ("the service", "\nservice: " in f"\n{keys}"),
        ("the impact", "\nimpact: " in f"\n{keys}"),
    ):
        if not there:
            findings.error(alarm.place, "no-description", f"{alarm.name}: its description lacks {missing}", "add it")
    if len(alarm.description) > LIMIT or len(alarm.name) > NAME_LIMIT:
        message = f"{alarm.name[:80]}…: its name or its description is too long"
        findings.error(alarm.place, "too-long", message, f"{NAME_LIMIT} and {LIMIT} characters are CloudWatch's limits")


def check_node_id(alarm: MetricAlarm, findings: Findings) -> None:
    """Checks node ids: the id of a replication group is the CacheClusterId of no node, so its alarm never has data."""
    for stat in alarm.stats:
        node = stat.dimensions.get("CacheClusterId", "")
        if node and "CacheNodeId" not in stat.dimensions and not _NODE.fullmatch(node):
            message = f"{alarm.name}: {node!r} is a replication group, not one of its nodes"
            findings.error(alarm.place, "node-id", message, f"its nodes are {node}-001, …")


LINTS: tuple[Callable[[MetricAlarm, Findings], None], ...] = (
    check_metric,
    check_statistic,
    check_direction,
    check_unit,
    check_period,
    check_expression,
    check_node_id,
    check_query,
    check_description,
)


def check_parent(parent: CompositeAlarm, findings: Findings) -> None:
    """Checks PutCompositeAlarm's limits, and the description."""
    if not 0 < len(parent.children) <= CHILDREN_LIMIT or len(parent.rule) > RULE_LIMIT:
        message = (
            f"{parent.name} has {how_many(len(parent.children), 'part')} and a rule of {len(parent.rule)} characters"
        )
        mend = f"at most {CHILDREN_LIMIT} and {RULE_LIMIT:,}: give some resources another `service` label"
        findings.error(parent.place, "too-many-parts", message, mend)
    check_description(parent, findings)


def check_order(alarms: Iterable[MetricAlarm], findings: Findings) -> None:
    """Checks that a warning comes before its critical alarm."""
    pairs: dict[tuple[str, str], dict[str, MetricAlarm]] = {}
    for alarm in alarms:
        if alarm.threshold is not None:
            pairs.setdefault((alarm.name.rsplit("-", 1)[0], alarm.alertname), {})[alarm.severity] = alarm
    for pair in pairs.values():
        warning, critical = pair.get("warning"), pair.get("critical")
        if warning and critical and not _before(warning, critical):
            message = (
                f"{warning.alertname} of {warning.resource}: the warning at {warning.threshold:g} does not come before "
                f"the critical alarm at {critical.threshold:g}"
            )
            findings.warning(warning.place, "threshold-order", message, "move one of the two")


def _before(warning: MetricAlarm, critical: MetricAlarm) -> bool:
    assert warning.threshold is not None
    assert critical.threshold is not None
    if warning.threshold == critical.threshold:
        return warning.datapoints * warning.period < critical.datapoints * critical.period
    return (warning.threshold < critical.threshold) is (warning.operator[0] == ">")


def check_coverage(found: Plan, findings: Findings) -> None:
    """Checks that each resource has an alarm that pages."""
    covered = {(alarm.kind, alarm.resource) for alarm in found.alarms if alarm.severity == "critical"}
    for thing in found.watched:
        if (thing.kind, thing.id) not in covered:
            message = f"{thing.id} has no critical alarm"
            findings.warning(
                thing.watch.at("id"), "no-critical-alarm", message, "docs/alarms.md says which it may have"
            )


def check_stacks(found: Plan, findings: Findings) -> None:
    """Checks CloudFormation's limit of resources."""
    stacks: dict[str, list[MetricAlarm | CompositeAlarm]] = {}
    for alarm in found.every:
        stacks.setdefault(alarm.stack, []).append(alarm)
    for name, alarms in stacks.items():
        if len(alarms) > STACK_LIMIT:
            message = f"the {f'stack {name!r}' if name else 'first stack'} would have {len(alarms)} alarms"
            mend = f"a stack holds {STACK_LIMIT}: give some resources `stack: NAME`, best before they are deployed"
            findings.error(alarms[STACK_LIMIT].place, "too-many-alarms", message, mend)


def check_runbooks(found: Plan, runbooks: Collection[str], findings: Findings) -> None:
    """Checks that a runbook's link leads somewhere: an error where the environment file named the page itself."""
    watches = {(thing.kind, thing.id): thing.watch for thing in found.watched}
    first = {alarm.runbook: alarm for alarm in reversed(found.every) if alarm.runbook not in runbooks}
    for page, alarm in reversed(first.items()):
        message = f"runbooks/{page}, the page of {alarm.alertname}, does not exist"
        watch = watches[alarm.kind, alarm.resource]
        if alarm.alertname in watch.runbooks:
            mend = did_you_mean(page, runbooks, "write it")
            findings.error(watch.at(f"runbooks.{alarm.alertname}"), "no-runbook", message, mend)
        else:
            findings.warning(alarm.place, "no-runbook", message, "write it, or name another under `runbooks`")


def check_own_runbooks(file: str, runbooks: Collection[str], findings: Findings) -> None:
    """Checks that the pages exist to which the relay's own alarms link."""
    for page, names in OWN_RUNBOOKS.items():
        if page not in runbooks:
            message = f"runbooks/{page}, the page of {', '.join(names)}, does not exist"
            findings.warning(
                Place(file=file), "no-own-runbook", message, "copy it from alertrelay's runbooks/, or write it"
            )


def _published(stat: Stat) -> Published | None:
    return PUBLISHED.get(stat.namespace, {}).get(stat.name)
