"""The metric that a message charts, as its alarm defines it; with the alert it travels as JSON in an annotation."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

ANNOTATION = "alertrelay_metric_query"
"""Set by the parser of an alarm where charts are on; neither a message nor the API shows it."""
POINTS = "alertrelay_metric_points"
"""Stands in an alert of a message alone, for a channel that draws a chart itself."""
_MOST = 2_000
"""Characters of the annotation: a metric with longer dimensions has no chart."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricQuery:
    """One metric as GetMetricData is asked for it; `period` in seconds. Its limits: a namespace, a name and 30
    dimensions of 255 characters each.

    Or metric math of this `name`: `math` are its expressions by id, the drawn one first, `of` the metrics that they are
    about.
    """

    namespace: str
    name: str
    dimensions: tuple[tuple[str, str], ...]
    statistic: str
    period: int
    math: tuple[tuple[str, str], ...] = ()
    of: tuple[tuple[str, MetricQuery], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Charted:
    """The metric, and what it is held against: `threshold` None is a band or not known; `low`: it fires below."""

    query: MetricQuery
    threshold: float | None
    low: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ChartPoints:
    """What is drawn of a metric of this `name`: (seconds, value), oldest first, beside its threshold, where it has
    one."""

    name: str
    points: tuple[tuple[float, float], ...]
    threshold: float | None


def points_written(drawn: ChartPoints) -> str:
    """Returns the annotation of what is drawn."""
    return json.dumps(asdict(drawn), ensure_ascii=False, separators=(",", ":"))


def points_read(text: str) -> ChartPoints | None:
    """Returns what `points_written` wrote, None for anything else."""
    try:
        found = json.loads(text)
        points = tuple((float(at), float(value)) for at, value in found["points"])
        limit = found["threshold"]
        named = (at for pair in points for at in pair)
        if not points or not all(map(math.isfinite, [*named, *([] if limit is None else [float(limit)])])):
            return None
        return ChartPoints(name=str(found["name"]), points=points, threshold=None if limit is None else float(limit))
    except (ValueError, TypeError, KeyError, RecursionError, OverflowError):
        return None


def written(charted: Charted) -> str:
    """Returns the annotation, "" where it is too long."""
    text = json.dumps(asdict(charted), ensure_ascii=False, separators=(",", ":"))
    return text if len(text) <= _MOST else ""


def read(text: str) -> Charted | None:
    """Returns what `written` wrote, None for anything else: a source may have an annotation of this name too."""
    try:
        found = json.loads(text)
        threshold = found["threshold"]
        return Charted(
            query=_query(found["query"]),
            threshold=None if threshold is None else float(threshold),
            low=bool(found["low"]),
        )
    except (ValueError, TypeError, KeyError, RecursionError, OverflowError, AttributeError):
        return None


def _query(found: Mapping[str, Any]) -> MetricQuery:
    return MetricQuery(
        namespace=str(found["namespace"]),
        name=str(found["name"]),
        dimensions=_pairs(found["dimensions"]),
        statistic=str(found["statistic"]),
        period=max(1, int(found["period"])),
        math=_pairs(found.get("math", ())),
        of=tuple((str(name), _query(one)) for name, one in found.get("of", ())),
    )


def _pairs(found: Iterable[Sequence[object]]) -> tuple[tuple[str, str], ...]:
    return tuple((str(name), str(value)) for name, value in found)
