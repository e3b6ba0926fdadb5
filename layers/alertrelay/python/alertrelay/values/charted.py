"""The metric that a message charts, as its alarm defines it; with the alert it travels as JSON in an annotation."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

ANNOTATION = "alertrelay_metric_query"
"""Set by the parser of an alarm where charts are on; neither a message nor the API shows it."""
_MOST = 2_000
"""Characters of the annotation: a metric with longer dimensions has no chart."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricQuery:
    """One metric as GetMetricData is asked for it; `period` in seconds. Its limits: a namespace, a name and 30
    dimensions of 255 characters each."""

    namespace: str
    name: str
    dimensions: tuple[tuple[str, str], ...]
    statistic: str
    period: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Charted:
    """The metric, and what it is held against: `threshold` None is a band or not known; `low`: it fires below."""

    query: MetricQuery
    threshold: float | None
    low: bool


def written(charted: Charted) -> str:
    """Returns the annotation, "" where it is too long."""
    text = json.dumps(asdict(charted), ensure_ascii=False, separators=(",", ":"))
    return text if len(text) <= _MOST else ""


def read(text: str) -> Charted | None:
    """Returns what `written` wrote, None for anything else: a source may have an annotation of this name too."""
    try:
        found = json.loads(text)
        query = found["query"]
        threshold = found["threshold"]
        return Charted(
            query=MetricQuery(
                namespace=str(query["namespace"]),
                name=str(query["name"]),
                dimensions=tuple((str(name), str(value)) for name, value in query["dimensions"]),
                statistic=str(query["statistic"]),
                period=max(1, int(query["period"])),
            ),
            threshold=None if threshold is None else float(threshold),
            low=bool(found["low"]),
        )
    except (ValueError, TypeError, KeyError, RecursionError, OverflowError):
        return None
