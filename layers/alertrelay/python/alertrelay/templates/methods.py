"""The methods of the values of a template: of labels, alerts, and Go's times."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC
from typing import Any

from alertrelay.templates import gotime
from alertrelay.templates.budget import TemplateFailure
from alertrelay.templates.functions import Environment, Function
from alertrelay.templates.gotime import Duration, GoTime, Month, Weekday
from alertrelay.templates.values import KV, Alerts, Int64, Pairs, Strings


def method_of(value: Any, name: str) -> Function | None:
    """Returns a method that takes the value first, None where there is no such one."""
    table = next((table for kind, table in _METHODS if type(value) is kind), None)
    return table.get(name) if table else None


def _pairs(environment: Environment, labels: KV) -> Pairs:
    environment.budget.step(len(labels))
    return labels.pairs()


def _remove(environment: Environment, labels: KV, names: Strings) -> KV:
    environment.budget.step(len(labels) + len(names))
    removed = frozenset(names)
    return KV({name: value for name, value in labels.items() if name not in removed})


def _status(status: str) -> Function:
    def run(environment: Environment, alerts: Alerts) -> Any:
        environment.budget.step(len(alerts))
        return alerts.of_status(status)

    return Function((), run)


def _format(environment: Environment, time: GoTime, layout: str) -> str:
    environment.budget.make(len(layout) * 10)
    return time.format(layout)


def _add(_: Environment, time: GoTime, duration: int) -> GoTime:
    try:
        return gotime.moved(time, int(duration))
    except OverflowError:
        raise TemplateFailure("a time is beyond the years 1 to 9999") from None


def _add_date(_: Environment, time: GoTime, years: int, months: int, days: int) -> GoTime:
    try:
        return gotime.add_date(time, years, months, days)
    except (OverflowError, ValueError):
        raise TemplateFailure("a time is beyond the years 1 to 9999") from None


def _float(unit: int) -> Function:
    return Function((), lambda _e, duration: int(duration) / unit)


def _whole(unit: int) -> Function:
    return Function((), lambda _e, duration: Int64(abs(int(duration)) // unit * (-1 if duration < 0 else 1)))


def _part(name: str) -> Function:
    return Function((), lambda _e, time: getattr(time.at, name))


def _unix(unit: int) -> Function:
    return Function((), lambda _e, time: Int64(time.unix_nanos // unit))


_KV: Mapping[str, Function] = {
    "SortedPairs": Function((), _pairs),
    "Names": Function((), lambda e, labels: _pairs(e, labels).column("Name")),
    "Values": Function((), lambda e, labels: _pairs(e, labels).column("Value")),
    "Remove": Function(("[]string",), _remove),
    "String": Function((), lambda e, labels: str(_pairs(e, labels))),
}
_PAIRS: Mapping[str, Function] = {
    "Names": Function((), lambda _e, pairs: pairs.column("Name")),
    "Values": Function((), lambda _e, pairs: pairs.column("Value")),
    "String": Function((), lambda _e, pairs: str(pairs)),
}
_ALERTS: Mapping[str, Function] = {"Firing": _status("firing"), "Resolved": _status("resolved")}
_TIME: Mapping[str, Function] = {
    "Format": Function(("string",), _format),
    "String": Function((), lambda _e, time: str(time)),
    "Unix": _unix(1_000_000_000),
    "UnixMilli": _unix(1_000_000),
    "UnixMicro": _unix(1000),
    "UnixNano": _unix(1),
    "UTC": Function((), lambda _e, time: time.within(UTC)),
    "Local": Function((), lambda _e, time: time.within(UTC)),  # a Lambda's clock is UTC, as Alertmanager's image is
    "Year": _part("year"),
    "Month": Function((), lambda _e, time: Month(time.at.month)),
    "Day": _part("day"),
    "Hour": _part("hour"),
    "Minute": _part("minute"),
    "Second": _part("second"),
    "Nanosecond": Function((), lambda _e, time: time.at.microsecond * 1000 + time.nanos),
    "Weekday": Function((), lambda _e, time: Weekday(time.at.isoweekday() % 7)),
    "YearDay": Function((), lambda _e, time: time.at.timetuple().tm_yday),
    "IsZero": Function((), lambda _e, time: time.zero),
    "Add": Function(("int",), _add),
    "AddDate": Function(("int", "int", "int"), _add_date),
    "Sub": Function(("time.Time",), lambda _e, time, other: _bounded(time.unix_nanos - other.unix_nanos)),
    "After": Function(("time.Time",), lambda _e, time, other: time.unix_nanos > other.unix_nanos),
    "Before": Function(("time.Time",), lambda _e, time, other: time.unix_nanos < other.unix_nanos),
    "Equal": Function(("time.Time",), lambda _e, time, other: time.unix_nanos == other.unix_nanos),
}
_DURATION: Mapping[str, Function] = {
    "String": Function((), lambda _e, duration: str(duration)),
    "Hours": _float(3_600_000_000_000),
    "Minutes": _float(60_000_000_000),
    "Seconds": _float(1_000_000_000),
    "Milliseconds": _whole(1_000_000),
    "Microseconds": _whole(1000),
    "Nanoseconds": _whole(1),
    "Abs": Function((), lambda _e, duration: Duration(abs(int(duration)))),
    "Round": Function(("int",), lambda _e, duration, unit: duration.rounded(int(unit), up=True)),
    "Truncate": Function(("int",), lambda _e, duration, unit: duration.rounded(int(unit), up=False)),
}
_NAMED: Mapping[str, Function] = {"String": Function((), lambda _e, value: str(value))}
_METHODS: tuple[tuple[type, Mapping[str, Function]], ...] = (
    (KV, _KV),
    (Pairs, _PAIRS),
    (Alerts, _ALERTS),
    (GoTime, _TIME),
    (Duration, _DURATION),
    (Month, _NAMED),
    (Weekday, _NAMED),
)


def _bounded(nanos: int) -> Duration:
    """Returns a Duration, at most the 292 years that Go's holds."""
    return Duration(max(-(2**63), min(2**63 - 1, nanos)))
