"""Reads what Prometheus' HTTP API answers: https://prometheus.io/docs/prometheus/latest/querying/api/

An answer that is not whole is none: a value that a part of the servers did not add to is no value of the metric.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from typing import Any

from alertrelay.anomaly.scorer.metric import Dimensions, dimensions_of
from alertrelay.anomaly.scorer.ports import MetricsFailure, QueryRefused
from alertrelay.values.text import one_line

MOST_STEPS = 10_000
"""Of one request: Prometheus refuses more than 11,000 points a series."""
_SAID = 160
_PASSING = frozenset({408, 429, 500, 502, 503, 504})
"""500 is what Prometheus answers where its storage fails, 503 where a query took too long."""


def labels_of(status: int, body: bytes, *, complete: bool = True) -> list[Dimensions]:
    """Returns the labels of each series of an instant query, sorted. Raises QueryRefused, MetricsFailure."""
    found = _result(status, body, "vector", complete=complete)
    return sorted({_labels(one) for one in found})


def points_of(
    status: int, body: bytes, *, period: int, complete: bool = True
) -> dict[Dimensions, list[tuple[float, float]]]:
    """Returns the finite points of each series of a range query, by its labels. Prometheus dates a value at the end of
    what it looks back on, and ours at the begin of their `period`, in seconds. Raises QueryRefused, MetricsFailure."""
    found = _result(status, body, "matrix", complete=complete)
    return {_labels(one): sorted(_points(one, period)) for one in found}


def steps(start: float, end: float, period: int) -> Iterator[tuple[int, int]]:
    """Yields the first and last instant of each request for the whole periods that begin from `start` on and are over
    by `end`. Each value is asked for when its period is over, at multiples of the period, so that one that is asked for
    again is the same."""
    first, over = math.ceil(start / period) + 1, math.floor(end / period)
    for at in range(first, over + 1, MOST_STEPS):
        yield at * period, min(at + MOST_STEPS - 1, over) * period


def _result(status: int, body: bytes, kind: str, *, complete: bool) -> list[Mapping[str, Any]]:
    said = _object(body)
    if status in _PASSING:
        raise MetricsFailure(f"it answers {status}{_why(said)}")
    if status != 200:
        raise QueryRefused(f"it answers {status}{_why(said)}")
    if not complete or said is None:
        raise QueryRefused("its answer ends too early, or is no JSON object")
    if warnings := said.get("warnings"):
        raise QueryRefused(
            f"its answer is not whole: {_short(warnings[0] if isinstance(warnings, list) else warnings)}"
        )
    data = said.get("data")
    if not isinstance(data, dict) or data.get("resultType") != kind:
        got = data.get("resultType") if isinstance(data, dict) else said.get("status")
        raise QueryRefused(f"its answer is no {kind}: {_short(got)}")
    found = data.get("result")
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise QueryRefused(f"its {kind} is no list of series")
    return found


def _object(body: bytes) -> dict[str, Any] | None:
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return said if isinstance(said, dict) else None


def _labels(one: Mapping[str, Any]) -> Dimensions:
    metric = one.get("metric")
    if not isinstance(metric, dict) or not all(isinstance(value, str) for value in metric.values()):
        raise QueryRefused("a series of its answer has no labels")
    return dimensions_of({name: value for name, value in metric.items() if name != "__name__"})


def _points(one: Mapping[str, Any], period: int) -> Iterator[tuple[float, float]]:
    """NaN and infinite values are gaps: a ratio over nothing has no value."""
    values = one.get("values")
    if not isinstance(values, list):
        raise QueryRefused("a series of its answer has no values: a histogram cannot be watched, its quantile can")
    for pair in values:
        try:
            at, value = float(pair[0]), float(pair[1])
        except (TypeError, ValueError, IndexError, KeyError):
            raise QueryRefused(f"a value of its answer is none: {_short(pair)}") from None
        if math.isfinite(value) and math.isfinite(at):
            yield at - period, value


def _why(said: Mapping[str, Any] | None) -> str:
    """Returns what it says of an error, which names parts of the query, and no credential."""
    word = said.get("error") if said else None
    return f": {_short(word)}" if word else ""


def _short(value: Any) -> str:
    return one_line(str(value), _SAID)
