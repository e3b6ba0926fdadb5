"""The methods of the values of a template: of labels, alerts, and Go's times."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC
from typing import Any

from alertrelay.render.templates import gotime
from alertrelay.render.templates.budget import TemplateFailure
from alertrelay.render.templates.functions import CallContext, TemplateFunction
from alertrelay.render.templates.gotime import Duration, GoTime, Month, Weekday
from alertrelay.render.templates.values import KV, AlertValues, Int64, Pairs, Strings


def method_of(value: Any, name: str) -> TemplateFunction | None:
    """Returns a method that takes the value first, None where there is no such one."""
    table = next((table for kind, table in _METHODS if type(value) is kind), None)
    return table.get(name) if table else None


def _pairs(environment: CallContext, labels: KV) -> Pairs:
    environment.budget.step(len(labels))
    return labels.pairs()


def _remove(environment: CallContext, labels: KV, names: Strings) -> KV:
    environment.budget.step(len(labels) + len(names))
    removed = frozenset(names)
    return KV({name: value for name, value in labels.items() if name not in removed})


def _status(status: str) -> TemplateFunction:
    def run(environment: CallContext, alerts: AlertValues) -> Any:
        environment.budget.step(len(alerts))
        return alerts.of_status(status)

    return TemplateFunction((), run)


def _format(environment: CallContext, time: GoTime, layout: str) -> str:
    environment.budget.make(len(layout) * 10)
    return time.format(layout)


def _add(_: CallContext, time: GoTime, duration: int) -> GoTime:
    try:
        return gotime.moved(time, int(duration))
    except OverflowError:
        raise TemplateFailure("a time is beyond the years 1 to 9999") from None


def _add_date(_: CallContext, time: GoTime, years: int, months: int, days: int) -> GoTime:
    try:
        return gotime.add_date(time, years, months, days)
    except (OverflowError, ValueError):
        raise TemplateFailure("a time is beyond the years 1 to 9999") from None


def _float(unit: int) -> TemplateFunction:
    return TemplateFunction((), lambda _e, duration: int(duration) / unit)


def _whole(unit: int) -> TemplateFunction:
    return TemplateFunction((), lambda _e, duration: Int64(abs(int(duration)) // unit * (-1 if duration < 0 else 1)))


def _part(name: str) -> TemplateFunction:
    return TemplateFunction((), lambda _e, time: getattr(time.at, name))


def _unix(unit: int) -> TemplateFunction:
    return TemplateFunction((), lambda _e, time: Int64(time.unix_nanos // unit))


_KV: Mapping[str, TemplateFunction] = {
    "SortedPairs": TemplateFunction((), _pairs),
    "Names": TemplateFunction((), lambda e, labels: _pairs(e, labels).column("Name")),
    "Values": TemplateFunction((), lambda e, labels: _pairs(e, labels).column("Value")),
    "Remove": TemplateFunction(("[]string",), _remove),
    "String": TemplateFunction((), lambda e, labels: str(_pairs(e, labels))),
}
_PAIRS: Mapping[str, TemplateFunction] = {
    "Names": TemplateFunction((), lambda _e, pairs: pairs.column("Name")),
    "Values": TemplateFunction((), lambda _e, pairs: pairs.column("Value")),
    "String": TemplateFunction((), lambda _e, pairs: str(pairs)),
}
_ALERTS: Mapping[str, TemplateFunction] = {"Firing": _status("firing"), "Resolved": _status("resolved")}
_TIME: Mapping[str, TemplateFunction] = {
    "Format": TemplateFunction(("string",), _format),
    "String": TemplateFunction((), lambda _e, time: str(time)),
    "Unix": _unix(1_000_000_000),
    "UnixMilli": _unix(1_000_000),
    "UnixMicro": _unix(1000),
    "UnixNano": _unix(1),
    "UTC": TemplateFunction((), lambda _e, time: time.within(UTC)),
    "Local": TemplateFunction(
        (), lambda _e, time: time.within(UTC)
    ),  # a Lambda's clock is UTC, as Alertmanager's image is
    "Year": _part("year"),
    "Month": TemplateFunction((), lambda _e, time: Month(time.at.month)),
    "Day": _part("day"),
    "Hour": _part("hour"),
    "Minute": _part("minute"),
    "Second": _part("second"),
    "Nanosecond": TemplateFunction((), lambda _e, time: time.at.microsecond * 1000 + time.nanos),
    "Weekday": TemplateFunction((), lambda _e, time: Weekday(time.at.isoweekday() % 7)),
    "YearDay": TemplateFunction((), lambda _e, time: time.at.timetuple().tm_yday),
    "IsZero": TemplateFunction((), lambda _e, time: time.zero),
    "Add": TemplateFunction(("int",), _add),
    "AddDate": TemplateFunction(("int", "int", "int"), _add_date),
    "Sub": TemplateFunction(("time.Time",), lambda _e, time, other: _bounded(time.unix_nanos - other.unix_nanos)),
    "After": TemplateFunction(("time.Time",), lambda _e, time, other: time.unix_nanos > other.unix_nanos),
    "Before": TemplateFunction(("time.Time",), lambda _e, time, other: time.unix_nanos < other.unix_nanos),
    "Equal": TemplateFunction(("time.Time",), lambda _e, time, other: time.unix_nanos == other.unix_nanos),
}
_DURATION: Mapping[str, TemplateFunction] = {
    "String": TemplateFunction((), lambda _e, duration: str(duration)),
    "Hours": _float(3_600_000_000_000),
    "Minutes": _float(60_000_000_000),
    "Seconds": _float(1_000_000_000),
    "Milliseconds": _whole(1_000_000),
    "Microseconds": _whole(1000),
    "Nanoseconds": _whole(1),
    "Abs": TemplateFunction((), lambda _e, duration: Duration(abs(int(duration)))),
    "Round": TemplateFunction(("int",), lambda _e, duration, unit: duration.rounded(int(unit), up=True)),
    "Truncate": TemplateFunction(("int",), lambda _e, duration, unit: duration.rounded(int(unit), up=False)),
}
_NAMED: Mapping[str, TemplateFunction] = {"String": TemplateFunction((), lambda _e, value: str(value))}
_METHODS: tuple[tuple[type, Mapping[str, TemplateFunction]], ...] = (
    (KV, _KV),
    (Pairs, _PAIRS),
    (AlertValues, _ALERTS),
    (GoTime, _TIME),
    (Duration, _DURATION),
    (Month, _NAMED),
    (Weekday, _NAMED),
)


def _bounded(nanos: int) -> Duration:
    """Returns a Duration, at most the 292 years that Go's holds."""
    return Duration(max(-(2**63), min(2**63 - 1, nanos)))
