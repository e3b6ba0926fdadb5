"""Evaluates the alarms of a template over series of metrics, as time goes on.

An alarm whose period is an hour or longer slides: each evaluation has the last period until then. One that looks back
over more than a day is evaluated once an hour, and sees data until the last whole hour. Source: Amazon CloudWatch user
guide, "Alarm evaluation". It was not compared with AWS itself.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Any, Protocol

from local.cloudwatch.expression import Value, evaluated
from local.cloudwatch.rules import State, state_of

MINUTE, HOUR, DAY = 60, 3_600, 86_400
_METRIC = ("Namespace", "MetricName", "Dimensions")
Metric = tuple[str, str, frozenset[tuple[str, str]]]
"""Namespace, name, dimensions."""


@dataclass(slots=True)
class Minutes:
    """A metric that is summed: its values by the begin of their minute, in order, to be asked for any stretch."""

    times: list[int] = field(default_factory=list)
    sums: list[float] = field(default_factory=lambda: [0.0])

    @classmethod
    def of(cls, points: Mapping[int, float]) -> Minutes:
        """Takes values by the begin of their minute, in seconds."""
        times = sorted(points)
        return cls(times, [0.0, *accumulate(points[at] for at in times)])

    def within(self, begin: float, end: float) -> Value:
        """Returns the sum from `begin` on, before `end`; None where there is no value."""
        first, last = bisect_left(self.times, begin), bisect_left(self.times, end)
        return self.sums[last] - self.sums[first] if last > first else None

    def value(self, statistic: str, begin: float, end: float) -> Value:
        """See Points."""
        if statistic not in ("Sum", "SampleCount"):
            raise ValueError(f"{statistic}: of a metric that is summed only sums are evaluated here")
        return self.within(begin, end)


class Points(Protocol):
    """A metric that an alarm may ask for any stretch."""

    def value(self, statistic: str, begin: float, end: float) -> Value:
        """Returns a statistic from `begin` on, before `end`, in seconds; None without data."""


Series = Mapping[Metric, Points]


def alarms_of(template: Mapping[str, Any]) -> tuple[list[Mapping[str, Any]], list[Mapping[str, Any]]]:
    """Returns the properties of a template's metric alarms and of its composite alarms."""
    found = template["Resources"].values()
    return (
        [one["Properties"] for one in found if one["Type"] == "AWS::CloudWatch::Alarm"],
        [one["Properties"] for one in found if one["Type"] == "AWS::CloudWatch::CompositeAlarm"],
    )


def metric_state(alarm: Mapping[str, Any], series: Series, at: float, current: State = "OK") -> State:
    """Returns the state of an alarm in metric math, or on one metric, with one data point, at a time in seconds."""
    if "MetricName" in alarm:
        value = _value(_of_alarm(alarm), series, *_period(alarm["Period"], alarm, at))
    else:
        value = _expressed(alarm, series, at)
    breaching = None if value is None else value > alarm["Threshold"]
    return state_of(
        [breaching],
        datapoints=alarm["DatapointsToAlarm"],
        of=alarm["EvaluationPeriods"],
        missing=alarm["TreatMissingData"],
        current=current,
    )


def _expressed(alarm: Mapping[str, Any], series: Series, at: float) -> Value:
    queries = {query["Id"]: query for query in alarm["Metrics"]}
    (returned,) = (query for query in queries.values() if query["ReturnData"])
    stats = {name: query["MetricStat"] for name, query in queries.items() if "MetricStat" in query}
    (period,) = {stat["Period"] for stat in stats.values()}
    begin, end = _period(period, alarm, at)
    return evaluated(returned["Expression"], {name: _value(stat, series, begin, end) for name, stat in stats.items()})


def _period(period: int, alarm: Mapping[str, Any], at: float) -> tuple[float, float]:
    end = at // HOUR * HOUR if period * alarm["EvaluationPeriods"] > DAY else at // MINUTE * MINUTE
    return end - period, end


def _of_alarm(alarm: Mapping[str, Any]) -> Mapping[str, Any]:
    """Returns the metric of an alarm on one, as a query has it."""
    return {"Metric": {name: alarm.get(name, ()) for name in _METRIC}, "Stat": alarm["Statistic"]}


def _value(stat: Mapping[str, Any], series: Series, begin: float, end: float) -> Value:
    metric = stat["Metric"]
    named = frozenset((one["Name"], one["Value"]) for one in metric.get("Dimensions", ()))
    points = series.get((metric["Namespace"], metric["MetricName"], named))
    return points.value(stat["Stat"], begin, end) if points else None


def composite_state(alarm: Mapping[str, Any], children: Mapping[str, State]) -> State:
    """Returns the state of a composite alarm by those of its children."""
    firing = {name: float(state == "ALARM") for name, state in children.items()}
    return "ALARM" if evaluated(alarm["AlarmRule"], firing) else "OK"


def states(template: Mapping[str, Any], series: Series, at: float) -> Mapping[str, State]:
    """Returns the state of each composite alarm of a template at a time."""
    metric, composite = alarms_of(template)
    children = {alarm["AlarmName"]: metric_state(alarm, series, at) for alarm in metric}
    return {alarm["AlarmName"]: composite_state(alarm, children) for alarm in composite}


def changes(
    template: Mapping[str, Any], series: Series, times: Iterable[float]
) -> list[tuple[float, Mapping[str, Any], State]]:
    """Returns each change of a composite alarm's state, as time goes on, with its properties."""
    _, composite = alarms_of(template)
    known: dict[str, State] = {alarm["AlarmName"]: "OK" for alarm in composite}
    found = []
    for at in times:
        now = states(template, series, at)
        found += [(at, alarm, now[name]) for alarm in composite if now[name := alarm["AlarmName"]] != known[name]]
        known.update(now)
    return found
